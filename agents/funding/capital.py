"""Capital: the equity that a desk must have for its positions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass

if TYPE_CHECKING:
    from agents.funding.portfolio import Portfolio

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CapitalModel(ABC):
    """How much equity is required.

    A new model is a frozen dataclass in a file of its own, whose fields are its keys in a scenario file, and one line
    in `agents.funding.models`.
    """

    kind: ClassVar[str]  # its name in a scenario file
    by_set: ClassVar[bool] = False  # whether it asks for each netting set of a lender by itself

    @abstractmethod
    def required(self, portfolio: Portfolio) -> Vector:
        """Equity required for book and hedges as they stand, (paths,) $, at least 0."""
