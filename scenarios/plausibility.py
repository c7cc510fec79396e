"""Levels that no market has had: most often percent for a decimal, basis points for percent, or a slipped point.

The bounds stand beside the fields (`sim.params.param(plausible=...)`). A value outside them is refused, unless the
scenario says `run.as_given = true` (`--as-given`); then it is said with the results.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markets.plausible import CAPITAL, MONEYNESS, REVERSALS, THINNEST, Bounds
from scenarios.odd_moves import odd_moves
from scenarios.place import Place
from sim.errors import UserError

if TYPE_CHECKING:
    from agents.base import Agent
    from markets.spec import Anchor, AssetAnchor
    from scenarios.scenario import Scenario

SCALES = ((100.0, "%"), (1e4, "bp"))  # of what is a decimal here, and how people write it
AMOUNTS = ((1e-9, "bn"), (1e-6, "m"))  # of what is in $ here
INSIST = "or take it with --as-given"


@dataclass(frozen=True)
class Odd:
    """A value that no market has had: where it stands, why, and the mistake that it most likely is."""

    place: Place
    value: float
    rule: str
    remedy: str

    @property
    def error(self) -> UserError:
        """To be raised where the user does not insist."""
        return self.place.error(self.rule, value=self.value, remedy=f"{self.remedy}, {INSIST}")


def outside(place: Place, value: float, bounds: Bounds, remedy: str) -> Odd:
    """A value outside its plausible bounds."""
    return Odd(place, value, f"outside {span(bounds)}, where the record of markets lies with room", remedy)


def span(bounds: Bounds) -> str:
    """Bounds in words."""
    return f"{bounds[0]:g} to {bounds[1]:g}"


def within(value: float, bounds: Bounds) -> bool:
    """Whether a value is plausible; 0 switches something off and always is."""
    return value == 0 or bounds[0] <= value <= bounds[1]


def odd_values(scenario: Scenario, at: Place) -> Iterator[Odd]:
    """Every value of a scenario outside its field's bounds, and strikes far from spot."""
    spot = scenario.storyline.anchor[0].spot or 0.0
    for f in dataclasses.fields(scenario):
        value, here = getattr(scenario, f.name), at.at(f.name)
        if f.name in ("agents", "assets"):
            for item in value:
                yield from odd_fields(item, here.at(item.name))
        elif dataclasses.is_dataclass(value):
            yield from odd_fields(value, here)
    yield from odd_anchors(scenario.storyline.anchor, at.at("storyline", "anchor"))
    for asset in scenario.assets:
        yield from odd_anchors(asset.anchor, at.at("assets", asset.name, "anchor"))
    yield from odd_depth(scenario, spot, at.at("venue", "asset", "depth"))
    for agent in scenario.agents:
        here = at.at("agents", agent.name)
        yield from odd_capital(agent, spot, here.at("capital"))
        for i, line in enumerate(getattr(agent, "book", ())):
            yield from odd_strike(line, spot, here.at("book", i))


def odd_fields(spec: Any, at: Place) -> Iterator[Odd]:
    """Values of a parameter dataclass, and of the tables in it, outside their fields' bounds."""
    for f in dataclasses.fields(spec):
        value = getattr(spec, f.name)
        bounds: Bounds | None = f.metadata.get("plausible")
        if isinstance(value, int | float):
            if bounds is not None and not within(value, bounds):
                yield outside(at.at(f.name), value, bounds, remedy_for(value, bounds, f.metadata.get("unit", "")))
        elif dataclasses.is_dataclass(value):
            yield from odd_fields(value, at.at(f.name))
        elif isinstance(value, tuple | Mapping):
            yield from _odd_items(value, bounds, f.metadata.get("unit", ""), at.at(f.name))


def _odd_items(items: Any, bounds: Bounds | None, unit: str, at: Place) -> Iterator[Odd]:
    for key, item in items.items() if isinstance(items, Mapping) else enumerate(items):
        here = at.at(str(item.date) if at.keys[-1:] == ("anchor",) else key)
        if dataclasses.is_dataclass(item):
            yield from odd_fields(item, here)
        elif bounds is not None and isinstance(item, int | float) and not within(item, bounds):
            yield outside(here, item, bounds, remedy_for(item, bounds, unit))


