"""Agent and policy classes by the name that a scenario file gives them."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from agents.base import Agent
from agents.funding.capital import CapitalModel
from agents.funding.funding_desk import FundingDesk
from agents.funding.margin import MarginModel
from agents.funding.models import CAPITAL_MODELS, MARGIN_MODELS
from agents.funds.basis_fund import BasisFund
from agents.funds.convexity_hedger import ConvexityHedger
from agents.funds.executor import Executor
from agents.funds.levered_fund import LeveredFund
from agents.funds.levered_product import LeveredProduct
from agents.funds.liability_fund import LiabilityFund
from agents.funds.proportional_fund import ProportionalFund
from agents.funds.risk_parity_fund import RiskParityFund
from agents.funds.trend_follower import TrendFollower
from agents.funds.value_investor import ValueInvestor
from agents.funds.vol_target_fund import VolTargetFund
from agents.hedging.hedger import Hedger
from agents.making.client_flow import ClientFlow
from agents.making.market_maker import MarketMaker
from agents.making.option_maker import OptionMaker
from agents.making.order_flow import InformedTrader, NoiseTrader
from agents.policies import POLICIES, Policy
from scenarios.parameters.modules import Modules, ours, parted
from scenarios.parameters.unseen import UNSEEN
from sim.errors import UserError
from sim.nearest import nearest

BUILT_IN: tuple[type[Agent], ...] = (
    MarketMaker,
    OptionMaker,
    Hedger,
    FundingDesk,
    ClientFlow,
    LeveredFund,
    ProportionalFund,
    LeveredProduct,
    VolTargetFund,
    RiskParityFund,
    TrendFollower,
    ValueInvestor,
    LiabilityFund,
    ConvexityHedger,
    BasisFund,
    Executor,
    NoiseTrader,
    InformedTrader,
)

KINDS: dict[type[Any], dict[str, Any]] = {  # what a file chooses by its `kind`
    Policy: POLICIES,
    MarginModel: MARGIN_MODELS,
    CapitalModel: CAPITAL_MODELS,
}


def kind_base(hint: Any) -> type[Any] | None:
    """What a parameter of this type is chosen from by its `kind`; None for any other parameter."""
    return next((base for base in KINDS if isinstance(hint, type) and issubclass(hint, base)), None)


def agent_types() -> dict[str, type[Agent]]:
    """The built-in agents by class name."""
    return {cls.__name__: cls for cls in BUILT_IN}


def find_class(name: Any, known: dict[str, type[Any]], base: type[Any], place: str, modules: Modules) -> type[Any]:
    """The class called `name`: one of `known`, or an import path `package.module:Class` of a subclass of `base`.

    If modules are not trusted, only our own are imported; for other classes a substitute is returned.
    """
    what = re.sub("(?<!^)([A-Z])", r" \1", base.__name__).lower()
    if not isinstance(name, str):
        raise UserError(
            f"names its {what}'s class with a string", value=name, place=place, remedy=nearest("", list(known))
        )
    if name in known:
        return known[name]
    if ":" not in name:
        remedy = f"{nearest(name, list(known))} (or an import path 'package.module:Class')"
        raise UserError(f"no such {what}", value=name, place=place, remedy=remedy)
    if not modules.trusted:
        parted(name, place)
        if not ours(name):
            return UNSEEN[base]
        modules = Modules()
    return _checked(modules.find(name, place), base, name, place)


def _checked(cls: Any, base: type[Any], name: str, place: str) -> type[Any]:
    if not (isinstance(cls, type) and issubclass(cls, base)):
        remedy = f"derive it from {base.__module__}.{base.__name__}"
        raise UserError(f"is not a subclass of {base.__name__}", value=name, place=place, remedy=remedy)
    frozen = dataclasses.is_dataclass(cls) and cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    if not frozen or "__dataclass_fields__" not in vars(cls):
        remedy = "decorate it with @dataclass(frozen=True, kw_only=True)"
        raise UserError("must be a frozen dataclass", value=name, place=place, remedy=remedy)
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    if missing:
        raise UserError(f"lacks the method {', '.join(missing)}", value=name, place=place, remedy="define it")
    return cls
