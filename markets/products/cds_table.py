"""Credit default swaps of a book as flows, and what their names' defaults pay."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.credit.contract import DAYS, YEAR, Cds
from markets.kernels.flows import NO_FIXING, flow_values
from markets.kernels.options import NODE, VALUE
from markets.products.credit_exponents import CreditExponents
from markets.products.overnight import Timeline
from markets.products.projection import sparse, together
from markets.products.table import NEVER, Table, When
from sim.named_tuple import NamedTuple
from sim.vectors import distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markets.credit.name import CreditName
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Protection(Protocol):
    """A position in a contract on a name."""

    @property
    def notional(self) -> float: ...
    @property
    def credit(self) -> str: ...
    @property
    def coupon(self) -> float | None: ...
    def contract(self, start: Start) -> Cds: ...


class Held(NamedTuple):
    """A position: its name, contract, and close of each coupon's day."""

    name: CreditName
    slot: int  # of whether the name is alive, or NO_FIXING
    notional: float
    coupon: float  # decimal a year
    cds: Cds
    paid: Ints  # (periods,) seconds


class Rows(NamedTuple):
    """Flows alive at a moment, and what a default since the last mark pays."""

    terms: Floats  # (flows, FLOW_TERMS or more)
    slots: Ints  # (flows,)
    protected: Floats  # (names that may default,) $ notional
    owed: Floats  # (names that may default,) $ accrued


