"""A scenario as one frozen value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import numpy as np

from agents.base import Agent
from agents.hedging.hedger import Hedger
from markets.spec import (
    AssetSpec,
    ClockSpec,
    CreditSpec,
    FeedbackSpec,
    MarketSpec,
    StorylineSpec,
    VenueSpec,
    VenuesSpec,
)
from scenarios.parameters.classes import KINDS, agent_types
from sim.dataclass import dataclass
from sim.names import FROZEN, NO_TWIN, PRICE_TAKER
from sim.params import param, written_fields
from sim.place import Place
from sim.streams import DEFAULT as DEFAULT_GENERATOR
from sim.streams import Generator

MOST_PATHS = 10_000_000


@dataclass(frozen=True, kw_only=True)
class TwinSpec:
    """The other world of a run: the same noise, with these loops."""

    name: str = param(FROZEN, help="name of the twin world in the tables")
    feedback: FeedbackSpec = param(factory=FeedbackSpec.frozen, help="its loops")
    price_takers: bool = param(
        False, help="what agents do leaves no trace in price, spread, depth and credit, whatever the loops"
    )


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """How a scenario is simulated."""

    paths: int = param(1000, help="Monte Carlo paths", gt=0, le=MOST_PATHS)
    seed: int = param(1, help="seed of every noise stream", ge=0, le=2**63 - 1)
    generator: Generator = param(
        DEFAULT_GENERATOR,
        help="of the noise: 'philox', or 'numpy' (the streams of before; a run takes 1.1 to 1.6 times as long)",
    )
    witnesses: int = param(32, help="paths of which every tick is kept", ge=0, le=MOST_PATHS)
    twin: Literal["price_taker", "frozen", "none"] | TwinSpec = param(
        PRICE_TAKER,
        help="what to compare with: 'price_taker' (agents leave no trace), 'frozen', 'none', or a table: name, "
        "leverage, ...",
    )
    unhedged: bool = param(
        True, help="with a twin, also a world in which the desk (the first hedger by name) does not hedge"
    )
    chunk: int = param(16_384, unit="paths", help="paths simulated together, at most", gt=0, le=1_000_000)
    attribution: Literal["daily", "tick", "none"] = param(
        "tick", help="how often P&L is attributed by revaluation; none: its components are NaN"
    )
    marks: Literal["all"] | None = param(
        None,
        help="'all': the table marks has every agent on every path at every close, four times the room; else so do the "
        "desks alone, in the table desks",
        sparse=True,
    )
    as_given: bool = param(False, help="take levels outside what markets have had; they are said with the results")
    common_noise: bool | None = param(
        None,
        help="whether all paths have the noise of path 0, so that they differ by what is ordered alone (default: no)",
        sparse=True,
    )


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Everything that a run depends on. Picklable, and `to_dict` round-trips through `scenarios.from_dict`."""

    name: str = param(help="short name: letters, digits, - and _; names the run's folder")
    title: str = param("", help="one line for lists and charts (default: the name)")
    description: str = param("", help="what happened, and to whom")
    regime: str = param("", help="kind of crisis: what curve, equities and credit do")
    notes: tuple[str, ...] = param((), help="what was assumed when it was read; said with the results")
    clock: ClockSpec = param(factory=ClockSpec, help="calendar and grid")
    market: MarketSpec = param(factory=MarketSpec, help="spot, vol and option pricing")
    venue: VenuesSpec = param(factory=VenuesSpec, help="spread, depth and impact of each venue")
    feedback: FeedbackSpec = param(factory=FeedbackSpec, help="switches of the loops")
    credit: CreditSpec = param(factory=CreditSpec, help="what moves the credit spread")
    storyline: StorylineSpec = param(help="dated levels")
    assets: tuple[AssetSpec, ...] = param((), help="further risky assets, one table each")
    agents: tuple[Agent, ...] = param((), help="the cast, one table each")
    run: RunSpec = param(factory=RunSpec, help="size and seed of a run")

    @property
    def start(self) -> date:
        """Date of the first anchor: the simulation starts at its close."""
        return self.storyline.anchor[0].date

    @property
    def end(self) -> date:
        """Date of the last anchor."""
        return self.storyline.anchor[-1].date

    @property
    def venues(self) -> dict[str, VenueSpec]:
        """Parameters of every venue by name, but for listings of the user's own."""
        market = self.market
        rates = market.rates
        named = (rates.bonds, rates.straddles, market.vol_listings, rates.futures, market.vol_futures)
        found = self.venue.by_name() | {asset.name: asset.venue for asset in self.assets}
        found |= {name: spec.venue for specs in named for name, spec in specs.items()}
        return found | {name: spec.venue for name, spec in market.credits.items() if spec.venue is not None}

    @property
    def twin(self) -> TwinSpec | None:
        """The twin world, resolved: None when the run has none."""
        return resolve_twin(self.run.twin, self.feedback)

    @property
    def desk(self) -> Hedger | None:
        """The default desk of figures: the first hedger by name."""
        return min((a for a in self.agents if isinstance(a, Hedger)), key=lambda a: a.name, default=None)

    def agent(self, name: str) -> Agent:
        """The agent of that name; KeyError if there is none."""
        return {agent.name: agent for agent in self.agents}[name]

    def with_run(self, **changes: Any) -> Scenario:
        """The same scenario with other run settings; a value of None leaves the setting as it is. Raises UserError."""
        from scenarios.parameters.models import build  # not needed by workers

        if not isinstance(self.run, RunSpec):
            raise Place(str(self.name)).at("run").error("must be a RunSpec", value=self.run)
        kept = {key: plain_value(value) for key, value in changes.items() if value is not None}
        twin = kept.pop("twin") if isinstance(kept.get("twin"), TwinSpec) else None
        run = build(RunSpec, kept, Place("run"), default=self.run)
        return dataclasses.replace(self, run=run if twin is None else dataclasses.replace(run, twin=twin))

    def to_dict(self) -> dict[str, Any]:
        """Every key with its value, ready for JSON: dates as ISO strings, agents by name with their `type`."""
        by_name = ("assets", "agents")
        result = {f.name: encode(getattr(self, f.name)) for f in dataclasses.fields(self) if f.name not in by_name}
        result["venue"] = encode(self.venue.by_name())
        result["assets"] = {
            asset.name: {k: v for k, v in encode(asset).items() if k != "name"} for asset in self.assets
        }
        result["agents"] = {agent.name: _encode_agent(agent) for agent in self.agents}
        return result


