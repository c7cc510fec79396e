"""Agent and policy classes by the name that a scenario file gives them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from agents.base import Agent
from agents.funding.capital import CapitalModel
from agents.funding.margin import MarginModel
from agents.funding.models import CAPITAL_MODELS, MARGIN_MODELS
from agents.policies import POLICIES, Policy
from scenarios.parameters.modules import Modules, ours, parted
from scenarios.parameters.unseen import UNSEEN
from sim.errors import UserError
from sim.nearest import nearest
from sim.registry import Registry

AGENTS: Registry[type[Agent]] = Registry(
    {
        "MarketMaker": "agents.making.market_maker:MarketMaker",
        "OptionMaker": "agents.making.option_maker:OptionMaker",
        "Hedger": "agents.hedging.hedger:Hedger",
        "FundingDesk": "agents.funding.funding_desk:FundingDesk",
        "ClientFlow": "agents.making.client_flow:ClientFlow",
        "LeveredFund": "agents.funds.levered_fund:LeveredFund",
        "ProportionalFund": "agents.funds.proportional_fund:ProportionalFund",
        "LeveredProduct": "agents.funds.levered_product:LeveredProduct",
        "VolTargetFund": "agents.funds.vol_target_fund:VolTargetFund",
        "RiskParityFund": "agents.funds.risk_parity_fund:RiskParityFund",
        "TrendFollower": "agents.funds.trend_follower:TrendFollower",
        "ValueInvestor": "agents.funds.value_investor:ValueInvestor",
        "LiabilityFund": "agents.funds.liability_fund:LiabilityFund",
        "ConvexityHedger": "agents.funds.convexity_hedger:ConvexityHedger",
        "BasisFund": "agents.funds.basis_fund:BasisFund",
        "Executor": "agents.funds.executor:Executor",
        "NoiseTrader": "agents.making.order_flow:NoiseTrader",
        "InformedTrader": "agents.making.order_flow:InformedTrader",
    }
)

KINDS: dict[type[Any], Mapping[str, Any]] = {  # what a file chooses by its `kind`
    Policy: POLICIES,
    MarginModel: MARGIN_MODELS,
    CapitalModel: CAPITAL_MODELS,
}


def kind_base(hint: Any) -> type[Any] | None:
    """What a parameter of this type is chosen from by its `kind`; None for any other parameter."""
    known: Any = _base_of  # mypy takes a class for unhashable
    found: type[Any] | None = known(hint) if isinstance(hint, type) else None
    return found


@cache
def _base_of(cls: type[Any]) -> type[Any] | None:
    return next((base for base in KINDS if issubclass(cls, base)), None)


def agent_types() -> Registry[type[Agent]]:
    """The built-in agents by class name."""
    return AGENTS


def find_class(name: Any, known: Mapping[str, type[Any]], base: type[Any], place: str, modules: Modules) -> type[Any]:
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
