"""Shocks to a running market, and what each agent's position would lose by them at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import CREDIT, SPOT, VOL
from scenarios.checking.shocks import moves_of, parsed, placed
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.phases import Phase
from sim.place import Place

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from markets.factors.key import FactorKey
    from markets.factors.level import Level
    from markets.factors.storyline import Storyline
    from markets.spec import ShockSpec
    from scenarios.scenario import Scenario
    from sim.clock import Clock
    from sim.world import Process

LEAST = 1e-3  # share of its level that vol or spread keeps in a static revaluation
STATIC = "static_stress"  # kind of the events that say what a shock would cost at once


@dataclass(frozen=True)
class Shock:
    """At a tick, moves by key, decimal; of the price as a share of it."""

    tick: int
    moves: Mapping[FactorKey, float]


def shocks_of(scenario: Scenario, clock: Clock) -> tuple[Shock, ...]:
    """The shocks of a scenario on its clock, in order; those of one tick add up.

    Raises UserError where one falls on no tick of the run.
    """
    found: dict[int, dict[FactorKey, float]] = {}
    for spec, at in placed(scenario.storyline.shock, Place(scenario.name)):
        total = found.setdefault(tick_of(spec, clock, at), {})
        for key, by in moves_of(spec, scenario.market.rates, at).items():
            total[key] = total.get(key, 0.0) + by
    return tuple(Shock(tick, found[tick]) for tick in sorted(found))


def tick_of(spec: ShockSpec, clock: Clock, at: Place) -> int:
    """The tick of a shock: the first one at its time of its day or, without a time, of the day. Raises UserError."""
    hour, _ = parsed(spec, at)
    days = [i for i, session in enumerate(clock.session_dates) if session == spec.date]
    ticks = np.flatnonzero(np.isin(clock.day, days) & (np.arange(len(clock.ticks)) > 0))
    if hour is not None:
        since = (spec.date - clock.first).days * 86_400 + hour.hour * 3_600 + hour.minute * 60
        ticks = ticks[clock.ticks[ticks] >= since]
    if not ticks.size:
        remedy = f"choose a trading day and time after the start, {clock.first}, up to {clock.session_dates[-1]}"
        raise at.at("date").error("the run has no tick there", value=f"{spec.date} {spec.time}".strip(), remedy=remedy)
    return int(ticks[0])


def shocked(storyline: Storyline, shocks: Sequence[Shock]) -> Storyline:
    """The storyline with outside levels moved from each shock on. Raises UserError where one falls below zero."""
    nodes, further = dict(storyline.nodes), dict(storyline.further)
    others = {SPOT: storyline.spot, VOL: storyline.vol, CREDIT: storyline.credit}  # in logs
    for shock in shocks:
        for key, by in shock.moves.items():
            if key in others:
                others[key] = _from(others[key], shock.tick, _in_logs(others[key].level[shock.tick :], key, by))
            else:
                levels = further if key.node in further else nodes
                levels[key.node] = _from(levels[key.node], shock.tick, by)
    if not shocks:
        return storyline
    spot, vol, credit = others.values()
    return replace(storyline, nodes=nodes, further=further, spot=spot, vol=vol, credit=credit)


def _from(line: Level, tick: int, by: NDArray[np.float64] | float) -> Level:
    level = line.level.copy()
    level[tick:] += by
    return replace(line, level=level)


def _in_logs(level: NDArray[np.float64], key: FactorKey, by: float) -> NDArray[np.float64] | float:
    """Move of a log: of a price by a share of it, of others by an amount."""
    if key == SPOT:
        return math.log1p(by)
    least = float(np.exp(level).min())
    if least + by <= 0:
        remedy = f"its lowest level from then on is {least:.4g}"
        raise UserError(f"the shock makes {key.family} negative", value=by, place="storyline.shock", remedy=remedy)
    return np.log1p(by / np.exp(level))


def revalue(world: TradingWorld, shocks: Sequence[Shock]) -> Process:
    """Just before each shock, write what it would do to every agent's equity at once, as events of all paths.

    The market is revalued with its levels moved and all else as it is; nobody trades.
    """
    for shock in shocks:
        yield world.at(int(world.clock.ticks[shock.tick]), Phase.SHOCK)
        now = world.factors.snapshot
        moved = now.with_rows({key: _at_once(key, now.row(key), by) for key, by in shock.moves.items()})
        before = {agent.name: world.equity_now(agent.name).copy() for agent in world.agents}
        world.factors.snapshot = moved
        after = {name: world.equity_now(name).copy() for name in before}
        world.factors.snapshot = now
        everyone = np.ones(world.paths, dtype=np.bool_)
        for name, equity in before.items():
            gain = after[name] - equity
            world.log.add("events", world.now, everyone, kind=STATIC, subject=name, value=gain)


def _at_once(key: FactorKey, level: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    """A level after its move, (paths,); vol and credit spread stay above a thousandth of what they were."""
    if key == SPOT:
        return level * (1 + by)
    return np.maximum(level + by, LEAST * level) if key in (VOL, CREDIT) else level + by
