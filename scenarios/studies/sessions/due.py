"""When a decision is due in a live session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from agents.intervals import REMEDY, Interval
from sim.errors import UserError

if TYPE_CHECKING:
    from agents.world import TradingWorld

EVENTS = "events"
MOVE = 0.02  # of the asset's price since the last decision, on any path: an event


class Due(Protocol):
    """Tells at which ticks a world stops."""

    def due(self, world: TradingWorld) -> bool:
        """Whether a decision is due now; asked at every tick, in order."""


def when(decide: object) -> Due:
    """'tick', an interval ('30m', '2h', '1d'), or 'events'. Raises UserError."""
    if decide == EVENTS:
        return _AtEvents()
    if not isinstance(decide, str):
        raise UserError("says when decisions are due", value=decide, place="decide", remedy=f"{REMEDY}, or 'events'")
    try:
        return _Regular(Interval(decide))
    except UserError as error:
        raise UserError(error.rule, value=decide, place="decide", remedy=f"{REMEDY}, or 'events'") from None


class _Regular:
    """At the times of an interval, and at the start."""

    def __init__(self, interval: Interval) -> None:
        self._interval, self._last = interval, 0

    def due(self, world: TradingWorld) -> bool:
        """Whether the interval is over."""
        found = self._interval.due(world.clock, world.tick_index, self._last)
        if found:
            self._last = world.tick_index
        return found


class _AtEvents:
    """At the start, after anything in the log of events, when a margin call is new, and when the asset has moved."""

    def __init__(self) -> None:
        self._seen, self._spot, self._called = 0, np.empty(0), False

    def due(self, world: TradingWorld) -> bool:
        """Whether something has happened since the last decision."""
        spot, events = world.factors.spot, len(world.log.added(EVENTS))
        called = any(
            bool((lender.account(name).unmet > 0).any())
            for name in world.seats
            if (lender := world.lender_of(name)) is not None
        )
        moved = not self._spot.size or bool((np.abs(np.log(spot / self._spot)) >= MOVE).any())
        if not (moved or events > self._seen or (called and not self._called)):
            self._called = called
            return False
        self._seen, self._spot, self._called = events, spot.copy(), called
        return True