class CdsTable(Table[Rows]):
    """Midpoint form: a default in a period falls in its middle, pays 1 - recovery, and the buyer owes what has accrued.

    With D and Q discount and survival, a and b the ends of what is left of a period with coupon c x length l

        value to the buyer = sum (loss - c accrued at the middle) D(middle) (Q(a) - Q(b)) - c l D(paid) Q(b)

    Of a name that may default, `fixings` are the tick at which its default was paid, infinite before.
    """

    order: ClassVar[int] = 7
    bends: ClassVar[bool] = True

    def __init__(self, items: Sequence[Protection], clock: Clock, start: Start) -> None:
        super().__init__()
        self.clock, time = clock, Timeline(clock)
        names = {name: start.credit(name) for name in sorted({each.credit for each in items})}
        self._mortal = [name for name in names.values() if name.defaults]
        self.fixings = len(self._mortal)
        self.factors = CreditExponents(start.curve, list(names.values()))
        self.held = [self._hold(each, names[each.credit], time, start) for each in items]
        self.needs: tuple[FactorKey, ...] = (*self.factors.keys, *(name.default for name in self._mortal))
        paid = distinct(np.concatenate([NEVER, *(held.paid for held in self.held)]))
        self.dates = np.union1d(clock.ticks, paid) if self._mortal else paid  # a default may be paid at every mark

    def _hold(self, item: Protection, name: CreditName, time: Timeline, start: Start) -> Held:
        cds = item.contract(start)
        slot = self._mortal.index(name) if name.defaults else NO_FIXING
        held = Held(name, slot, item.notional, 0.0, cds, np.array([time.seconds(day) for day in cds.paid]))
        coupon = item.coupon
        return held._replace(coupon=self._par(held, start) if coupon is None else coupon)

    def _par(self, held: Held, start: Start) -> float:
        """Coupon at which the contract is worth what has accrued of it, at the start."""
        levels, when = self.factors.of(start.snapshot), When(0, 0)
        free, one = (self._worth(levels, self._flows(held._replace(coupon=c, notional=1.0), when)) for c in (0.0, 1.0))
        return free / (free - one - self._back(held.cds, start))

    @staticmethod
    def _back(cds: Cds, start: Start) -> float:
        return cds.accrued * start.discount(cds.settled)

    @staticmethod
    def _worth(levels: Floats, terms: Floats) -> float:
        out = np.zeros(1)
        flow_values(levels, np.zeros((0, 1)), terms, np.full(len(terms), NO_FIXING), out)
        return float(out[0])

    # --- defaults ---------------------------------------------------------------------------------------------------
    def new_fixings(self, paths: int) -> Floats:
        """All names are alive."""
        return np.full((self.fixings, paths), np.inf)

    def fix(self, since: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """Names that have defaulted are paid by `tick`."""
        if self._mortal:
            fixings[(self._living(snapshot) == 0.0) & (fixings == np.inf)] = tick

    def _living(self, snapshot: Snapshot) -> Floats:
        """1 where a name has not defaulted, else 0: (names, paths)."""
        return np.stack([(snapshot.row(name.default) == 0.0).astype(np.float64) for name in self._mortal])

    def _alive(self, when: When, snapshot: Snapshot, fixings: Floats) -> tuple[Floats, Floats]:
        """1 where a name is alive, and where it has defaulted and is not paid for by `settled`: (names, paths) each."""
        if not self._mortal:
            return fixings, fixings
        unpaid, living = (fixings > when.settled).astype(np.float64), self._living(snapshot)
        return unpaid * living, unpaid * (1.0 - living)

    def _paid(self, rows: Rows, snapshot: Snapshot, died: Floats) -> Floats:
        """What names pay that have defaulted, (paths,) $. died: (names, paths)."""
        out = np.zeros(snapshot.paths)
        for k, name in enumerate(self._mortal):
            out += died[k] * (rows.protected[k] * snapshot.row(name.default) - rows.owed[k])
        return out

    # --- value and risk ---------------------------------------------------------------------------------------------
    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        rows, (alive, died) = self.known(when), self._alive(when, snapshot, fixings)
        if self._mortal:
            out += self._paid(rows, snapshot, died)
        if len(rows.terms):
            flow_values(self.factors.of(snapshot), alive, rows.terms, rows.slots, out)

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives."""
        if fixings is None:
            return
        if len(into.filled()) < NODE:
            self.value(when, snapshot, fixings, into.filled()[VALUE])
            return
        rows, keys = self.known(when), self.factors.keys
        alive, died = self._alive(when, snapshot, fixings)
        if self._mortal:
            into.add(self._paid(rows, snapshot, died))
        if not len(rows.terms):
            return
        flows = self.factors.of(snapshot), alive, rows.terms, rows.slots
        sums = self.factors.slopes(*flows)
        into.add(sums[0])
        for key, slope in zip(keys, sums[1:], strict=True):
            into.add(slope, key)
        if (keys[0], keys[0]) in into.where:
            for one, other, bend in self.factors.bends(*flows, sums):
                into.add(bend, one, other)

    # --- what is alive ----------------------------------------------------------------------------------------------
    def rows(self, when: When) -> Rows:
        """Flows that were unpaid after `settled`; with `due` only coupons paid by the tick."""
        terms = [self._flows(held, when) for held in self.held]
        slots = [np.full(len(each), held.slot) for held, each in zip(self.held, terms, strict=True)]
        protected, owed = np.zeros(self.fixings), np.zeros(self.fixings)
        for held in self.held:
            accrued = self._accrued(held, when)
            if held.slot != NO_FIXING and accrued is not None:
                protected[held.slot] += held.notional
                owed[held.slot] += held.notional * held.coupon * accrued
        none = np.empty(0, dtype=np.int64)
        return Rows(together(*terms), np.concatenate([none, *slots]), protected, owed)

    def _elapsed(self, tick: int) -> float:
        return float(self.clock.calendar_years[tick])

    def _accrued(self, held: Held, when: When) -> float | None:
        """Years, act/360, owed at a default by the tick; None of a contract that was over before."""
        since, now, cds = self._elapsed(when.settled), self._elapsed(when.tick) + when.later, held.cds
        if since >= cds.end:
            return None
        period = int(np.searchsorted(cds.ends, since, side="right"))
        start = cds.starts[min(period, cds.starts.size - 1)]
        return float((now - start + cds.late) * DAYS / YEAR)

    def _flows(self, held: Held, when: When) -> Floats:
        cds, now = held.cds, self.clock.ticks[when.tick]
        elapsed = self._elapsed(when.tick) + when.later
        unpaid = held.paid > self.clock.ticks[when.settled]
        due = unpaid & (held.paid <= now)
        wanted = due if when.due else unpaid
        left = np.where(held.paid <= now, 0.0, cds.pays - elapsed)
        parts = [self._group(held, -held.notional * held.coupon * cds.fractions, left, cds.ends - elapsed, wanted)]
        if not when.due:
            first = np.maximum(np.concatenate([[0.0], cds.ends[:-1]]), elapsed)
            ahead = cds.ends > elapsed
            middle = 0.5 * (first + cds.ends)
            accrued = (middle - cds.starts + cds.late) * DAYS / YEAR
            amount = held.notional * (1.0 - held.name.recovery - held.coupon * accrued)
            parts += [
                self._group(held, amount, middle - elapsed, first - elapsed, ahead),
                self._group(held, -amount, middle - elapsed, cds.ends - elapsed, ahead),
            ]
        return together(*parts)

    def _group(self, held: Held, amounts: Floats, paid: Floats, survived: Floats, wanted: NDArray[np.bool_]) -> Floats:
        weights, constant = self.factors.at(held.name, paid[wanted], survived[wanted])
        return sparse(amounts[wanted] * np.exp(-constant), weights)
