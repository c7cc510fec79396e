"""The capital limit: a desk near it shrinks; one short of it for as long as a margin call lasts is reduced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, of_asset
from markets.venues.loop_gain import CAPITAL
from sim.vectors import total

if TYPE_CHECKING:
    from agents.funding.capital import CapitalModel
    from agents.funding.client import Client
    from agents.world import TradingWorld

Vector = NDArray[np.float64]


class CapitalLimit:
    """The equity that one lender requires of its clients.

    With a `headroom` a desk does not wait for the lender: it keeps (1 + headroom) x what is required, and is down to
    what its equity allows at the next close. The switch `feedback.capital` is the share of all that which is done.
    """

    def __init__(self, world: TradingWorld, model: CapitalModel, *, deadline_days: int, headroom: float) -> None:
        """deadline_days: closes from the first one with too little capital to the forced reduction."""
        self._world, self._model, self._deadline_days = world, model, deadline_days
        self._headroom, self._switch = headroom, min(world.feedback.capital, 1.0)

    def required(self, client: Client) -> Vector:
        """Equity that the desk must have, (paths,) $."""
        if self._model.by_set:
            return np.asarray(total(self._model.required(each.portfolio) for each in client.sets))
        return self._model.required(client.portfolio)

    def look(self, client: Client) -> None:
        """At a close, after close-outs: begin or end the period in which a desk may find capital."""
        world, required = self._world, self.required(client)
        day, equity = int(world.clock.day[world.tick_index]), world.equity_now(client.name)
        short = (equity < required) & ~client.desk.liquidated
        begun = client.capital_deadline >= 0
        client.capital_deadline = np.where(
            short, np.where(begun, client.capital_deadline, day + self._deadline_days), -1
        )
        client.capital_required = required
        if client.record:
            client.record.note_capital(required)
        world.log.add("capital", world.now, agent=client.name, required=required, equity=equity)

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
        due &= (equity < required) & ~client.desk.liquidated & (self._switch > 0)
        world.log.add("events", world.now, due, kind="capital", subject=client.name, value=required - equity)
        share = np.where(due, _beyond(equity, required), 0.0)
        if self._headroom:
            share = np.maximum(share, _beyond(equity, (1 + self._headroom) * required))
        return self._switch * share

    def expose(self, client: Client) -> None:
        """Tell the assets' venues what a desk without capital to spare sells per unit of ln S, $.

        Losing x of equity E takes x / R of the book, R being what it keeps, and with it that share of the net delta:
        flow = delta^2 / R, (paths,) $. What is required is taken as it stands.
        """
        kept = (1 + self._headroom) * client.capital_required
        for asset in client.portfolio.assets if self._headroom else ():
            venue = self._world.venue(asset)
            if venue.moves:
                slope = client.portfolio.slopes_by_factor().get(of_asset(SPOT, asset), 0.0)
                delta = slope * client.portfolio.price(asset)
                binding = (self._world.equity_now(client.name) < kept) & ~client.desk.liquidated
                flow = np.where(binding, self._switch * delta**2 / np.where(kept > 0, kept, 1.0), 0.0)
                venue.expose(flow, moved=asset, by=CAPITAL)


def _beyond(equity: Vector, kept: Vector) -> Vector:
    """Share of a book that equity does not allow, (paths,), in [0, 1]."""
    allowed = np.maximum(equity, 0.0) / np.where(kept > 0, kept, 1.0)
    return np.where(kept > 0, np.maximum(1.0 - allowed, 0.0), 0.0)
