"""Levels that no market has had: most often percent for a decimal, basis points for percent, or a slipped point.

Amounts of money are judged by one another (`scenarios.checking.amounts`), everything else by itself.

The bounds stand beside the fields (`sim.params.param(plausible=...)`). A value outside them is refused, unless the
scenario says `run.as_given = true` (`--as-given`); then it is said with the results.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markets.plausible import LONGEST_OPTION, MONEYNESS, RATE, RATES_APART, REVERSALS, THINNEST, Bounds
from scenarios.checking.amounts import odd_amounts
from scenarios.checking.odd import Odd, outside, remedy_for, within
from scenarios.checking.odd_moves import odd_moves
from sim.memo import Memo
from sim.place import Place

if TYPE_CHECKING:
    from datetime import date

    from markets.spec import Anchor, AssetAnchor
    from scenarios.scenario import Scenario

RATES = ("overnight", "us2y", "us10y")

_nothing_odd: Memo[bool] = Memo()  # of the scenario that was checked last


def odd_values(scenario: Scenario, at: Place, passed: Collection[int] = ()) -> Iterator[Odd]:
    """Every value of a scenario outside its field's bounds, and strikes far from spot.

    passed: parts that are not looked at by themselves again, by identity.
    """
    spots = starting_spots(scenario)
    for f in dataclasses.fields(scenario):
        value, here = getattr(scenario, f.name), at.at(f.name)
        if id(value) in passed:
            continue
        if f.name in ("agents", "assets"):
            for item in value:
                if id(item) not in passed:
                    yield from odd_fields(item, here.at(item.name))
        elif f.name == "venue":
            for name, venue in value.by_name().items():
                yield from odd_fields(venue, here.at(name))
        elif dataclasses.is_dataclass(value):
            yield from odd_fields(value, here)
    if id(scenario.storyline) not in passed:
        yield from odd_anchors(scenario.storyline.anchor, at.at("storyline", "anchor"))
    for asset in scenario.assets:
        yield from odd_anchors(asset.anchor, at.at("assets", asset.name, "anchor"))
    thin = list(odd_depths(scenario, at))
    yield from thin
    for agent in scenario.agents:
        here = at.at("agents", agent.name)
        for i, line in enumerate(getattr(agent, "book", ())):
            yield from odd_position(line, spots, scenario.start, here.at("book", i))
    yield from (odd for odd in odd_amounts(scenario, at) if odd.place not in [each.place for each in thin])


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
    """Moves between anchors, and rates of one day that are far from each other."""
    for key in REVERSALS:
        known = [(row.date, value) for row in anchors if (value := getattr(row, key, None)) is not None]
        days, values = [day for day, _ in known], [value for _, value in known]
        for i, rule, remedy in odd_moves(key, days, values):
            yield Odd(at.at(str(days[i]), key), values[i], rule, remedy)
    for row in anchors:
        told = {key: getattr(row, key, None) for key in RATES}
        rates = {key: value for key, value in told.items() if value is not None and within(value, RATE)}
        for key, value in rates.items():
            others = [other for name, other in rates.items() if name != key]
            if others and min(abs(value - other) for other in others) > RATES_APART:
                rule = f"is more than {100 * RATES_APART:g} points from the other rates of its day"
                yield Odd(at.at(str(row.date), key), value, rule, "mend the level if a point slipped")


def starting_spots(scenario: Scenario) -> dict[str, float]:
    """$ a unit at the start, by the asset that a line is on."""
    return {"": scenario.storyline.anchor[0].spot or 0.0} | {asset.name: asset.spot for asset in scenario.assets}


def odd_position(line: Any, spots: Mapping[str, float], start: date, at: Place) -> Iterator[Odd]:
    """A strike, or an expiry, that nobody trades."""
    yield from _odd_strike(line, spots, at)
    yield from _odd_expiry(line, start, at)


def _odd_expiry(line: Any, start: date, at: Place) -> Iterator[Odd]:
    """An option or a future on the asset that outlives all that are traded: most often a slip in the year."""
    if line.kind not in ("put", "call", "future"):
        return
    years = line.months / 12 if line.months else (line.expiry - start).days / 365.25 if line.expiry else 0.0
    if years > LONGEST_OPTION:
        rule = f"is more than {LONGEST_OPTION:g} years after the start, which no option on an index is"
        yield Odd(at.at("months" if line.months else "expiry"), round(years, 1), rule, "check the year")


def _odd_strike(line: Any, spots: Mapping[str, float], at: Place) -> Iterator[Odd]:
    """A strike that is no share of spot that anyone trades: of another instrument, or in another unit."""
    strike, spot = getattr(line, "strike", None), spots.get(getattr(line, "asset", ""), spots[""])
    if strike is None or not spot or within(strike / spot, MONEYNESS):
        return
    low, high = (float(f"{bound * spot:.6g}") for bound in MONEYNESS)
    yield outside(at.at("strike"), strike, (low, high), f"the starting spot is {spot:g}: write the strike in its units")


def odd_depths(scenario: Scenario, at: Place) -> Iterator[Odd]:
    """A depth in which not even a part of one unit can be traded: it is in billions."""
    main = scenario.venue.asset.depth, scenario.storyline.anchor[0].spot or 0.0, at.at("venue", "asset", "depth")
    others = ((each.venue.depth, each.spot, at.at("assets", each.name, "venue", "depth")) for each in scenario.assets)
    for depth, spot, here in (main, *others):
        if depth < THINNEST * spot:
            remedy = remedy_for(depth, (1e6, 1e13), "$")
            yield Odd(here, depth, f"is less than {THINNEST:g} units of the asset", remedy)


def check_plausible(scenario: Scenario, at: Place, passed: Collection[int] = ()) -> None:
    """Raise UserError at the first value outside its bounds, unless the scenario takes its levels as given.

    passed: as of `odd_values`.
    """
    if scenario.run.as_given:
        return
    odd = None
    for odd in odd_values(scenario, at, passed):
        if odd.refused:
            raise odd.error
    if odd is None and not passed:
        _nothing_odd.put(True, scenario)


def taken_as_given(scenario: Scenario) -> tuple[str, ...]:
    """A line for each key that is taken outside its bounds, or left at a default that does not suit the scenario."""
    found: dict[str, list[Odd]] = defaultdict(list)
    if _nothing_odd.known(scenario):
        return ()
    for odd in odd_values(scenario, Place("")):
        if scenario.run.as_given or not odd.refused:
            found[_pattern(odd.place.keys)].append(odd)
    return tuple(_told(key, odds) for key, odds in found.items())


def _pattern(keys: tuple[str, ...]) -> str:
    """A key without the numbers and dates of its items, so that a whole column is one line."""
    return ".".join(key for key in keys if not key[:1].isdigit())


def _told(key: str, odds: list[Odd]) -> str:
    values = sorted(odd.value for odd in odds)
    figures = f"{values[0]:g}" if len(values) == 1 else f"{len(values)} values from {values[0]:g} to {values[-1]:g}"
    how = "taken as given" if odds[0].refused else "left at its default"
    return f"{how}: {key}, {figures}: {odds[0].rule}"
