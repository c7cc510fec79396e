"""What a comparison takes of each side, and what it makes of two: figures with their differences. No heavy import."""

from __future__ import annotations

import math
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sim.named_tuple import NamedTuple
from sim.pairwise import error_of_mean

if TYPE_CHECKING:
    from sim.columns import Unit

PLAIN = 4_096  # numbers of which Python finds an error as soon as NumPy is loaded


class Figure(NamedTuple):
    """A figure of one side."""

    label: str
    unit: Unit
    value: float
    error: float | None


class SideFigures(NamedTuple):
    """The figures of a side by name; and (paths,) $ of which a figure is the average, or the pull of each path on it.

    Of neither None.
    """

    figures: Mapping[str, Figure]
    by_path: Callable[[str], Any]


class Compared(NamedTuple):
    """A figure that both sides have, with its standard errors; the difference is b - a."""

    name: str
    label: str
    unit: Unit
    a: float
    a_error: float | None
    b: float
    b_error: float | None
    difference: float
    error: float | None

    @property
    def clear(self) -> bool:
        """Whether the difference is beyond two standard errors."""
        return self.error is not None and abs(self.difference) > 2 * self.error


def compared(a: SideFigures, b: SideFigures, *, paired: bool) -> list[Compared]:
    """The figures that both have, known in one at least.

    paired: path i has the same noise in both, so the error of a difference of figures with vectors over paths is that
    of the path-by-path difference; else, and of other figures, sqrt(a_error^2 + b_error^2).
    """
    found = []
    for name, mine in a.figures.items():
        other = b.figures.get(name)
        if other is None or not (math.isfinite(mine.value) or math.isfinite(other.value)):
            continue
        error = _by_path(a.by_path(name), b.by_path(name)) if paired else None
        if error is None and mine.error is not None and other.error is not None:
            error = math.hypot(mine.error, other.error)
        numbers = mine.value, mine.error, other.value, other.error, other.value - mine.value, error
        found.append(Compared(name, mine.label, mine.unit, *numbers))
    return found


def _by_path(mine: Any, other: Any) -> float | None:
    """Standard error of the mean of other - mine, the same to the last bit of either kind of vector; None of none."""
    if mine is None or other is None:
        return None
    if isinstance(mine, array) and isinstance(other, array):
        return error_of_mean([y - x for x, y in zip(mine, other, strict=True)])
    from sim.estimate import Estimate

    return Estimate.mean(other - mine).error


def packed(side: SideFigures) -> dict[str, Any]:
    """The same as JSON has it; vectors as float64 in base 64."""
    vectors = {name: side.by_path(name) for name in side.figures}
    return {
        "figures": {name: list(figure) for name, figure in side.figures.items()},
        "by_path": {name: b64encode(found.tobytes()).decode() for name, found in vectors.items() if found is not None},
    }


def unpacked(told: Mapping[str, Any]) -> SideFigures:
    """What was packed."""
    vectors = {name: _vector(b64decode(text)) for name, text in told["by_path"].items()}
    return SideFigures({name: Figure(*figure) for name, figure in told["figures"].items()}, vectors.get)


def _vector(numbers: bytes) -> Any:
    """Few numbers are read without NumPy."""
    if len(numbers) <= 8 * PLAIN:
        return array("d", numbers)
    import numpy as np

    return np.frombuffer(numbers)
