"""Swaps of a fixed rate against the overnight rate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from markets.products.cash_legs import CashLegs, Overnight, Payment
from markets.products.cash_table import CashTable
from markets.products.conventions import money_market
from markets.products.notionals import check_notionals
from markets.products.of_notional import OfNotional
from markets.products.overnight_curve import OvernightCurve
from markets.products.past import assumed_rate, flat_rate, known_since
from markets.products.product import Compounding, Profile, Stub, Takes, check_finite, notional_of
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.curves.conventions import Convention
    from markets.curves.legs import Leg
    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
YEAR = 365  # days of the curves' years


@dataclass(frozen=True, kw_only=True)
class Ois(OfNotional):
    """A fixed rate against the overnight rate, from spot, as the quoted curve's market counts.

    Calendar, spot lag, day counts, stubs and payment lag are the convention's. A floating period compounds the
    overnight rates that are fixed on a path, close by close; what is still to come of it is P(n) / P(end) of the
    projection curve. Or it pays their average. Payments fall on their own days, and are made at the first close from
    then on.
    """

    table: ClassVar[Compile] = CashTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        rate=True,
        any_day=True,
        notional="> 0 receives fixed, < 0 pays fixed",
        more=("start", "spread", "compounding", "profile", "notionals", "stub", "past_rate", "convention"),
        why="a swap has none; its size is `notional`",
    )

    notional: float  # of the curve's currency; positive: receives fixed
    maturity: date | None = None  # unadjusted
    months: int | None = None  # from spot, in place of a maturity
    fixed_rate: float | None = None  # decimal; None: par at the start
    begin: date | None = None  # first day, also before the scenario's; None: spot
    spread: float = 0.0  # decimal, on the floating rate
    compounding: Compounding = "compounded"
    profile: Profile = "bullet"
    notionals: tuple[float, ...] = ()  # share of the notional of each fixed period, in place of a profile
    stub: Stub = "front"
    past_rate: float | None = None  # decimal, for fixings before the first day; None: those of the scenario
    convention: str = ""  # of the quoted curve of floating rates

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")
        for name in ("fixed_rate", "spread", "past_rate"):
            if getattr(self, name) is not None:
                check_finite(getattr(self, name), name)
        check_notionals(self.notionals, self.profile)

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        return cls(
            notional=notional_of(line),
            maturity=line.expiry,
            months=line.months,
            fixed_rate=line.fixed_rate,
            begin=line.start,
            spread=line.spread or 0.0,
            compounding=line.compounding or "compounded",
            profile=line.profile or "bullet",
            notionals=line.notionals,
            stub=line.stub or "front",
            past_rate=line.past_rate,
            convention=line.convention,
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        rate = "par" if self.fixed_rate is None else f"{100 * self.fixed_rate:.6g} %"
        more = [f"{1e4 * self.spread:+.6g} bp"] if self.spread else []
        more += [self.compounding] if self.compounding == "averaged" else []
        more += [self.profile] if self.profile != "bullet" else []
        more += [f"since {self.begin}"] if self.begin else []
        more += [f"past fixings {100 * self.past_rate:.6g} %"] if self.past_rate is not None else []
        return " ".join(["ois", rate, str(self.maturity or f"{self.months}M"), *more])

    def assumed_rate(self, start: Start) -> float | None:
        """The overnight rate that stands for days before the first although nobody gives it, decimal."""
        if self.begin is None:
            return None
        return assumed_rate(self.begin, self.past_rate, start, money_market(self.convention, start, usual=""))

    def cash_legs(self, clock: Clock, start: Start) -> CashLegs:
        """What is still to be paid. Raises UserError without a quoted curve, or where it ends before it starts."""
        market, fixed, floating = self._legs(start)
        later = clock.session_dates[1]  # until which the overnight rate is fixed at the start
        periods = self._periods(floating, start, market, later)
        rate = self._par(fixed, floating, periods, start, later) if self.fixed_rate is None else self.fixed_rate
        coupons = self.notional * rate * fixed.notional * fixed.tau
        spreads = -self.notional * self.spread * floating.notional * floating.tau
        known = [*zip(_days(start, fixed.pay), coupons.tolist(), strict=True)]
        known += zip(_days(start, floating.pay), spreads.tolist(), strict=True) if self.spread else ()
        return CashLegs(
            payments=tuple(Payment(day, amount) for day, amount in known if day > start.day),
            overnight=tuple(periods),
        )

    def _periods(self, floating: Leg, start: Start, market: Convention, later: date) -> list[Overnight]:
        averaged, flat = self.compounding == "averaged", flat_rate(self.past_rate, start, market)
        days = zip(*(_days(start, each) for each in (floating.start, floating.end, floating.pay)), strict=True)
        found = []
        for (begin, end, paid), share in zip(days, floating.notional.tolist(), strict=True):
            if paid > start.day:
                known = known_since(begin, start, market, flat, averaged=averaged)
                above = daily_excess(max(begin, later), end, start, market) if averaged else 0.0
                found.append(Overnight(begin, end, paid, -self.notional * share, averaged, known, above))
        return found

    def _legs(self, start: Start) -> tuple[Convention, Leg, Leg]:
        """Its market, its fixed and its floating leg, times from the first day on. Raises UserError."""
        from markets.curves.deal import make_deal  # it loads QuantLib

        market = money_market(self.convention, start, usual="")
        tenor, today = f"{self.months}M" if self.months else "", min(start.day, self.begin or start.day)
        deal = make_deal(market, today, tenor=tenor, start=self.begin, end=self.maturity)
        deal = replace(deal, today=start.day, stub=self.stub)
        fixed, floating = (leg.shaped(self.profile) for leg in (deal.fixed, deal.floating))
        if self.notionals:
            fixed, floating = fixed.listed(self.notionals), floating.following(fixed.listed(self.notionals))
        if float(floating.pay[-1]) <= 0:
            rule, remedy = "a swap matures after the start", "choose a later date"
            raise UserError(rule, value=str(_days(start, floating.pay)[-1]), place="expiry", remedy=remedy)
        return market, fixed, floating

    def _par(self, fixed: Leg, floating: Leg, periods: list[Overnight], start: Start, later: date) -> float:
        """The fixed rate at which the swap is worth nothing at the start."""
        ahead = fixed.pay > 0
        annuity = sum(
            share * tau * start.discount(float(pay))
            for share, tau, pay in zip(fixed.notional[ahead], fixed.tau[ahead], fixed.pay[ahead], strict=True)
        )
        worth = 0.0
        for period in periods:
            paid = start.discount((period.paid - start.day).days / YEAR)
            worth -= period.notional / self.notional * _rate(period, start, later) * paid
        due = floating.pay > 0
        spreads = self.spread * (floating.notional * floating.tau)[due]
        worth += sum(each * start.discount(float(pay)) for each, pay in zip(spreads, floating.pay[due], strict=True))
        return float(worth / annuity)


def _rate(period: Overnight, start: Start, later: date) -> float:
    """What a period pays per 1 of notional on the starting curve. later: until when the overnight rate is fixed."""
    begin, end, until = ((day - start.day).days / YEAR for day in (period.start, period.end, later))
    ahead = start.forward_rate(max(begin, 0.0), end) if end > 0 else 0.0
    if not period.averaged:
        return (1.0 if period.known is None else period.known) * (1 + ahead) - 1
    fixed = min(max(begin, until), end)  # up to here simple, beyond it the log and what daily rates are above theirs
    first = start.forward_rate(max(begin, 0.0), fixed) if fixed > max(begin, 0.0) else 0.0
    rest = float(np.log1p(ahead) - np.log1p(first)) + period.above * max(end - fixed, 0.0)
    return (period.known or 0.0) + first + rest


def daily_excess(begin: date, end: date, start: Start, market: Convention) -> float:
    """What simple daily rates add up to beyond their logs on the starting curve, per year: sum of e^y - 1 - y."""
    from markets.curves.calendars import overnight_days

    if end <= begin:
        return 0.0
    days = overnight_days(market.calendar, begin, end)
    years = np.array([(day - start.day).days / YEAR for day in days])
    curve = OvernightCurve(start)
    weights, constant = curve.grown(years[:-1], years[1:], 0.0)
    steps = weights @ curve.of(start.snapshot)[:, 0] + constant
    return float((np.expm1(steps) - steps).sum() / (years[-1] - years[0]))


def _days(start: Start, years: Floats) -> list[date]:
    return [start.day + timedelta(days=round(time * YEAR)) for time in years.tolist()]
