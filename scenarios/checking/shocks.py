"""Shocks: what they say, which nodes they move, and whether they fit their scenario."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import time
from typing import TYPE_CHECKING

from markets.curves.stress import Stress, parse_stress
from markets.factors.key import CREDIT, SPOT, USD, VOL, FactorKey
from markets.specs.variable import SPREAD
from sim.nearest import nearest

if TYPE_CHECKING:
    from markets.spec import RateSpec, ShockSpec
    from scenarios.scenario import Scenario
    from sim.place import Place

Nodes = dict[FactorKey, float]  # years of nodes
TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def check_shocks(scenario: Scenario, at: Place) -> None:
    """A shock has a shape, nodes that exist, a time of day, and a day within the run. Raises UserError."""
    for spec, here in placed(scenario.storyline.shock, at):
        moves_of(spec, scenario.market.rates, here)
        if not (spec.stress or spec.spot or spec.vol or spec.credit):
            raise here.error("a shock moves something", remedy="give stress, spot, vol or credit")
        if not scenario.start < spec.date <= scenario.end:
            rule = f"a shock falls after the start, {scenario.start}, and by the end, {scenario.end}"
            raise here.at("date").error(rule, value=str(spec.date))


def placed(specs: Sequence[ShockSpec], at: Place) -> Iterator[tuple[ShockSpec, Place]]:
    """Each shock with its place in the file."""
    for i, spec in enumerate(specs):
        yield spec, at.at("storyline", "shock", i)


def parsed(spec: ShockSpec, at: Place) -> tuple[time | None, Stress | None]:
    """Time of day, None for the first tick, and the stress, None without one. Raises UserError."""
    found = TIME.fullmatch(spec.time)
    if spec.time and not found:
        raise at.at("time").error("is not a time of day", value=spec.time, remedy="write it as '14:30'")
    stress = parse_stress(spec.stress, str(at.at("stress"))) if spec.stress else None
    if stress is not None and (stress.also or stress.role):
        remedy = "write one move, of one curve; give several shocks for several"
        raise at.at("stress").error("curves of a running market move as curves", value=spec.stress, remedy=remedy)
    return time(int(found[1]), int(found[2])) if found else None, stress


def moves_of(spec: ShockSpec, rates: RateSpec, at: Place) -> dict[FactorKey, float]:
    """Of each node that moves, and of vol and credit spread, decimal; of the price as a share. Raises UserError.

    'parallel 10 on eur' moves the curve of that currency or that spread; without a curve the shock moves the nodes that
    it names, of any curve, and the dollar's where it names none.
    """
    _, stress = parsed(spec, at)
    others = {SPOT: spec.spot, VOL: spec.vol, CREDIT: spec.credit}
    moves = {key: by for key, by in others.items() if by}
    if stress is None:
        if spec.nodes:
            raise at.at("nodes").error("nodes move by a stress", value=spec.nodes[0], remedy="give `stress` as well")
        return moves
    moving = _chosen(spec, stress, _moving_curves(rates), rates, at)
    flat = next((key for key in moving if key.family == SPREAD and key.node == key.name), None)
    if flat is not None and len(set(stress.basis_points)) > 1:
        rule, remedy = f"the spread {flat.name} is flat and has no shape", f"write 'parallel 10 on {flat.name}'"
        raise at.at("stress").error(rule, value=spec.stress, remedy=remedy)
    return moves | {key: float(stress.move(years)) for key, years in moving.items()}


def _chosen(spec: ShockSpec, stress: Stress, curves: dict[str, Nodes], rates: RateSpec, at: Place) -> Nodes:
    """The nodes that a shock moves."""
    name = _quoted(rates).get(stress.curve, stress.curve)
    if name and name not in curves:
        remedy = f"known: {', '.join(curves)}"
        raise at.at("stress").error("no curve of this name moves on its own", value=name, remedy=remedy)
    every = curves[name] if name else {key: years for nodes in curves.values() for key, years in nodes.items()}
    named = {key.node: key for key in every}
    for node in spec.nodes:
        if node not in named:
            raise at.at("nodes").error("no such node", value=node, remedy=nearest(node, [*named]))
    if spec.nodes:
        return {named[node]: every[named[node]] for node in spec.nodes}
    return curves[name or USD[1]]


def _moving_curves(rates: RateSpec) -> dict[str, Nodes]:
    """Keys and years of the nodes of every curve that moves: the dollar's, other currencies', spreads."""
    others = {name: tuple(spec.variables(name)) for name, spec in rates.currencies.items()}
    others |= {name: tuple(spec.variables(name)) for name, spec in rates.spreads.items()}
    dollar = {FactorKey(*USD, node.name): node.years for node in rates.curve}
    return {USD[1]: dollar} | {
        name: {FactorKey(*each.block, each.name): each.years for each in variables}
        for name, variables in others.items()
    }


def _quoted(rates: RateSpec) -> dict[str, str]:
    """The curve that moves, by the name of the quoted curve that it starts as."""
    if not rates.curves:
        return {}
    found = {spec.curve: name for name, spec in rates.currencies.items() if spec.curve}
    return {rates.discount or next(iter(rates.curves)): USD[1]} | found
