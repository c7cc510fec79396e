"""The normal distribution function, to SciPy's last bit without SciPy, which takes 0.2 s to import.

SciPy's `ndtr` is that of Cephes (Moshier 1989): erf and erfc by quotients of polynomials. Written out here for a few
numbers; where there are many, SciPy is imported.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

FEW = 20_000  # numbers of a process that are taken one by one: 0.02 s
SQRT_HALF = 0.7071067811865476
MOST = 709.782712893384  # ln of the largest double

# Coefficients from the highest power down; a divisor's first, 1, is left out.
ERF = (9.60497373987051638749, 9.00260197203842689217e1, 2.23200534594684319226e3, 7.00332514112805075473e3,
       5.55923013010394962768e4)  # fmt: skip
DIVISOR_ERF = (3.35617141647503099647e1, 5.21357949780152679795e2, 4.59432382970980127987e3, 2.26290000613890934246e4,
               4.92673942608635921086e4)  # fmt: skip
NEAR = (2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687, 4.86371970985681366614e1,
        1.96520832956077098242e2, 5.26445194995477358631e2, 9.34528527171957607540e2, 1.02755188689515710272e3,
        5.57535335369399327526e2)  # fmt: skip
DIVISOR_NEAR = (1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2, 9.75708501743205489753e2,
                1.82390916687909736289e3, 2.24633760818710981792e3, 1.65666309194161350182e3,
                5.57535340817727675546e2)  # fmt: skip
FAR = (5.64189583547755073984e-1, 1.27536670759978104416, 5.01905042251180477414, 6.16021097993053585195,
       7.40974269950448939160, 2.97886665372100240670)  # fmt: skip
DIVISOR_FAR = (2.26052863220117276590, 9.39603524938001434673, 1.20489539808096656605e1, 1.70814450747565897222e1,
               9.60896809063285878198, 3.36907645100081516050)  # fmt: skip
NEAR_END = 8.0  # NEAR is of [1, 8)


class _Taken:
    """How many numbers have been taken one by one."""

    count = 0


def ndtr(x: ArrayLike) -> Any:
    """N(x), of the shape of x."""
    numbers = np.asarray(x, dtype=np.float64)
    _Taken.count += numbers.size
    if _Taken.count > FEW or "scipy.special" in sys.modules:
        from scipy.special import ndtr as of_scipy

        return of_scipy(numbers)
    found = np.array([_ndtr(number) for number in numbers.ravel().tolist()], dtype=np.float64)
    return found.reshape(numbers.shape)[()]


def _ndtr(number: float) -> float:
    if math.isnan(number):
        return number
    x = number * SQRT_HALF
    if abs(x) < 1.0:
        return 0.5 + 0.5 * _erf(x)
    tail = 0.5 * _erfc(abs(x))
    return 1.0 - tail if x > 0 else tail


def _erf(x: float) -> float:
    """The error function on (-1, 1)."""
    return x * _polynomial(x * x, *ERF) / _polynomial(x * x, 1.0, *DIVISOR_ERF)


def _erfc(x: float) -> float:
    """1 less the error function, from 1 on."""
    if -x * x < -MOST:
        return 0.0
    over, under = (NEAR, DIVISOR_NEAR) if x < NEAR_END else (FAR, DIVISOR_FAR)
    return math.exp(-x * x) * _polynomial(x, *over) / _polynomial(x, 1.0, *under)


def _polynomial(x: float, *coefficients: float) -> float:
    total = coefficients[0]
    for coefficient in coefficients[1:]:
        total = total * x + coefficient
    return total
