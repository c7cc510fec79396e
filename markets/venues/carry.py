"""Carry: income of positions over time, settled daily."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from markets.accounts import CLEARING
from sim.phases import Phase
from sim.vectors import some

if TYPE_CHECKING:
    from markets.venues.venue import Venue
    from sim.clock import Clock
    from sim.world import Process, World


def accruals(clock: Clock) -> Iterator[tuple[int, float]]:
    """The ticks at which accruals are settled, each with the calendar years since the one before."""
    settled = 0
    for tick in np.flatnonzero(clock.is_open)[1:].tolist():
        yield tick, float(clock.calendar_years[tick] - clock.calendar_years[settled])
        settled = tick


def accrue(world: World, venues: Iterable[Venue]) -> Process:
    """At the first instant of each day, before the market moves, settle the accruals since the last settlement."""
    world.ledger.open(CLEARING)
    for tick, years in accruals(world.clock):
        yield world.at(int(world.clock.ticks[tick]), Phase.SHOCK)
        carrying = [venue for venue in venues if venue.listing.carries()]
        for account in list(world.ledger.accounts) if carrying else ():
            for venue in carrying if account != CLEARING else ():
                if venue.reached(account) and some(due := venue.listing.carry(account, years)):
                    world.ledger.transfer(due, source=CLEARING, target=account, reason=venue.listing.gains)
