"""Quotes of bonds as equations."""

from __future__ import annotations

from datetime import date, timedelta

from markets.curves.calendars import business_calendar
from markets.curves.dates import years_between
from markets.curves.day_count import year_fraction
from markets.curves.flows import Flow, Point, discounted
from markets.curves.quote import Quote, make_quote
from markets.curves.schedule import roll
from markets.curves.setting import Setting, deal_of, name_of
from markets.specs.curves import QuoteSpec
from sim.errors import UserError

CENT = 0.01  # the step of a price


def bond(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """Coupons and redemption = (clean price + accrued) paid on the settlement day, per 100."""
    if spec.price is None or spec.coupon is None:
        raise UserError("a bond has a price and a coupon", place=place, remedy="write price = 99.5 and coupon = 0.04")
    deal = deal_of(spec, setting, place)
    if not (isinstance(deal.start, date) and isinstance(deal.end, date)):
        raise UserError("a bond has dates", place=place, remedy="its curve needs another convention than year_grid")
    market, leg, settled = setting.convention, setting.convention.fixed, deal.start
    issue = settled - timedelta(days=31 * leg.months)  # before the coupon period that settlement falls into
    periods = [
        each
        for each in roll(issue, deal.end, leg.months, calendar="none", rule="none", end_of_month=market.end_of_month)
        if each.end > settled
    ]
    accruing = periods[0]
    accrued = spec.coupon * year_fraction(leg.day_count, accruing.start, settled, period=accruing.regular)
    days = business_calendar(market.calendar)
    times = [years_between(setting.today, days.adjust(each.end, "following")) for each in periods]
    coupons = [
        spec.coupon * year_fraction(leg.day_count, each.start, each.end, period=each.regular) for each in periods
    ]
    at = years_between(setting.today, settled)
    known = [
        *discounted(coupons, times, setting.curve),
        *discounted(1.0, [times[-1]], setting.curve),
        *discounted(-accrued, [at], setting.curve),
    ]
    unit = [Flow(-0.01, ((Point(setting.curve, at), 1),))]
    return make_quote(name_of(spec, setting), setting.curve, spec.price, known, unit, step=CENT, place=place)
