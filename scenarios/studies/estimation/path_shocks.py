"""A path law fitted to the daily shocks of its residual: also right where returns follow the residual.

Least squares in ln level takes the residual for independent of the path. Where realised vol follows implied vol with
its residual, past squares carry the residual, and the law takes some of it. A day's shock e_t - kept e_{t-1} is new on
that day: whatever past returns carry, they do not carry it. So these are Cochrane's and Orcutt's least squares, in law
and `kept` together, which is the likelihood of an Ornstein-Uhlenbeck residual given each day before.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from scenarios.studies.estimation.blocks import block_rows
from scenarios.studies.estimation.estimators import Estimate
from scenarios.studies.estimation.path_feed import Feed, Vector
from scenarios.studies.estimation.path_law import PathLaw
from scenarios.studies.estimation.path_law_fit import BASE, STEPS, packed, unpacked, unpacked_slopes
from scenarios.studies.estimation.path_residual import LEAST, MOST, Residual, residual_of
from scenarios.studies.estimation.path_slopes import log_slopes
from scenarios.studies.estimation.soft_squares import Problem
from scenarios.studies.estimation.soft_squares import least as nearest

FAR = 2.0  # ln: how far from Burg's estimate a reversion is looked for
SMALL = 1e-6  # of the largest: a change of the law that moves it less than this moves nothing


def fit_shocks(feed: Feed, level: Vector, start: PathLaw, tail: float, *, steps: int = STEPS) -> PathLaw:
    """The law with the least shocks of ln level / law, (days,) decimals with NaN if it is not known.

    Minimises the sum of soft_l1(shock) over the days whose day before is known too; from `start`. The base is held
    above `BASE` of the lowest level.
    """
    known = np.isfinite(level)
    told, lowest = np.log(level), BASE * float(np.min(level[known]))
    today = np.flatnonzero(known[1:] & known[:-1]) + 1

    def miss(q: Vector) -> Vector:
        left = told - unpacked(q[:-1], lowest).log_levels(feed)
        return left[today] - _kept(q) * left[today - 1]

    def slopes(q: Vector) -> Vector:
        law = unpacked(q[:-1], lowest)
        by_law = -log_slopes(law, feed) * unpacked_slopes(q[:-1])
        left = told - law.log_levels(feed)
        by_kept = -left[today - 1] * _kept(q) * (1 - _kept(q))
        return np.column_stack([by_law[today] - _kept(q) * by_law[today - 1], by_kept])

    kept = residual_of(told - start.log_levels(feed), feed.day).kept(feed.day)
    first = np.append(packed(start, lowest), math.log(kept / (1 - kept)))
    return unpacked(nearest(Problem(miss, slopes, tail), first, steps)[:-1], lowest).ordered()


def _kept(q: Vector) -> float:
    from scipy.special import expit

    return float(np.clip(expit(q[-1]), LEAST, MOST))


def shocks(left: Vector, kept: float) -> Vector:
    """e_t - kept e_{t-1}, (days - 1,), NaN where either day is not known."""
    return left[1:] - kept * left[:-1]


def residual_beside(law: PathLaw, feed: Feed, left: Vector) -> Residual:
    """The residual (days,) of a law that was fitted to the same days: by restricted likelihood, NaN for unknown days.

    What is left over follows the law's numbers a little, so it seems to revert faster than it does. The likelihood of
    what no small change of those numbers can make is free of that (Cheang and Reinsel 2000, JASA 95, 1173).
    """
    from scipy.optimize import minimize_scalar

    near, known = residual_of(left, feed.day), np.flatnonzero(np.isfinite(left))
    if near.sd == 0:
        return near
    moves = _independent(log_slopes(law, feed)[known])
    both, gaps = np.column_stack([moves, left[known]]), np.diff(known)
    freedom = len(known) - moves.shape[1]

    def miss(speed: float) -> float:
        kept = math.exp(-math.exp(speed) * feed.day)
        scale = _scale(gaps, kept)
        square, determinant = _least_shocks(both, gaps, kept)
        return float(freedom * math.log(square) - 2 * np.log(scale).sum() - math.log(1 - kept * kept) + determinant)

    slowest, fastest = (math.log(-math.log(kept) / feed.day) for kept in (MOST, LEAST))
    bounds = max(math.log(near.reversion) - FAR, slowest), min(math.log(near.reversion) + FAR, fastest)
    speed = float(np.exp(minimize_scalar(miss, bounds=bounds, method="bounded").x))
    kept = math.exp(-speed * feed.day)
    return Residual(math.sqrt(_least_shocks(both, gaps, kept)[0] / freedom / (1 - kept * kept)), speed)


def _scale(gaps: NDArray[np.int64], kept: float) -> Vector:
    """Deviation of a day's shock over that of the shock of so many days."""
    found: Vector = np.sqrt((1 - kept * kept) / (1 - kept ** (2.0 * gaps)))
    return found


def _least_shocks(both: Vector, gaps: NDArray[np.int64], kept: float) -> tuple[float, float]:
    """Least sum of squared shocks over changes of the law, and ln determinant of their normal equations.

    both: (known days, changes and 1), what the changes do, and the residual. gaps: days from one to the next. Shocks
    of longer gaps, and the first day's level, count with the deviation of a day's shock.
    """
    scale = _scale(gaps, kept)[:, None]
    later = scale * (both[1:] - kept ** gaps[:, None] * both[:-1])
    new = np.concatenate([math.sqrt(1 - kept * kept) * both[:1], later])
    moves, left = new[:, :-1], new[:, -1]
    equations = moves.T @ moves
    alone = left - moves @ np.linalg.solve(equations, moves.T @ left)
    return float(alone @ alone), float(np.linalg.slogdet(equations)[1])


def _independent(moves: Vector) -> Vector:
    """An orthonormal basis of what the law's numbers can make, (days, at most numbers)."""
    length = np.linalg.norm(moves, axis=0)
    basis, size, _ = np.linalg.svd(moves[:, length > 0] / length[length > 0], full_matrices=False)
    found: Vector = basis[:, size > SMALL * size[0]]
    return found


def echo(left: Vector, kept: float) -> Estimate:
    """Correlation of the shocks with those of the day before: 0 if the residual is the process.

    The error is White's: a wild day is followed by a wild one, which says nothing of the signs.
    """
    u = shocks(left, kept)
    products = u[1:] * u[:-1]
    products, square = products[np.isfinite(products)], float(np.nansum(u * u)) or 1.0
    return Estimate(float(products.sum()) / square, math.sqrt(products @ products) / square, len(products))


def remade(left: Vector, kept: float, rng: np.random.Generator) -> Vector:
    """The residual with its shocks redrawn in blocks, (days,); where the day before is not known it stays."""
    u = shocks(left, kept)
    known = np.flatnonzero(np.isfinite(u))
    drawn = np.full(len(u), np.nan)
    drawn[known] = u[known][block_rows(len(known), rng)]
    new = left.copy()
    for t in known:
        new[t + 1] = kept * new[t] + drawn[t]
    return new
