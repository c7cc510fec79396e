"""The kernel of running extremes, against NumPy's minimum and maximum."""

from __future__ import annotations

import numpy as np

from markets.kernels import extremes as kernels
from markets.kernels.trading import DEPTH, HALF_SPREAD

NAMES = ("mid", "vol", "book", "credit", "gain", "radius", "rates")
SIDES = {
    "mid": [(kernels.LOW_MID, np.minimum), (kernels.HIGH_MID, np.maximum)],
    "vol": [(kernels.HIGH_VOL, np.maximum)],
    "credit": [(kernels.HIGH_CREDIT, np.maximum)],
    "gain": [(kernels.HIGH_GAIN, np.maximum)],
    "radius": [(kernels.HIGH_RADIUS, np.maximum)],
}


def levels(rng: np.random.Generator, paths: int) -> dict[str, np.ndarray]:
    """Normals, one of them no number."""
    found = {name: rng.normal(size=paths) for name in NAMES}
    found |= {"book": rng.normal(size=(3, paths)), "rates": rng.normal(size=(4, paths))}
    found["gain"][rng.integers(paths)] = np.nan
    return found


def test_extremes_are_numpys():
    rng, paths = np.random.default_rng(1), 5
    found = np.empty((kernels.EXTREMES + 6, paths))
    found[:] = np.where(
        np.isin(np.arange(len(found)), [kernels.LOW_MID, kernels.LOW_DEPTH, 8, 10, 12]), np.inf, -np.inf
    )[:, None]
    for _ in range(6):
        now, wanted = levels(rng, paths), found.copy()
        left_out = rng.choice(NAMES)  # an unchanged level
        now[left_out] = now[left_out][..., :0]
        for name, sides in SIDES.items():
            for row, extreme in sides if name != left_out else ():
                extreme(wanted[row], now[name], out=wanted[row])
        if left_out != "book":
            for row, extreme, of in ((3, np.maximum, HALF_SPREAD), (kernels.LOW_DEPTH, np.minimum, DEPTH)):
                extreme(wanted[row], now["book"][of], out=wanted[row])
        if left_out != "rates":
            for i in (1, 2, 3):
                for row, extreme in ((6 + 2 * i, np.minimum), (7 + 2 * i, np.maximum)):
                    extreme(wanted[row], now["rates"][i], out=wanted[row])
        kernels.widen(*(now[name] for name in NAMES), found)
        np.testing.assert_array_equal(found, wanted)
