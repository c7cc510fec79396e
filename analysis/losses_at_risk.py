"""Value at risk of a desk day by day and path by path, and whether its losses keep to it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis import coverage, frames, quadratic
from analysis.given import A_RUN
from analysis.numbers import FloatArray
from analysis.path_closes import laid_out
from sim.arguments import maybe, takes, text
from sim.dataset import Run
from sim.errors import UserError
from sim.vectors import median

LEVEL, TAIL = 0.99, 0.975  # of value at risk, of expected shortfall
CLOSES_A_YEAR = 252.0  # where a run of an earlier version does not say it
RISK, STRESSED, HISTORICAL = "risk", "stressed", "historical"
LEAST_WINDOW = 20  # days
METHODS = {
    RISK: "delta and gamma of the close before, at its implied vol",
    STRESSED: "the same at the highest implied vol of the median path",
    HISTORICAL: "days before of the same path",
}


@dataclass(frozen=True)
class Days:
    """A desk's days, (paths, days) $: what it made, and what was said of it at the close before; NaN where nothing."""

    gains: FloatArray
    value_at_risk: FloatArray
    said: Callable[[FloatArray], FloatArray]  # the shortfall beyond that value at risk

    @property
    def shortfall(self) -> FloatArray:
        """Found when it is asked: of one of two levels."""
        return self.said(self.value_at_risk)

    @property
    def told(self) -> NDArray[np.bool_]:
        """Days of which something was said, (days,)."""
        return np.asarray(~np.isnan(self.value_at_risk).all(axis=0))


@takes(run=A_RUN, agent=maybe(text), world=text)
def backtest(
    run: Run, *, agent: str | None = None, world: str = "actual", level: float = LEVEL, window: int | None = None
) -> pl.DataFrame:
    """A desk's daily losses against its value at risk, one row a method.

    Methods: `risk`, the exact quantile of delta r + gamma r^2 / 2 with the delta, gamma and implied vol of the close
    before (rates, vega and time are left out); `stressed`, the same with the highest vol of the median path; with a
    window also `historical`, the loss of rank floor((1 - level) n) + 1 of the n days before on the same path.

    Columns: days, exceptions, rate; `kupiec`, `independence`, `conditional`: p-values over all paths together; `green`,
    `yellow`, `red`: shares of paths by the traffic light; `value_at_risk` and `shortfall` (97.5 %): means, $; `excess`:
    mean loss on days beyond the value at risk of 97.5 % over the shortfall that was said for them, 1 where it is right.

    Args:
        run: a finished run of some days.
        agent: a hedger by name, or None for the first by name.
        world: the world whose days are counted.
        level: of value at risk, in (0.5, 1).
        window: days of the historical method.

    Raises:
        UserError: for a world or an agent that the run does not have, a level that is none, too few days.
    """
    world = frames.check_world(run, world)
    if not 0.5 < level < 1:
        raise UserError("a level lies between 0.5 and 1", value=level, place="level", remedy="0.99 is usual")
    if window is not None and window < LEAST_WINDOW:
        rule = f"a window has at least {LEAST_WINDOW} days"
        raise UserError(rule, value=window, place="window", remedy="250 is usual")
    names = frames.desks(run, agent)
    if len(names) != 1:
        raise UserError("one desk at a time", value=agent, place="agent", remedy=f"hedgers: {', '.join(names)}")
    methods = _methods(run, names[0], world, level, window)
    return pl.DataFrame([{"method": name, **_row(*days, level)} for name, days in methods])


def _methods(run: Run, agent: str, world: str, level: float, window: int | None) -> list[tuple[str, tuple[Days, Days]]]:
    """Days at the level, and at that of the shortfall, by method."""
    gains, delta, gamma, move = _figures(run, agent, world)
    moves = {RISK: move, STRESSED: np.full_like(move, max(map(median, move.T)))}
    methods = [(name, _both(_by_risk, gains, delta, gamma, by, level=level)) for name, by in moves.items()]
    if window is not None:
        if gains.shape[1] <= window:
            rule, remedy = "the run has too few days for the window", f"a window below {gains.shape[1]}"
            raise UserError(rule, value=window, place="window", remedy=remedy)
        methods.append((HISTORICAL, _both(_by_history, gains, window, level=level)))
    return methods


