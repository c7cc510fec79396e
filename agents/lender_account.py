"""A desk's account with its lender."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.named_tuple import NamedTuple


class LenderAccount(NamedTuple):
    """How a desk stands with its lender, (paths,) each."""

    required: NDArray[np.float64]  # margin required at the last close, $; 0 before the first
    unmet: NDArray[np.float64]  # called and not paid, $
    deadline: NDArray[np.int64]  # day at whose close the call is due, -1: none is outstanding
    headroom: NDArray[np.float64]  # cash, repo and line that can still be paid, $
