"""Derivatives of a path law's ln levels by its parameters, for least squares."""

from __future__ import annotations

import math

import numpy as np

from markets.specs.memory import KernelSpec
from scenarios.studies.estimation.path_feed import Feed, Vector, forgetting
from scenarios.studies.estimation.path_law import PathLaw, following


def log_slopes(law: PathLaw, feed: Feed) -> Vector:
    """d ln level / d parameter, (days, 9): fast, slow, slow_share of returns and of squares, base, trend, activity.

    With a lag a tenth column. Where the level is at its base, it moves with the base alone.
    """
    (trend, by_trend), (square, by_square) = (
        _kernel(feed.returns, law.returns, feed.day, feed.before[0]),
        _kernel(feed.squares, law.squares, feed.day, feed.before[1]),
    )
    activity = np.sqrt(square)
    level = law.base + law.trend * trend + law.activity * activity
    free = level > law.base
    root = 0.5 * law.activity / np.where(activity > 0, activity, np.inf)
    columns = [law.trend * by_trend, root * by_square, np.stack([np.ones_like(trend), trend, activity])]
    moved = np.concatenate(columns) * free
    moved[6] = 1.0
    slopes: Vector = moved / np.maximum(level, law.base)
    if law.lag is None:
        return slopes.T
    return _lagged(slopes, np.log(np.maximum(level, law.base)), law.lag, feed.day).T


def _lagged(slopes: Vector, level: Vector, lag: float, day: float) -> Vector:
    """The same of the level that follows, and by the lag itself, (10, days)."""
    from scipy.signal import lfilter

    share = -math.expm1(-lag * day)
    followed = np.stack([following(row, share) for row in slopes])
    before = following(level, share)[:-1]
    by_share = lfilter([1.0], [1.0, share - 1.0], level[1:] - before)
    by_lag = day * (1 - share) * np.concatenate([[0.0], by_share])
    return np.concatenate([followed, by_lag[None]])


def _kernel(values: Vector, kernel: KernelSpec, day: float, before: float) -> tuple[Vector, Vector]:
    """A kernel's sum, (days,), and how it moves with fast, slow and slow_share, (3, days)."""
    share = kernel.slow_share
    fast, by_fast = _forgetting(values, kernel.fast, day, before)
    slow, by_slow = _forgetting(values, kernel.slow, day, before)
    return (1 - share) * fast + share * slow, np.stack([(1 - share) * by_fast, share * by_slow, slow - fast])


def _forgetting(values: Vector, speed: float, day: float, before: float) -> tuple[Vector, Vector]:
    """R_t = k R_{t-1} + speed x_t with k = exp(-speed day), and its slope, k slope_{t-1} - day k R_{t-1} + x_t."""
    from scipy.signal import lfilter

    sums, kept = forgetting(values, speed, day, before), math.exp(-speed * day)
    gone = -math.expm1(-speed * day)
    start = before / gone - speed * before * day * kept / gone**2
    slopes, _ = lfilter([1.0], [1.0, -kept], values - day * kept * sums[:-1], zi=np.array([kept * start]))
    return sums, np.concatenate([[start], slopes])
