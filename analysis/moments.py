"""Moments of a sample of series by unit, and figures computed from them.

A *unit* is a path where there are several, else a block of the one path (Kuensch 1989, Annals of Statistics 17). A
figure is a function of the sums of the moments; leaving out one unit at a time gives the pull of every unit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.estimate import Estimate

FloatArray = NDArray[np.float64]
BLOCKS = 25  # of a single path; each should be long against the memory of the series


def read(figure: Callable[..., FloatArray], *moments: FloatArray) -> Estimate:
    """The estimate of `figure(*sums)` from each moment's sums per unit, (units,) each; `figure` works elementwise."""
    totals = [np.asarray(m.sum()) for m in moments]
    with np.errstate(invalid="ignore", divide="ignore"):  # one unit alone leaves nothing: it has no error
        value = float(figure(*totals))
        left = figure(*(total - m for total, m in zip(totals, moments, strict=True)))
    n = moments[0].size
    return Estimate.of(value, (n - 1) * (value - left))


def per_unit(values: FloatArray) -> FloatArray:
    """Sums of (paths, steps) values over each path; of a single path over each of `BLOCKS` blocks."""
    if values.shape[0] > 1:
        return np.asarray(values.sum(axis=1))
    steps = values.shape[1]
    edges = np.linspace(0, steps, min(BLOCKS, steps) + 1).astype(int)[:-1]
    return np.asarray(np.add.reduceat(values[0], edges))


def count(values: FloatArray) -> FloatArray:
    """Number of values in each unit."""
    return per_unit(np.ones(values.shape))
