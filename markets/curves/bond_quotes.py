"""Quotes of bonds and bills as equations."""

from __future__ import annotations

from datetime import date

from markets.curves.bond import bond_of, coupon_periods, due_shares
from markets.curves.calendars import business_calendar
from markets.curves.dates import years_between
from markets.curves.flows import Flow, Point, discounted
from markets.curves.quote import Quote, make_quote
from markets.curves.setting import Setting, deal_of, name_of, rate_of
from markets.specs.curves import QuoteSpec
from sim.errors import UserError

CENT = 0.01  # the step of a price


def bond(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """Coupons and redemption = (clean price + accrued) paid on the settlement day, per 100.

    A rate is the street's yield, and turned into the price. Payments on holidays wait for the next business day.
    """
    settled, end = _dates(spec, setting, place)
    if spec.coupon is None or (spec.price is None) == (spec.rate is None):
        remedy = "write coupon = 0.04, and price = 99.5 or rate = 0.041"
        raise UserError("a bond has a coupon, and a price or a yield", place=place, remedy=remedy)
    market, curve = setting.convention, setting.curve
    price = spec.price
    if price is None:
        price = bond_of(market, settled, end, spec.coupon).price(rate_of(spec, place))
    periods, days = coupon_periods(market, settled, end), business_calendar(market.calendar)
    times = [years_between(setting.today, days.adjust(each.end, "following")) for each in periods]
    gone, shares = due_shares(market, periods, settled)
    at = years_between(setting.today, settled)
    known = [
        *discounted([spec.coupon * share for share in shares.tolist()], times, curve),
        *discounted([1.0, -spec.coupon * gone], [times[-1], at], curve),
    ]
    unit = [Flow(-0.01, ((Point(curve, at), 1),))]
    return make_quote(name_of(spec, setting), curve, price, known, unit, step=CENT, place=place)


def bill(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """P(maturity) = (1 - discount x days/360) P(settlement)."""
    settled, end = _dates(spec, setting, place)
    due = business_calendar(setting.convention.calendar).adjust(end, "following")
    share = (due - settled).days / 360
    rate = rate_of(spec, place)
    if rate * share >= 1:
        raise UserError("the discount is more than the face", value=rate, place=place)
    at, last = (years_between(setting.today, day) for day in (settled, due))
    known, unit = discounted([1.0, -1.0], [last, at], setting.curve), discounted(share, [at], setting.curve)
    return make_quote(name_of(spec, setting), setting.curve, rate, known, unit, place=place)


def _dates(spec: QuoteSpec, setting: Setting, place: str | None) -> tuple[date, date]:
    """Settlement and maturity."""
    deal = deal_of(spec, setting, place)
    if not (isinstance(deal.start, date) and isinstance(deal.end, date)):
        raise UserError("a bond has dates", place=place, remedy="its curve needs another convention than year_grid")
    return deal.start, deal.end
