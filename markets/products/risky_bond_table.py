"""Bonds and loans of names: coupons and principal while a name lives, and what its default pays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.credit.defaultable_bond import middles
from markets.factors.other_curves import in_dollars
from markets.kernels.flows import NO_FIXING, flow_values
from markets.kernels.options import NODE, VALUE
from markets.products.cash_lag import CashLag
from markets.products.credit_exponents import CreditExponents
from markets.products.debt import NO_RATE, Debt
from markets.products.linear_table import first_fixing
from markets.products.overnight import Timeline
from markets.products.projection import together
from markets.products.table import Table, When
from sim.errors import UserError
from sim.named_tuple import NamedTuple
from sim.root import root

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from markets.credit.name import CreditName
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST, MOST = -0.5, 5.0  # decimal: a basis is looked for between these


class Owed(Protocol):
    """A position in what a name owes."""

    @property
    def notional(self) -> float: ...
    @property
    def credit(self) -> str: ...
    @property
    def rate(self) -> float | None: ...
    @property
    def floating(self) -> bool: ...
    @property
    def basis(self) -> float: ...
    @property
    def price(self) -> float | None: ...
    def periods(self, start: Start) -> tuple[list[date], Floats]: ...


class Rows(NamedTuple):
    """Flows alive at a moment, and what a default since the last mark pays on."""

    terms: Floats  # (flows, FLOW_TERMS or more)
    slots: Ints  # (flows,) of the multipliers, or NO_FIXING
    face: Floats  # (names that may default,) $


class RiskyBondTable(Table[Rows]):
    """A default in a period falls in its middle and pays the recovery of the face; with D, Q discount and survival,

        value = sum c D(T) Q(T) + R sum D(middle) (Q(start) - Q(end)),   D with the position's basis on top,

    Q as bonds see it, see `CashLag`. `fixings`: of each name that may default the tick at which that was paid, infinite
    before; the rows of the lag; floating rates.
    """

    order: ClassVar[int] = 8
    bends: ClassVar[bool] = True
    rates: bool = True

    def __init__(self, items: Sequence[Owed], clock: Clock, start: Start) -> None:
        super().__init__()
        self.clock, self.start, self._time = clock, start, Timeline(clock)
        names = {name: start.credit(name) for name in sorted({each.credit for each in items})}
        self._names = tuple(names.values())
        self._mortal = [name for name in self._names if name.defaults]
        self.factors, self._lag = CreditExponents(start.curve, self._names), CashLag(self._names, clock)
        self.held = [self._hold(each, names[each.credit]) for each in items]
        begun = [int((d.seconds[:-1] <= clock.ticks[-1]).sum()) if d.floating else 0 for d in self.held]
        self._first = [sum(begun[:k]) for k in range(len(begun))]  # floating rate of each position
        self._whose = np.repeat([self._slot(debt.name) for debt in self.held], begun)
        self.fixings = len(self._mortal) + self._lag.rows + sum(begun)
        self.needs: tuple[FactorKey, ...] = (*self.factors.keys, *(name.default for name in self._mortal))
        days = np.concatenate([debt.seconds for debt in self.held])
        self.dates = np.union1d(clock.ticks, days)  # at every mark a default may be paid, at closes a lag is carried on

    def _slot(self, name: CreditName) -> int:
        return self._mortal.index(name) if name.defaults else NO_FIXING

    def _hold(self, item: Owed, name: CreditName) -> Debt:
        days, accrued = item.periods(self.start)
        years, seconds = np.array([self._time.years(d) for d in days]), np.array([self._time.seconds(d) for d in days])
        curve, begins, ends = self.start.projected(), years[:-1], years[1:]
        if item.floating and curve.spread is not None:
            rule = "a loan's rate is read from a curve that keeps its gap to the discount curve"
            raise UserError(rule, remedy="leave out the spread that moves the curve of floating rates")
        debt = Debt(
            name=name,
            notional=item.notional,
            rate=item.rate or 0.0,
            basis=item.basis,
            floating=item.floating,
            begins=begins,
            ends=ends,
            middles=middles(days, self.start.day),
            accrued=accrued,
            growth=np.exp(curve.flat * (ends - begins) + self.start.basis(np.maximum(begins, 0.0), ends)),
            seconds=seconds,
        )
        debt = replace(debt, rate=self._par(debt)) if item.rate is None else debt
        return debt if item.price is None else replace(debt, basis=self._basis_at(debt, item.price / 100))

    # --- at the start -------------------------------------------------------------------------------------------------
    def _worth(self, debt: Debt) -> float:
        """Of 1 of face at the start."""
        one, out = replace(debt, notional=1.0), np.zeros(1)
        terms, rates = one.terms(one.legs(self.clock, When(0, 0)), self.factors)
        first = np.full((debt.ends.size, 1), self._first_rate(debt))
        flow_values(self.factors.of(self.start.snapshot), first, terms, rates, out)
        return float(out[0])

    def _first_rate(self, debt: Debt) -> float:
        """Floating rate of the period under way at the start, decimal."""
        if not debt.floating:
            return 0.0
        return first_fixing(self.start, float(debt.accrued[0]), float(debt.begins[0]), float(debt.ends[0]))

    def _par(self, debt: Debt) -> float:
        """Coupon, or what is paid over the floating rate, at which it is worth its face at the start."""
        none, one = (self._worth(replace(debt, rate=rate)) for rate in (0.0, 1.0))
        return (1.0 - none) / (one - none)

    def _basis_at(self, debt: Debt, price: float) -> float:
        """At which it is worth a clean price and the interest accrued, per 1 of face. Raises UserError."""
        share = max(-debt.begins[0], 0.0) / (debt.ends[0] - debt.begins[0])
        dirty = price + float((debt.rate + self._first_rate(debt)) * debt.accrued[0] * share)

        def miss(basis: float) -> float:
            return self._worth(replace(debt, basis=basis)) - dirty

        if not miss(LEAST) > 0 > miss(MOST):
            raise UserError("no basis gives this price", value=100 * price, place="price", remedy="98.5 is per 100")
        return root(miss, LEAST, MOST, xtol=1e-15, rtol=8.9e-16)

    # --- what is remembered -------------------------------------------------------------------------------------------
    def _parts(self, fixings: Floats) -> tuple[Floats, Floats, Floats]:
        """Defaults, lags and floating rates."""
        first, second = len(self._mortal), len(self._mortal) + self._lag.rows
        return fixings[:first], fixings[first:second], fixings[second:]

    def new_fixings(self, paths: int) -> Floats:
        """All names are alive, and bonds are where protection is."""
        out = np.zeros((self.fixings, paths))
        died, lags, rates = self._parts(out)
        died[:], lags[:] = np.inf, self._lag.new(paths)
        for first, debt in zip(self._first, self.held, strict=True):
            if debt.floating:
                rates[first] = self._first_rate(debt)
        return out

    def fix(self, since: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """Note defaults that are paid, rates of periods that begin, and at closes how far bonds lag."""
        died, lags, rates = self._parts(fixings)
        if self._mortal:
            died[(self._living(snapshot) == 0.0) & (died == np.inf)] = tick
        if self._time.closing(since, tick):
            self._lag.look(When(tick, since), snapshot, lags)
        ticks, curve = self.clock.ticks, self.start.curve
        for first, debt in zip(self._first, self.held, strict=True):
            begun = (debt.seconds[:-1] > ticks[since]) & (debt.seconds[:-1] <= ticks[tick])
            for k in np.flatnonzero(begun).tolist() if debt.floating else ():
                left = max(float(debt.ends[k] - self.clock.calendar_years[tick]), 0.0)
                grown = in_dollars(curve.zero(left, snapshot.block(curve.block))) * debt.growth[k]
                rates[first + k] = (grown - 1.0) / debt.accrued[k]

    def _living(self, snapshot: Snapshot) -> Floats:
        """1 where a name has not defaulted, else 0: (names, paths)."""
        return np.stack([(snapshot.row(name.default) == 0.0).astype(np.float64) for name in self._mortal])

    def _multipliers(self, when: When, snapshot: Snapshot, fixings: Floats) -> tuple[Floats, Floats]:
        """What multiplies flows: 1 where a name lives, then floating rates there; and 1 where a default is not paid."""
        paid, _, rates = self._parts(fixings)
        if not self._mortal:
            return rates, paid
        unpaid, living = (paid > when.settled).astype(np.float64), self._living(snapshot)
        alive = unpaid * living
        known = [rate * alive[row] if row >= 0 else rate for rate, row in zip(rates, self._whose, strict=True)]
        return np.stack([*alive, *known]), unpaid * (1.0 - living)

    # --- value and risk -----------------------------------------------------------------------------------------------
    def _paid(self, rows: Rows, snapshot: Snapshot, died: Floats) -> Floats:
        """What names pay that have defaulted, (paths,) $. died: (names, paths)."""
        out = np.zeros(snapshot.paths)
        for gone, face, name in zip(died, rows.face.tolist(), self._mortal, strict=True):
            out += gone * (face * (1.0 - snapshot.row(name.default)))
        return out

    def _flows(
        self, when: When, snapshot: Snapshot, fixings: Floats, by: Floats
    ) -> tuple[Floats, Floats, Floats, Ints]:
        rows, lags = self.known(when), self._parts(fixings)[1]
        return self._lag.multiply(self.factors.of(snapshot), when, snapshot, lags), by, rows.terms, rows.slots

    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        by, died = self._multipliers(when, snapshot, fixings)
        out += self._paid(self.known(when), snapshot, died)
        flow_values(*self._flows(when, snapshot, fixings, by), out)

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives: by ln of a name's spread those of the share that shows at once."""
        if fixings is None:
            return
        if len(into.filled()) < NODE:
            self.value(when, snapshot, fixings, into.filled()[VALUE])
            return
        by, died = self._multipliers(when, snapshot, fixings)
        into.add(self._paid(self.known(when), snapshot, died))
        keys, flows = self.factors.keys, self._flows(when, snapshot, fixings, by)
        sums, at_once = self.factors.slopes(*flows), {name.key: name.cash_share for name in self._names}
        into.add(sums[0])
        for key, slope in zip(keys, sums[1:], strict=True):
            into.add(at_once.get(key, 1.0) * slope, key)
        if (keys[0], keys[0]) in into.where:
            for one, other, bend in self.factors.bends(*flows, sums):
                into.add(at_once.get(one, 1.0) * at_once.get(other, 1.0) * bend, one, other)

    # --- what is alive ------------------------------------------------------------------------------------------------
    def rows(self, when: When) -> Rows:
        """Flows that were unpaid after `settled`; with `due` only what is paid by the tick."""
        terms, slots, face = [], [], np.zeros(len(self._mortal))
        for first, debt in zip(self._first, self.held, strict=True):
            flows, rates = debt.terms(debt.legs(self.clock, when), self.factors)
            slot = self._slot(debt.name)
            terms.append(flows)
            slots.append(np.where(rates == NO_RATE, slot, len(self._mortal) + first + rates))
            if slot != NO_FIXING and debt.seconds[-1] > self.clock.ticks[when.settled]:
                face[slot] += debt.notional
        return Rows(together(*terms), np.concatenate(slots).astype(np.int64), face)
