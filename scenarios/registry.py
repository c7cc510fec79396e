"""Agent and policy classes by the name that a scenario file gives them."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from agents.base import Agent
from agents.policies import POLICIES, Policy
from sim.errors import UserError


def agent_types() -> dict[str, type[Agent]]:
    """The built-in agents by class name."""
    from agents.client_flow import ClientFlow
    from agents.executor import Executor
    from agents.funding_desk import FundingDesk
    from agents.hedger import Hedger
    from agents.levered_fund import LeveredFund
    from agents.market_maker import MarketMaker
    from agents.order_flow import InformedTrader, NoiseTrader
    from agents.proportional_fund import ProportionalFund

    built_in = (
        MarketMaker,
        Hedger,
        FundingDesk,
        ClientFlow,
        LeveredFund,
        ProportionalFund,
        Executor,
        NoiseTrader,
        InformedTrader,
    )
    return {cls.__name__: cls for cls in built_in}


def nearest(word: str, known: list[str]) -> str:
    """A remedy: the nearest known name, or all of them."""
    close = get_close_matches(word, known, n=1, cutoff=0.6) or [k for k in known if k.lower() == word.lower()]
    return f"did you mean '{close[0]}'?" if close else "known: " + ", ".join(known)


def find_class(name: Any, known: dict[str, type[Any]], base: type[Any], place: str, folder: Path | None) -> type[Any]:
    """The class called `name`: one of `known`, or an import path `package.module:Class` of a subclass of `base`.

    The scenario file's folder is put on sys.path, so that an agent may stand beside its scenario.
    """
    what = base.__name__.lower()
    if not isinstance(name, str):
        raise UserError(
            f"names its {what}'s class with a string", value=name, place=place, remedy=nearest("", list(known))
        )
    if name in known:
        return known[name]
    if ":" not in name:
        remedy = f"{nearest(name, list(known))} (or an import path 'package.module:Class')"
        raise UserError(f"no such {what}", value=name, place=place, remedy=remedy)
    return _checked(_imported(name, place, folder), base, name, place)


def find_policy(name: Any, place: str, folder: Path | None) -> type[Policy]:
    """The hedging policy called `name`."""
    return find_class(name, dict(POLICIES), Policy, place, folder)


def _imported(name: str, place: str, folder: Path | None) -> Any:
    module_name, _, attribute = name.partition(":")
    if folder is not None and str(folder) not in sys.path:
        sys.path.append(str(folder))
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # the user's module may fail in any way
        remedy = f"{type(error).__name__}: {error} (looked in the scenario's folder and on PYTHONPATH)"
        raise UserError("cannot import the class", value=name, place=place, remedy=remedy) from error
    if not hasattr(module, attribute):
        public = [key for key in vars(module) if not key.startswith("_")]
        raise UserError(
            f"module '{module_name}' has no such class", value=attribute, place=place, remedy=nearest(attribute, public)
        )
    return getattr(module, attribute)


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
