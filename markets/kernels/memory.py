"""Exponential factors of past returns, and the levels that follow from them; vectors are (paths,)."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import exp, log
from sim.jit import fma, kernel

Floats = NDArray[np.float64]

# Rows of the factors of one law: of the returns R1, of the squared returns R2.
RETURNS_FAST, RETURNS_SLOW, SQUARES_FAST, SQUARES_SLOW = range(4)
FACTORS = 4


@kernel
def settle(held: Floats, decay: Floats, speed: Floats, move: Floats) -> None:
    """Take a return that is over into the factors: R <- decay R + speed x, or speed x^2 for the squares.

    Args:
        held: (FACTORS, paths), changed.
        decay, speed: (FACTORS,): exp(-speed dt) and 1/year.
        move: log return.
    """
    for i in range(FACTORS):
        row, left, gain = held[i], decay[i], speed[i]
        if i < SQUARES_FAST:
            for j in range(move.shape[0]):
                row[j] = fma(left, row[j], gain * move[j])
        else:
            for j in range(move.shape[0]):
                row[j] = fma(left, row[j], gain * (move[j] * move[j]))


@kernel
def recall(
    held: Floats, decay: Floats, speed: Floats, weight: Floats, move: Floats, trend: Floats, activity: Floats
) -> None:
    """R1 and sqrt(R2) with the return that is still running.

    Args:
        held: (FACTORS, paths) after the last return that is over.
        decay, speed, weight: (FACTORS,): since then; 1/year; shares of the kernel.
        move: log return since then.
        trend, activity: R1 and sqrt(R2), written.
    """
    a, b, c, d = (
        weight[RETURNS_FAST] * decay[RETURNS_FAST],
        weight[RETURNS_SLOW] * decay[RETURNS_SLOW],
        weight[SQUARES_FAST] * decay[SQUARES_FAST],
        weight[SQUARES_SLOW] * decay[SQUARES_SLOW],
    )
    to_trend = weight[RETURNS_FAST] * speed[RETURNS_FAST] + weight[RETURNS_SLOW] * speed[RETURNS_SLOW]
    to_square = weight[SQUARES_FAST] * speed[SQUARES_FAST] + weight[SQUARES_SLOW] * speed[SQUARES_SLOW]
    r1a, r1b, r2a, r2b = held[RETURNS_FAST], held[RETURNS_SLOW], held[SQUARES_FAST], held[SQUARES_SLOW]
    for j in range(move.shape[0]):
        x = move[j]
        trend[j] = fma(to_trend, x, fma(a, r1a[j], b * r1b[j]))
        activity[j] = sqrt(fma(to_square, x * x, fma(c, r2a[j], d * r2b[j])))


@kernel
def answer(terms: Floats, line: float, power: float, trend: Floats, activity: Floats, out: Floats) -> None:
    """power ln(level / line), level = base + b R1 + a sqrt(R2) between its limits.

    Args:
        terms: (5,): base, b, a, least and most level.
        line: ln of the level on the storyline.
        power: of the loop.
        trend, activity: R1 and sqrt(R2).
        out: written.
    """
    base, to_trend, to_activity, least, most = terms[0], terms[1], terms[2], terms[3], terms[4]
    for j in range(trend.shape[0]):
        level = fma(to_trend, trend[j], fma(to_activity, activity[j], base))
        out[j] = power * (log(min(max(level, least), most)) - line)


@kernel
def elasticities(
    terms: Floats,
    rise: float,
    square_rise: float,
    power: float,
    move: Floats,
    trend: Floats,
    activity: Floats,
    out: Floats,
) -> None:
    """Fall of power ln(level) per unit of ln S; 0 where the level is at a limit.

    Args:
        terms: as for `answer`; the least level is the base.
        rise, square_rise: of R1 per unit of return, and of R2 per unit of squared return.
        power: of the loop.
        move: the running log return.
        trend, activity: R1 and sqrt(R2) with it.
        out: written.
    """
    base, to_trend, to_activity, most = terms[0], terms[1], terms[2], terms[4]
    for j in range(move.shape[0]):
        slope = square_rise * move[j] / activity[j] if activity[j] > 0.0 else 0.0
        level = base + to_trend * trend[j] + to_activity * activity[j]
        fall = -(to_trend * rise + to_activity * slope) / level
        out[j] = power * (fall if (level > base) & (level < most) else 0.0)


@kernel
def approach(settled: Floats, share: float, target: Floats, out: Floats) -> None:
    """settled + share (target - settled): a level that follows another with a lag."""
    for j in range(target.shape[0]):
        out[j] = fma(share, target[j] - settled[j], settled[j])


@kernel
def realise(sigma: float, answered: Floats, noise: Floats, centre: float, out: Floats) -> None:
    """Realised vol: sigma exp(answered + noise - centre)."""
    for j in range(answered.shape[0]):
        out[j] = sigma * exp(answered[j] + (noise[j] - centre))
