"""The autocallable notes of a book: the next observation by quadrature on each path, what follows from tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from markets.factors.key import LN_VOL, SPOT, VOL, FactorKey
from markets.kernels.autocall import (
    BY_SHIFT,
    BY_VOL,
    BY_VOL_1,
    CALL_BARRIER,
    COUPON,
    E0,
    E1,
    E2,
    E3,
    MEMORY,
    MOMENTS,
    REDEEMED,
    expected,
)
from markets.products.table import Table, When
from markets.vols.smile import term_response
from sim.errors import BugError, UserError
from sim.named_tuple import NamedTuple
from sim.vectors import distinct, total

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]

VOLS, SHIFTS = 11, 3  # Chebyshev's nodes in ln vol and in the shift
LN_VOLS = (float(np.log(0.25)), float(np.log(6.0)))  # of the vol over that of the start
WIDEST = 0.04  # decimal: shifts of the curve between which the tables interpolate
POINTS, LOWEST = 600, float(np.log(0.05))  # of the grid of ln(S / S_0), up to the barrier
BEYOND = 3  # points above the barrier, for interpolation
NODES = 40  # of the quadrature between two barriers
LEGENDRE = np.array(np.polynomial.legendre.leggauss(NODES))
TABLES = 64  # notes whose tables are remembered
ENDED, UNPAID, BEFORE, FIXED = range(4)  # fixings of a note, see `AutocallTable`
MEMORIES = 4
CALM = 1e-10  # standard deviation that stands for none


class Observation(NamedTuple):
    """A date on which it is looked whether the note pays and ends."""

    day: date
    coupon: float  # per 1 of notional


class Noted(Protocol):
    """What the table reads of an instrument."""

    @property
    def notional(self) -> float: ...
    @property
    def spot(self) -> float: ...
    @property
    def barrier(self) -> float: ...
    @property
    def paying(self) -> float: ...
    @property
    def protection_barrier(self) -> float: ...
    @property
    def memory(self) -> bool: ...
    def observations(self, first: date) -> tuple[Observation, ...]: ...


class Live(NamedTuple):
    """One note at a moment."""

    number: int
    due: int | None  # an observation that has come and is not settled
    ahead: int | None  # the next one; None after the last
    years: float  # calendar years to it
    variance_years: float  # trading years to it
    response: float  # d ln of its vol / d ln of the market's


class AutocallTable(Table[list[Live]]):
    """Notes one by one, with four fixings each.

    The number of the observation at which it ended (of all of them while it lives), coupons not paid per 1 of notional
    now and before the last observation, and how many have been looked at: so a moment before an observation is valued
    alike before and after it has been fixed.

    A note has one vol, that of an option at the money to its maturity. What it is worth after an observation is
    tabulated once, by vol and by a parallel shift of the starting forward rates. On a path the way to the next
    observation has the path's own zero rate; the shift is that of the path's forward rate from there to maturity. So
    parallel moves are met exactly, and of twists what they do to these two rates.
    """

    order: ClassVar[int] = 6

    def __init__(self, items: Sequence[Noted], clock: Clock, start: Start) -> None:
        super().__init__()
        self.clock, self.start, self.rates = clock, start, True
        self.notes = [_Note(item, clock, start) for item in items]
        self.fixings = MEMORIES * len(items)
        self.dates = distinct(np.concatenate([note.seconds for note in self.notes]))
        self.needs: tuple[FactorKey, ...] = (SPOT, VOL, *start.curve.nodes)
        self.gross_units = float(sum(abs(note.item.notional) / note.item.spot for note in self.notes))

    # --- what has happened -----------------------------------------------------------------------------------------
    def new_fixings(self, paths: int) -> Floats:
        """Every note lives and owes nothing, (fixings, paths)."""
        lives = [[float(len(note.seconds)), 0.0, 0.0, 0.0] for note in self.notes]
        return np.repeat(np.array(lives).reshape(-1, 1), paths, axis=1)

    def fix(self, since: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """Note who is called in (since, tick], and what is owed afterwards."""
        for live in self.known(When(tick, since)):
            if live.due is not None:
                rows, (alive, unpaid) = self._rows_of(live, fixings), self._state(live, fixings)
                _, lives, after = self.notes[live.number].settled(live.due, snapshot, alive, unpaid)
                rows[ENDED] = np.where(alive > lives, live.due, rows[ENDED])
                rows[BEFORE], rows[UNPAID], rows[FIXED] = unpaid, after, live.due + 1

    def _state(self, live: Live, fixings: Floats) -> tuple[Floats, Floats]:
        """Whether it lives, 1 or 0, and coupons not paid, (paths,) each: before the observation due, or else ahead."""
        rows, number = self._rows_of(live, fixings), live.ahead if live.due is None else live.due
        assert number is not None
        unpaid = np.where(rows[FIXED] > number, rows[BEFORE], rows[UNPAID])
        return (rows[ENDED] >= number).astype(np.float64), unpaid

    def _rows_of(self, live: Live, fixings: Floats) -> Floats:
        return fixings[MEMORIES * live.number : MEMORIES * (live.number + 1)]

    # --- value and risk --------------------------------------------------------------------------------------------
    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        for live in self.known(when):
            note, (alive, unpaid) = self.notes[live.number], self._state(live, fixings)
            if live.due is not None:
                paid, alive, unpaid = note.settled(live.due, snapshot, alive, unpaid)
                out += note.item.notional * paid[0]
            if live.ahead is not None and not when.due:
                out += note.ahead(live, snapshot, alive, unpaid, np.ones(snapshot.paths))[0]

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives. Raises BugError without fixings: who is called has no delta."""
        if fixings is None:
            raise BugError("the risk of an autocall depends on its fixings")
        stretch = np.ones(snapshot.paths) * vol_multiplier
        for live in self.known(when):
            note, (alive, unpaid) = self.notes[live.number], self._state(live, fixings)
            if live.due is not None:
                paid, alive, unpaid = note.settled(live.due, snapshot, alive, unpaid)
                into.add(note.item.notional * paid[0])
                into.add(note.item.notional * paid[1], SPOT)
            if live.ahead is not None and not when.due:
                note.add_ahead(live, snapshot, alive, unpaid, stretch, into)

    # --- what is alive ---------------------------------------------------------------------------------------------
    def rows(self, when: When) -> list[Live]:
        """What was unsettled after `settled`; with `due` only what is observed by the tick."""
        now, since = self.clock.ticks[when.tick], self.clock.ticks[when.settled]
        found = []
        for number, note in enumerate(self.notes):
            ahead = int(np.searchsorted(note.seconds, now, side="right"))
            due = ahead - 1 if ahead and note.seconds[ahead - 1] > since else None
            over = ahead == len(note.seconds)
            if due is None and (when.due or over):
                continue
            calendar = float(self.clock.calendar_years[when.tick]) + when.later
            trading = float(self.clock.variance_years[when.tick]) + when.later
            left = max(float(note.trading[-1]) - trading, 0.0)
            response = float(term_response(np.array([left]), self.start.term_reversion)[0])
            if over:
                found.append(Live(number, due, None, 0.0, 0.0, response))
            else:
                years, variance = max(note.years[ahead] - calendar, 0.0), max(note.trading[ahead] - trading, 0.0)
                found.append(Live(number, due, ahead, float(years), float(variance), response))
        return found


