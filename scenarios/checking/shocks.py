"""Shocks to the curve: what they say, and whether they fit their scenario."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import time
from typing import TYPE_CHECKING

from markets.curves.stress import Stress, parse_stress
from sim.nearest import nearest

if TYPE_CHECKING:
    from markets.spec import RateSpec, ShockSpec
    from scenarios.scenario import Scenario
    from sim.place import Place

TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def check_shocks(scenario: Scenario, at: Place) -> None:
    """A shock has a shape, nodes that exist, a time of day, and a day within the run. Raises UserError."""
    names = [node.name for node in scenario.market.rates.curve]
    for spec, here in placed(scenario.storyline.shock, at):
        parsed(spec, here)
        for name in spec.nodes:
            if name not in names:
                raise here.at("nodes").error("no such node", value=name, remedy=nearest(name, names))
        if not scenario.start < spec.date <= scenario.end:
            rule = f"a shock falls after the start, {scenario.start}, and by the end, {scenario.end}"
            raise here.at("date").error(rule, value=str(spec.date))


def placed(specs: Sequence[ShockSpec], at: Place) -> Iterator[tuple[ShockSpec, Place]]:
    """Each shock with its place in the file."""
    for i, spec in enumerate(specs):
        yield spec, at.at("storyline", "shock", i)


def parsed(spec: ShockSpec, at: Place) -> tuple[time | None, Stress]:
    """Time of day, None for the first tick, and the stress. Raises UserError."""
    found = TIME.fullmatch(spec.time)
    if spec.time and not found:
        raise at.at("time").error("is not a time of day", value=spec.time, remedy="write it as '14:30'")
    stress = parse_stress(spec.stress, str(at.at("stress")))
    if stress.curve:
        rule = "a running market has one curve of nodes"
        raise at.at("stress").error(rule, value=spec.stress, remedy="leave out 'on ...', or name `nodes`")
    return time(int(found[1]), int(found[2])) if found else None, stress


def moves_of(spec: ShockSpec, rates: RateSpec, at: Place) -> dict[str, float]:
    """Of each node that moves, decimal."""
    _, stress = parsed(spec, at)
    moving = [node for node in rates.curve if not spec.nodes or node.name in spec.nodes]
    return {node.name: float(stress.move(node.years)) for node in moving}
