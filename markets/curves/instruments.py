"""The instruments that curves are quoted in: each becomes an equation (`quote.Quote`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from markets.curves.calendars import business_calendar
from markets.curves.conventions import Convention
from markets.curves.dates import parse_tenor, years_between
from markets.curves.day_count import year_fraction
from markets.curves.deal import Deal, make_deal
from markets.curves.flows import Flow, Point, discounted, scaled
from markets.curves.futures import contract_month, month_span, quarter_span
from markets.curves.legs import exchanged, fixed_flows, floating_flows
from markets.curves.quote import Quote, make_quote
from markets.curves.schedule import roll
from markets.specs.curves import QuoteSpec
from sim.errors import UserError
from sim.nearest import nearest

BASIS_MONTHS = 3  # periods of both legs of basis and cross-currency swaps
CENT = 0.01  # the step of a price
FRA = re.compile(r"(\d+)\s*x\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Setting:
    """Where a quote stands: its curve's name and convention, and the curves that it needs beside it."""

    curve: str
    convention: Convention
    today: date
    discount: str  # curve that discounts
    projection: str = ""  # of a cross-currency quote
    against: str = ""  # curve of the other leg
    other: Convention | None = None  # its convention


def quote_of(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """The equation of a quote. Raises UserError, naming the place."""
    make = INSTRUMENTS.get(spec.kind)
    if make is None:
        raise UserError("no such instrument", value=spec.kind, place=place, remedy=nearest(spec.kind, [*INSTRUMENTS]))
    return make(spec, setting, place)


def _zero(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """P(t) = exp(-rate t), t days over 365, or years as given."""
    rate = _rate(spec, place)
    years = _zero_years(spec, setting, place)
    known, unit = discounted(1.0, [years], setting.curve), discounted(-1.0, [0.0], setting.curve)
    return make_quote(_name(spec, setting), setting.curve, rate, known, unit, growth=-years, place=place)


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


def _deposit(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """P(start) = P(end) (1 + rate tau)."""
    deal = _deal(spec, setting, place)
    return _simple(_name(spec, setting), setting.curve, deal, _rate(spec, place), place)


def _fra(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """The forward of a deposit; '1x4' is from one to four months after spot."""
    rate = _rate(spec, place)
    found = FRA.fullmatch(spec.tenor.strip())
    if spec.tenor and not found:
        raise UserError("a FRA's tenor is its months", value=spec.tenor, place=place, remedy="write '1x4'")
    if not found:
        return _simple(_name(spec, setting), setting.curve, _deal(spec, setting, place), rate, place)
    first, last = (int(months) for months in found.groups())
    if first >= last:
        raise UserError("ends before it starts", value=spec.tenor, place=place)
    near, far = (
        make_deal(setting.convention, setting.today, tenor=f"{months}M", place=place) if months else None
        for months in (first, last)
    )
    assert far is not None
    start = far.start if near is None else near.end
    if isinstance(start, date):
        start = setting.convention.adjusted(start)
    return _simple(_name(spec, setting), setting.curve, replace(far, start=start), rate, place)


def _simple(name: str, curve: str, deal: Deal, rate: float, place: str | None) -> Quote:
    leg = deal.single
    start, end, tau = float(leg.start[0]), float(leg.end[0]), float(leg.tau[0])
    if 1 + rate * tau <= 0:
        raise UserError("the rate would make a discount factor negative", value=rate, place=place)
    known = discounted([1.0, -1.0], [start, end], curve)
    return make_quote(name, curve, rate, known, discounted(-tau, [end], curve), place=place)


def _future(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """A three-month future on the compounded rate: 100 - price is the forward rate plus the convexity given."""
    start, end = _future_span(spec, setting, place, quarter_span)
    first, last = years_between(setting.today, start), years_between(setting.today, end)
    tau = year_fraction(setting.convention.deposit_day_count, start, end)
    known = discounted([1.0, -1.0], [first, last], setting.curve)
    unit = discounted(-tau, [last], setting.curve)
    rate = _future_rate(spec, place)
    return make_quote(_name(spec, setting), setting.curve, rate, known, unit, less=spec.convexity, place=place)


def _future_1m(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """A one-month future on the average of the overnight rate, taken as ln(P(start)/P(end)) over tau."""
    start, end = _future_span(spec, setting, place, month_span)
    first, last = years_between(setting.today, start), years_between(setting.today, end)
    tau = year_fraction(setting.convention.deposit_day_count, start, end)
    rate = _future_rate(spec, place)
    known, unit = discounted(1.0, [first], setting.curve), discounted(-1.0, [last], setting.curve)
    name, less = _name(spec, setting), spec.convexity
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
    return 1 - spec.price / 100 if spec.price is not None else _rate(spec, place)


def _swap(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """Floating leg = rate x annuity, both discounted on `setting.discount`."""
    deal = _deal(spec, setting, place)
    floating = floating_flows(deal.floating, setting.curve, setting.discount)
    annuity = scaled(fixed_flows(deal.fixed, setting.discount), -1.0)
    return make_quote(_name(spec, setting), setting.curve, _rate(spec, place), floating, annuity, place=place)


def _ois(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    return _swap(spec, replace(setting, discount=setting.curve), place)


def _basis(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """The other curve's floating leg + spread = this curve's floating leg, on one discount curve."""
    other = _other(setting, place)
    deal = _deal(spec, setting, place)
    own = deal.leg(setting.convention.floating, BASIS_MONTHS)
    far = replace(deal, convention=other).leg(other.floating, BASIS_MONTHS)
    known = floating_flows(own, setting.curve, setting.discount)
    known += scaled(floating_flows(far, setting.against, setting.discount), -1.0)
    unit = scaled(fixed_flows(far, setting.discount), -1.0)
    return make_quote(_name(spec, setting), setting.curve, _rate(spec, place), known, unit, place=place)


def _cross_currency(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """Own overnight rate + spread against the other currency's flat, constant notionals exchanged at both ends.

    This curve discounts the own currency under the collateral of the other. Per 1 of own notional: the other leg's
    notional is the spot rate, by which its value is divided again, so that the spot rate drops out.
    """
    other = _other(setting, place)
    if not setting.projection:
        rule, remedy = "a cross-currency quote needs the curve of its own overnight rate", "write projection = 'estr'"
        raise UserError(rule, place=place, remedy=remedy)
    both = replace(setting.convention, calendar=f"{setting.convention.calendar} + {other.calendar}")
    joint = setting.convention if setting.convention.grid else both
    deal = make_deal(joint, setting.today, tenor=spec.tenor, start=spec.start, end=spec.end, place=place)
    own, far = (deal.leg(each.floating, BASIS_MONTHS) for each in (setting.convention, other))
    known = floating_flows(own, setting.projection, setting.curve) + exchanged(own, setting.curve)
    flat = floating_flows(far, setting.against, setting.against) + exchanged(far, setting.against)
    unit = fixed_flows(own, setting.curve)
    name = _name(spec, setting)
    return make_quote(name, setting.curve, _rate(spec, place), [*known, *scaled(flat, -1.0)], unit, place=place)


def _bond(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """Coupons and redemption = (clean price + accrued) paid on the settlement day, per 100."""
    if spec.price is None or spec.coupon is None:
        raise UserError("a bond has a price and a coupon", place=place, remedy="write price = 99.5 and coupon = 0.04")
    deal = _deal(spec, setting, place)
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
    return make_quote(_name(spec, setting), setting.curve, spec.price, known, unit, step=CENT, place=place)


def _deal(spec: QuoteSpec, setting: Setting, place: str | None) -> Deal:
    return make_deal(setting.convention, setting.today, tenor=spec.tenor, start=spec.start, end=spec.end, place=place)


def _other(setting: Setting, place: str | None) -> Convention:
    if setting.other is None:
        rule, remedy = "the quote needs the curve of its other leg", "write against = 'sofr' in its curve"
        raise UserError(rule, place=place, remedy=remedy)
    return setting.other


def _rate(spec: QuoteSpec, place: str | None) -> float:
    if spec.rate is None:
        raise UserError("the quote has no rate", place=place, remedy="write rate = 0.04")
    return spec.rate


def _name(spec: QuoteSpec, setting: Setting) -> str:
    length = spec.tenor or " to ".join(str(day) for day in (spec.start, spec.end) if day)
    return f"{setting.curve} {spec.kind} {length}"


INSTRUMENTS: Mapping[str, Callable[[QuoteSpec, Setting, str | None], Quote]] = {
    "zero": _zero,
    "deposit": _deposit,
    "ois": _ois,
    "irs": _swap,
    "fra": _fra,
    "future": _future,
    "future_1m": _future_1m,
    "bond": _bond,
    "basis": _basis,
    "cross_currency": _cross_currency,
}
