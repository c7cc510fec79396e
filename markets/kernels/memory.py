"""Exponential factors of past returns, and the levels that follow from them; vectors are (paths,)."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import exp, log
from sim.jit import fma, kernel, kernel_inline

Floats = NDArray[np.float64]

# Rows of the factors of one law: of the returns R1, of the squared returns R2.
RETURNS_FAST, RETURNS_SLOW, SQUARES_FAST, SQUARES_SLOW = range(4)
FACTORS = 4
BLOCK = 256  # paths
LIMITED = 5  # terms of a level: base, to R1, to sqrt(R2), least, most
# Of the laws of vol and of credit: rows of the state after the factors; numbers of a tick; fixed numbers.
VOL_NOISE, VOL_TREND, VOL_ACTIVITY, VOL_RESPONSE, VOL_REALISED = range(FACTORS, FACTORS + 5)
VOL_STATE, VOL_TICK, VOL_TERMS = FACTORS + 5, FACTORS + 6, 2 * FACTORS + 2 * LIMITED + 1
CREDIT_SETTLED, CREDIT_NOISE, CREDIT_INDEX, CREDIT_FOLLOWER, CREDIT_RESPONSE = range(FACTORS, FACTORS + 5)
CREDIT_STATE, CREDIT_TICK, CREDIT_TERMS = FACTORS + 5, FACTORS + 4, 2 * FACTORS + LIMITED + 1


@kernel_inline
def within(level: float, least: float, most: float) -> float:
    """The level between its limits."""
    return min(max(level, least), most)


@kernel_inline
def shares(decay: Floats, speed: Floats, weight: Floats) -> tuple[float, float, float, float, float, float]:
    """Weights of the held factors in R1 (two) and R2 (two), of a running return in R1, of its square in R2."""
    return (
        weight[RETURNS_FAST] * decay[RETURNS_FAST],
        weight[RETURNS_SLOW] * decay[RETURNS_SLOW],
        weight[SQUARES_FAST] * decay[SQUARES_FAST],
        weight[SQUARES_SLOW] * decay[SQUARES_SLOW],
        weight[RETURNS_FAST] * speed[RETURNS_FAST] + weight[RETURNS_SLOW] * speed[RETURNS_SLOW],
        weight[SQUARES_FAST] * speed[SQUARES_FAST] + weight[SQUARES_SLOW] * speed[SQUARES_SLOW],
    )


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
    a, b, c, d, to_trend, to_square = shares(decay, speed, weight)
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
        out[j] = power * (log(within(level, least, most)) - line)


@kernel
def vol_answers(move: Floats, shock: Floats, at: Floats, terms: Floats, state: Floats) -> None:
    """One step of the law of vol: `recall`, `answer` of implied and of realised vol, the latter's noise and level.

    Args:
        move: as for `recall`. shock: standard normals.
        at: (VOL_TICK,), of the tick: decay; ln of implied and realised vol on the storyline; what stays of the noise,
            standard deviation of the step, centre, realised vol on the storyline.
        terms: (VOL_TERMS,): speed, weight, terms of implied and of realised vol as for `answer`, power of the loop.
        state: (VOL_STATE, paths): held, as for `recall`; noise of ln realised vol, changed; written: R1, sqrt(R2), ln
            implied vol above the storyline's, realised vol, decimal.
    """
    a, b, c, d, to_trend, to_square = shares(at, terms[:FACTORS], terms[FACTORS : 2 * FACTORS])
    r1a, r1b, r2a, r2b = state[RETURNS_FAST], state[RETURNS_SLOW], state[SQUARES_FAST], state[SQUARES_SLOW]
    noise, trend, activity = state[VOL_NOISE], state[VOL_TREND], state[VOL_ACTIVITY]
    response, vol = state[VOL_RESPONSE], state[VOL_REALISED]
    implied, realised, power = terms[2 * FACTORS :], terms[2 * FACTORS + LIMITED :], terms[VOL_TERMS - 1]
    base0, trend0, activity0, least0, most0 = implied[0], implied[1], implied[2], implied[3], implied[4]
    base1, trend1, activity1, least1, most1 = realised[0], realised[1], realised[2], realised[3], realised[4]
    line0, line1, stays, spread = at[FACTORS], at[FACTORS + 1], at[FACTORS + 2], at[FACTORS + 3]
    centre, sigma = at[FACTORS + 4], at[FACTORS + 5]
    level0, level1 = np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, move.shape[0], BLOCK):
        stop = min(start + BLOCK, move.shape[0])
        x, z, drawn = move[start:stop], shock[start:stop], noise[start:stop]
        fast1, slow1, fast2, slow2 = r1a[start:stop], r1b[start:stop], r2a[start:stop], r2b[start:stop]
        r1, r2, told, found = trend[start:stop], activity[start:stop], response[start:stop], vol[start:stop]
        for j in range(stop - start):  # short loops: the numbers of each fit the registers
            r1[j] = fma(to_trend, x[j], fma(a, fast1[j], b * slow1[j]))
            r2[j] = sqrt(fma(to_square, x[j] * x[j], fma(c, fast2[j], d * slow2[j])))
        for j in range(stop - start):
            level0[j] = within(fma(trend0, r1[j], fma(activity0, r2[j], base0)), least0, most0)
            level1[j] = within(fma(trend1, r1[j], fma(activity1, r2[j], base1)), least1, most1)
        for j in range(stop - start):
            told[j] = power * (log(level0[j]) - line0)
        for j in range(stop - start):
            drawn[j] = stays * drawn[j] + spread * z[j]
            level1[j] = power * (log(level1[j]) - line1) + (drawn[j] - centre)
        for j in range(stop - start):
            found[j] = sigma * exp(level1[j])


@kernel
def credit_answers(move: Floats, shock: Floats, at: Floats, terms: Floats, state: Floats) -> None:
    """One step of the law of credit: `recall`, `answer`, `approach`, noise.

    Args:
        move: as for `recall`. shock: standard normals.
        at: (CREDIT_TICK,), of the tick: decay; ln of the cash spread on the storyline; share of the gap to the index
            that closes; what stays of the noise; standard deviation of the step.
        terms: (CREDIT_TERMS,): speed, weight, terms as for `answer`, power of the loop.
        state: (CREDIT_STATE, paths): held, as for `recall`; ln of the cash spread at the end of the last return; noise
            of ln credit, changed; written: ln of the index spread, of the cash spread that follows it, and of the cash
            spread above the storyline's.
    """
    a, b, c, d, to_trend, to_square = shares(at, terms[:FACTORS], terms[FACTORS : 2 * FACTORS])
    r1a, r1b, r2a, r2b = state[RETURNS_FAST], state[RETURNS_SLOW], state[SQUARES_FAST], state[SQUARES_SLOW]
    settled, noise, index = state[CREDIT_SETTLED], state[CREDIT_NOISE], state[CREDIT_INDEX]
    follower, response = state[CREDIT_FOLLOWER], state[CREDIT_RESPONSE]
    own, power = terms[2 * FACTORS :], terms[CREDIT_TERMS - 1]
    base, trend, activity, least, most = own[0], own[1], own[2], own[3], own[4]
    cash, share, stays, spread = at[FACTORS], at[FACTORS + 1], at[FACTORS + 2], at[FACTORS + 3]
    for j in range(move.shape[0]):
        x = move[j]
        r1 = fma(to_trend, x, fma(a, r1a[j], b * r1b[j]))
        r2 = sqrt(fma(to_square, x * x, fma(c, r2a[j], d * r2b[j])))
        target = log(within(fma(trend, r1, fma(activity, r2, base)), least, most))
        follows = fma(share, target - settled[j], settled[j])
        drawn = stays * noise[j] + spread * shock[j]
        noise[j], index[j], follower[j] = drawn, target, follows
        response[j] = power * (follows - cash) + drawn


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
