"""A path law fitted to the daily shocks of its residual: also right where returns follow the residual.

Least squares in ln level takes the residual for independent of the path. Where realised vol follows implied vol with
its residual, past squares carry the residual, and the law takes some of it. A day's shock e_t - kept e_{t-1} is new on
that day: whatever past returns carry, they do not carry it. So these are Cochrane's and Orcutt's least squares, in law
and `kept` together, which is the likelihood of an Ornstein-Uhlenbeck residual given each day before.
"""

from __future__ import annotations

import math

import numpy as np

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
    what no small change of those numbers can make is free of that (Cheang and Reinsel 2000, JASA 95, 1173). Runs of
    known days count as independent of each other.
    """
    from scipy.optimize import minimize_scalar

    known = np.isfinite(left)
    moves = _independent(log_slopes(law, feed)[known])
    both = np.full((len(left), moves.shape[1] + 1), np.nan)
    both[known] = np.column_stack([moves, left[known]])
    runs = int(known[0]) + int(np.count_nonzero(known[1:] & ~known[:-1]))
    freedom = int(known.sum()) - moves.shape[1]

    def miss(speed: float) -> float:
        kept = math.exp(-math.exp(speed) * feed.day)
        square, determinant = _least_shocks(both, kept)
        return freedom * math.log(square) - runs * math.log(1 - kept * kept) + determinant

    near = math.log(residual_of(left, feed.day).reversion)
    speed = float(np.exp(minimize_scalar(miss, bounds=(near - FAR, near + FAR), method="bounded").x))
    kept = math.exp(-speed * feed.day)
    return Residual(math.sqrt(_least_shocks(both, kept)[0] / freedom / (1 - kept * kept)), speed)


def _least_shocks(both: Vector, kept: float) -> tuple[float, float]:
    """Least sum of squared shocks over changes of the law, and ln determinant of their normal equations.

    both: (days, changes and 1), what the changes do and the residual, NaN for unknown days. The first day of a run has
    its level, scaled to a shock's deviation.
    """
    new = both[1:] - kept * both[:-1]
    begins = math.sqrt(1 - kept * kept) * both
    new = np.concatenate([begins[:1], np.where(np.isnan(new), begins[1:], new)])
    new = new[np.isfinite(new[:, 0])]
    moves, left = new[:, :-1], new[:, -1]
    equations, moved = moves.T @ moves, moves.T @ left
    return float(left @ left - moved @ np.linalg.solve(equations, moved)), float(np.linalg.slogdet(equations)[1])


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
    products, square = products[np.isfinite(products)], float(np.nansum(u * u))
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
