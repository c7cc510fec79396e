"""Zero curves of few parameters: Nelson and Siegel (1987), Svensson (1994); fitted with all their minima."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.dataclass import dataclass
from sim.simplex import minimum

Floats = NDArray[np.float64]
SPEEDS = (0.02, 8.0)  # 1/year: the slope of the slowest term is spread over a century, of the fastest over weeks
GRID = {1: 240, 2: 36}  # speeds that are tried, by their number
SAME = 1e-4  # of ln speed: two minima this close are one
APART = 0.05  # of ln speed: closer speeds are one, with betas that cancel


@dataclass(frozen=True)
class NelsonSiegel:
    """z(t) = b0 + b1 s(l1 t) + sum over the speeds of b (s(l t) - e^(-l t)), s(x) = (1 - e^-x) / x; decimal, years.

    One speed: Nelson and Siegel. Two: Svensson. rmse: of the fit, decimal; 0 where it was not fitted.
    """

    speeds: tuple[float, ...]  # 1/year
    beta: tuple[float, ...]  # level, slope, and a curvature for each speed, decimal
    rmse: float = 0.0

    def zero(self, years: ArrayLike) -> Floats:
        """Zero rates, decimal, the shape of `years`."""
        return np.asarray(loadings(years, self.speeds) @ np.array(self.beta))

    def forward(self, years: ArrayLike) -> Floats:
        """Instantaneous forward rates d(t z)/dt, decimal."""
        t = np.asarray(years, dtype=np.float64)
        level, slope, *curvatures = self.beta
        found = level + slope * np.exp(-self.speeds[0] * t)
        for speed, curvature in zip(self.speeds, curvatures, strict=True):
            found = found + curvature * speed * t * np.exp(-speed * t)
        return np.asarray(found)


def loadings(years: ArrayLike, speeds: tuple[float, ...]) -> Floats:
    """Columns of level, slope and curvatures, (..., 2 + speeds)."""
    t = np.asarray(years, dtype=np.float64)
    slopes = [_slope(speed * t) for speed in speeds]
    bends = [slope - np.exp(-speed * t) for slope, speed in zip(slopes, speeds, strict=True)]
    return np.stack([np.ones_like(t), slopes[0], *bends], axis=-1)


def fit(years: Floats, rates: Floats, speeds: tuple[float, ...]) -> NelsonSiegel:
    """Least squares in the betas at given speeds. years, rates: (points,)."""
    columns = loadings(years, speeds)
    beta = np.linalg.lstsq(columns, rates, rcond=None)[0]
    gap = columns @ beta - rates
    return NelsonSiegel(speeds, tuple(beta.tolist()), float(np.sqrt(np.mean(gap**2))))


def minima(years: Floats, rates: Floats, number: int = 1) -> list[NelsonSiegel]:
    """Every local minimum of the fit over `number` speeds, the best first; fast speeds stand first.

    The betas are solved for at each trial (variable projection, Golub and Pereyra 1973). A descent begins at every
    point of a grid of ln speeds that lies below its neighbours. One that ends at the limits of SPEEDS, or where two
    speeds meet, is no minimum.
    """
    low, high = np.log(SPEEDS).tolist()
    ticks = np.linspace(low, high, GRID[number])

    def error(logs: Floats) -> float:
        return fit(years, rates, tuple(np.exp(np.clip(logs, low, high)).tolist())).rmse * 1e4

    heights = np.array([error(np.array(point)) for point in product(ticks, repeat=number)]).reshape(
        (len(ticks),) * number
    )
    found: list[Floats] = []
    for place in _valleys(heights):
        start = np.array([ticks[i] for i in place])
        end = minimum(error, start, x_near=1e-9, f_near=1e-13, most=3999)
        end = np.sort(end)[::-1]
        inside = (end > low + SAME).all() and (end < high - SAME).all()
        apart = (np.diff(end) < -APART).all()
        if inside and apart and not any(np.abs(end - other).max() < SAME for other in found):
            found.append(end)
    fits = [fit(years, rates, tuple(np.exp(logs).tolist())) for logs in found]
    return sorted(fits, key=lambda one: one.rmse)


def _valleys(heights: Floats) -> list[tuple[int, ...]]:
    """Points of a grid that no neighbour lies below; of two axes one triangle."""
    padded = np.pad(heights, 1, constant_values=np.inf)
    found = []
    for place in np.ndindex(heights.shape):
        around = padded[tuple(slice(i, i + 3) for i in place)]
        if heights[place] <= around.min() and list(place) == sorted(place, reverse=True):
            found.append(place)
    return found


def _slope(x: Floats) -> Floats:
    """(1 - e^-x) / x, 1 at 0."""
    return np.where(x == 0, 1.0, -np.expm1(-x) / np.where(x == 0, 1.0, x))
