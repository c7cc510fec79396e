"""A smile that moves with spot, or with factors of its own, as the kernels take it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SMILE_SKEW, SMILE_SPOT, SPOT, VOL_SLOPE
from markets.factors.snapshot import Snapshot
from markets.vols.smile import FORMS, Form
from sim.memo import Memo
from sim.named_tuple import NamedTuple

Floats = NDArray[np.float64]


class Seen(NamedTuple):
    """The smile in one market; see `markets.kernels.surface.surface_greeks`."""

    reference: Floats  # (paths,) $
    surface: Floats  # (2, paths) slope, and skew
    form: int
    slides: tuple[float, float]


class MovingSmile:
    """How far the smile follows spot, and what its slope and skew are."""

    def __init__(self, *, skew: float, form: Form, stickiness: float) -> None:
        self.form, self._skew, self._slide = FORMS[form], skew, 1.0 - stickiness
        self._surface: Memo[Floats] = Memo()

    def seen(self, market: Snapshot) -> Seen:
        """In a market. Where that has `SMILE_SPOT`, the smile is held there, and does not follow a move of spot."""
        held = SMILE_SPOT in market.keys
        reference = market.row(SMILE_SPOT if held else SPOT)
        slides = (self._slide, 0.0 if held else self._slide)
        return Seen(reference, self._of(market), self.form, slides)

    def _of(self, market: Snapshot) -> Floats:
        """Slope and skew, (2, paths)."""
        if VOL_SLOPE not in market.keys:
            return self._surface.get(lambda: _constant(self._skew, market.paths), market.paths)
        rows = market.row(VOL_SLOPE), market.row(SMILE_SKEW)
        return self._surface.get(lambda: np.stack(rows), *rows)


def _constant(skew: float, paths: int) -> Floats:
    out = np.zeros((2, paths))
    out[1] = skew
    return out
