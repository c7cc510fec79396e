"""Expected positive parts of sums of flows in one normal factor, date by date; exact, between the roots of each sum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import INV_SQRT_2PI, TAIL, exp, mills_ratio
from sim.jit import kernel, kernel_inline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WIDE = 7.0  # standard deviations in which roots are looked for
CELLS = 28  # of the grid on which a change of sign is looked for
ROUNDS = 6  # of Newton, within its cell


@kernel_inline
def normal_cdf(x: float) -> float:
    """N(x)."""
    far = min(abs(x), TAIL)
    upper, lower = mills_ratio(far)
    tail = upper / lower * exp(-0.5 * far * far)
    return 1.0 - tail if x > 0.0 else tail


@kernel_inline
def _sum_at(worth: Floats, load: Floats, first: int, last: int, sd: float, z: float) -> tuple[float, float]:
    """sum v exp(-L sd z) and its slope by z."""
    value, slope = 0.0, 0.0
    for i in range(first, last):
        bent = worth[i] * exp(-load[i] * sd * z)
        value += bent
        slope -= load[i] * sd * bent
    return value, slope


@kernel_inline
def _root(
    worth: Floats, load: Floats, first: int, last: int, sd: float, low: float, high: float, below: float
) -> float:
    """Where the sum is zero between `low` and `high`, at which its signs differ; below: the sum at `low`."""
    z = 0.5 * (low + high)
    for _ in range(ROUNDS):
        value, slope = _sum_at(worth, load, first, last, sd, z)
        if (value > 0.0) == (below > 0.0):
            low = z
        else:
            high = z
        step = z - value / slope if slope != 0.0 else low - 1.0
        z = step if low <= step <= high else 0.5 * (low + high)
    return z


@kernel
def positive_parts(
    discounts: Floats,
    fixings: Floats,
    amounts: Floats,
    times: Ints,
    slots: Ints,
    loads: Floats,
    starts: Ints,
    sds: Floats,
    expected: Floats,
    weights: Floats,
    slopes: Floats,
) -> None:
    """E[D(u) max(V(u), 0)] at each date u, V(u) P(u) = sum v exp(-L x - L^2 s^2 / 2), x normal with deviation s.

    v is the present worth of a flow and L its loading in the short rate at u: a bond's price at u under the measure of
    the bond to u. Between two roots of the sum every flow counts with N(z + L s) there less N(z + L s) here.

    Args:
        discounts: (times, paths) discount factors. fixings: (fixings, paths) decimal.
        amounts, times, slots, loads: (flows,) $, row of `discounts`, row of `fixings` or -1, years; flows of date k are
            those from starts[k] to starts[k + 1].
        sds: (dates, paths) of the short rate at each date, decimal.
        expected: (dates, paths) $, written.
        weights: (dates, paths) of each date in `slopes`; no dates: none are wanted.
        slopes: (times, paths) $ of sum of weights x expected by each discount factor, added to.
    """
    paths, most = discounts.shape[1], 0
    for k in range(starts.shape[0] - 1):
        most = max(most, starts[k + 1] - starts[k])
    worth, load, bent, ratio, share = np.empty((5, most))
    step = 2.0 * WIDE / CELLS
    for j in range(paths):
        for k in range(starts.shape[0] - 1):
            begin, number, sd = starts[k], starts[k + 1] - starts[k], sds[k, j]
            for i in range(number):
                flow = begin + i
                fixed = 1.0 if slots[flow] < 0 else fixings[slots[flow], j]
                load[i], share[i] = loads[flow], 0.0
                spread = load[i] * sd
                worth[i] = amounts[flow] * fixed * discounts[times[flow], j] * exp(-0.5 * spread * spread)
                bent[i], ratio[i] = worth[i] * exp(spread * WIDE), exp(-spread * step)
            before, z = 0.0, -WIDE
            for i in range(number):
                before += bent[i]
            open_ = before > 0.0
            for _ in range(CELLS):
                after = 0.0
                for i in range(number):
                    bent[i] *= ratio[i]
                    after += bent[i]
                if (after > 0.0) != (before > 0.0):
                    turn = _root(worth, load, 0, number, sd, z, z + step, before)
                    sign = -1.0 if after > 0.0 else 1.0
                    for i in range(number):
                        share[i] += sign * normal_cdf(turn + load[i] * sd)
                    open_ = after > 0.0
                before, z = after, z + step
            total = 0.0
            for i in range(number):
                share[i] += 1.0 if open_ else 0.0
                total += worth[i] * exp(0.5 * (load[i] * sd) ** 2) * share[i]
            expected[k, j] = max(total, 0.0)
            if weights.shape[0]:
                for i in range(number):
                    flow = begin + i
                    fixed = 1.0 if slots[flow] < 0 else fixings[slots[flow], j]
                    slopes[times[flow], j] += weights[k, j] * amounts[flow] * fixed * share[i]


@kernel
def margined_parts(
    discounts: Floats,
    fixings: Floats,
    amounts: Floats,
    times: Ints,
    slots: Ints,
    loads: Floats,
    starts: Ints,
    sds: Floats,
    steps: Floats,
    threshold: Floats,
    points: Floats,
    masses: Floats,
    expected: Floats,
    weights: Floats,
    slopes: Floats,
) -> None:
    """E[D(u) max(V(u) - C, 0)] at each date u, C what V(u - d) is beyond the threshold H on either side.

    What is left open is V between -H and H, and V moves on by its slope times a normal move of the rate over the margin
    period d: m N(m / s) + s n(m / s), m = V cut off at -H and H, s = |dV/dx| step; then the mean over V at `points`.

    Args: as of `positive_parts`, and
        steps: (dates, paths) standard deviation of the rate's move over d, decimal.
        threshold: (dates, paths) H, present value, $.
        points, masses: (points,) of a normal quadrature.
    """
    paths, most = discounts.shape[1], 0
    for k in range(starts.shape[0] - 1):
        most = max(most, starts[k + 1] - starts[k])
    worth, load, bent, share = np.empty((4, most))
    for j in range(paths):
        for k in range(starts.shape[0] - 1):
            begin, number, sd, limit = starts[k], starts[k + 1] - starts[k], sds[k, j], threshold[k, j]
            for i in range(number):
                flow = begin + i
                fixed = 1.0 if slots[flow] < 0 else fixings[slots[flow], j]
                load[i], share[i] = loads[flow], 0.0
                worth[i] = amounts[flow] * fixed * discounts[times[flow], j]
            total = 0.0
            for n in range(points.shape[0]):
                value, slope = 0.0, 0.0
                for i in range(number):
                    spread = load[i] * sd
                    bent[i] = exp(-spread * (points[n] + 0.5 * spread))
                    value += worth[i] * bent[i]
                    slope -= worth[i] * bent[i] * load[i]
                open_, s = min(max(value, -limit), limit), abs(slope) * steps[k, j]
                far = open_ / s if s > 0.0 else (TAIL if open_ > 0.0 else -TAIL)
                inside, bell = normal_cdf(far), INV_SQRT_2PI * exp(-0.5 * far * far)
                total += masses[n] * (open_ * inside + s * bell)
                by_value = inside if abs(value) < limit else 0.0
                by_slope = bell * steps[k, j] * (1.0 if slope > 0.0 else -1.0)
                for i in range(number):
                    share[i] += masses[n] * bent[i] * (by_value - load[i] * by_slope)
            expected[k, j] = max(total, 0.0)
            if weights.shape[0]:
                for i in range(number):
                    flow = begin + i
                    fixed = 1.0 if slots[flow] < 0 else fixings[slots[flow], j]
                    slopes[times[flow], j] += weights[k, j] * amounts[flow] * fixed * share[i]