class Terms(NamedTuple):
    """What the tables of a note are made from."""

    dates: tuple[tuple[float, ...], ...]  # of each observation, DATE_TERMS
    steps: tuple[tuple[float, float, float], ...]  # between observations: -ln DF, calendar and trading years
    vol: float  # of the market at the start
    dividend: float

    @property
    def step(self) -> float:
        """Of the grid."""
        return grid_step(self.dates[0][CALL_BARRIER])


class _Note:
    """An instrument's observations, and what it is worth after each by vol and shift."""

    def __init__(self, item: Noted, clock: Clock, start: Start) -> None:
        self.item, self.start = item, start
        seen = item.observations(clock.session_dates[0])
        self.seconds = np.array([clock.seconds(each.day) for each in seen], dtype=np.int64)
        if self.seconds[-1] <= int(clock.ticks[0]):  # a closed day is settled at the close before
            rule, remedy = "a note matures after the start", "choose a later date"
            raise UserError(rule, value=str(seen[-1].day), place="expiry", remedy=remedy)
        self.years = np.array([clock.calendar_years_to(each.day) for each in seen])
        self.trading = np.array([clock.variance_years_to(each.day) for each in seen])
        self.coupons = np.array([each.coupon for each in seen])
        self.step = grid_step(float(np.log(item.barrier)))
        self.living, self.owed = _tables(self._terms(start))

    def _terms(self, start: Start) -> Terms:
        """All that the tables depend on."""
        steps = [
            (start.log_discount(begin, end), end - begin, trading)
            for begin, end, trading in zip(self.years[:-1], self.years[1:], np.diff(self.trading), strict=True)
        ]
        dates = tuple(tuple(self.date(number).tolist()) for number in range(len(self.seconds)))
        return Terms(dates, tuple(steps), start.vol_base, start.dividend_yield)

    def date(self, number: int) -> Floats:
        """Terms of an observation, as the kernel has them, (DATE_TERMS,)."""
        item, last = self.item, number == len(self.seconds) - 1
        levels = np.log([item.paying, item.barrier, item.protection_barrier])
        return np.array([1.0, self.coupons[number], float(item.memory), *levels, float(last)])

    def settled(self, number: int, snapshot: Snapshot, alive: Floats, unpaid: Floats) -> tuple[Floats, Floats, Floats]:
        """Of an observation that has come: what it pays per 1 of notional and its delta, (2, paths); alive and unpaid
        afterwards.
        """
        share, item = snapshot.row(SPOT) / self.item.spot, self.item
        pays, last = share >= item.paying, number == len(self.seconds) - 1
        coupon = self.coupons[number]
        called = np.full(share.size, True) if last else share >= item.barrier
        worth = np.where(share >= item.protection_barrier, 1.0, share) if last else np.ones(share.size)
        paid = alive * (np.where(pays, coupon + unpaid, 0.0) + np.where(called, worth, 0.0))
        falls = (share < item.protection_barrier) if last else np.full(share.size, False)
        after = np.where(pays | (not item.memory), 0.0, unpaid + coupon)
        return np.stack([paid, alive * falls / item.spot]), alive * np.where(called, 0.0, 1.0), after

    def ahead(self, live: Live, snapshot: Snapshot, alive: Floats, unpaid: Floats, stretch: Floats) -> Floats:
        """$ of what is ahead, and derivatives by x, by x twice, by ln vol, by x and ln vol, by shift, (6, paths)."""
        assert live.ahead is not None
        number, start, spot = live.ahead, self.start, snapshot.row(SPOT)
        curve = snapshot.block(start.curve.block)
        zero = start.curve.zero(live.years, curve)
        level = stretch * (snapshot.row(VOL) / start.vol_base) ** live.response
        sd = np.maximum(level * start.vol_base * np.sqrt(live.variance_years), CALM)
        mean = np.log(spot / self.item.spot) + zero - start.dividend_yield * live.years - 0.5 * sd**2
        weights = self._weights(np.log(level), self._shift(live, curve, zero))
        m = np.empty((MOMENTS, spot.size))
        tables = self.living[number], self.owed[number]
        expected(mean, sd, unpaid, self.date(number), LOWEST, self.step, *tables, *weights, LEGENDRE, m)
        bend = m[E2] - m[E0]
        by_x = m[E1] / sd
        by_vol = bend - sd * m[E1] + m[BY_VOL]
        by_both = (m[E3] - 3 * m[E1]) / sd - bend + m[BY_VOL_1] / sd
        found = np.stack([m[E0], by_x, bend / sd**2, by_vol, by_both, m[BY_SHIFT]])
        return np.asarray(self.item.notional * alive * np.exp(-zero) * found)

    def add_ahead(
        self, live: Live, snapshot: Snapshot, alive: Floats, unpaid: Floats, stretch: Floats, into: Risk
    ) -> None:
        """Add value and derivatives of what is ahead."""
        assert live.ahead is not None
        value, by_x, by_xx, by_vol, by_both, by_shift = self.ahead(live, snapshot, alive, unpaid, stretch)
        spot = snapshot.row(SPOT)
        into.add(value)
        into.add(by_x / spot, SPOT)
        into.add((by_xx - by_x) / spot**2, SPOT, SPOT)
        into.add(live.response * by_vol / snapshot.row(VOL), VOL)
        into.add(live.response * by_both / spot, SPOT, LN_VOL)
        near, far, years = self._spans(live)
        for key, own, beyond in zip(self.start.curve.nodes, near, far - near, strict=True):
            rest = by_shift * beyond / years if years else 0.0
            into.add(own * (by_x - value) + rest, key)

    def _spans(self, live: Live) -> tuple[Floats, Floats, float]:
        """Weights of the nodes in the zero rates to the next observation and to maturity, and years between."""
        assert live.ahead is not None
        between = float(self.years[-1] - self.years[live.ahead])
        near, far = self.start.curve.weights([live.years, live.years + between])
        return near, far, between

    def _shift(self, live: Live, curve: Floats, zero: Floats) -> Floats:
        """Forward zero rate of the path from the next observation to maturity less that of the start, (paths,)."""
        assert live.ahead is not None
        between = float(self.years[-1] - self.years[live.ahead])
        if not between:
            return np.zeros(zero.size)
        started = self.start.log_discount(float(self.years[live.ahead]), float(self.years[-1]))
        return np.asarray((self.start.curve.zero(live.years + between, curve) - zero - started) / between)

    def _weights(self, ln_vol: Floats, shift: Floats) -> tuple[Floats, Floats, Floats]:
        """Of the columns by the path's vol and shift, and derivatives by each, (paths, columns)."""
        vols, by_vol = _lagrange(ln_vol, *LN_VOLS, VOLS)
        shifts, by_shift = _lagrange(shift, -WIDEST, WIDEST, SHIFTS)

        def together(one: Floats, other: Floats) -> Floats:
            return np.ascontiguousarray((one[:, :, None] * other[:, None, :]).reshape(len(one), -1))

        return together(vols, shifts), together(by_vol, shifts), together(vols, by_shift)