def odd_anchors(anchors: Sequence[Anchor | AssetAnchor], at: Place) -> Iterator[Odd]:
    """Moves between the anchors of neighbouring days."""
    for key in REVERSALS:
        known = [(row.date, value) for row in anchors if (value := getattr(row, key, None)) is not None]
        days, values = [day for day, _ in known], [value for _, value in known]
        for i, rule, remedy in odd_moves(key, days, values):
            yield Odd(at.at(str(days[i]), key), values[i], rule, remedy)


def odd_strike(line: Any, spot: float, at: Place) -> Iterator[Odd]:
    """A strike that is no share of spot that anyone trades: of another instrument, or in another unit."""
    strike = getattr(line, "strike", None)
    if strike is None or not spot or within(strike / spot, MONEYNESS):
        return
    low, high = (float(f"{bound * spot:.6g}") for bound in MONEYNESS)
    yield outside(at.at("strike"), strike, (low, high), f"the starting spot is {spot:g}: write the strike in its units")


def odd_depth(scenario: Scenario, spot: float, at: Place) -> Iterator[Odd]:
    """A depth in which not even a part of one unit can be traded: it is in billions."""
    depth = scenario.venue.asset.depth
    if depth < THINNEST * spot:
        remedy = remedy_for(depth, (1e6, 1e13), "$")
        yield Odd(at, depth, f"is less than {THINNEST:g} units of the asset", remedy)


def odd_capital(agent: Agent, spot: float, at: Place) -> Iterator[Odd]:
    """A desk's capital that is in millions or billions, seen from the size of its book."""
    sizes = (line.notional if line.notional is not None else (line.quantity or 0.0) * spot
             for line in getattr(agent, "book", ()))  # fmt: skip
    size = math.fsum(map(abs, sizes))
    low, high = (bound * size for bound in CAPITAL)
    if size and not within(agent.capital, (low, high)):
        remedy = remedy_for(agent.capital, (low, high), "$")
        yield Odd(at, agent.capital, f"no desk has so much, or so little, for a book of ${size:g}", remedy)


def remedy_for(value: float, bounds: Bounds, unit: str) -> str:
    """What the user most likely meant: the same figure in the unit of the key."""
    for factor, name in AMOUNTS if unit.startswith("$") else SCALES:
        meant = value / factor
        if within(meant, bounds) and value != 0:
            return f"write {_plain(meant)} for {value:g} {name}"
    return f"it is in {unit}" if unit else "check its unit"


def _plain(value: float) -> str:
    """A figure as a scenario file has it: 0.045, 3e9."""
    return f"{value:.10g}" if abs(value) < 1e6 else f"{value:g}".replace("e+0", "e").replace("e+", "e")


def check_plausible(scenario: Scenario, at: Place) -> None:
    """Raise UserError at the first value outside its bounds, unless the scenario takes its levels as given."""
    if not scenario.run.as_given:
        for odd in odd_values(scenario, at):
            raise odd.error


def taken_as_given(scenario: Scenario) -> tuple[str, ...]:
    """A line for each key that is taken although it lies outside its bounds."""
    if not scenario.run.as_given:
        return ()
    found: dict[str, list[Odd]] = defaultdict(list)
    for odd in odd_values(scenario, Place("")):
        found[_pattern(odd.place.keys)].append(odd)
    return tuple(_told(key, odds) for key, odds in found.items())


def _pattern(keys: tuple[str, ...]) -> str:
    """A key without the numbers and dates of its items, so that a whole column is one line."""
    return ".".join(key for key in keys if not key[:1].isdigit())


def _told(key: str, odds: list[Odd]) -> str:
    values = sorted(odd.value for odd in odds)
    figures = f"{values[0]:g}" if len(values) == 1 else f"{len(values)} values from {values[0]:g} to {values[-1]:g}"
    return f"taken as given: {key}, {figures}: {odds[0].rule}"
