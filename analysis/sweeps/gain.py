"""The line of loop gain 1 across two axes of a sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.numbers import Number
from analysis.sweeps.axes import Axis

GAIN, TIPPING = "peak_loop_gain", 1.0
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Tipping:
    """Which cells have a median peak loop gain of at least 1, of those that give it; and where it is largest."""

    cells: int
    above: int
    largest: Number
    where: dict[str, Any]  # the cell's row

    @property
    def share(self) -> float:
        return self.above / self.cells

    @property
    def crosses(self) -> bool:
        return 0 < self.above < self.cells


def tipping(frame: pl.DataFrame) -> Tipping | None:
    """How often the loop gain reaches 1 in these cells; None if none of them gives it."""
    if GAIN not in frame.columns:
        return None
    known = frame.filter(pl.col(GAIN).is_finite())
    if not known.height:
        return None
    top = known.sort(GAIN).row(-1, named=True)
    largest = Number(value=top[GAIN], unit="gain", label="Peak loop gain, median", error=top.get(f"{GAIN}_error"))
    return Tipping(known.height, known.filter(pl.col(GAIN) >= TIPPING).height, largest, top)


def contour(frame: pl.DataFrame, x: Axis, y: Axis, column: str = GAIN, level: float = TIPPING) -> list[FloatArray]:
    """Lines of `column` = level over a grid of cells, each (points, 2) in the axes' units, the longest first.

    Marching squares (contourpy) in the axes' own coordinates, ln where an axis is logarithmic, with straight lines
    between the cells. Around cells that are missing or do not give it the line is left open.
    """
    import contourpy

    xs, ys = (np.array(frame[a.name].unique().sort().to_list(), dtype=np.float64) for a in (x, y))
    if min(len(xs), len(ys)) < 2:
        return []
    z = np.full((len(ys), len(xs)), np.nan)
    rows = np.searchsorted(ys, frame[y.name].to_numpy()), np.searchsorted(xs, frame[x.name].to_numpy())
    z[rows] = frame[column].to_numpy()
    u, v = (np.log(at) if a.log else at for a, at in ((x, xs), (y, ys)))
    found = contourpy.contour_generator(u, v, np.ma.masked_invalid(z)).lines(level)
    lines = [np.asarray(line, dtype=np.float64) for line in found]
    back = [np.exp if a.log else np.asarray for a in (x, y)]
    lines.sort(key=lambda line: -float(np.hypot(*np.diff(line, axis=0).T).sum()))
    return [np.column_stack([f(line[:, i]) for i, f in enumerate(back)]) for line in lines]