def plain_value(value: Any) -> Any:
    """numpy's scalars as Python's."""
    return value.item() if isinstance(value, np.generic) else value


def resolve_twin(twin: str | TwinSpec, feedback: FeedbackSpec) -> TwinSpec | None:
    """The twin that is meant, None for none; a table is taken as it stands. feedback: of the actual world."""
    if isinstance(twin, TwinSpec):
        return twin
    if twin == PRICE_TAKER:
        return TwinSpec(name=PRICE_TAKER, feedback=feedback, price_takers=True)
    return None if twin == NO_TWIN else TwinSpec()


def encode(value: Any) -> Any:
    """A parameter value as JSON-able dicts, lists and scalars."""
    if isinstance(value, TwinSpec):
        takers = {"price_takers": True} if value.price_takers else {}
        return {"name": value.name, **takers, **encode(value.feedback)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        table = {f.name: encode(getattr(value, f.name)) for f in written_fields(value)}
        return {"kind": type_name(type(value)), **table} if isinstance(value, tuple(KINDS)) else table
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    return value


def type_name(cls: type[Any]) -> str:
    """The name of an agent's or a policy's class in a scenario file: a built-in's name, or `module:Class`."""
    kinds = next((known for base, known in KINDS.items() if issubclass(cls, base)), None)
    name, known = (cls.__name__, agent_types()) if kinds is None else (getattr(cls, "kind", ""), kinds)
    return name if known.get(name) is cls else f"{cls.__module__}:{cls.__qualname__}"


def _encode_agent(agent: Agent) -> dict[str, Any]:
    table: dict[str, Any] = {k: v for k, v in encode(agent).items() if k != "name"}
    return {"type": type_name(type(agent)), **table}
