"""What positions earn while time passes: dividends of the asset, accruals of benchmark swaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from markets.accounts import CLEARING
from markets.factors.key import MAIN
from markets.venues.swap_venue import SwapVenue
from sim.phases import Phase
from sim.vectors import some

if TYPE_CHECKING:
    from markets.world import MarketWorld
    from sim.clock import Clock
    from sim.names import Name
    from sim.world import Process


def accruals(clock: Clock) -> Iterator[tuple[int, float]]:
    """The ticks at which what accrued is settled, each with the calendar years since the one before."""
    settled = 0
    for tick in np.flatnonzero(clock.is_open)[1:].tolist():
        yield tick, float(clock.calendar_years[tick] - clock.calendar_years[settled])
        settled = tick


def accrue(world: MarketWorld) -> Process:
    """At the first instant of each day, before the market moves, settle what accrued since the last one's positions.

    Dividends: yield x S x units, by calendar time. Swaps: coupon x years to the receiver, the overnight rate to the
    payer, both act/365, so that a position's value is that of the accruals to come.
    """
    world.ledger.open(CLEARING)
    swaps = [(name, venue) for name, venue in world.venues.items() if isinstance(venue, SwapVenue)]
    for tick, years in accruals(world.clock):
        yield world.at(int(world.clock.ticks[tick]), Phase.SHOCK)
        held = {name: venue for name, venue in swaps if world.ledger.moved(venue.assets[0])}
        if not world.market.dividend_yield and not held:
            continue
        for account in list(world.ledger.accounts):
            if account != CLEARING:
                _settle(world, account, held, years)


def _settle(world: MarketWorld, account: Name, swaps: dict[str, SwapVenue], years: float) -> None:
    ledger, rate = world.ledger, world.factors.overnight
    if world.market.dividend_yield and world.venue(MAIN).reached(account):
        due = world.market.dividend_yield * years * world.factors.spot * ledger.balance(account, MAIN)
        ledger.transfer(due, source=CLEARING, target=account, reason=world.venue(MAIN).gains)
    for venue in swaps.values():
        if not venue.reached(account):
            continue
        notional, coupon = (ledger.balance(account, asset) for asset in venue.assets)
        if some(notional) or some(coupon):
            ledger.transfer((coupon - rate * notional) * years, source=CLEARING, target=account, reason=venue.gains)
