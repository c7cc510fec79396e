"""A path law fitted to a level's record: robust least squares in ln level."""

from __future__ import annotations

import math

import numpy as np

from markets.specs.memory import KernelSpec
from scenarios.studies.estimation.path_feed import Feed, Vector
from scenarios.studies.estimation.path_law import PathLaw
from scenarios.studies.estimation.path_slopes import log_slopes
from scenarios.studies.estimation.soft_squares import Problem
from scenarios.studies.estimation.soft_squares import least as nearest

SLOWEST = 0.1  # a trading year: a memory of ten years is the longest that a record of some decades can tell
FASTEST = 400.0  # a trading year: forgotten within a day
LOGS = (-20.0, 8.0)  # of the other parameters: beyond them a search does not look
STEPS = 100  # most of a search
BASE = 0.5  # of the lowest level in the record: the least that a market that never moves may have


def fit_law(feed: Feed, level: Vector, start: PathLaw, tail: float, *, steps: int = STEPS) -> PathLaw:
    """The law that is nearest to a level, (days,) decimals with NaN if it is not known.

    Minimises the sum of soft_l1(ln law - ln level), which grows linearly beyond `tail`; from `start`, which also says
    whether the level lags. A slow memory and the base can stand for each other; so the base is held above `BASE` of
    the lowest level.
    """
    known = np.isfinite(level)
    told = np.log(level[known])
    lowest = BASE * float(np.min(level[known]))

    def miss(q: Vector) -> Vector:
        return unpacked(q, lowest).log_levels(feed)[known] - told

    def slopes(q: Vector) -> Vector:
        return log_slopes(unpacked(q, lowest), feed)[known] * unpacked_slopes(q)

    found = nearest(Problem(miss, slopes, tail), packed(start, lowest), steps)
    return unpacked(found, lowest).ordered()


def packed(law: PathLaw, least: float) -> Vector:
    """The law as numbers without limits, (9,), or (10,) with a lag; its base lies above `least`."""
    kernels = [*_packed_kernel(law.returns), *_packed_kernel(law.squares)]
    above = max(law.base - least, 0.01 * least)
    scales = [math.log(above), math.log(-law.trend), math.log(law.activity)]
    return np.array([*kernels, *scales, *([] if law.lag is None else [math.log(law.lag)])])


def unpacked(q: Vector, least: float) -> PathLaw:
    """The law that `packed` wrote."""
    above, trend, activity = np.exp(np.clip(q[6:9], *LOGS))
    lag = float(np.exp(np.clip(q[9], *LOGS))) if len(q) > 9 else None
    return PathLaw(_kernel(q[:3]), _kernel(q[3:6]), least + float(above), -float(trend), float(activity), lag)


def unpacked_slopes(q: Vector) -> Vector:
    """How each parameter of the law moves with its number, as `log_slopes` orders them: (9,), or (10,)."""
    from scipy.special import expit

    places = expit(q[:6])
    logits = places * (1 - places) * np.array([FASTEST - SLOWEST, FASTEST - SLOWEST, 1.0] * 2)
    logs = np.exp(np.clip(q[6:], *LOGS)) * np.where((q[6:] > LOGS[0]) & (q[6:] < LOGS[1]), 1.0, 0.0)
    logs[1] = -logs[1]
    return np.concatenate([logits, logs])


def _packed_kernel(kernel: KernelSpec) -> tuple[float, float, float]:
    from scipy.special import logit

    share = min(max(kernel.slow_share, 1e-4), 1 - 1e-4)
    return _packed_speed(kernel.fast), _packed_speed(kernel.slow), float(logit(share))


def _packed_speed(speed: float) -> float:
    from scipy.special import logit

    place = (speed - SLOWEST) / (FASTEST - SLOWEST)
    return float(logit(min(max(place, 1e-6), 1 - 1e-6)))


def _kernel(q: Vector) -> KernelSpec:
    from scipy.special import expit

    fast, slow = SLOWEST + (FASTEST - SLOWEST) * expit(q[:2])
    return KernelSpec(fast=float(fast), slow=float(slow), slow_share=float(expit(q[2])))
