"""Holdings of every account, outside ones too, so that conservation can be checked from the tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import CLIENTS, MARGIN
from agents.tables import ACCOUNTS
from sim.ledger import CASH
from sim.named_tuple import NamedTuple
from sim.names import Key

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from sim.names import Name

Vector = NDArray[np.float64]
Rows = NDArray[np.int64]


class Plan(NamedTuple):
    """What is written at a close: one row a path of each account and asset, in this order."""

    accounts: tuple[str, ...]
    assets: tuple[str, ...]
    rows: Rows  # of the ledger; any where the asset never reached the account:
    never: Rows  # the numbers of those
    worths: Rows  # number of what a unit is worth, in `Holdings._worths`


class Holdings:
    """Writes the table `accounts`: at every close the witnesses, at the last one all paths.

    The set of rows depends on the scenario alone, never on the paths: a row says 0 if nothing is held.
    """

    def __init__(self, world: TradingWorld) -> None:
        self._world = world
        self._wanted = world.log.wants(ACCOUNTS.name)
        self._par = world.full(1.0)
        self._planned = (-1, -1)  # rows in use and accounts of the ledger, for which the plan is valid
        self._plan: Plan

    def write(self, *, last: bool) -> None:
        """Write the present balances; books must be marked."""
        log, ledger = self._world.log, self._world.ledger
        paths = log.paths.size if last else log.witnesses
        if not self._wanted or not paths:
            return
        if self._planned != (ledger.used, len(ledger.accounts)):
            self._plan, self._planned = self._make_plan(), (ledger.used, len(ledger.accounts))
        plan, worths = self._plan, list(self._worths())
        each = np.empty((len(worths), paths))
        for row, worth in zip(each, worths, strict=True):
            row[:] = worth[:paths]
        number = plan.rows.size
        held, value = (log.block(number) if last else np.empty((number, paths)) for _ in range(2))
        ledger.rows[:, :paths].take(plan.rows, 0, held, "clip")
        held[plan.never] = 0.0
        each.take(plan.worths, 0, value, "clip")
        value *= held
        log.add_each(
            ACCOUNTS.name, self._world.now, paths, account=plan.accounts, asset=plan.assets, balance=held, value=value
        )

    def _make_plan(self) -> Plan:
        ledger = self._world.ledger
        accounts, assets, worths = zip(*self._entries(), strict=True)
        found = [ledger.balance_row(*pair) for pair in zip(accounts, assets, strict=True)]
        return Plan(
            tuple(map(str, accounts)),
            tuple(map(str, assets)),
            np.array([row or 0 for row in found]),
            np.array([i for i, row in enumerate(found) if row is None], dtype=np.int64),
            np.array(worths),
        )

    def _entries(self) -> Iterator[tuple[Name, Name, int]]:
        """(account, asset, number of what a unit is worth) for everything that may be held."""
        world = self._world
        accounts, number = list(world.ledger.accounts), 0
        yield from ((account, CASH, number) for account in accounts)
        traders = [a for a in accounts if not (isinstance(a, Key) and a.name == MARGIN)]
        for venue in world.venues.values():
            for asset in venue.listing.assets:
                number += 1
                yield from ((account, asset, number) for account in traders)
        for name, desk in world.desks.items():
            number += 1
            yield from ((account, desk.asset, number) for account in (CLIENTS, name))
        for debt in world.claims.debts:
            yield from ((account, debt.asset, 0) for account in (debt.debtor, debt.creditor))

    def _worths(self) -> Iterator[Vector]:
        """What units are worth, (paths,) $: of cash, of what each venue trades, of each desk's book."""
        world = self._world
        yield self._par
        for name, venue in world.venues.items():
            if name in world.option_numbers and not world.ledger.moved(name):
                yield self._par  # of what nobody has ever held, and its price costs time
            else:
                yield from venue.listing.worth_of_one()
        yield from (desk.unit_value for desk in world.desks.values())
