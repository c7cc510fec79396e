"""Interest rate swaps."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Self

from markets.products.dates import Period, schedule, thirty_360
from markets.products.linear_table import Legs, LinearTable, first_fixing
from markets.products.notionals import check_notionals, shares_of
from markets.products.of_notional import OfNotional
from markets.products.product import Profile, Takes, check_finite, expiry_of
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Swap(OfNotional):
    """A fixed-floating swap.

    The fixed leg accrues 30/360 (bond basis), the floating leg act/360 at the simple forward rate of the projection
    curve, fixed at the start of each period. Schedules run backwards from maturity, with a short stub in front; dates
    are not moved for holidays (a flow on one is paid at the last close before it).
    """

    table: ClassVar[Compile] = LinearTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        rate=True,
        any_day=True,
        notional="> 0 receives fixed, < 0 pays fixed",
        more=("spread", "profile", "notionals"),
        why="a swap has none; its size is `notional`",
    )

    notional: float  # $; positive: receives fixed
    maturity: date
    fixed_rate: float | None = None  # decimal; None: par at the start
    start: date | None = None  # None: the start of the scenario
    fixed_months: int = 6
    float_months: int = 3
    spread: float = 0.0  # decimal, on the floating rate
    profile: Profile = "bullet"
    notionals: tuple[float, ...] = ()  # share of the notional of each fixed period, in place of a profile

    def __post_init__(self) -> None:
        check_finite(self.notional, "notional")
        if self.fixed_rate is not None:
            check_finite(self.fixed_rate, "fixed_rate")
        check_finite(self.spread, "spread")
        check_notionals(self.notionals, self.profile)
        for name in ("fixed_months", "float_months"):
            if getattr(self, name) < 1:
                raise UserError("a swap's period is at least a month", value=getattr(self, name), place=name)
        if self.start is not None and self.start >= self.maturity:
            raise UserError("a swap starts before it matures", value=str(self.start), place="start")

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        maturity = expiry_of(line, start)
        if line.notional is None:
            raise UserError("a swap has a notional", remedy="give `notional`")
        return cls(
            notional=line.notional,
            maturity=maturity,
            fixed_rate=line.fixed_rate,
            spread=line.spread or 0.0,
            profile=line.profile or "bullet",
            notionals=line.notionals,
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        rate = "par" if self.fixed_rate is None else f"{100 * self.fixed_rate:.6g} %"
        return f"swap {rate} {self.maturity}"

    def fixed_leg(self, start: date) -> list[Period]:
        """Periods of the fixed leg of a swap that starts at `start`."""
        days = schedule(start, self.maturity, self.fixed_months)
        return [Period(start=a, end=b, accrual=thirty_360(a, b)) for a, b in pairwise(days)]

    def float_leg(self, start: date) -> list[Period]:
        """Periods of the floating leg of a swap that starts at `start`."""
        days = schedule(start, self.maturity, self.float_months)
        return [Period(start=a, end=b, accrual=(b - a).days / 360) for a, b in pairwise(days)]

    def legs(self, clock: Clock, start: Start) -> Legs:
        """What is still to be paid. Raises UserError where it matures by the start."""
        today = clock.session_dates[0]
        if clock.seconds(self.maturity) <= int(clock.ticks[0]):  # a closed day is settled at the close before
            remedy = "choose a later date"
            raise UserError("a swap matures after the start", value=str(self.maturity), place="maturity", remedy=remedy)
        begin, first = self.start or today, clock.ticks[0]
        periods = self.fixed_leg(begin)
        sized = [*zip(periods, shares_of(len(periods), self.profile, self.notionals), strict=True)]
        fixed = [(p, share) for p, share in sized if clock.seconds(p.end) > first]
        alive = [p for p in self.float_leg(begin) if clock.seconds(p.end) > first]
        floating = [(p, next(share for around, share in reversed(sized) if around.start <= p.start)) for p in alive]
        rate = self.fixed_rate
        if rate is None:
            rate = _par_rate(fixed, floating, self.spread, clock, start)
        paid = [(p.end, self.notional * share * rate * p.accrual) for p, share in fixed]
        if self.spread:
            paid += [(p.end, -self.notional * share * self.spread * p.accrual) for p, share in floating]
        return Legs(fixed=tuple(paid), floating=tuple((p, -self.notional * share) for p, share in floating), rates=True)


Sized = list[tuple[Period, float]]  # with the share of the notional that each has


def _par_rate(fixed: Sized, floating: Sized, spread: float, clock: Clock, start: Start) -> float:
    """The fixed rate at which a swap is worth nothing at the start."""
    annuity = sum(share * p.accrual * start.discount(clock.calendar_years_to(p.end)) for p, share in fixed)
    worth = 0.0
    for period, share in floating:
        begin, end = clock.calendar_years_to(period.start), clock.calendar_years_to(period.end)
        if begin <= 0:
            rate = first_fixing(start, period.accrual, begin, end)
        else:
            rate = start.forward_rate(begin, end) / period.accrual
        worth += share * (rate + spread) * period.accrual * start.discount(end)
    return float(worth / annuity)