def grid_step(barrier: float) -> float:
    """Of the grid of ln(S / S_0), which ends beyond the ln of the barrier."""
    return (barrier - LOWEST) / (POINTS - 1 - BEYOND)


@lru_cache(maxsize=TABLES)
def _tables(terms: Terms) -> tuple[list[Floats], list[Floats]]:
    """Worth of a note, and of 1 owed, after each observation, (POINTS, columns) each; of the last one nothing."""
    columns = [(float(np.exp(v)), d) for v in _nodes(*LN_VOLS, VOLS) for d in _nodes(-WIDEST, WIDEST, SHIFTS)]
    living, owed = [np.zeros((POINTS, len(columns)))], [np.zeros((POINTS, len(columns)))]
    for number in range(len(terms.steps), 0, -1):
        date = np.array(terms.dates[number])
        unit = date.copy()
        unit[[REDEEMED, COUPON, MEMORY]] = 0.0, 1.0, 1.0  # nothing but 1, paid at the coupon barrier
        new = np.empty((2, POINTS, len(columns)))
        for k, (vol, shift) in enumerate(columns):
            later = living[0][:, k : k + 1].copy(), owed[0][:, k : k + 1].copy()
            new[0, :, k] = _before(terms, number - 1, vol, shift, date, later)
            new[1, :, k] = _before(terms, number - 1, vol, shift, unit, (0 * later[0], later[1])) if date[MEMORY] else 0
        living.insert(0, new[0])
        owed.insert(0, new[1])
    return living, owed


