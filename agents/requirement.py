"""A lender's margin requirement, in three parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.named_tuple import NamedTuple

Vector = NDArray[np.float64]


class Requirement(NamedTuple):
    """Margin required of a desk at one instant, (paths,) $ each."""

    short_sale_proceeds: Vector  # value of assets sold short: the lender keeps the proceeds
    variation_margin: Vector  # value owed on book and swaps; negative: owed to the desk
    initial_margin: Vector

    @property
    def total(self) -> Vector:
        """The sum of the parts, (paths,) $.

        Bit-stability: always added in this order, so the parts in the tables add up to the total to the last digit.
        """
        owed: Vector = self.short_sale_proceeds + self.variation_margin
        return owed + self.initial_margin
