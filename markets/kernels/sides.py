"""The two sides of an option, S N(d1) and K e^(-z tau) N(d2): of one path, and of a block of paths by short loops.

Notation as in `markets.kernels.options`: d1, d2 = x / sd +- sd / 2. Each loop over a block has one step alone (an
exponential, one tail), so that its numbers fit the registers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import TAIL, bell, mills_ratio
from sim.jit import fma, kernel_inline

Floats = NDArray[np.float64]

SIDE_1, SIDE_2, BELL, D_1, D_2, LOWER_1, LOWER_2 = range(7)  # rows of a block
WORK = 7


@kernel_inline
def reach(d: float) -> float:
    """|d|, at most 40; NaN stays NaN."""
    far = abs(d)
    return TAIL if far > TAIL else far


@kernel_inline
def both_tails(upper1: float, lower1: float, upper2: float, lower2: float, bell: float) -> tuple[float, float]:
    """bell N(-far1) / e^(-far1^2 / 2) and bell N(-far2) / e^(-far2^2 / 2) of two Mills ratios, with one division.

    With bell = S e^(-d1^2 / 2) = K e^(-z tau - d2^2 / 2) (S and K as discounted) they are S N(-|d1|) and
    K e^(-z tau) N(-|d2|): the second bell costs no exponential.
    """
    shared = bell / (lower1 * lower2)
    return upper1 * lower2 * shared, upper2 * lower1 * shared


@kernel_inline
def side(d: float, whole: float, tail: float) -> float:
    """whole N(d), given tail = whole N(-|d|)."""
    return whole - tail if d > 0.0 else tail


@kernel_inline
def cash_side(d: float, strike: float, discount: float, tail: float) -> float:
    """strike discount N(d), given tail = strike discount N(-|d|)."""
    return fma(strike, discount, -tail) if d > 0.0 else tail


@kernel_inline
def find_ratios(work: Floats, width: int) -> None:
    """Mills ratios at |D_1| and |D_2|: numerators into the rows of the sides, denominators into those below.

    work: (WORK, BLOCK), changed on the `width` paths of a block.
    """
    d1, d2 = work[D_1], work[D_2]
    upper1, upper2, lower1, lower2 = work[SIDE_1], work[SIDE_2], work[LOWER_1], work[LOWER_2]
    for j in range(width):
        upper1[j], lower1[j] = mills_ratio(reach(d1[j]))
    for j in range(width):
        upper2[j], lower2[j] = mills_ratio(reach(d2[j]))


@kernel_inline
def find_distances(sign: float, x: Floats, sds: Floats, pers: Floats, work: Floats, width: int) -> None:
    """D_1 and D_2, which are sign d1 and sign d2, e^(-d1^2 / 2), and `find_ratios`. pers: sign / sd."""
    bells, d1, d2, half = work[BELL], work[D_1], work[D_2], 0.5 * sign
    for j in range(width):
        d1[j] = x[j] * pers[j] + half * sds[j]
        d2[j] = x[j] * pers[j] - half * sds[j]
    for j in range(width):
        bells[j] = bell(reach(d1[j]))
    find_ratios(work, width)
