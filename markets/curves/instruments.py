"""The instruments that curves are quoted in: each becomes an equation (`quote.Quote`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from markets.curves.bond_quotes import bill, bond
from markets.curves.cash_quotes import deposit, fra, zero
from markets.curves.deal import make_deal
from markets.curves.flows import scaled
from markets.curves.future_quotes import future, future_1m
from markets.curves.legs import exchanged, fixed_flows, floating_flows
from markets.curves.quote import Quote, make_quote
from markets.curves.setting import Setting, deal_of, name_of, other_of, rate_of
from markets.specs.curves import QuoteSpec
from sim.errors import UserError, placed
from sim.nearest import nearest

BASIS_MONTHS = 3  # periods of both legs of basis and cross-currency swaps


def quote_of(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """The equation of a quote. Raises UserError, naming the place."""
    make = INSTRUMENTS.get(spec.kind)
    if make is None:
        raise UserError("no such instrument", value=spec.kind, place=place, remedy=nearest(spec.kind, [*INSTRUMENTS]))
    with placed(place):
        return make(spec, setting, place)


def _swap(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """Floating leg = rate x annuity, both discounted on `setting.discount`."""
    deal = deal_of(spec, setting, place)
    floating = floating_flows(deal.floating, setting.curve, setting.discount)
    annuity = scaled(fixed_flows(deal.fixed, setting.discount), -1.0)
    return make_quote(name_of(spec, setting), setting.curve, rate_of(spec, place), floating, annuity, place=place)


def _ois(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    return _swap(spec, replace(setting, discount=setting.curve), place)


def _basis(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """The other curve's floating leg + spread = this curve's floating leg, on one discount curve."""
    other = other_of(setting, place)
    deal = deal_of(spec, setting, place)
    own = deal.leg(setting.convention.floating, BASIS_MONTHS)
    far = replace(deal, convention=other).leg(other.floating, BASIS_MONTHS)
    known = floating_flows(own, setting.curve, setting.discount)
    known += scaled(floating_flows(far, setting.against, setting.discount), -1.0)
    unit = scaled(fixed_flows(far, setting.discount), -1.0)
    return make_quote(name_of(spec, setting), setting.curve, rate_of(spec, place), known, unit, place=place)


def _cross_currency(spec: QuoteSpec, setting: Setting, place: str | None) -> Quote:
    """Own overnight rate + spread against the other currency's flat, constant notionals exchanged at both ends.

    This curve discounts the own currency under the collateral of the other. Per 1 of own notional: the other leg's
    notional is the spot rate, by which its value is divided again, so that the spot rate drops out.
    """
    other = other_of(setting, place)
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
    name = name_of(spec, setting)
    return make_quote(name, setting.curve, rate_of(spec, place), [*known, *scaled(flat, -1.0)], unit, place=place)


INSTRUMENTS: Mapping[str, Callable[[QuoteSpec, Setting, str | None], Quote]] = {
    "zero": zero,
    "deposit": deposit,
    "ois": _ois,
    "irs": _swap,
    "fra": fra,
    "future": future,
    "future_1m": future_1m,
    "bill": bill,
    "bond": bond,
    "basis": _basis,
    "cross_currency": _cross_currency,
}
