"""Flows of a moment while a table collects them."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Sums:
    """Amounts at times, amounts with weights and a fixing, and rates of nodes."""

    def __init__(self) -> None:
        self.amounts: list[Floats] = []
        self.years: list[Floats] = []
        self.mixed: list[tuple[Floats, Floats, Ints]] = []
        self.lines: dict[int, list[tuple[Floats, Floats]]] = defaultdict(list)

    def pay(self, amounts: Floats, years: Floats) -> None:
        """Known amounts at times."""
        self.amounts.append(amounts)
        self.years.append(years)

    def mix(self, amounts: Floats, weights: Floats, slots: Ints) -> None:
        """Amounts x exp(-weights . nodes) x their fixing."""
        if amounts.size:
            self.mixed.append((amounts, weights, slots))

    def line(self, weights: Floats, years: Floats | None) -> None:
        """Levels of the factors times weights (flows, keys), paid at times, or at once."""
        for node in np.flatnonzero(weights.any(axis=0)).tolist():
            amounts = weights[:, node]
            self.lines[node].append((amounts, np.zeros(amounts.size) if years is None else years))
