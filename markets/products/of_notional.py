"""Positions whose size is a notional or a face value."""

from __future__ import annotations

from sim.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class OfNotional:
    """notional: signed, $ of notional or of face value."""

    notional: float

    @property
    def size(self) -> float:
        """Signed size: the notional."""
        return self.notional

    def gross(self, spot: float) -> float:
        """$ notional, without sign."""
        return abs(self.notional)
