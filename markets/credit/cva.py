"""What a counterparty's default may cost: credit value adjustment by exposures at a few dates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.credit.hazard_curve import BP, HazardCurve
from sim.dataclass import dataclass

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cva:
    """loss x sum of (Q before - Q at a date) x exposure at it: a default in a period costs the exposure at its end.

    times: (dates,) years. exposures: (dates,) present value of what is owed then, where it is positive.
    """

    curve: HazardCurve
    times: Floats
    exposures: Floats

    @property
    def died(self) -> Floats:
        """Probability of a default between the date before and each date, (dates,)."""
        return -np.diff(self.curve.survival(self.times), prepend=1.0)

    @property
    def value(self) -> float:
        """In the currency of the exposures; a cost."""
        return float(self.curve.loss * (self.died @ self.exposures))

    @property
    def ladder(self) -> Floats:
        """Rise of the cost for a step of 1 bp of each quote, exact: (quotes,)."""
        alive = self.curve.survival(self.times)
        slopes = alive[:, None] * self.curve.shape.weights(self.times)  # of -Q by -ln Q of the nodes
        fallen = np.diff(slopes, axis=0, prepend=0.0)
        return np.asarray(BP * self.curve.loss * (self.exposures @ fallen) @ self.curve.by_quote)

    @property
    def hedge(self) -> Floats:
        """Notionals of the quoted contracts, bought, that bring the risk of cost and hedge to every quote to 0."""
        return np.asarray(self.ladder / BP / self.curve.by_own_quote)
