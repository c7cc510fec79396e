"""Units of each hedge that neutralise a risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markets.factors.key import FactorKey

Vector = NDArray[np.float64]


class Slopes(Protocol):
    """A risk by factor."""

    def first(self, key: FactorKey) -> Vector:
        """$ per 1.00 of a factor, (paths,)."""


def neutral(risk: Slopes, hedges: dict[FactorKey, dict[FactorKey, Vector]]) -> dict[FactorKey, Vector]:
    """Units of each hedge, (paths,), that neutralise the risk in the hedges' factors, to first order.

    Solves J q = -risk path by path, J[k, m] being the gain of a unit of hedge m per 1.00 of factor k. A par swap has no
    risk beyond its own node, so J is triangular: the last hedge is found first, from its own factor.

    Args:
        hedges: sensitivities of a unit by factor, by the factor that each hedges, in rising order.
    """
    left = {key: risk.first(key) for key in hedges}
    found: dict[FactorKey, Vector] = {}
    for key, own in reversed(hedges.items()):
        found[key] = -left[key] / own[key]
        left = {other: open_ + found[key] * own[other] for other, open_ in left.items()}
    return found