def _before(terms: Terms, step: int, vol: float, shift: float, date: Floats, later: tuple[Floats, Floats]) -> Floats:
    """What an observation is worth on the grid of the one before it, (POINTS,)."""
    discounted, years, trading = terms.steps[step]
    fallen = discounted + shift * years
    sd = max(vol * terms.vol * np.sqrt(trading), CALM)
    mean = LOWEST + terms.step * np.arange(POINTS) + fallen - terms.dividend * years - 0.5 * sd**2
    one, out = np.ones((POINTS, 1)), np.empty((MOMENTS, POINTS))
    sds, unpaid = np.full(POINTS, sd), np.zeros(POINTS)
    expected(mean, sds, unpaid, date, LOWEST, terms.step, *later, one, 0 * one, 0 * one, LEGENDRE, out)
    return np.asarray(np.exp(-fallen) * out[E0])


def _nodes(low: float, high: float, number: int) -> Floats:
    """Chebyshev's points of the first kind between two ends, (number,)."""
    return np.asarray(0.5 * (low + high) + 0.5 * (high - low) * chebyshev.chebpts1(number))


def _lagrange(at: Floats, low: float, high: float, number: int) -> tuple[Floats, Floats]:
    """Weights of the nodes in the interpolating polynomial, and their derivatives, (paths, number).

    Beyond the ends it stays as it is there.
    """
    inside = np.clip((2 * at - low - high) / (high - low), -1.0, 1.0)
    inverse = np.linalg.inv(chebyshev.chebvander(chebyshev.chebpts1(number), number - 1))
    slopes = np.stack([chebyshev.chebval(inside, chebyshev.chebder(row)) for row in np.eye(number)], axis=1)
    slopes *= (np.abs(inside) < 1.0)[:, None] * 2 / (high - low)
    return _combined(chebyshev.chebvander(inside, number - 1), inverse), _combined(slopes, inverse)


def _combined(rows: NDArray[Any], matrix: NDArray[Any]) -> Floats:
    """Rows times matrix, (paths, columns), added in the same order on one path as on many, which BLAS does not."""
    return total(rows[:, k : k + 1] * each for k, each in enumerate(matrix))
