"""The flows of a book that are still open at future dates, by date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.flows import NO_FIXING
from markets.products.cash_table import CashTable
from markets.products.linear_table import LinearTable
from sim.errors import UserError
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.products.book import CompiledBook

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AHEAD, FIXED, GROWING = range(3)  # flows at a date: to be paid, fixed and not yet paid, growing at overnight rates
ROUNDING = 1e-12  # of the largest flow: less is the difference of two that are equal


class Flows(NamedTuple):
    """Flows of a book after a tick, (flows,) each, times in years from it.

    A flow is worth amount DF(first); from `first` until `last` it is under way: 1 has become 1 / P(first, last), paid
    at `last` (a rate fixed at `first`), or what overnight rates have made of it since `first`.
    """

    amount: Floats  # $, or $ per 1.00 of a fixing
    slot: Ints  # row of the book's fixings, or NO_FIXING
    first: Floats
    last: Floats
    overnight: NDArray[np.bool_]


class DatedFlows(NamedTuple):
    """Flows by future date: those of date k are from starts[k] to starts[k + 1]."""

    amounts: Floats  # (flows,)
    slots: Ints  # (flows,)
    times: Ints  # (flows,) of `years`
    kinds: Ints  # (flows,) `AHEAD`, `FIXED` or `GROWING`
    lasts: Floats  # (flows,) years from now to the payment
    dates: Floats  # (flows,) years from now
    starts: Ints  # (dates + 1,)
    years: Floats  # (times,) of the discount factors, from now

    def loads(self, a: float) -> Floats:
        """Loadings L in x = r(u) - f(u) at each flow's date u, (flows,) years: it is worth v exp(-L x - L^2 y / 2).

        a: reversion, 1/year. With B(t) = (1 - e^(-a t)) / a and y(t) the variance of r: a payment at T has B(T - u).
        What was fixed at b has B(T - u) less B(T - b) cov(x(b), x(u)) / y(u); what grows from b on has minus
        cov(int_b^u x, x(u)) / y(u). The rest of both does not depend on x(u) and is left out.
        """
        first, u = self.years[self.times], self.dates
        plain = np.where(self.kinds == AHEAD, _loading(a, first - u), _loading(a, np.maximum(self.lasts - u, 0.0)))
        out = np.where(self.kinds == GROWING, 0.0, plain)
        fixed, growing = self.kinds == FIXED, self.kinds == GROWING
        b, t, end = first[fixed], u[fixed], self.lasts[fixed]
        out[fixed] -= _loading(a, end - b) * np.exp(-a * (t - b)) * _variance(a, b) / _variance(a, t)
        b, t = first[growing], u[growing]
        with_rate = _loading(a, t - b) - np.exp(-a * (t + b)) * _loading(a, t - b)
        out[growing] = -with_rate / (2 * a) / _variance(a, t)
        return out


def check_book(book: CompiledBook) -> None:
    """Raise UserError where the book holds anything but swaps on the dollar curve that keep their gap to it."""
    for table in book.tables:
        if isinstance(table, LinearTable):
            plain = table.gross_units == 0
            if plain and any(by.spread is not None for by in table.projections.values()):
                rule = "a counterparty's exposure is known where floating rates keep their gap to the discount curve"
                raise UserError(rule, remedy="leave out the spread that moves the curve of floating rates")
        elif isinstance(table, CashTable):
            plain = not (table.averaged.any() or table.futures.count or table.curve.moving)
        else:
            plain = False
        if not plain:
            rule = "a counterparty's exposure is known of fixed and floating payments on one curve"
            held = ", ".join(sorted({type(each).__name__ for each in book.book.instruments}))
            raise UserError(rule, value=held, remedy="hold swaps here, the rest at a desk of its own")


def flows_of(book: CompiledBook, tick: int, settled: int) -> Flows:
    """What was unpaid after `settled`, seen from a tick."""
    parts, first = [], 0
    for table in book.tables:
        if isinstance(table, LinearTable):
            parts += _linear(table, tick, settled, first)
        elif isinstance(table, CashTable):
            parts += _cash(table, tick, settled, first)
        first += table.fixings
    columns = zip(*parts, strict=True)
    return Flows(*(np.concatenate(column) for column in columns)) if parts else Flows(*_nothing())


def _nothing() -> tuple[Floats, Ints, Floats, Floats, NDArray[np.bool_]]:
    none = np.zeros(0)
    return none, none.astype(np.int64), none, none, none.astype(bool)


def _plain(amount: Floats, first: Floats, last: Floats, *, overnight: bool = False) -> Flows:
    slot = np.full(amount.size, NO_FIXING, dtype=np.int64)
    return Flows(amount, slot, first, last, np.full(amount.size, overnight))


def _linear(table: LinearTable, tick: int, settled: int, first: int) -> list[Flows]:
    """Fixed flows; floating periods ahead as notional at both ends; those under way at their fixing."""
    since, elapsed = table.clock.ticks[settled], float(table.clock.calendar_years[tick])
    paid, ended = table.paid > since, table.end > since
    ahead, known = ended & (table.begin > since), ended & (table.begin <= since)
    begin, end, due = (_left(years, elapsed) for years in (table.begin_years, table.end_years, table.paid_years))
    growth = np.exp(table.flat * (table.end_years - table.begin_years) + table.basis)
    fixings = Flows(
        (table.notional * table.accrual)[known],
        first + np.flatnonzero(known),
        end[known],
        end[known],
        np.zeros(int(known.sum()), dtype=bool),
    )
    return [
        _plain(table.amount[paid], due[paid], due[paid]),
        _plain((table.notional * growth)[ahead], begin[ahead], end[ahead]),
        _plain(-table.notional[ahead], end[ahead], end[ahead]),
        fixings,
    ]


def _left(years: Floats, elapsed: float) -> Floats:
    return np.maximum(years - elapsed, 0.0)


def _cash(table: CashTable, tick: int, settled: int, first: int) -> list[Flows]:
    """Known payments; overnight periods as what has grown of their notional by the day up to which rates are fixed."""
    since, elapsed = table.clock.ticks[settled], float(table.clock.calendar_years[tick])
    alive, open_ = table.settled > since, table.pay_seconds > since
    left = _left(table.paid, elapsed)[alive]
    until = np.clip(table.time.fixed_until(settled), table.begin, table.end)[open_]
    grown = np.exp(table.curve.beyond(until, table.end[open_]))
    late = np.exp(table.curve.starting(table.end[open_]) - table.curve.starting(table.pay[open_]))  # of the payment lag
    chosen = table.growth.slots(open_, settled)
    slots = np.where(chosen == NO_FIXING, NO_FIXING, chosen + first)
    begun, last = _left(until, elapsed), _left(table.pay, elapsed)[open_]
    floating = Flows(table.notional[open_] * grown * late, slots, begun, last, np.ones(begun.size, dtype=bool))
    return [_plain(table.amount[alive] * np.exp(-table.spread[alive] * left), left, left), floating]


def dated(flows: Flows, dates: Floats) -> DatedFlows:
    """Flows that are open at each of some dates, (dates,) years from now; equal ones of a date are added up."""
    years, columns = np.unique(np.concatenate([flows.first, np.zeros(1)]), return_inverse=True)
    least = ROUNDING * float(np.abs(flows.amount).max(initial=0.0))
    found, starts = [np.zeros((6, 0))], [0]
    for date in dates.tolist():
        open_, ahead = flows.last > date, flows.first >= date
        kind = np.where(ahead, AHEAD, np.where(flows.overnight, GROWING, FIXED))
        last = np.where(kind == FIXED, flows.last, flows.first)
        key = np.stack([columns[:-1][open_], kind[open_], last[open_], flows.slot[open_]])
        keys, where = np.unique(key, axis=1, return_inverse=True)
        sums = np.bincount(where.ravel(), weights=flows.amount[open_], minlength=keys.shape[1])
        kept = np.abs(sums) > least
        at = np.full((1, int(kept.sum())), date)
        found.append(np.concatenate([sums[None, kept], keys[:, kept], at]))
        starts.append(starts[-1] + int(kept.sum()))
    amounts, times, kinds, lasts, slots, at_ = np.concatenate(found, axis=1)
    whole = np.int64
    columns_ = slots.astype(whole), times.astype(whole), kinds.astype(whole)
    return DatedFlows(amounts, *columns_, lasts, at_, np.array(starts, dtype=whole), years)


def _loading(a: float, years: Floats) -> Floats:
    return np.asarray(-np.expm1(-a * years) / a)


def _variance(a: float, years: Floats) -> Floats:
    """Of the short rate, for a vol of 1."""
    return np.asarray(-np.expm1(-2 * a * years) / (2 * a))
