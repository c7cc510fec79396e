"""The proof that an agent's P&L is the sum of its parts."""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import margin_account
from agents.world import WRITE_OFF, TradingWorld
from sim.errors import BugError
from sim.kernels.proof import CAPITAL, KINDS, OTHER, PART, WORTH, explain

if TYPE_CHECKING:
    from agents.world import Participant

Vector = NDArray[np.float64]
Rows = NDArray[np.int64]
TOLERANCE = 1e-9  # of gross P&L flow


class Proof:
    """Of one agent in one world."""

    def __init__(self, world: TradingWorld, agent: Participant, costs: Iterable[str]) -> None:
        """costs: reasons of the ledger that are parts of a P&L."""
        self._world, self._agent, self._desk = world, agent, world.desks.get(agent.name)
        self._kinds = dict.fromkeys(costs, PART) | {"capital": CAPITAL}
        self._kinds[WRITE_OFF] = PART if agent.role == "funding_desk" else CAPITAL
        self._used = -1  # rows of the ledger when `_found`, with units and worth of what is held, was found
        self._found: tuple[Vector, Rows, Rows, Rows, int]
        self._one: Callable[[], Vector]
        self._terms = 1.0 + agent.capital, TOLERANCE
        self._nothing, self._no_parts = np.empty(0), np.empty((0, world.paths))
        self._unseen = np.empty((WORTH, 0))

    def worth(self, claims: Vector, *, seen: bool) -> Vector:
        """Equity, P&L and the sum of its parts, which agree to 1e-9 of the account's own gross flow: (WORTH, paths).

        (WORTH, 0) if the figures are not wanted (`seen` false): then they are only checked. Raises BugError.
        claims: (paths,) $, or (0,) for none.
        """
        world, desk, nothing = self._world, self._desk, self._nothing
        ledger = world.ledger
        if self._used != ledger.used:
            held = world.at_venues(self._agent.name)
            self._found, self._one, self._used = (ledger.rows, *self._find_rows(), held.row), held.price, ledger.used
        if desk is None:
            book = nothing, nothing, claims, self._no_parts
        else:
            book = desk.scale, desk.unit_value, claims, desk.attribution.explained
        account = *self._found, self._one(), *book, *self._terms
        found = np.empty((WORTH, world.paths)) if seen else self._unseen
        path = explain(*account, found)
        if path >= 0:
            self._fail(path, lambda out: explain(*account, out))
        return found

    def _fail(self, path: int, write: Callable[[Vector], int]) -> None:
        world, name = self._world, self._agent.name
        worth = np.empty((WORTH, world.paths))
        write(worth)
        _, pnl, total = worth
        world.require_finite(f"P&L of {name}", pnl[: path + 1])
        world.require_finite(f"a movement of {name}", total[: path + 1])
        raise BugError(
            f"attribution of {name} does not add up at {world.timestamp()}: {total[path]:.6f} against {pnl[path]:.6f} $"
            f" on path {world.log.paths[path]} (world {world.name})"
        )

    def _find_rows(self) -> tuple[Rows, Rows, Rows]:
        """Rows of the ledger with balances, and with flows by kind, and where those of each kind end."""
        ledger, name = self._world.ledger, self._agent.name
        own = [ledger.balance_row(account) for account in (name, margin_account(name))]
        flows = [(self._kinds.get(reason, OTHER), row) for reason, row in ledger.flow_rows(name).items()]
        flows.sort(key=operator.itemgetter(0))
        kinds = [kind for kind, _ in flows]
        ends = [bisect_right(kinds, last) for last in range(KINDS)]
        numbers = [row for row in own if row is not None], [row for _, row in flows], ends
        balances, rows, where = (np.array(each, dtype=np.int64) for each in numbers)
        return balances, rows, where
