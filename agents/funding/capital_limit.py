"""The capital limit: a desk short of required equity for as long as a margin call lasts is reduced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from agents.funding.capital import CapitalModel
    from agents.funding.client import Client
    from agents.world import TradingWorld

Vector = NDArray[np.float64]


class CapitalLimit:
    """The equity that one lender requires of its clients."""

    def __init__(self, world: TradingWorld, model: CapitalModel, *, deadline_days: int) -> None:
        """deadline_days: closes from the first one with too little capital to the forced reduction."""
        self._world, self._model, self._deadline_days = world, model, deadline_days

    def required(self, client: Client) -> Vector:
        """Equity that the desk must have, (paths,) $."""
        return self._model.required(client.portfolio)

    def look(self, client: Client) -> None:
        """At a close, after close-outs: begin or end the period in which a desk may find capital."""
        world, required = self._world, self.required(client)
        day = int(world.clock.day[world.tick_index])
        short = (world.equity_now(client.name) < required) & ~client.desk.liquidated
        begun = client.capital_deadline >= 0
        client.capital_deadline = np.where(
            short, np.where(begun, client.capital_deadline, day + self._deadline_days), -1
        )
        if client.record:
            client.record.note_capital(required)

    def share(self, client: Client) -> Vector:
        """Before TRADE of a close: share of the book to be closed out, (paths,), so that equity suffices for the rest.

        Required equity is proportional to book and hedge, so the share is 1 - equity / required. Events give the amount
        in $.
        """
        world, required = self._world, self.required(client)
        if client.record:
            client.record.note_capital_force(required)
        equity = world.equity_now(client.name)
        due = (client.capital_deadline >= 0) & (int(world.clock.day[world.tick_index]) >= client.capital_deadline)
        due &= (equity < required) & ~client.desk.liquidated
        world.log.add("events", world.now, due, kind="capital", subject=client.name, value=required - equity)
        allowed = np.maximum(equity, 0.0) / np.where(required > 0, required, 1.0)
        return np.where(due, 1.0 - allowed, 0.0)
