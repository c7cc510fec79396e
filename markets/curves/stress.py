"""Moves of the zero curve by name: parallel, steepener, flattener, inversion, butterfly, or by tenor."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.curves.dates import parse_tenor
from markets.curves.flows import DISCOUNT, PROJECTION
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.nearest import nearest

Floats = NDArray[np.float64]
BP = 1e-4
LARGEST = 5000.0  # bp
# Each for a size of 1: zero rates move so at these years, linearly between and flat outside.
SHAPES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "parallel": ((1.0,), (1.0,)),
    "steepener": ((2.0, 10.0), (-1.0, 1.0)),  # short rates fall, long rates rise
    "flattener": ((2.0, 10.0), (1.0, -1.0)),
    "inversion": ((1.0, 10.0, 30.0), (1.0, -1.0, -2.0)),  # a flattening that goes on beyond 10Y, and lowers the level
    "butterfly": ((2.0, 7.0, 30.0), (-1.0, 1.0, -1.0)),  # the belly rises against the wings
}
STEP = re.compile(r"\s*([\d.]+\s*[dwmyDWMY]?(?:\s*\d+\s*[mM])?)\s*:?\s*([+-]?[\d.]+)\s*(?:bp)?\s*")
ROLES = {"discounting": DISCOUNT, "projecting": PROJECTION}  # what a curve is used for, in the words of a stress
NAMED = re.compile(r"\s*([a-z_]+)\s+([+-]?[\d.]+)\s*(?:bp)?\s*")


@dataclass(frozen=True)
class Stress:
    """A move of zero rates: `basis_points` at `years`, linear between and flat outside.

    curve: of one curve only. role: only where curves discount, or only where floating rates are read from them. also:
    further moves at the same time; where two fall on the same rates, they add up.
    """

    name: str
    years: tuple[float, ...]
    basis_points: tuple[float, ...]
    curve: str = ""
    role: str = ""
    also: tuple[Stress, ...] = ()

    @property
    def all(self) -> tuple[Stress, ...]:
        """Every move of it."""
        return (self, *self.also)

    def move(self, years: ArrayLike) -> Floats:
        """Of the zero rate (decimal) at some times."""
        out: Floats = np.interp(np.asarray(years, dtype=np.float64), self.years, self.basis_points) * BP
        return out


def parse_stress(text: str, place: str | None = None) -> Stress:
    """'parallel 50', 'butterfly -20', '1Y 5, 5Y 10, 10Y 0, 30Y -5'; behind it 'on sofr' for one curve alone.

    'parallel 50 on discounting; parallel 20 on projecting': moves at the same time, each only where curves are used so.
    Raises UserError.
    """
    first, *others = (_parse_one(part, place) for part in text.split(";"))
    return replace(first, name=text, also=tuple(others))


def _parse_one(text: str, place: str | None) -> Stress:
    moves, _, curve = (part.strip() for part in text.partition(" on "))
    if found := NAMED.fullmatch(moves.lower()):
        if found[1] not in SHAPES:
            raise UserError("no such shape", value=found[1], place=place, remedy=nearest(found[1], list(SHAPES)))
        size, (years, shape) = _size(found[2], place), SHAPES[found[1]]
        return Stress(text, years, tuple(size * part for part in shape), *_where(curve))
    steps = [STEP.fullmatch(part) for part in moves.split(",")]
    if not all(steps):
        remedy = "write 'parallel 50', 'steepener 25', or '1Y 5, 5Y 10, 10Y 0, 30Y -5', in basis points"
        raise UserError("is not a stress", value=text, place=place, remedy=remedy)
    pairs = [(parse_tenor(step[1], place).years, _size(step[2], place)) for step in steps if step]
    if sorted({years for years, _ in pairs}) != [years for years, _ in pairs]:
        raise UserError("the tenors of a stress rise", value=text, place=place)
    return Stress(text, tuple(years for years, _ in pairs), tuple(size for _, size in pairs), *_where(curve))


def _where(said: str) -> tuple[str, str]:
    """The curve and the role behind `on`, one of the two."""
    return ("", ROLES[said]) if said in ROLES else (said, "")


def _size(text: str, place: str | None) -> float:
    try:
        size = float(text)
    except ValueError:
        raise UserError("is not a number of basis points", value=text, place=place) from None
    if not abs(size) <= LARGEST:
        raise UserError(f"a stress is at most {LARGEST:,.0f} bp", value=text, place=place)
    return size


DEFAULTS: tuple[str, ...] = (
    "parallel 50",
    "parallel -50",
    "steepener 25",
    "flattener 25",
    "inversion 25",
    "butterfly 25",
)
