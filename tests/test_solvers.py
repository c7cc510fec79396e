"""Roots and minima without SciPy: SciPy's own, bit for bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import brentq, minimize

from sim.errors import BugError
from sim.root import root
from sim.simplex import minimum

CURVES: dict[str, Callable[[float], float]] = {
    "cubic": lambda x: x**3 - 2 * x - 5,
    "steep": lambda x: float(np.exp(8 * x)) - 3e4,
    "flat": lambda x: (x - 1.234) ** 3 + 0.1 * (x - 1.234),
    "kink": lambda x: abs(x - 0.5) - 0.3 if x > 0 else x - 1,
    "step": lambda x: -1.0 if x < 2.2 else 1.0,
    "wave": lambda x: float(np.sin(5 * x)) + 0.2 * x - 0.3,
}


@pytest.mark.parametrize("name", CURVES)
def test_a_root_is_brents(name: str):
    f, rng = CURVES[name], np.random.default_rng(3)
    tried = 0
    for low, high in rng.uniform(-4, 6, (200, 2)).tolist():
        if f(low) * f(high) < 0:
            for xtol, rtol in ((1e-15, 8.881784197001252e-16), (1e-4, 8.9e-16), (2e-12, 1e-6)):
                assert root(f, low, high, xtol=xtol, rtol=rtol) == brentq(f, low, high, xtol=xtol, rtol=rtol)
            tried += 1
    assert tried > 20


def test_a_root_at_an_end_is_found_and_none_is_refused():
    assert root(lambda x: x - 1, 1.0, 3.0, xtol=1e-12) == 1.0 == root(lambda x: x - 1, -3.0, 1.0, xtol=1e-12)
    with pytest.raises(BugError, match="one sign"):
        root(lambda x: x * x + 1, -1.0, 1.0, xtol=1e-12)


VALLEYS: dict[str, Callable[[np.ndarray], float]] = {
    "bowl": lambda x: float(((x - 0.3) ** 2).sum()),
    "banana": lambda x: float(100 * (x[-1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2),
    "corner": lambda x: float(np.abs(x - 0.7).sum() ** 0.5),
    "waves": lambda x: float(np.cos(3 * x).sum() + 0.1 * (x**2).sum()),
    "stairs": lambda x: float(np.floor(9 * np.abs(x - 0.1)).sum()),  # where corners are as low as one another
}


@pytest.mark.parametrize("name", VALLEYS)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_minimum_is_nelders_and_meads(name: str, size: int):
    f, rng = VALLEYS[name], np.random.default_rng(size)
    for start in (np.zeros(size), *rng.uniform(-2, 2, (14, size))):
        options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 400}
        theirs = minimize(f, start, method="Nelder-Mead", options=options).x
        assert minimum(f, start, x_near=1e-9, f_near=1e-13, most=399).tolist() == theirs.tolist()
