"""Where a quote stands, and what every kind of instrument reads off its declaration."""

from __future__ import annotations

from datetime import date

from markets.curves.conventions import Convention
from markets.curves.deal import Deal, make_deal
from markets.specs.curves import QuoteSpec
from sim.dataclass import dataclass
from sim.errors import UserError


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


def deal_of(spec: QuoteSpec, setting: Setting, place: str | None) -> Deal:
    """The dates of the instrument. Raises UserError."""
    return make_deal(setting.convention, setting.today, tenor=spec.tenor, start=spec.start, end=spec.end, place=place)


def other_of(setting: Setting, place: str | None) -> Convention:
    """The convention of the curve on the other leg. Raises UserError where there is none."""
    if setting.other is None:
        rule, remedy = "the quote needs the curve of its other leg", "write against = 'sofr' in its curve"
        raise UserError(rule, place=place, remedy=remedy)
    return setting.other


def rate_of(spec: QuoteSpec, place: str | None) -> float:
    """The quoted rate. Raises UserError where there is none."""
    if spec.rate is None:
        raise UserError("the quote has no rate", place=place, remedy="write rate = 0.04")
    return spec.rate


def name_of(spec: QuoteSpec, setting: Setting) -> str:
    """What the quote is called in messages and ladders: 'sofr ois 9Y'."""
    length = spec.tenor or " to ".join(str(day) for day in (spec.start, spec.end) if day)
    return f"{setting.curve} {spec.kind} {length}"
