"""A known answer: the expected values, their measurement through the engine, and the tolerance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import altair as alt

    from scenarios.studies.validation.lab import Lab
    from sim.estimate import Estimate

Chapter = Literal[
    "Hedging",
    "Costs",
    "Feedback",
    "Several assets",
    "Spirals",
    "Leverage",
    "Market making",
    "Impact",
    "Stylised facts",
    "Pricing",
    "Curves",
    "Rates",
    "Margin",
    "Credit",
    "Capital",
    "Mechanics",
]
CHAPTERS: tuple[str, ...] = get_args(Chapter)
Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """One known number.

    what: what it is, 'variance, N = 52'; its key within the case.
    se: standard error of the expected value, where the source simulated it.
    rounding: absolute; half a unit of the last digit given, or a discretisation that is known and stated.
    exact: in words, 'exact', 'simulated, 4e5 paths', 'published, 3 digits', 'ordering only'.
    relation: '<' if the measured value must be below `value`; an ordering is a difference against 0.
    """

    what: str
    value: float
    unit: str = ""
    se: float = 0.0
    rounding: float = 0.0
    exact: str = "exact"
    relation: Literal["=", "<", ">"] = "="


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The results of a case: an estimate for every `Expected.what`, and a picture if the case has its own.

    picture: any Altair chart (analysis.charts.validation), or several; without it, expected against got is drawn.
    """

    estimates: dict[str, Estimate]
    picture: alt.Chart | Any | None = None

    @property
    def pictures(self) -> tuple[Any, ...]:
        """None, one or several."""
        if self.picture is None:
            return ()
        return tuple(self.picture) if isinstance(self.picture, list | tuple) else (self.picture,)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A known answer and how the engine is asked for it. `measure` is a module's function, so that it can be pickled.

    standard_errors: how far apart expected and got may lie.
    needs: optional packages; where one is missing the case is skipped.
    """

    name: str
    title: str
    chapter: Chapter
    source: str
    inputs: str
    statistic: str
    expected: tuple[Expected, ...]
    measure: Callable[[Lab], Measured]
    fast: bool = False
    standard_errors: float = 3.5
    needs: tuple[str, ...] = ()
    seconds: float = 5.0  # about how long it takes on one core; the longest start first
