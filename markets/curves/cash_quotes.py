"""Quotes of zero rates, deposits and forward rate agreements as equations."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from markets.curves.conventions import Convention
from markets.curves.dates import parse_tenor, years_between
from markets.curves.deal import Deal, make_deal
from markets.curves.flows import discounted
from markets.curves.quote import Quote, make_quote
from markets.curves.setting import Setting, deal_of, name_of, rate_of
from markets.specs.curves import QuoteSpec
from sim.errors import UserError

FRA = re.compile(r"(\d+)\s*x\s*(\d+)", re.IGNORECASE)


def zero(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """P(t) = exp(-rate t), t days over 365, or years as given."""
    rate = rate_of(spec, place)
    years = _zero_years(spec, setting, place)
    known, unit = discounted(1.0, [years], setting.curve), discounted(-1.0, [0.0], setting.curve)
    return make_quote(name_of(spec, setting), setting.curve, rate, known, unit, growth=-years, place=place)


def _zero_years(spec: QuoteSpec, setting: Setting, place: str | None) -> float:
    if (not spec.tenor) == (spec.end is None):
        raise UserError("needs exactly one of tenor and end", place=place, remedy="write tenor = '5Y', or an end date")
    if spec.end is not None:
        if spec.end <= setting.today:
            raise UserError("ends by the valuation day", value=str(spec.end), place=place)
        return years_between(setting.today, spec.end)
    tenor = parse_tenor(spec.tenor, place)
    if tenor.number is not None or setting.convention.grid:
        return tenor.years
    return years_between(setting.today, tenor.after(setting.today))


def deposit(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """P(start) = P(end) (1 + rate tau)."""
    deal = deal_of(spec, setting, place)
    return _simple(name_of(spec, setting), setting.curve, deal, rate_of(spec, place), place)


def fra(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """The forward of a deposit; '1x4' is from one to four months after spot."""
    rate = rate_of(spec, place)
    found = FRA.fullmatch(spec.tenor.strip())
    if spec.tenor and not found:
        raise UserError("a FRA's tenor is its months", value=spec.tenor, place=place, remedy="write '1x4'")
    if not found:
        return _simple(name_of(spec, setting), setting.curve, deal_of(spec, setting, place), rate, place)
    start, far = _fra_deal(spec.tenor, setting.convention, setting.today, place)
    return _simple(name_of(spec, setting), setting.curve, replace(far, start=start), rate, place)


def fra_span(tenor: str, market: Convention, today: date, place: str | None) -> tuple[date, date]:
    """First and last day of '1x4'. Raises UserError."""
    if not FRA.fullmatch(tenor.strip()):
        raise UserError("a FRA's tenor is its months", value=tenor, place=place, remedy="write '1x4'")
    start, far = _fra_deal(tenor, market, today, place)
    assert isinstance(start, date) and isinstance(far.end, date)
    return start, market.adjusted(far.end)


def _fra_deal(tenor: str, market: Convention, today: date, place: str | None) -> tuple[date | float, Deal]:
    """The adjusted start, and the deal to the end."""
    found = FRA.fullmatch(tenor.strip())
    assert found is not None
    first, last = (int(months) for months in found.groups())
    if first >= last:
        raise UserError("ends before it starts", value=tenor, place=place, remedy="write '1x4': the nearer month first")
    near, far = (
        make_deal(market, today, tenor=f"{months}M", place=place) if months else None for months in (first, last)
    )
    assert far is not None
    start = far.start if near is None else near.end
    return market.adjusted(start) if isinstance(start, date) else start, far


def _simple(name: str, curve: str, deal: Deal, rate: float, place: str | None) -> Quote:
    leg = deal.single
    start, end, tau = float(leg.start[0]), float(leg.end[0]), float(leg.tau[0])
    if 1 + rate * tau <= 0:
        raise UserError("the rate would make a discount factor negative", value=rate, place=place)
    known = discounted([1.0, -1.0], [start, end], curve)
    return make_quote(name, curve, rate, known, discounted(-tau, [end], curve), place=place)
