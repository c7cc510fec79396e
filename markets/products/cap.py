"""Caps and floors."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal, Self, cast

from markets.products.of_notional import OfNotional
from markets.products.product import Takes, check_finite, check_vol, expiry_of
from markets.products.rate_option_table import Optionlet, RateOptionTable, par, vol_of
from markets.products.swap import Swap
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.dates import Period
    from markets.products.product import Compile, Line
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Cap(OfNotional):
    """Pays at the end of each period by how much its floating rate lies above the strike (a floor: below).

    Periods of `months`, backwards from maturity, act/360, fixed at their start as a swap's are. The first one, whose
    rate is known when the cap is struck, is left out, as in the market. Before its fixing a period is worth notional
    tau DF times the value of an option on its forward rate by Bachelier's formula.
    """

    table: ClassVar[Compile] = RateOptionTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        rate=True,
        vol=True,
        any_day=True,
        notional="> 0 has bought it, < 0 has sold it",
        why="a cap or floor has none; its strike is `fixed_rate`, its size is `notional`",
    )

    kind: Literal["cap", "floor"]
    notional: float  # $; negative: the desk has sold it
    maturity: date
    fixed_rate: float | None = None  # decimal; None: where cap and floor are worth the same at the start
    normal_vol: float | None = None  # decimal per sqrt(trading year); None: the market's
    months: int = 3

    def __post_init__(self) -> None:
        if self.kind not in ("cap", "floor"):
            raise UserError("an option on floating rates is a cap or a floor", value=self.kind, place="kind")
        check_finite(self.notional, "notional")
        if self.fixed_rate is not None:
            check_finite(self.fixed_rate, "fixed_rate")
        check_vol(self.normal_vol)

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        if line.notional is None:
            raise UserError(f"a {line.kind} has a notional", remedy="give `notional`")
        return cls(
            kind=cast(Literal["cap", "floor"], line.kind),
            notional=line.notional,
            maturity=expiry_of(line, start),
            fixed_rate=line.fixed_rate,
            normal_vol=line.normal_vol,
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        rate = "at the money" if self.fixed_rate is None else f"{100 * self.fixed_rate:.6g} %"
        return f"{self.kind} {rate} {self.maturity}"

    def optionlets(self, clock: Clock, start: Start) -> list[Optionlet]:
        """One option a period. Raises UserError where no rate is to be fixed after the start."""
        first = clock.session_dates[0]
        periods: list[Optionlet] = []
        if self.maturity > first:
            leg = Swap(notional=1.0, maturity=self.maturity, float_months=self.months).float_leg(first)
            periods = [self._period(period) for period in leg if clock.seconds(period.start) > clock.ticks[0]]
        if not periods:
            rule, remedy = f"a {self.kind} fixes a rate after the start", f"choose a date over {self.months} months on"
            raise UserError(rule, value=str(self.maturity), place="maturity", remedy=remedy)
        strike = par(periods, clock, start) if self.fixed_rate is None else self.fixed_rate
        struck = [period._replace(strike=strike) for period in periods]
        return [period._replace(vol=vol_of(period, self.normal_vol, clock, start)) for period in struck]

    def _period(self, period: Period) -> Optionlet:
        return Optionlet(
            expiry=period.start,
            paid=period.end,
            sign=1.0 if self.kind == "cap" else -1.0,
            notional=self.notional,
            fixed=(period,),
            floating=(period,),
        )
