"""Bonds and bills in words, by the street's formulas."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np

from markets.curves.bond import (
    BillFigures,
    BondFigures,
    DepositFigures,
    bill,
    bond_market,
    bond_of,
    deposit,
    figures,
    payment_days,
    spread_above,
)
from markets.curves.conventions import bond_convention
from markets.curves.dates import years_between
from markets.curves.day_count import day_count_name, year_fraction
from markets.curves.quoted_curve import QuotedCurve
from sim.errors import UserError

BOND = re.compile(r"\s*([\d.]+)\s*%\s+(\d{4}-\d{2}-\d{2})\s+at\s+(-?[\d.]+)\s*(%?)\s*")
BILL = re.compile(r"\s*bill\s+(\d{4}-\d{2}-\d{2})\s+at\s+(-?[\d.]+)\s*%\s*", re.IGNORECASE)
DEPOSIT = re.compile(
    r"\s*cd\s+(-?[\d.]+)\s*%\s+(?:(\d{4}-\d{2}-\d{2})\s+to\s+)?(\d{4}-\d{2}-\d{2})(?:\s+at\s+(-?[\d.]+)\s*%)?\s*",
    re.IGNORECASE,
)
EXAMPLE = (
    "write '3.875% 2031-02-28 at 100.46' (or 'at 3.77%'), 'bill 2026-06-04 at 4.07%' or 'cd 5% 2026-09-01 at 4.9%'"
)
DEPOSIT_DAYS = "act/360"  # of deposits in dollars

Figures = BondFigures | BillFigures | DepositFigures


def price_bond(
    text: str,
    *,
    settled: date | str,
    market: str = "us_treasury",
    day_count: str = "",
    frequency: int | None = None,
    curve: QuotedCurve | None = None,
) -> Figures:
    """All figures of a bond, a bill or a certificate of deposit from its price or yield.

        price_bond("3.875% 2031-02-28 at 100.46", settled="2026-03-03").rate

    Args:
        text: coupon, maturity, and clean price per 100 or yield in percent; a bill has its discount rate; a deposit
            'cd 5% 2026-03-03 to 2026-09-01 at 4.9%' its rate, its days and the market's rate.
        settled: settlement day.
        market: `us_treasury` or `uk_gilt`: half-yearly coupons, act/act ICMA, with or without the end-of-month rule.
        day_count, frequency: of the coupons, where they are not the market's; a deposit's day count is act/360.
        curve: for the spread above it, of `solve_curves`.

    Returns:
        Of a bond `price`, `rate` (yield), `accrued`, `duration`, `modified`, `dv01`, `convexity`; of a bill `price`,
        `discount`, `simple` (yield), `equivalent` (the bond-equivalent yield); of a deposit `price` and `accrued`,
        `rate`, `apy`. With a curve `spread` (decimal, continuous).

    Raises:
        UserError: a text that is none of them, or dates that cannot be.
    """
    day, convention = _day(settled, "settled"), bond_convention(market, "market")
    if found := BILL.fullmatch(text):
        due = _day(found[1], text)
        short = bill(day, due, _number(found[2], text) / 100)
        return replace(short, spread=_spread(curve, day, [(due, 1.0)], short.price / 100))
    if found := DEPOSIT.fullmatch(text):
        return _deposit(found, day, text, day_count or DEPOSIT_DAYS, curve)
    found = BOND.fullmatch(text)
    if not found:
        raise UserError("is not a bond", value=text, remedy=EXAMPLE)
    counted, due = bond_market(convention, day_count, frequency), _day(found[2], text)
    held = bond_of(counted, day, due, _number(found[1], text) / 100)
    quoted = _number(found[3], text)
    if found[4] and not -0.5 < quoted / 100 < 10:
        raise UserError("no bond has such a yield", value=quoted, remedy=EXAMPLE)
    shown = figures(held, quoted / 100 if found[4] else held.rate(quoted))
    paid = zip(payment_days(counted, day, due), held.paid.tolist(), strict=True)
    return replace(shown, spread=_spread(curve, day, [*paid], shown.price / 100 + held.accrued))


def _deposit(
    found: re.Match[str], settled: date, text: str, day_count: str, curve: QuotedCurve | None
) -> DepositFigures:
    issued, due = _day(found[2], text) if found[2] else settled, _day(found[3], text)
    coupon = _number(found[1], text) / 100
    count = day_count_name(day_count, "day_count")
    shown = deposit(issued, settled, due, coupon, coupon if found[4] is None else _number(found[4], text) / 100, count)
    paid = [(due, 1 + coupon * year_fraction(count, issued, due))]
    return replace(shown, spread=_spread(curve, settled, paid, shown.price / 100))


def _spread(curve: QuotedCurve | None, settled: date, paid: list[tuple[date, float]], worth: float) -> float | None:
    """Above a curve, None without one. Raises UserError."""
    if curve is None:
        return None
    if settled < curve.day:
        raise UserError("is settled before the curve's day", value=str(settled), remedy=f"the curve is of {curve.day}")
    years = np.array([years_between(curve.day, day) for day, _ in paid])
    begin = years_between(curve.day, settled)
    return spread_above(curve.log_discount, begin, years, np.array([amount for _, amount in paid]), worth)


def _day(given: date | str, place: str) -> date:
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise UserError("is not a date", value=given, place=place, remedy="write YYYY-MM-DD") from None


def _number(text: str, place: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError("is not a number", value=text, place=place, remedy=EXAMPLE) from None
