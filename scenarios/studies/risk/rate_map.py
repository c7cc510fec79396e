"""The value of a book as a function of the short rate, u(t, r), over the days of a scenario, and its margin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.products.book import Book
from markets.rate_vols.curve_move import CurveMove, curve_move
from markets.rate_vols.rate_table import (
    CONVERGED,
    FINE,
    NEAR,
    WIDE,
    RateTable,
    check_level,
    differences,
    grid_quantile,
    line_turns,
    points,
)
from scenarios.reading.made_by_hand import meant
from scenarios.studies.risk.book_risk import hedger_of
from scenarios.studies.risk.fine_start import on_nodes, times_of
from scenarios.worlds.books import instruments, starting_market
from scenarios.worlds.clock import make_clock
from sim.arguments import takes, whole
from sim.errors import UserError
from sim.figure_text import percent

if TYPE_CHECKING:
    import polars as pl

    from markets.factors.snapshot import Snapshot
    from markets.products.book import CompiledBook
    from scenarios.scenario import Scenario

Floats = NDArray[np.float64]

SPAN = 4.0  # standard deviations of the last day's short rate that a map covers on either side
LEAST = 0.25  # years: no map is narrower than at this time
STATES, INSIDE = 65, 17  # points of the short rate, and of its move over the margin period from each


@dataclass(frozen=True, eq=False)
class RateMap:
    """u(t, r) of a book by day, with the density of r and the margin from there.

    values: a row a day and short rate: date, rate, value ($), density (per 1.00 of rate; none at the start), margin
    (exact), monotone (by the map), both $.
    days: a row a day, at the mean of the short rate: date, rate, sd, value, margin, monotone, delta, delta_gamma ($),
    turns (rates at which u(t, .) turns, as text).
    """

    values: pl.DataFrame
    days: pl.DataFrame


@takes(dates=whole(1), days=whole(1))
def rate_map(
    scenario: Scenario | str | Path,
    agent: str | None = None,
    *,
    level: float = 0.99,
    days: int = 10,
    reversion: float = 0.03,
    sigma: float = 0.01,
    dates: int = 4,
) -> RateMap:
    """The value of a hedger's book by day and short rate, the curve of the start moving by Hull-White.

    Every day's book is valued as in a run, on the curve that belongs to the short rate; vols, spot and the rest stay.
    Floating rates are fixed where the short rate follows its mean.

    Args:
        scenario: a scenario, a preset's name or a file.
        agent: the hedger (default: the first by name that has a book).
        level: probability that the loss over the margin period stays below the margin.
        days: the margin period, trading days.
        reversion: a, 1/year. sigma: decimal per sqrt(year).
        dates: how many days are shown, the first and the last among them.

    Raises:
        UserError: no such hedger, a book without rates, or a parameter that cannot be.
    """
    check_level(level)
    for name, value in (("reversion", reversion), ("sigma", sigma)):
        if not (np.isfinite(value) and value > 0):
            raise UserError(f"{name} of a Hull-White model is positive", value=value, place=name, remedy="write 0.01")
    return _Maker(meant(scenario), agent, level, days, reversion, sigma).made(dates)


class _Maker:
    """One book, valued by tick and state."""

    def __init__(
        self, scenario: Scenario, agent: str | None, level: float, days: int, reversion: float, sigma: float
    ) -> None:
        self.clock, start = make_clock(scenario), starting_market(scenario)
        held = instruments(hedger_of(scenario, agent), start)
        self.start = on_nodes(start, times_of(held, self.clock, start))
        self.book: CompiledBook = Book(held).compile(self.clock, self.start)
        if not self.book.has_rates:
            remedy = "choose one that holds swaps, bonds or options on rates"
            raise UserError("a book without rates has no value by the short rate", place=scenario.name, remedy=remedy)
        self.level, self.years = level, days / self.clock.days_a_year
        self.reversion, self.sigma = reversion, sigma
        self.rates = self.start.snapshot.block(self.start.curve.block)  # (nodes, 1)

    def move(self, rates: Floats, years: float) -> CurveMove:
        """From curves (nodes, paths) over some years."""
        sigma = np.full(rates.shape[1], self.sigma)
        return curve_move(self.start.curve, rates, reversion=self.reversion, sigma=sigma, years=years)

    def market(self, nodes: Floats) -> Snapshot:
        """The starting market on other curves, (nodes, paths)."""
        paths, first = nodes.shape[1], self.start.snapshot
        wide = first.take(np.zeros(paths, dtype=np.int64))
        return wide.with_rows({}, {self.start.curve.block: nodes})

    def made(self, dates: int) -> RateMap:
        """The map on so many days, evenly spread over the closes."""
        import polars as pl

        closes = np.flatnonzero(self.clock.is_close)
        ticks = [int(closes[k]) for k in np.unique(np.linspace(0, len(closes) - 1, dates).round().astype(int))]
        end = max(float(self.clock.calendar_years[ticks[-1]]), LEAST)
        off = SPAN * float(self.move(self.rates, end).sd[0])
        fixings, before = self.book.new_fixings(1), 0
        values, days = [], []
        for tick in ticks:
            before = self._fixed(before, tick, fixings)
            found = self._day(tick, off, fixings)
            values.append(found[0])
            days.append(found[1])
        return RateMap(pl.concat(values), pl.DataFrame(days))

    def _fixed(self, before: int, tick: int, fixings: Floats) -> int:
        """Fix floating rates close by close, at the mean of the short rate; the tick up to which it was done."""
        for close in np.flatnonzero(self.clock.is_close):
            if before < close <= tick and self.book.settles(before, int(close)):
                years = float(self.clock.calendar_years[close])
                self.book.fix(before, int(close), self.market(self.move(self.rates, years).at(0.0)), fixings)
                before = int(close)
        return max(before, tick)

    def _day(self, tick: int, off: float, fixings: Floats) -> tuple[pl.DataFrame, dict[str, object]]:
        import polars as pl
        from scipy.special import ndtri

        years = float(self.clock.calendar_years[tick])
        day = self.clock.session_dates[int(self.clock.day[tick])]
        state = points(-off, off, STATES)  # the short rate less its mean
        now = self.move(self.rates, years) if years > 0 else None
        nodes = self._states(now, state)
        mean = float(self.rates[0, 0])
        if now is not None:
            mean = float(now.start[0, 0] + now.centre[0]) if self.start.curve.years[0] == 0 else self._short(years)
        value = self.book.value(tick, self.market(nodes), np.repeat(fixings, STATES, axis=1))
        gains = self._gains(tick, nodes, value, fixings)
        exact = np.maximum(-self._quantile(gains, tick, nodes, value, fixings), 0.0)
        z = float(ndtri(self.level))
        ends = self._gain(tick, nodes, value, fixings, np.array([-z, z]))
        monotone = np.maximum(-ends.min(axis=0), 0.0)
        sd = float(now.sd[0]) if now is not None else 0.0
        density = np.exp(-0.5 * (state / sd) ** 2) / (sd * np.sqrt(2 * np.pi)) if sd > 0 else np.full(STATES, np.nan)
        frame = pl.DataFrame(
            {"rate": mean + state, "value": value, "density": density, "margin": exact, "monotone": monotone}
        ).with_columns(date=pl.lit(day))
        middle = slice(STATES // 2, STATES // 2 + 1)
        if gains.resolved(CONVERGED)[middle].all():
            local = gains.at(0.0)[middle], gains.slope(0.0)[middle], gains.slope(0.0, 2)[middle]
        else:
            local = differences(self._gain(tick, nodes[:, middle], value[middle], fixings, NEAR))
        turns = [mean + float(turn) for turn in self._turns(tick, now, state, value, fixings)]
        return frame.select("date", "rate", "value", "density", "margin", "monotone"), self._told(
            day, mean, sd, value, local, exact, monotone, turns
        )

    def _states(self, now: CurveMove | None, state: Floats) -> Floats:
        """Curves by the short rate less its mean, (nodes, states)."""
        if now is None:
            return np.asarray(self.rates + self.move(self.rates, LEAST).slope * state)
        return np.asarray(now.start + now.slope * (now.centre + state))

    def _turns(self, tick: int, now: CurveMove | None, state: Floats, value: Floats, fixings: Floats) -> Floats:
        """Where u(t, .) turns, less the mean of the short rate."""
        fine = np.linspace(float(state[0]), float(state[-1]), FINE + 1)
        market, wide = self.market(self._states(now, fine)), np.repeat(fixings, fine.size, axis=1)
        found = line_turns(fine, self.book.value(tick, market, wide))
        table = RateTable(float(state[0]), float(state[-1]), value[:, None])
        return table.turns_near(found) if table.resolved().all() else found

    def _told(
        self,
        day: date,
        mean: float,
        sd: float,
        value: Floats,
        local: tuple[Floats, Floats, Floats],
        exact: Floats,
        monotone: Floats,
        turns: list[float],
    ) -> dict[str, object]:
        """The row of a day, at the mean of the short rate. local: gain, slope and second derivative there."""
        from scipy.special import ndtri

        middle, z = STATES // 2, float(ndtri(self.level))
        still, slope, bend = (float(one[0]) for one in local)
        by_delta = -min(still + side * z * slope for side in (-1, 1))
        by_gamma = -min(still + side * z * slope + 0.5 * z**2 * bend for side in (-1, 1))
        return {
            "date": day,
            "rate": mean,
            "sd": sd,
            "value": float(value[middle]),
            "margin": float(exact[middle]),
            "monotone": float(monotone[middle]),
            "delta": max(float(by_delta), 0.0),
            "delta_gamma": max(float(by_gamma), 0.0),
            "turns": ", ".join(percent(turn, 2) for turn in turns) or "none",
        }

    def _gains(self, tick: int, nodes: Floats, value: Floats, fixings: Floats) -> RateTable:
        """Gain over the margin period by standard deviations of the short rate, a function a state."""
        return RateTable(-WIDE, WIDE, self._gain(tick, nodes, value, fixings, points(-WIDE, WIDE, INSIDE)))

    def _quantile(self, gains: RateTable, tick: int, nodes: Floats, value: Floats, fixings: Floats) -> Floats:
        """Of those gains, $ a state; from a fine grid where the corner of a payoff keeps a table from converging."""
        found, sharp = gains.quantile(1 - self.level), ~gains.resolved(CONVERGED)
        if sharp.any():
            z = np.linspace(-WIDE, WIDE, FINE + 1)
            fine = self._gain(tick, nodes[:, sharp], value[sharp], fixings, z)
            found[sharp] = grid_quantile(fine, 1 - self.level)
        return found

    def _gain(self, tick: int, nodes: Floats, value: Floats, fixings: Floats, z: Floats) -> Floats:
        """Gain over the margin period at standard deviations z, (z, states) $."""
        then = self.move(nodes, self.years)
        moved = np.concatenate([then.at(float(one)) for one in z], axis=1)
        wide = np.repeat(fixings, moved.shape[1], axis=1)
        worth = self.book.value(tick, self.market(moved), wide, later=self.years).reshape(z.size, value.size)
        return np.asarray(worth - value)

    def _short(self, years: float) -> float:
        """Mean of the short rate where the curve has no node at no maturity: its first node's."""
        return float(self.move(self.rates, years).at(0.0)[0, 0])
