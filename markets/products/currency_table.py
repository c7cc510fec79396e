"""Flows in two currencies: fixed amounts, and floating periods whose notional may be reset to the FX rate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.kernels.flows import NO_FIXING, flow_bends, flow_slopes, flow_values
from markets.kernels.options import NODE, VALUE
from markets.products.foreign import Exponents, Foreign
from markets.products.overnight import Timeline
from markets.products.projection import sparse, together
from markets.products.table import Table, When
from sim.dataclass import dataclass
from sim.named_tuple import NamedTuple
from sim.vectors import distinct

if TYPE_CHECKING:
    from markets.curves.curve import Curve
    from markets.factors.snapshot import Snapshot
    from markets.products.projection import Projection
    from markets.products.risk import Risk
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DOLLARS = ""  # in place of a currency
Kind = Literal["foreign", "dollar", "reset"]


class Day(NamedTuple):
    """A day of a contract: the close that settles it, the first from then on, and years from the start."""

    seconds: int
    years: float

    @classmethod
    def of(cls, day: date, time: Timeline) -> Day:
        """A calendar day."""
        return cls(time.seconds(day), time.years(day))


class Growth(NamedTuple):
    """A floating period: pays at its end what 1.00 at its beginning has grown to, P(begin) / P(end).

    foreign: of the currency, in it; dollar: of the dollar, in dollars; reset: of the dollar, on 1.00 of the currency at
    its price at the beginning.
    """

    currency: str
    kind: Kind
    begin: Day
    end: Day


@dataclass(frozen=True)
class CurrencyLegs:
    """All that an instrument pays: amounts by currency and day, and how much of each floating period."""

    fixed: tuple[tuple[str, Day, float], ...]
    floating: tuple[tuple[Growth, float], ...]


class InCurrencies(Protocol):
    """An instrument that is nothing but `CurrencyLegs`."""

    def currency_legs(self, clock: Clock, start: Start) -> CurrencyLegs:
        """What is still to be paid. Raises UserError where that is nothing."""


class Rows(NamedTuple):
    """Flows alive at a moment."""

    terms: Floats  # (flows, FLOW_TERMS or more)
    slots: Ints  # (flows,) of the fixing that multiplies a flow, or NO_FIXING


class CurrencyTable(Table[Rows]):
    """Fixed amounts, (amounts,), and floating periods, (periods,), netted over all instruments; values in dollars.

    With X the price of the currency, Px its discount curve with collateral in dollars, Pf its own overnight curve, P
    and D the dollar's projection and discount curve, an open period [s, e] is worth

        foreign  X Px(e) Pf(s) / Pf(e)        dollar  D(e) P(s) / P(e)
        reset    X Px(s) / D(s) D(e) P(s) / P(e)

    A reset notional is the forward price: what its covariance with rates adds is left out. Once a period has begun its
    growth (times the price, if it is reset) is fixed.
    """

    order: ClassVar[int] = 6
    bends: ClassVar[bool] = True

    def __init__(self, items: Sequence[InCurrencies], clock: Clock, start: Start) -> None:
        super().__init__()
        self.clock, self.start, self.rates = clock, start, True
        legs = [item.currency_legs(clock, start) for item in items]
        fixed: dict[tuple[str, Day], float] = defaultdict(float)
        floating: dict[Growth, float] = defaultdict(float)
        for each in legs:
            for currency, day, amount in each.fixed:
                fixed[currency, day] += amount
            for period, amount in each.floating:
                floating[period] += amount
        used = {currency for currency, _ in fixed} | {period.currency for period in floating}
        self._foreign: dict[str, Foreign] = {name: start.currencies[name] for name in sorted(used - {DOLLARS})}
        self._projection: Projection = start.projected()
        self.factors = _factors(start, self._foreign.values(), self._projection)
        self._set_fixed(sorted(fixed.items()))
        self._set_periods(sorted(floating.items(), key=lambda item: (item[0].begin, item[0])))
        self.needs = self.factors.keys
        self.dates = distinct(np.concatenate([self.paid, self.begin, self.end]))

    def _set_fixed(self, fixed: list[tuple[tuple[str, Day], float]]) -> None:
        self.currency = np.array([currency for (currency, _), _ in fixed], dtype=np.str_)
        self.paid = np.array([day.seconds for (_, day), _ in fixed], dtype=np.int64)
        self.paid_years = np.array([day.years for (_, day), _ in fixed], dtype=np.float64)
        self.amount = np.array([amount for _, amount in fixed], dtype=np.float64)

    def _set_periods(self, floating: list[tuple[Growth, float]]) -> None:
        self.periods = [period for period, _ in floating]
        self.notional = np.array([amount for _, amount in floating], dtype=np.float64)
        self.begin = np.array([p.begin.seconds for p in self.periods], dtype=np.int64)
        self.begin_years = np.array([p.begin.years for p in self.periods], dtype=np.float64)
        self.end = np.array([p.end.seconds for p in self.periods], dtype=np.int64)
        self.end_years = np.array([p.end.years for p in self.periods], dtype=np.float64)
        self.of = np.array([p.currency for p in self.periods], dtype=np.str_)
        self.kind = np.array([p.kind for p in self.periods], dtype=np.str_)
        beyond = self.start.basis(self.begin_years, self.end_years)
        beyond = beyond + self._projection.flat * (self.end_years - self.begin_years)
        self.beyond = np.where(self.kind == "foreign", 0.0, beyond)  # of ln P(begin) / P(end), what stays as it is
        self.fixings = int((self.begin <= self.clock.ticks[-1]).sum())  # periods are in order of their beginning

    # --- what is fixed ----------------------------------------------------------------------------------------------
    def new_fixings(self, paths: int) -> Floats:
        """Room for what has grown, (fixings, paths); that of periods under way is filled in."""
        out = np.zeros((self.fixings, paths))
        self._fix(self.begin[: self.fixings] <= self.clock.ticks[0], 0.0, self.start.snapshot, out)
        return out

    def fix(self, since: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """Write what periods that begin in (since, tick] pay at their end, from the market at `tick`."""
        ticks, begin = self.clock.ticks, self.begin[: self.fixings]
        fresh = (begin > ticks[since]) & (begin <= ticks[tick])
        self._fix(fresh, float(self.clock.calendar_years[tick]), snapshot, fixings)

    def _fix(self, fresh: NDArray[np.bool_], now: float, snapshot: Snapshot, fixings: Floats) -> None:
        levels = self.factors.of(snapshot)
        for slot in np.flatnonzero(fresh):
            mine = np.arange(len(self.periods)) == slot
            left = np.maximum(self.end_years[mine] - now, 0.0)
            weights, constant = self._grown(mine, np.zeros(1), left)
            if self.kind[slot] == "reset":
                weights = weights + self.factors.price(self._foreign[str(self.of[slot])].fx, 1)
            terms, out = sparse(np.exp(-constant), weights), np.zeros(snapshot.paths)
            flow_values(levels, NO_FIXINGS, terms, np.array([NO_FIXING]), out)
            fixings[slot] = out

    def _grown(self, mine: NDArray[np.bool_], begin: Floats, end: Floats) -> tuple[Floats, Floats]:
        """Exponents of P(begin) / P(end) of some periods, times in years from now."""
        weights, constant = np.zeros((begin.size, len(self.factors.keys))), -self.beyond[mine]
        for currency, kind in {(self.of[i], self.kind[i] == "foreign") for i in np.flatnonzero(mine)}:
            these = (self.of[mine] == currency) & ((self.kind[mine] == "foreign") == kind)
            curves = [self._foreign[str(currency)].curve] if kind else self._dollar
            (late, more), (early, less) = (self.factors.zero(curves, years[these]) for years in (end, begin))
            weights[these] += early - late
            constant[these] += less - more
            if not kind and self._projection.first:
                first = np.array(self._projection.first)
                constant[these] += self._projection.weights(begin[these], end[these]) @ first
        return weights, constant

    @property
    def _dollar(self) -> list[Curve]:
        """Curves that make up the dollar's projection curve."""
        spread = self._projection.spread
        return [self.start.curve, *([] if spread is None else [spread])]

    # --- value and risk ---------------------------------------------------------------------------------------------
    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        rows = self.known(when)
        if len(rows.terms):
            flow_values(self.factors.of(snapshot), fixings, rows.terms, rows.slots, out)

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives."""
        rows, keys = self.known(when), self.factors.keys
        if fixings is None or not len(rows.terms):
            return
        flows = self.factors.of(snapshot), fixings, rows.terms, rows.slots
        if len(into.filled()) < NODE:
            flow_values(*flows, into.filled()[VALUE])
            return
        sums = np.zeros((1 + len(keys), snapshot.paths))
        flow_slopes(*flows, sums)
        into.add(sums[0])
        for key, slope in zip(keys, sums[1:], strict=True):
            into.add(slope, key)
        if (keys[0], keys[0]) in into.where:
            bends = np.zeros((len(keys), len(keys), snapshot.paths))
            flow_bends(*flows, bends)
            for i, one in enumerate(keys):
                for j, other in enumerate(keys[i:], start=i):
                    into.add(bends[i, j], one, other)

    # --- what is alive ----------------------------------------------------------------------------------------------
    def rows(self, when: When) -> Rows:
        """Flows that were unpaid after `settled`; with `due` only what is paid by the tick.

        A period's growth is known if it began by `settled`.
        """
        fixed, paid = self._alive(self.paid, self.paid_years, when)
        unpaid, end = self._alive(self.end, self.end_years, when)
        _, begin = self._alive(self.begin, self.begin_years, when)
        known = unpaid & (self.begin <= self.clock.ticks[when.settled])
        groups = [self._certain(fixed, paid[fixed])]
        groups += [self._open(unpaid & ~known & (self.kind == kind), kind, begin, end) for kind in KINDS]
        where = np.where(self.kind == "foreign", self.of, DOLLARS)
        terms = [*groups, self._discounted(where[known], self.notional[known], end[known])]
        unfixed = np.full(sum(len(each) for each in groups), NO_FIXING, dtype=np.int64)
        return Rows(together(*terms), np.concatenate([unfixed, np.flatnonzero(known)]))

    def _certain(self, mine: NDArray[np.bool_], years: Floats) -> Floats:
        return self._discounted(self.currency[mine], self.amount[mine], years)

    def _discounted(self, currencies: NDArray[np.str_], amounts: Floats, years: Floats) -> Floats:
        """Rows of amounts in currencies at `years`."""
        weights, constant = np.zeros((amounts.size, len(self.factors.keys))), np.zeros(amounts.size)
        for currency in distinct(currencies).tolist():
            mine = currencies == currency
            weights[mine], constant[mine] = self._worth(currency, years[mine])
        return sparse(amounts * np.exp(-constant), weights)

    def _worth(self, currency: str, years: Floats) -> tuple[Floats, Floats]:
        """Exponents of 1.00 of a currency, or of the dollar, paid in `years`."""
        if currency == DOLLARS:
            return self.factors.zero([self.start.curve], years)
        foreign = self._foreign[currency]
        weights, constant = self.factors.zero(foreign.discount, years)
        return weights + self.factors.price(foreign.fx, years.size), constant

    def _open(self, mine: NDArray[np.bool_], kind: Kind, begin: Floats, end: Floats) -> Floats:
        """Rows of periods of one kind that have not begun."""
        weights, constant = self._grown(mine, begin[mine], end[mine])
        for currency in distinct(self.of[mine]).tolist():
            these = self.of[mine] == currency
            starts, ends = begin[mine][these], end[mine][these]
            parts = [(1.0, self._worth(currency if kind == "foreign" else DOLLARS, ends))]
            if kind == "reset":
                parts += [(1.0, self._worth(currency, starts)), (-1.0, self._worth(DOLLARS, starts))]
            for sign, (by, level) in parts:
                weights[these] += sign * by
                constant[these] += sign * level
        return sparse(self.notional[mine] * np.exp(-constant), weights)

    def _alive(self, seconds: Ints, years: Floats, when: When) -> tuple[NDArray[np.bool_], Floats]:
        """What of times is still ahead after `settled` (with `due`: and paid by the tick), and years to them."""
        now, since = self.clock.ticks[when.tick], self.clock.ticks[when.settled]
        elapsed = self.clock.calendar_years[when.tick] + when.later
        left = np.where(seconds <= now, 0.0, np.maximum(years - elapsed, 0.0))
        return (seconds > since) & (not when.due or seconds <= now), left


KINDS: tuple[Kind, ...] = ("foreign", "dollar", "reset")
NO_FIXINGS = np.zeros((0, 0))


def _factors(start: Start, foreign: Iterable[Foreign], projection: Projection) -> Exponents:
    """Factors behind flows in dollars and some currencies."""
    found = [start.curve, *([] if projection.spread is None else [projection.spread])]
    rates = []
    for each in foreign:
        found += each.discount
        rates.append(each.fx)
    unique = {curve.block: curve for curve in found}
    return Exponents(list(unique.values()), rates)
