"""Holdings of every account, outside ones too, so that conservation can be checked from the tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import CLIENTS, MARGIN
from agents.tables import ACCOUNTS
from sim.ledger import CASH
from sim.names import Key

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from sim.names import Name

Vector = NDArray[np.float64]


class Holdings:
    """Writes the table `accounts`: at every close the witnesses, at the last one all paths.

    The set of rows depends on the scenario alone, never on the paths: a row says 0 if nothing is held.
    """

    def __init__(self, world: TradingWorld) -> None:
        self._world = world
        self._wanted = world.log.wants(ACCOUNTS.name)

    def write(self, *, last: bool) -> None:
        """Write the present balances; books must be marked."""
        world = self._world
        taken = np.arange(world.log.paths.size if last else world.log.witnesses)
        if not self._wanted or not taken.size:
            return
        # by a worth, and holds it: on the paths taken, and what 0 are worth there
        known: dict[int, tuple[Vector | float, Vector | float, Vector | float]] = {}
        for account, asset, worth in self._pairs():
            names = {"account": str(account), "asset": str(asset)}
            if id(worth) not in known:
                some = worth[taken] if isinstance(worth, np.ndarray) else worth
                known[id(worth)] = worth, some, _worth_of_none(some)
            held: Vector | float = 0.0
            _, some, value = known[id(worth)]
            if world.ledger.reached(account, asset):
                held = world.ledger.balance(account, asset)[taken]
                value = held * some
            world.log.add_taken(ACCOUNTS.name, world.now, taken, **names, balance=held, value=value)

    def _pairs(self) -> Iterator[tuple[Name, Name, Vector | float]]:
        """(account, asset, $ value of a unit) for everything that may be held."""
        world = self._world
        accounts = list(world.ledger.accounts)
        yield from ((account, CASH, 1.0) for account in accounts)
        traders = [a for a in accounts if not (isinstance(a, Key) and a.name == MARGIN)]
        idle = {name for name in world.option_numbers if not world.ledger.moved(name)}  # which need not be valued
        for venue in world.venues.values():
            if venue.name in idle:
                yield from ((account, venue.name, 0.0) for account in traders)
                continue
            for asset, worth in zip(venue.listing.assets, venue.listing.worth_of_one(), strict=True):
                yield from ((account, asset, worth) for account in traders)
        for name, desk in world.desks.items():
            yield from ((account, desk.asset, desk.unit_value) for account in (CLIENTS, name))
        for debt in world.claims.debts:
            yield from ((account, debt.asset, 1.0) for account in (debt.debtor, debt.creditor))


def _worth_of_none(worth: Vector | float) -> Vector | float:
    """0 units of something, (paths taken,) $: one number where it is the same on all paths, -0.0 and NaN apart."""
    plain = not np.signbit(worth).any() and np.isfinite(worth).all()
    return 0.0 if plain else 0.0 * worth
