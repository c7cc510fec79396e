"""Autocallable notes."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Self

from markets.products.autocall_table import AutocallTable, Observation
from markets.products.dates import schedule, thirty_360
from markets.products.of_notional import OfNotional
from markets.products.product import Takes, check_finite, check_strike, expiry_of, notional_of
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Compile, Line
    from markets.products.start import Start

PROTECTED_TO = 0.6  # share of the starting spot
YEARLY = 12  # months


@dataclass(frozen=True, kw_only=True)
class Autocall(OfNotional):
    """Looks at the asset every `observation_months`, backwards from maturity.

    At or above `coupon_barrier` it pays the coupon of the period, with `memory` also those that were not paid before.
    At or above `barrier` it pays its notional back and ends. At maturity it pays the notional at or above
    `protection_barrier`, below it notional S_T / S_0. Barriers are shares of the starting spot.
    """

    table: ClassVar[Compile] = AutocallTable
    takes: ClassVar[Takes] = Takes(
        strike="none",
        rate=True,
        asset=True,
        notional="> 0 holds the note, < 0 has issued it",
        more=("barrier", "coupon_barrier", "protection_barrier", "observation_months", "memory"),
        must=("fixed_rate",),
        why="an autocall has none; its levels are barriers, its coupon is `fixed_rate`, its size is `notional`",
    )

    notional: float  # $
    maturity: date
    spot: float  # $, to which its barriers refer
    coupon: float  # decimal a year, 30/360
    barrier: float = 1.0
    coupon_barrier: float | None = None  # None: the barrier
    protection_barrier: float = PROTECTED_TO
    observation_months: int = YEARLY
    memory: bool = False

    def __post_init__(self) -> None:
        """Raises UserError for terms that no note has."""
        check_finite(self.notional, "notional")
        check_finite(self.coupon, "fixed_rate")
        for level in (self.barrier, self.paying, self.protection_barrier):
            check_strike(level)
        if self.paying > self.barrier:
            rule, remedy = "a note that is called pays its coupon", "choose a `coupon_barrier` up to `barrier`"
            raise UserError(rule, value=self.paying, place="coupon_barrier", remedy=remedy)

    @classmethod
    def parse(cls, line: Line, start: Start) -> Self:
        """From a line of a book. Raises UserError for what it lacks."""
        if line.fixed_rate is None:
            raise UserError("an autocall has a coupon", remedy="give `fixed_rate`: 0.08 is 8 % a year")
        return cls(
            notional=notional_of(line),
            maturity=expiry_of(line, start),
            spot=start.spot0,
            coupon=line.fixed_rate,
            barrier=1.0 if line.barrier is None else line.barrier,
            coupon_barrier=line.coupon_barrier,
            protection_barrier=PROTECTED_TO if line.protection_barrier is None else line.protection_barrier,
            observation_months=line.observation_months or YEARLY,
            memory=bool(line.memory),
        )

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"autocall {100 * self.coupon:.6g} % at {100 * self.barrier:.6g} % {self.maturity}"

    @property
    def paying(self) -> float:
        """Level at which coupons are paid, share of the starting spot."""
        return self.barrier if self.coupon_barrier is None else self.coupon_barrier

    def observations(self, first: date) -> tuple[Observation, ...]:
        """In order. Raises UserError where it matures by the start."""
        if self.maturity <= first:
            remedy = "choose a later date"
            raise UserError("a note matures after the start", value=str(self.maturity), place="expiry", remedy=remedy)
        days = schedule(first, self.maturity, self.observation_months)
        return tuple(Observation(end, self.coupon * thirty_360(begin, end)) for begin, end in pairwise(days))
