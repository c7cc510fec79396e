"""The interface of the market that listings and venues use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import simpy
    from numpy.typing import NDArray

    from markets.factors.factor_market import FactorMarket
    from markets.spec import FeedbackSpec
    from markets.venues.venue import Venue
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
    measures_gains: bool  # whether loop gains are found

    @property
    def now(self) -> int:
        """Seconds since midnight of the first day."""

    def stir(self, venue: str) -> None:
        """Somebody looks at a venue that is `still`, or trades there: it takes part in this tick."""

    def clear_soon(self, venue: Venue) -> None:
        """Clear a venue, at its first order, in CLEAR of this instant. Raises SpiralError where it is over."""

    def require_finite(self, what: str, values: NDArray[np.float64]) -> None:
        """Raise NotFinite, with time and path, if a number is not finite."""
