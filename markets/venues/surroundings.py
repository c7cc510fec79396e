"""The interface of the market that listings and venues use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import simpy
    from numpy.typing import NDArray

    from markets.factors.factor_market import FactorMarket
    from markets.spec import FeedbackSpec
    from sim.clock import Clock
    from sim.eventlog import EventLog
    from sim.ledger import Ledger


class Surroundings(Protocol):
    """A world whose factors move, with a ledger and a log."""

    paths: int
    env: simpy.Environment
    clock: Clock
    ledger: Ledger
    log: EventLog
    factors: FactorMarket
    feedback: FeedbackSpec
    price_takers: bool  # agents' trades have no effect on the market
    quoted: int  # how often the market has stepped, or a maker has quoted
    measures_gains: bool  # whether loop gains are found

    @property
    def now(self) -> int:
        """Seconds since midnight of the first day."""

    def require_finite(self, what: str, values: NDArray[np.float64]) -> None:
        """Raise NotFinite, with time and path, if a number is not finite."""
