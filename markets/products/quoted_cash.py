"""Payments of an instrument that is quoted by a price: the spread above the curve at which it is worth that."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.products.cash_legs import CashLegs, Payment
from sim.errors import UserError
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.products.start import Start


class Dated(NamedTuple):
    """What is paid per 1 of face after the settlement day, and for how much it changes hands then."""

    settled: date
    payments: tuple[Payment, ...]
    price: float | None  # per 1 of face, interest included; None: what the curve says


def legs_of(notional: float, dated: Dated, spread: float | None, start: Start) -> CashLegs:
    """The payments with the spread given, or the one that the price says. Raises UserError."""
    if spread is not None and dated.price is not None:
        raise UserError("has a price or a spread, not both", value=spread, place="spread", remedy="leave one out")
    above = spread_at(dated, start) if spread is None else spread
    return CashLegs(payments=tuple(Payment(day, notional * paid, above) for day, paid, *_ in dated.payments))


def spread_at(dated: Dated, start: Start) -> float:
    """s with sum of c DF(t) / DF(t0) exp(-s (t - t0)) = price, t0 the settlement day; 0 without a price. UserError."""
    from markets.curves.bond import spread_above
    from markets.curves.dates import years_between

    if dated.price is None:
        return 0.0
    begin = years_between(start.day, dated.settled)
    years = np.array([years_between(start.day, each.day) for each in dated.payments])
    amounts = np.array([each.amount for each in dated.payments])
    rates = start.snapshot.block(start.curve.block)[:, 0]

    def log_discount(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(-(start.curve.weights(times) @ rates + start.curve.excess(times)))

    return spread_above(log_discount, begin, years, amounts, dated.price)
