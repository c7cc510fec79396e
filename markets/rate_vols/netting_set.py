"""Trades in rates that are margined together, in a Hull-White model: u(t, r) and the margin that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.rate_vols.black import SIDES
from markets.rate_vols.hull_white import HullWhite, SwapTerms
from markets.rate_vols.rate_table import (
    GRID,
    NEAR,
    NODES,
    TURNING,
    WIDE,
    RateTable,
    check_level,
    differences,
    grid_quantile,
    line_quantiles,
    line_turns,
    points,
)
from sim.errors import UserError
from sim.named_tuple import NamedTuple
from sim.normal import ndtr
from sim.root import root

Floats = NDArray[np.float64]

SPREAD_NODES = 65  # of the tables from which many sets are margined at once
SMOOTH = 1e-6  # a margin by rate has corners if its last coefficients are above this share of the largest
CORNERED = 512  # cells of a margin by rate that has corners


class Flow(NamedTuple):
    """A known payment."""

    amount: float  # $; negative: paid
    time: float  # years


class SwaptionTrade(NamedTuple):
    """A European swaption, settled in cash for what its swap is worth at the expiry."""

    swap: SwapTerms
    strike: float  # decimal
    notional: float  # $; negative: sold
    side: str = "payer"


def swap_flows(swap: SwapTerms, rate: float, notional: float) -> list[Flow]:
    """A swap as payments: `notional` > 0 receives the fixed rate. The floating leg is notional at the start less at
    the end.
    """
    fixed = [Flow(notional * rate * share, float(t)) for t, share in zip(swap.times, swap.accrual, strict=True)]
    return [*fixed, Flow(-notional, float(swap.start)), Flow(notional, float(swap.times[-1]))]


def bond_flows(coupon: float, times: Sequence[float], accrual: float, notional: float) -> list[Flow]:
    """A bond as payments: `notional` > 0 is held."""
    fixed = [Flow(notional * coupon * accrual, float(t)) for t in times]
    return [*fixed, Flow(notional, float(times[-1]))]


@dataclass(frozen=True, eq=False)
class NettingSet:
    """Payments and swaptions, netted.

    A swaption is a sum of options on bonds (Jamshidian 1989), each struck where the swap is worth nothing at the
    expiry: that state does not depend on today's rate, so it is looked for once. Raises UserError for a side that is
    none, and for an empty set.
    """

    model: HullWhite
    flows: Sequence[Flow] = ()
    swaptions: Sequence[SwaptionTrade] = ()

    def __post_init__(self) -> None:
        for trade in self.swaptions:
            if trade.side not in SIDES:
                raise UserError("a swaption is a payer or a receiver", value=trade.side, place="side")
        if not (len(self.flows) or len(self.swaptions)):
            raise UserError("a netting set holds payments or swaptions", value="none")

    # --- the law of the rate ---------------------------------------------------------------------------------------
    def later(self, now: float, years: float, rates: ArrayLike) -> tuple[Floats, float]:
        """Mean, of the shape of `rates`, and standard deviation of r(t + d) given r(t), decimal.

        E r(t + d) = r e^(-a d) + alpha(t + d) - alpha(t) e^(-a d), alpha(t) = f(0, t) + sigma^2 B(t)^2 / 2; the
        variance is sigma^2 (1 - e^(-2 a d)) / (2 a). Brigo and Mercurio (2006), equations 3.35 to 3.37.
        """
        if not years > 0:
            raise UserError("a margin period is positive", value=years, place="years", remedy="ten days are 10 / 252")
        kept = np.exp(-self.model.reversion * years)
        first, last = self.mean(now), self.mean(now + years)
        return np.asarray(np.asarray(rates) * kept + last - first * kept), float(np.sqrt(self.model.variance(years)))

    def mean(self, now: float) -> float:
        """alpha(t) = E r(t), decimal."""
        loading = float(self.model.loading(now))
        return float(self.model.forward(now)) + 0.5 * (self.model.sigma * loading) ** 2

    # --- u(t, r) ---------------------------------------------------------------------------------------------------
    def value(self, now: float, rates: ArrayLike, *, settled: float | None = None) -> Floats:
        """u(t, r) at short rates of any shape, $.

        settled: the time by which payments were made (default: `now`); later ones that are due by `now` count in full,
        and a swaption that has expired since for what it pays.
        """
        r = np.asarray(rates, dtype=np.float64)
        state, paid = (r - self.model.forward(now)).reshape(-1), now if settled is None else settled
        out = np.zeros(state.size)
        amounts, times = self._payments
        alive = times > paid
        if alive.any():
            out += amounts[alive] @ self._bonds(now, np.maximum(times[alive], now), state)
        for trade, turn in zip(self.swaptions, self._turns, strict=True):
            if trade.swap.start > paid:
                out += trade.notional * self._swaption(trade, turn, now, state)
        return np.asarray(out.reshape(r.shape))

    @cached_property
    def _payments(self) -> tuple[Floats, Floats]:
        """Amounts and times, netted by time."""
        if not len(self.flows):
            return np.zeros(0), np.zeros(0)
        rows: Floats = np.array(self.flows, dtype=np.float64)
        dates, where = np.unique(rows[:, 1], return_inverse=True)
        return np.asarray(np.bincount(where, rows[:, 0], minlength=dates.size), dtype=np.float64), dates

    @cached_property
    def _turns(self) -> tuple[float, ...]:
        """State at each swaption's expiry at which its swap is worth nothing."""
        return tuple(self._turn(trade) for trade in self.swaptions)

    def _turn(self, trade: SwaptionTrade) -> float:
        swap, coupons = trade.swap, _coupons(trade)

        def gap(state: float) -> float:
            return float(coupons @ self._bonds(swap.start, swap.times, np.array([state]))[:, 0]) - 1.0

        width = 0.1
        while gap(-width) < 0 or gap(width) > 0:
            width *= 2
            if width > 1e3:
                return float("inf") if gap(width) > 0 else float("-inf")
        return root(gap, -width, width, xtol=1e-16, rtol=8.9e-16)

    def _swaption(self, trade: SwaptionTrade, turn: float, now: float, state: Floats) -> Floats:
        """Value of one swaption by state x = r - f(0, t), per unit of notional.

        Under the measure of the bond to T_i the state at the expiry T is normal, with variance y(T - t) and mean
        e^(-a (T - t)) (x + B(T - t) y(t)) - B(T_i - T) y(T - t).
        """

        swap, sign, model = trade.swap, SIDES[trade.side], self.model
        begin = max(swap.start, now)
        gap = swap.start - now if now < swap.start else 0.0
        times = np.append(swap.start, swap.times)
        bonds = self._bonds(min(now, begin), np.maximum(times, now), state)
        amounts = np.append(1.0, -_coupons(trade))
        if gap == 0.0:
            return np.maximum(sign * (amounts @ bonds), 0.0)
        sd = float(np.sqrt(model.variance(gap)))
        centre = np.exp(-model.reversion * gap) * (state + float(model.loading(gap)) * float(model.variance(now)))
        z = (turn - centre) / sd + (model.loading(times - swap.start) * sd)[:, None]
        return np.asarray(sign * (amounts @ (bonds * ndtr(-sign * z))))

    def _bonds(self, now: float, times: Floats, state: Floats) -> Floats:
        """P(t, T) by time and state, (times, states)."""
        loading = self.model.loading(times - now)[:, None]
        start = (self.model.log_discount(times) - self.model.log_discount(np.asarray(now)))[:, None]
        return np.asarray(np.exp(start - loading * state - 0.5 * loading**2 * self.model.variance(now)))

    # --- margin ----------------------------------------------------------------------------------------------------
    def gains(self, now: float, rates: ArrayLike, years: float, nodes: int = NODES) -> RateTable:
        """u(t + d, r') - u(t, r) by standard deviations of r', a function for each of `rates` (rates,)."""
        return RateTable(-WIDE, WIDE, self._gain(now, rates, years, points(-WIDE, WIDE, nodes)))

    def _gain(self, now: float, rates: ArrayLike, years: float, z: Floats) -> Floats:
        """u(t + d, r') - u(t, r), r' by standard deviations z: (z, rates) $."""
        r = np.atleast_1d(np.asarray(rates, dtype=np.float64))
        centre, sd = self.later(now, years, r)
        return np.asarray(self.value(now + years, centre + sd * z[:, None], settled=now) - self.value(now, r))

    def margin(self, now: float, rates: ArrayLike, *, level: float = 0.99, years: float = 1 / 24) -> Floats:
        """Loss over the margin period that is exceeded with probability 1 - level, (rates,) $, at least 0.

        Where u turns, each side of the turn is counted. Options that expire within the period, or soon after, bend u
        too sharply for a table: then it is valued on a fine grid.
        """
        check_level(level)
        table = self.gains(now, rates, years)
        found = table.quantile(1 - level) if table.resolved().all() else self._sharp(now, rates, years, 1 - level)
        return np.asarray(np.maximum(-found, 0.0))

    def _sharp(self, now: float, rates: ArrayLike, years: float, level: float) -> Floats:
        """Quantile of u(t + d, r') - u(t, r), (rates,) $, from u(t + d, .) on one fine grid for all rates.

        On one for each where a common one would be longer: rates that are many standard deviations apart.
        """
        r = np.atleast_1d(np.asarray(rates, dtype=np.float64))
        centre, sd = self.later(now, years, r)
        low, high = float(centre.min()) - WIDE * sd, float(centre.max()) + WIDE * sd
        cells = GRID * (high - low) / (2 * WIDE * sd)
        if cells > GRID * r.size:
            return grid_quantile(self._gain(now, r, years, np.linspace(-WIDE, WIDE, GRID + 1)), level)
        grid = np.linspace(low, high, int(cells) + 1)
        then = self.value(now + years, grid, settled=now)
        return line_quantiles(grid, then, centre, sd, level) - self.value(now, r)

    def monotone_margin(self, now: float, rates: ArrayLike, *, level: float = 0.99, years: float = 1 / 24) -> Floats:
        """The same as if u only rose or only fell: its larger loss where r' is z standard deviations off, (rates,) $.

        Wrong for a set whose value turns within the margin period's moves.
        """
        from scipy.special import ndtri

        check_level(level)
        z = float(ndtri(level))
        return np.asarray(np.maximum(-self._gain(now, rates, years, np.array([-z, z])).min(axis=0), 0.0))

    def sensitive_margin(
        self, now: float, rates: ArrayLike, *, level: float = 0.99, years: float = 1 / 24, gamma: bool = True
    ) -> Floats:
        """The same by delta alone, or by delta and gamma, of u(t + d, .) at the mean of r', (rates,) $."""
        from scipy.special import ndtri

        check_level(level)
        table, z = self.gains(now, rates, years), float(ndtri(level))
        still, delta, bend = table.at(0.0), table.slope(0.0), table.slope(0.0, 2)
        if not table.resolved().all():
            still, delta, bend = differences(self._gain(now, rates, years, NEAR))
        moved = [side * z * delta + (0.5 * z**2 * bend if gamma else 0.0) for side in (-1.0, 1.0)]
        return np.asarray(np.maximum(-(still + np.minimum(*moved)), 0.0))

    def turns(self, now: float, low: float, high: float, nodes: int = 257) -> Floats:
        """Short rates between which u(t, .) rises and falls, inside (low, high), rising."""
        if not low < high:
            raise UserError("turns are looked for between two rates", value=(low, high), remedy="name the lower first")
        grid = points(low, high, nodes)
        table = RateTable(low, high, self.value(now, grid)[:, None])
        fine = np.linspace(low, high, TURNING + 1)
        found = line_turns(fine, self.value(now, fine))
        return table.turns_near(found) if table.resolved().all() else found


