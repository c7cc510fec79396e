"""The steps of time and spot of an attribution, of a book of European options."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.floors import FLOOR, at_least
from markets.kernels.hedging import DELTA_PART, GAMMA_PART, THETA_PART, of_spot
from markets.kernels.normal import log
from markets.kernels.options import BLOCK, OWN, add_first_order, different, spread
from markets.kernels.sides import WORK
from sim.jit import fma, kernel

Floats = NDArray[np.float64]


@kernel
def attribute_options(
    scale: Floats,
    before: Floats,
    old_spot: Floats,
    new_spot: Floats,
    spot_moved: Floats,
    logs: Floats,
    vol: Floats,
    nodes: Floats,
    stretch: Floats,
    base: Floats,
    terms: Floats,
    totals: Floats,
    unhedged: Floats,
) -> None:
    """`attribute` of a book of options, whose value and delta at the old spot are found on the way and kept nowhere.

    To the digits of `option_greeks` and `attribute`.

    Args:
        scale, before, old_spot, new_spot, spot_moved, totals, unhedged: as for `attribute`.
        logs: as `option_greeks` has written them at the old spot. vol, nodes, stretch, base, terms: as for it.
    """
    paths, alike = old_spot.shape[0], stretch.shape[0] == 1
    log_vol, own = np.empty(BLOCK), np.empty((OWN, BLOCK))
    x, work, value, delta = np.empty(BLOCK), np.empty((WORK, BLOCK)), np.empty(BLOCK), np.empty(BLOCK)
    filled, per_vol0 = -1, 1.0 / base[1]  # filled: the option whose numbers `own` has
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        block = slice(start, start + width)
        s0, s1, v, after = old_spot[block], new_spot[block], vol[block], spot_moved[block]
        wide = stretch if alike else stretch[block]
        seen = 1 if alike else different(v, nodes, wide, start)
        for j in range(width):
            value[j] = delta[j] = 0.0
        for j in range(seen):
            log_vol[j] = log(at_least(v[j], FLOOR) * per_vol0)
        for i in range(terms.shape[0]):
            if not alike or filled != i:
                spread(terms, i, seen, width, start, nodes, wide, log_vol, own)
                filled = i if width == BLOCK else -1
            add_first_order(terms[i], s0, logs[block], own, x, work, value, delta, width)
        number, last, whole = scale[block], before[block], unhedged[block]
        theta, slope, bend = totals[THETA_PART, block], totals[DELTA_PART, block], totals[GAMMA_PART, block]
        for j in range(width):
            passed, straight, bent = of_spot(last[j], value[j], delta[j], s0[j], s1[j], after[j])
            theta[j] = fma(number[j], passed, theta[j])
            slope[j] = fma(number[j], straight, slope[j])
            bend[j] = fma(number[j], bent, bend[j])
            whole[j] = whole[j] + passed + straight + bent
