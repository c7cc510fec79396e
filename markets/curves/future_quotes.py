"""Quotes of futures on overnight rates as equations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from markets.curves.dates import years_between
from markets.curves.day_count import year_fraction
from markets.curves.flows import discounted
from markets.curves.futures import contract_month, month_span, quarter_span
from markets.curves.quote import Quote, make_quote
from markets.curves.setting import Setting, name_of, rate_of
from markets.specs.curves import QuoteSpec
from sim.errors import UserError


def future(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """A three-month future on the compounded rate: 100 - price is the forward rate plus the convexity given."""
    start, end = _future_span(spec, setting, place, quarter_span)
    first, last = years_between(setting.today, start), years_between(setting.today, end)
    tau = year_fraction(setting.convention.deposit_day_count, start, end)
    known = discounted([1.0, -1.0], [first, last], setting.curve)
    unit = discounted(-tau, [last], setting.curve)
    rate = _future_rate(spec, place)
    return make_quote(name_of(spec, setting), setting.curve, rate, known, unit, less=spec.convexity, place=place)


def future_1m(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """A one-month future on the average of the overnight rate, taken as ln(P(start)/P(end)) over tau."""
    start, end = _future_span(spec, setting, place, month_span)
    first, last = years_between(setting.today, start), years_between(setting.today, end)
    tau = year_fraction(setting.convention.deposit_day_count, start, end)
    rate = _future_rate(spec, place)
    known, unit = discounted(1.0, [first], setting.curve), discounted(-1.0, [last], setting.curve)
    name, less = name_of(spec, setting), spec.convexity
    return make_quote(name, setting.curve, rate, known, unit, less=less, growth=tau, place=place)


def _future_span(
    spec: QuoteSpec, setting: Setting, place: str | None, span: Callable[[int, int], tuple[date, date]]
) -> tuple[date, date]:
    if spec.start and spec.end:
        start, end = spec.start, spec.end
    else:
        start, end = span(*contract_month(spec.tenor, setting.today, place))
    if start < setting.today:
        remedy = "its fixings so far are not known here: leave it out"
        raise UserError("the future's period has begun", value=str(start), place=place, remedy=remedy)
    if end <= start:
        raise UserError("ends before it starts", value=f"{start} to {end}", place=place)
    return start, end


def _future_rate(spec: QuoteSpec, place: str | None) -> float:
    if (spec.price is None) == (spec.rate is None):
        raise UserError("a future has a price or a rate", place=place, remedy="write price = 95.7")
    return 1 - spec.price / 100 if spec.price is not None else rate_of(spec, place)