def margins(
    sets: Sequence[NettingSet],
    now: float,
    rates: ArrayLike,
    *,
    level: float = 0.99,
    years: float = 1 / 24,
    nodes: int = SPREAD_NODES,
) -> Floats:
    """Margins of many sets on many paths, (sets, paths) $: tabulated over the rates that occur, then interpolated.

    Each set's u(t + d, .) is a table over the rates and the moves from them, and its margin one over the rates: so the
    cost by path is a row of weights that all sets share. A margin has a corner where u begins to turn within the
    moves that count: it is then straight between many rates. Sets with an option that expires within the period, or
    soon after, are margined one by one.
    """
    check_level(level)
    r = np.asarray(rates, dtype=np.float64)
    low, high = float(r.min()), float(r.max())
    high = max(high, low + 1e-8)
    seen = points(low, high, nodes)
    found, alone = np.zeros((nodes, len(sets))), {}
    for k, one in enumerate(sets):
        centre, sd = one.later(now, years, seen)
        ends = float(centre[0] - WIDE * sd), float(centre[-1] + WIDE * sd)
        wide = points(*ends, nodes)
        then = RateTable(*ends, one.value(now + years, wide, settled=now)[:, None])
        if not then.resolved().all():
            alone[k] = one.margin(now, r, level=level, years=years)
            continue
        still = one.value(now, seen)
        found[:, k] = _losses(then, centre, sd, still, level)
        if not RateTable(low, high, found[:, k : k + 1]).resolved(SMOOTH).all():
            fine = np.linspace(low, high, CORNERED + 1)
            still = RateTable(low, high, still[:, None]).at(fine)[0]
            losses = _losses(then, one.later(now, years, fine)[0], sd, still, level)
            alone[k] = np.maximum(np.interp(r, fine, losses), 0.0)
    asked = np.maximum(RateTable(low, high, found).at(r), 0.0)
    for k, own in alone.items():
        asked[k] = own
    return asked


def _losses(then: RateTable, centre: Floats, sd: float, still: Floats, level: float) -> Floats:
    """Loss that is exceeded with probability 1 - level: of `still` (rates,) against `then` about `centre` (rates,)."""
    moved = then.at(centre + sd * points(-WIDE, WIDE, NODES)[:, None])[0]
    return np.asarray(-RateTable(-WIDE, WIDE, moved - still).quantile(1 - level))


def _coupons(trade: SwaptionTrade) -> Floats:
    coupons = trade.strike * trade.swap.accrual
    coupons[-1] += 1.0
    return np.asarray(coupons)
