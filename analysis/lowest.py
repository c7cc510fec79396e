"""The lowest of many numbers, of which only so many are kept as can be among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.numbers import FloatArray

SPARE = 1.25  # times what is wanted are gathered before the rest is dropped


class Lowest:
    """The `most` lowest of all numbers that are added, each with a label (a small whole number)."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values, self._labels = np.empty(0), np.empty(0, dtype=np.int16)
        self._edge = np.inf

    def add(self, values: FloatArray, labels: NDArray[np.int16]) -> None:
        """Take in numbers with their labels."""
        low = values <= self._edge
        self._values = np.concatenate([self._values, values[low]])
        self._labels = np.concatenate([self._labels, labels[low]])
        if self._values.size > SPARE * self._most + 1:
            kept = np.argpartition(self._values, self._most - 1)[: self._most]
            self._values, self._labels = self._values[kept], self._labels[kept]
            self._edge = float(self._values.max())

    def ascending(self) -> tuple[FloatArray, NDArray[np.int16]]:
        """The numbers and their labels."""
        order = np.argsort(self._values, kind="stable")[: self._most]
        return self._values[order], self._labels[order]
