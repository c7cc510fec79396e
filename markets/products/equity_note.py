"""Notes linked to the asset: principal protection with a share of its rise."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Self

from markets.products.dates import schedule, thirty_360
from markets.products.linear_table import Legs, LinearTable
from markets.products.of_notional import OfNotional
from markets.products.option import Option
from markets.products.product import Model, Takes, check_finite, check_strike, expiry_of, notional_of
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Compile, Instrument, Line
    from markets.products.start import Start
    from sim.clock import Clock

YEAR = 12  # months


@dataclass(frozen=True, kw_only=True)
class EquityNote(OfNotional):
    """Pays at the close of `maturity` notional (protection + participation min((S_T / S_0 - strike)^+, cap)).

    And `coupon` a year, 30/360, in `frequency` payments backwards from maturity. It is nothing but its pieces: fixed
    payments, discounted on the path's curve, and a call bought and, with a cap, one sold, valued as other options are.
    """

    table: ClassVar[Compile] = LinearTable  # of the fixed payments
    takes: ClassVar[Takes] = Takes(
        strike="optional",
        rate=True,
        asset=True,
        notional="> 0 holds the note, < 0 has issued it",
        more=("protection", "participation", "cap", "frequency", "model"),
        why="a note has none; its coupon is `fixed_rate`, its size is `notional`",
    )

    notional: float  # $
    maturity: date
    spot: float  # $, to which its performance refers
    strike: float = 1.0  # share of `spot` from which it takes part
    protection: float = 1.0  # share of the notional that is paid back whatever happens
    participation: float = 1.0
    cap: float | None = None  # highest rise above the strike that counts, share of `spot`
    coupon: float = 0.0  # decimal a year
    frequency: int = 1  # coupons a year
    model: Model | None = None  # of the options

    def __post_init__(self) -> None:
        """Raises UserError for terms that no note has."""
        check_finite(self.notional, "notional")
        check_finite(self.coupon, "fixed_rate")
        check_strike(self.strike)
        for name in ("protection", "participation"):
            value = getattr(self, name)
            check_finite(value, name)
            if value < 0:
                raise UserError(f"the {name} of a note is not negative", value=value, place=name)
        if self.cap is not None and not self.cap > 0:
            raise UserError("the cap of a note is above 0", value=self.cap, place="cap", remedy="0.4 is 40 %")
        if YEAR % self.frequency:
            rule, remedy = "coupons are whole months apart", "1, 2, 3, 4, 6 or 12 a year"
            raise UserError(rule, value=self.frequency, place="frequency", remedy=remedy)

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        strike = line.moneyness if line.strike is None else line.strike / start.spot0
        return cls(
            notional=notional_of(line),
            maturity=expiry_of(line, start),
            spot=start.spot0,
            strike=1.0 if strike is None else strike,
            protection=1.0 if line.protection is None else line.protection,
            participation=1.0 if line.participation is None else line.participation,
            cap=line.cap,
            coupon=line.fixed_rate or 0.0,
            frequency=line.frequency or 1,
            model=line.model,
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        cap = "" if self.cap is None else f" to {100 * self.cap:.6g} %"
        return f"note {100 * self.protection:.6g} % + {100 * self.participation:.6g} % of the rise{cap} {self.maturity}"

    @property
    def parts(self) -> tuple[Instrument, ...]:
        """The fixed payments, which are the note's own legs, and the options."""
        return self, *self.options

    @property
    def options(self) -> tuple[Option, ...]:
        """The call, and the one sold at the cap."""
        units = self.notional * self.participation / self.spot
        terms = {"kind": "call", "expiry": self.maturity, "model": self.model}
        bought = Option(strike=self.strike * self.spot, quantity=units, **terms)  # type: ignore[arg-type]
        if self.cap is None:
            return (bought,)
        return bought, Option(strike=(self.strike + self.cap) * self.spot, quantity=-units, **terms)  # type: ignore[arg-type]

    def legs(self, clock: Clock, start: Start) -> Legs:
        """Coupons and the protected principal. Raises UserError where it matures by the start."""
        first = clock.session_dates[0]
        if clock.seconds(self.maturity) <= int(clock.ticks[0]):  # a closed day is settled at the close before
            remedy = "choose a later date"
            raise UserError("a note matures after the start", value=str(self.maturity), place="expiry", remedy=remedy)
        days = schedule(first, self.maturity, YEAR // self.frequency) if self.coupon else []
        coupons = [(end, self.coupon * thirty_360(begin, end) * self.notional) for begin, end in pairwise(days)]
        return Legs(fixed=(*coupons, (self.maturity, self.protection * self.notional)), rates=True)
