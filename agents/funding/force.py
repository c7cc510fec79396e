"""Force: desks with an overdue call are reduced; desks with negative equity are wound up, their debt written off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.lending import in_trouble

if TYPE_CHECKING:
    from agents.funding.capital_limit import CapitalLimit
    from agents.funding.client import Client
    from agents.funding.credit_line import CreditLine
    from agents.funding.default_fund import DefaultFund
    from agents.funding.margin_calls import MarginCalls
    from agents.world import TradingWorld

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Force:
    """One lender's forced reductions and write-offs."""

    def __init__(
        self,
        world: TradingWorld,
        lender: str,
        line: CreditLine,
        calls: MarginCalls,
        limit: CapitalLimit | None,
        fund: DefaultFund | None = None,
    ) -> None:
        """limit: the limit on the desks' capital, if there is one. fund: that its desks have paid into."""
        self._fund, self.failed = fund, np.zeros(world.paths, dtype=bool)  # failed: its own capital is gone
        self._world, self._lender, self._line, self._calls, self._limit = world, lender, line, calls, limit

    def order(self, client: Client) -> None:
        """Before TRADE of a close: set `desk.forced`, the share of the book to be closed out in CLEAR and FUND.

        Overdue call: the share that frees the missing margin. Capital short for too long: the share that brings it
        within the limit. Negative equity or an unpaid debt: all.
        """
        world, desk, calls = self._world, client.desk, self._calls
        equity = world.equity_now(client.name)
        if client.record:
            asked = calls.required(client)
            credit = calls.credit(client)
            told = None if credit is None else credit.whole
            client.record.note_force(asked, lacking=calls.lacking(client, asked), equity=equity, credit=told)
        due, ruined = np.empty((2, world.paths), dtype=bool)
        day = world.clock.plain.day[world.tick_index]
        if in_trouble(equity, client.failed, desk.liquidated, client.deadline, day, due, ruined):
            self._collect(client, due, ruined)
        if self._limit is not None:
            desk.forced = np.maximum(desk.forced, self._limit.share(client))

    def _collect(self, client: Client, due: Mask, ruined: Mask) -> None:
        """Reduce on paths with an overdue call; wind up on ruined paths."""
        desk, calls = client.desk, self._calls
        lacking = calls.needed(client, calls.required(client)) - self._line.headroom(client.name)
        releasable = np.maximum(calls.initial_margin(client), 1e-9)
        share = np.where(due, np.clip(lacking / releasable, 0.0, 1.0), 0.0)
        desk.forced = np.where(ruined, 1.0, share)
        client.unmet = np.where(due, np.maximum(lacking, 0.0), client.unmet)
        calls.report(client, due & (desk.forced > 0) & ~ruined, "reduced")
        calls.report(client, ruined & ~client.winding_up, "defaulted")
        client.winding_up |= ruined
        client.deadline = np.where(desk.forced > 0, -1, client.deadline)  # if the desk can pay by now, it pays in FUND

    def write_off(self, client: Client, equity: Vector) -> None:
        """Write off a wound-up desk's negative equity, (paths,) $; the lender bears it."""
        desk, world = client.desk, self._world
        bad = desk.liquidated & (equity < 0)
        if not bad.any():
            return
        loss = np.where(bad, -equity, 0.0)
        world.ledger.transfer(loss, source=self._lender, target=client.name, reason="write_off")
        self._line.losses = self._line.losses + loss
        if self._fund is not None:
            self._line.losses = self._line.losses - self._fund.absorb(client, loss)
        gone = self._line.gone & ~self.failed
        if gone.any():
            world.log.add(
                "events", world.now, gone, kind="lender_failed", subject=self._lender, value=self._line.losses
            )
            self.failed |= gone
        fresh = bad & ~desk.defaulted
        world.log.add("events", world.now, fresh, kind="default", subject=client.name, value=loss)
        desk.defaulted |= bad