def _both(rule: Callable[..., Days], *figures: object, level: float) -> tuple[Days, Days]:
    """At the level of value at risk, and at that of the shortfall."""
    return rule(*figures, level=level), rule(*figures, level=TAIL)


@frames.once
def _figures(run: Run, agent: str, world: str) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Gains from close to close, (paths, days) $; delta $, gamma $ and daily vol at the close before."""
    times = frames.mark_times(run, world)
    if len(times) < 3:
        raise UserError("a backtest needs some days", value=len(times), place=str(run.path), remedy="run it for longer")
    columns = ("path", "time", "pnl", "net_delta_dollars", "gamma_dollars_1pct")
    mine = frames.at_closes(run, [agent]).filter((pl.col("agent") == agent) & (pl.col("world") == world))
    pnl, delta, percent = laid_out(mine.select(columns).collect(), times)
    levels = frames.asset_closes(run).filter((pl.col("world") == world) & pl.col("time").is_in(times.implode()))
    (vol,) = laid_out(levels.select("path", "time", "vol").collect(), times)
    vol = vol[: len(pnl)]
    move = vol[:, :-1] / math.sqrt(float(run.manifest["clock"].get("closes_a_year", CLOSES_A_YEAR)))
    return np.diff(pnl, axis=1), delta[:, :-1], percent[:, :-1] * 100, move


def _by_risk(gains: FloatArray, delta: FloatArray, gamma: FloatArray, move: FloatArray, level: float) -> Days:
    by_one, by_two = delta * move, gamma * move**2
    value_at_risk = quadratic.value_at_risk(by_one, by_two, level)
    return Days(gains, value_at_risk, lambda var: quadratic.expected_shortfall(by_one, by_two, level, at=var))


def _by_history(gains: FloatArray, window: int, level: float) -> Days:
    """Of the days before, without interpolation; the shortfall is the mean of what lies at or beyond that rank."""
    rank = int((1 - level) * window + 1e-9)
    seen = np.sort(np.lib.stride_tricks.sliding_window_view(gains[:, :-1], window, axis=1), axis=2)
    var = np.full_like(gains, np.nan)
    var[:, window:] = -seen[:, :, rank]

    def shortfall(_: FloatArray) -> FloatArray:
        found = np.full_like(gains, np.nan)
        found[:, window:] = -seen[:, :, : rank + 1].mean(axis=2)
        return found

    return Days(gains, var, shortfall)


def _row(days: Days, tail: Days, level: float) -> dict[str, object]:
    """Figures of one method."""
    told = days.told
    hits = days.gains[:, told] < -days.value_at_risk[:, told]
    count = hits.shape[1]
    zones = Counter(coverage.zone(int(found), count, level) for found in hits.sum(axis=1))
    beyond = tail.gains[:, told] < -tail.value_at_risk[:, told]
    said = tail.shortfall[:, told][beyond].sum()
    return {
        "days": count,
        "exceptions": int(hits.sum()),
        "rate": float(hits.mean()),
        "kupiec": coverage.kupiec(hits, level).p_value,
        "independence": coverage.independence(hits).p_value,
        "conditional": coverage.conditional(hits, level).p_value,
        **{zone: zones[zone] / len(hits) for zone in (coverage.GREEN, coverage.YELLOW, coverage.RED)},
        "value_at_risk": float(days.value_at_risk[:, told].mean()),
        "shortfall": float(tail.shortfall[:, told].mean()),
        "excess": float(-tail.gains[:, told][beyond].sum() / said) if said > 0 else math.nan,
    }
