"""A book of credit default swaps on names: values, and exact risk by quote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from markets.credit.contract import Cds, cds_of, maturity_after
from markets.credit.hazard_curve import BP, HazardCurve
from markets.credit.legs import Legs
from markets.curves.dates import parse_tenor
from markets.specs.cds import CdsSpec
from sim.dataclass import dataclass
from sim.errors import UserError, placed
from sim.nearest import nearest

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Held:
    """A position: notional (negative: protection is sold), its contract, and its coupon (None: at par)."""

    label: str
    credit: str
    notional: float
    cds: Cds
    coupon: float | None


@dataclass(frozen=True, eq=False)
class CdsBook:
    """Positions on hazard curves by name. Arrays have an entry a position; values are those of the holder."""

    positions: tuple[Held, ...]
    curves: Mapping[str, HazardCurve]

    @staticmethod
    def of(specs: Sequence[CdsSpec], curves: Mapping[str, HazardCurve], places: Sequence[str | None] = ()) -> CdsBook:
        """The book of some lines. Raises UserError for an unknown name, or a contract that is over."""
        where = [*places, *[None] * (len(specs) - len(places))]
        return CdsBook(tuple(_held(spec, curves, place) for spec, place in zip(specs, where, strict=True)), curves)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the positions."""
        return tuple(each.label for each in self.positions)

    @property
    def notional(self) -> Floats:
        """Of protection bought, negative where it is sold."""
        return np.array([each.notional for each in self.positions])

    @cached_property
    def legs(self) -> tuple[Legs, ...]:
        """Of each position, on 1 of notional and a coupon of 1."""
        found: list[Legs | None] = [None] * len(self.positions)
        for name, curve in self.curves.items():
            own = [i for i, each in enumerate(self.positions) if each.credit == name]
            for i, legs in zip(own, curve.legs([self.positions[i].cds for i in own]), strict=True):
                found[i] = legs
        return tuple(each for each in found if each is not None)

    @property
    def annuity(self) -> Floats:
        """Value of a coupon of 1 a year beyond what has accrued."""
        return np.array([legs.premium for legs in self.legs]) - self._back

    @property
    def par(self) -> Floats:
        """Coupon at which the contract is worth nothing beyond what has accrued, decimal."""
        return np.asarray(self._loss * np.array([legs.protection for legs in self.legs]) / self.annuity)

    @property
    def coupon(self) -> Floats:
        """Decimal a year; the par spread where none was given."""
        par = self.par
        return np.array([par[i] if each.coupon is None else each.coupon for i, each in enumerate(self.positions)])

    @property
    def clean(self) -> Floats:
        """Value without what has accrued."""
        protection = np.array([legs.protection for legs in self.legs])
        return np.asarray(self.notional * (self._loss * protection - self.coupon * self.annuity))

    @property
    def dirty(self) -> Floats:
        """Value with the whole present coupon still to pay."""
        return self.clean - self.notional * self.coupon * self._back

    @property
    def upfront(self) -> Floats:
        """Paid on the settlement day for the clean value, decimal of notional to the buyer's charge."""
        paid = self._each(lambda curve, held: float(np.exp(curve.log_discount(held.cds.settled))))
        return self.clean / self.notional / paid

    @property
    def jump(self) -> Floats:
        """Change of value if the name defaults at once."""
        return self.notional * self._loss - self.clean

    @cached_property
    def ladders(self) -> tuple[Floats, ...]:
        """Exact change of clean value for a step of 1 bp of each quote of the position's own name."""
        out = []
        for held, legs, coupon in zip(self.positions, self.legs, self.coupon, strict=True):
            curve = self.curves[held.credit]
            slope = curve.loss * legs.protection_slope - coupon * legs.premium_slope
            out.append(held.notional * BP * slope @ curve.by_quote)
        return tuple(out)

    @property
    def cs01(self) -> Floats:
        """Sum of the ladder: all quotes +1 bp, exact derivative."""
        return np.array([ladder.sum() for ladder in self.ladders])

    def bumped(self, name: str) -> Floats:
        """Change of clean value of the positions on a name when each of its quotes alone is 1 bp higher, solved again,
        and last when all are: (quotes + 1, positions).
        """
        curve, rows = self.curves[name], []
        for chosen in (*range(len(curve.quotes)), None):
            moved = [q.moved(BP) if chosen in (None, k) else q for k, q in enumerate(curve.quotes)]
            rows.append(self._on(name, curve.with_quotes(moved)).clean - self.clean)
        return np.array(rows)

    def rates01(self) -> Floats:
        """Change of clean value when zero rates are 1 bp higher and the quotes the same."""
        moved = {name: curve.with_rates(BP) for name, curve in self.curves.items()}
        return CdsBook(self._fixed, moved).clean - self.clean

    def at_recovery(self, recovery: float, *, rebuilt: bool) -> Floats:
        """Clean value at another recovery: quotes kept and the curve solved again, or survival kept."""
        moved = {name: curve.with_recovery(recovery, rebuilt=rebuilt) for name, curve in self.curves.items()}
        return CdsBook(self._fixed, moved).clean

    def hedge(self, name: str) -> Floats:
        """Notionals of the quoted contracts, bought, that bring the risk to every quote of a name to 0: (quotes,)."""
        curve = self.curves[name]
        own = [ladder for held, ladder in zip(self.positions, self.ladders, strict=True) if held.credit == name]
        return np.asarray(-np.sum(own, axis=0) / BP / curve.by_own_quote)

    def _on(self, name: str, curve: HazardCurve) -> CdsBook:
        return CdsBook(self._fixed, {**self.curves, name: curve})

    @property
    def _fixed(self) -> tuple[Held, ...]:
        """Positions with coupons that stay as they are when the curve moves."""
        return tuple(
            Held(each.label, each.credit, each.notional, each.cds, float(coupon))
            for each, coupon in zip(self.positions, self.coupon, strict=True)
        )

    @property
    def _loss(self) -> Floats:
        return self._each(lambda curve, held: curve.loss)

    @property
    def _back(self) -> Floats:
        """Present value of the accrued part of a coupon of 1."""
        return self._each(lambda curve, held: float(np.exp(curve.log_discount(held.cds.settled))) * held.cds.accrued)

    def _each(self, of: Callable[[HazardCurve, Held], float]) -> Floats:
        return np.array([of(self.curves[each.credit], each) for each in self.positions])


def _held(spec: CdsSpec, curves: Mapping[str, HazardCurve], place: str | None) -> Held:
    if bool(spec.tenor) == bool(spec.maturity):
        raise UserError("a contract has a tenor or a maturity", place=place, remedy="write '5Y', or a date")
    if not spec.credit and len(curves) > 1:
        raise UserError("the contract does not say its name", place=place, remedy=f"one of {', '.join(curves)}")
    name = spec.credit or next(iter(curves))
    if name not in curves:
        raise UserError("no such name is quoted", value=name, place=place, remedy=nearest(name, list(curves)))
    curve = curves[name]
    with placed(place):
        end = spec.maturity or maturity_after(curve.day, parse_tenor(spec.tenor), curve.convention)
        cds = cds_of(curve.day, end, curve.convention)
    coupon = curve.convention.coupon if spec.coupon is None else spec.coupon
    label = spec.name or f"{spec.side} {spec.notional / 1e6:g}m to {end}"
    return Held(label, name, spec.notional if spec.side == "buy" else -spec.notional, cds, coupon)
