"""How the swaps of a market count: the conventions of the overnight markets, and of a plain grid of years."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from markets.curves.calendars import business_calendar
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.nearest import nearest


@dataclass(frozen=True, kw_only=True)
class LegConvention:
    """A leg's periods: `months` each, their day count, and business days from a period's end to its payment."""

    months: int
    day_count: str
    payment_lag: int = 0


@dataclass(frozen=True, kw_only=True)
class Convention:
    """What a market agrees on about its deposits and swaps.

    spot_lag: business days from the valuation day to the start. grid: periods are fractions of a year exactly, and
    calendar and day counts do not matter. ex_dividend, compounded_to_the_end: of bonds.
    """

    name: str
    currency: str
    calendar: str
    spot_lag: int
    fixed: LegConvention
    floating: LegConvention
    deposit_day_count: str
    rule: str = "modified following"
    end_of_month: bool = False
    grid: bool = False
    ex_dividend: int = 0  # business days before a coupon from which a buyer does not get it
    compounded_to_the_end: bool = False  # yields of bonds with one payment left: else simple interest

    def spot(self, today: date, lag: int | None = None) -> date:
        """When a deal of today begins."""
        return business_calendar(self.calendar).advance(today, self.spot_lag if lag is None else lag)

    def adjusted(self, day: date) -> date:
        """The business day that stands for a date."""
        return business_calendar(self.calendar).adjust(day, self.rule)


def _overnight(name: str, currency: str, calendar: str, spot_lag: int, day_count: str, payment_lag: int) -> Convention:
    """An overnight index swap: one period up to a year, then years, both legs alike."""
    leg = LegConvention(months=12, day_count=day_count, payment_lag=payment_lag)
    return Convention(
        name=name,
        currency=currency,
        calendar=calendar,
        spot_lag=spot_lag,
        fixed=leg,
        floating=leg,
        deposit_day_count=day_count,
    )


def _bonds(name: str, currency: str, calendar: str, *, end_of_month: bool, **of_yields: Any) -> Convention:
    """Government bonds: half-yearly coupons that accrue between unadjusted dates, settled the next business day."""
    leg = LegConvention(months=6, day_count="act/act icma")
    return Convention(
        name=name,
        currency=currency,
        calendar=calendar,
        spot_lag=1,
        fixed=leg,
        floating=leg,
        deposit_day_count="act/365f",
        rule="none",
        end_of_month=end_of_month,
        **of_yields,
    )


CONVENTIONS: dict[str, Convention] = {
    each.name: each
    for each in (
        _overnight("usd_sofr", "usd", "us government bond", 2, "act/360", 2),
        _overnight("gbp_sonia", "gbp", "uk", 0, "act/365f", 0),
        _overnight("eur_estr", "eur", "target", 2, "act/360", 1),
        _overnight("jpy_tona", "jpy", "japan", 2, "act/365f", 2),
        _overnight("chf_saron", "chf", "switzerland", 2, "act/360", 2),
        Convention(
            name="eur_euribor_6m",
            currency="eur",
            calendar="target",
            spot_lag=2,
            fixed=LegConvention(months=12, day_count="30e/360"),
            floating=LegConvention(months=6, day_count="act/360"),
            deposit_day_count="act/360",
        ),
        Convention(
            name="eur_euribor_3m",
            currency="eur",
            calendar="target",
            spot_lag=2,
            fixed=LegConvention(months=12, day_count="30e/360"),
            floating=LegConvention(months=3, day_count="act/360"),
            deposit_day_count="act/360",
        ),
        _bonds("us_treasury", "usd", "us government bond", end_of_month=True),
        # Debt Management Office, Formulae for Calculating Gilt Prices from Yields (2005)
        _bonds("uk_gilt", "gbp", "uk", end_of_month=False, ex_dividend=7, compounded_to_the_end=True),
        Convention(
            name="year_grid",
            currency="",
            calendar="none",
            spot_lag=0,
            fixed=LegConvention(months=6, day_count="act/365f"),
            floating=LegConvention(months=6, day_count="act/365f"),
            deposit_day_count="act/365f",
            grid=True,
        ),
    )
}
BOND_MARKETS = ("us_treasury", "uk_gilt")


def convention_named(text: str, place: str | None = None) -> Convention:
    """The convention of a name, 'usd_sofr' or short 'SOFR'. Raises UserError."""
    name = find_convention(text)
    if name is None:
        bare = _plain(text)
        raise UserError("no such convention", value=text, place=place, remedy=nearest(bare, list(CONVENTIONS)))
    return CONVENTIONS[name]


def bond_convention(text: str, place: str | None = None) -> Convention:
    """The convention of a market of bonds. Raises UserError."""
    found = convention_named(text, place)
    if found.name not in BOND_MARKETS:
        raise UserError(
            "no bonds have this convention", value=text, place=place, remedy=f"one of {', '.join(BOND_MARKETS)}"
        )
    return found


def find_convention(text: str) -> str | None:
    """The name of the convention that a text means, None where it means none."""
    bare = _plain(text)
    short = {"ester": "estr", "euroestr": "eur_estr", "grid": "year_grid"}.get(bare, bare)
    found = [name for name in CONVENTIONS if short in (name, name.split("_", 1)[1])]
    return found[0] if len(found) == 1 else None


def _plain(text: str) -> str:
    bare = re.sub(r"[^a-z0-9]+", "_", text.lower().replace("€", "e")).strip("_")
    return re.sub(r"_(ois|swap|swaps|curve)$", "", bare)
