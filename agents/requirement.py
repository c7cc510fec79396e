"""What a lender requires of a desk, in its three parts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


class Requirement(NamedTuple):
    """Margin required of a desk at one instant, (paths,) $ each."""

    short_sale_proceeds: Vector  # value of the assets it is short: what it sold stays with the lender
    variation_margin: Vector  # what book and swaps owe; below zero what they are owed
    initial_margin: Vector

    @property
    def total(self) -> Vector:
        """The sum of the parts, (paths,) $.

        Bit-stability: always added in this order, so the parts in the tables add up to the total to the last digit.
        """
        owed: Vector = self.short_sale_proceeds + self.variation_margin
        return owed + self.initial_margin
