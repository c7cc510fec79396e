"""Bonds and bills in words, by the street's formulas."""

from __future__ import annotations

import re
from datetime import date

from markets.curves.bond import BillFigures, BondFigures, bill, bond_of, figures
from markets.curves.conventions import convention_named
from sim.errors import UserError

BOND = re.compile(r"\s*([\d.]+)\s*%\s+(\d{4}-\d{2}-\d{2})\s+at\s+(-?[\d.]+)\s*(%?)\s*")
BILL = re.compile(r"\s*bill\s+(\d{4}-\d{2}-\d{2})\s+at\s+(-?[\d.]+)\s*%\s*", re.IGNORECASE)
EXAMPLE = "write '3.875% 2031-02-28 at 100.46' (or 'at 3.77%'), or 'bill 2026-06-04 at 4.07%'"
MARKETS = ("us_treasury", "uk_gilt")


def price_bond(text: str, *, settled: date | str, market: str = "us_treasury") -> BondFigures | BillFigures:
    """All figures of a bond or a bill from its price or yield.

        price_bond("3.875% 2031-02-28 at 100.46", settled="2026-03-03").rate

    Args:
        text: coupon, maturity, and clean price per 100 or yield in percent; a bill has its discount rate.
        settled: settlement day.
        market: `us_treasury` or `uk_gilt`: half-yearly coupons, act/act ICMA, with or without the end-of-month rule.

    Returns:
        Of a bond `price`, `rate` (yield), `accrued`, `duration`, `modified`, `dv01`, `convexity`; of a bill `price`,
        `discount`, `simple` (yield), `equivalent` (the bond-equivalent yield).

    Raises:
        UserError: a text that is no bond, or dates that cannot be.
    """
    day = _day(settled, "settled")
    if found := BILL.fullmatch(text):
        return bill(day, _day(found[1], text), _number(found[2], text) / 100)
    found = BOND.fullmatch(text)
    if not found:
        raise UserError("is not a bond", value=text, remedy=EXAMPLE)
    convention = convention_named(market, "market")
    if convention.name not in MARKETS:
        raise UserError("no bonds have this convention", value=market, place="market", remedy=", ".join(MARKETS))
    held = bond_of(convention, day, _day(found[2], text), _number(found[1], text) / 100)
    quoted = _number(found[3], text)
    if found[4] and not -0.5 < quoted / 100 < 10:
        raise UserError("no bond has such a yield", value=quoted, remedy=EXAMPLE)
    return figures(held, quoted / 100 if found[4] else held.rate(quoted))


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
