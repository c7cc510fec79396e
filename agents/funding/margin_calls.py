"""Margin calls: margin is computed at every close and paid as far as cash and line suffice; the rest is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import margin_account
from agents.requirement import Requirement

if TYPE_CHECKING:
    from agents.funding.client import Client
    from agents.funding.credit_line import CreditLine
    from agents.funding.margin import MarginModel, MarginTerms
    from agents.world import TradingWorld

Vector = NDArray[np.float64]
SHORT = 1e-9  # of the requirement: less than this missing is rounding


class MarginCalls:
    """One lender's margin requirements and calls; writes the table `margin_calls`."""

    def __init__(
        self,
        world: TradingWorld,
        line: CreditLine,
        model: MarginModel,
        terms: MarginTerms,
        *,
        deadline_days: int,
        minimum_call: float,
    ) -> None:
        """deadline_days: closes to meet a call. minimum_call: share of the requirement; smaller needs are no call."""
        self._world, self._line, self._model, self._terms = world, line, model, terms
        self._deadline_days, self._minimum_call = deadline_days, minimum_call

    # --- requirements ------------------------------------------------------------------------------------------
    def initial_margin(self, client: Client) -> Vector:
        """By the lender's margin model, (paths,) $."""
        return self._model.initial(client.portfolio, self._terms)

    def required(self, client: Client) -> Requirement:
        """Margin to be posted: proceeds of short sales, variation margin of book and swaps, initial margin."""
        zero, venues, name = np.zeros(self._world.paths), self._world.venues.values(), client.name
        swaps = sum((v.value(name) for v in venues if not v.listing.funded), zero)
        borrowed_stock = sum((np.maximum(-v.value(name), 0.0) for v in venues if v.listing.funded), zero)
        return Requirement(borrowed_stock, -(client.desk.value_now() + swaps), self.initial_margin(client))

    def posted(self, client: Client) -> Vector:
        """Margin posted, (paths,) $."""
        return self._world.ledger.balance(margin_account(client.name))

    def lacking(self, client: Client, asked: Requirement) -> Vector:
        """Requirement less margin posted, cash, repo and line, (paths,) $; negative: to spare."""
        return asked.total - self.posted(client) - self._line.reach(client.name)

    # --- payments and calls --------------------------------------------------------------------------
    def settle_first(self, client: Client) -> None:
        """Post the first margin as far as cash and line suffice; the rest is called at the first close."""
        self._post(client, np.minimum(self.required(client).total, self._line.headroom(client.name)))

    def _post(self, client: Client, amount: Vector) -> None:
        self._world.ledger.transfer(amount, source=client.name, target=margin_account(client.name), reason="margin")

    def settle(self, client: Client) -> None:
        """At a close: release excess margin, take what can be paid, call the rest."""
        asked = client.asked = self.required(client)
        need = asked.total - self.posted(client)
        lacking = self.lacking(client, asked) if client.record else need
        paid = np.minimum(need, self._line.headroom(client.name))
        self._post(client, paid)
        client.unmet = np.maximum(need - paid, 0.0)
        self._call(client, asked.total, need, paid)
        if client.record:
            cash = self._line.free_cash(client.name)
            client.record.note(asked, free_cash=cash, line=self._line.size(), lacking=lacking)

    def _call(self, client: Client, required: Vector, need: Vector, paid: Vector) -> None:
        """Record new calls, calls met, and needs paid at once, (paths,) $ each."""
        world = self._world
        day, scale = int(world.clock.day[world.tick_index]), np.maximum(np.abs(required), 1.0)
        short = client.unmet > SHORT * scale
        outstanding = client.deadline >= 0
        self.report(client, outstanding & ~short, "met")
        fresh = short & ~outstanding & ~client.desk.liquidated
        client.called = np.where(fresh, need, client.called)
        client.required = np.where(fresh, required, client.required)
        client.deadline = np.where(fresh, day + self._deadline_days, np.where(short, client.deadline, -1))
        prompt = (need > 0) & ~short & ~outstanding & (need > self._minimum_call * scale)
        said = {"agent": client.name, "required": required, "called": need, "met": paid}
        world.log.add("margin_calls", world.now, prompt, **said, deadline=world.now, outcome="met")

    def report(self, client: Client, mask: NDArray[np.bool_], outcome: str) -> None:
        """Write the outcome of outstanding calls, on the paths of `mask`, (paths,) bool."""
        world = self._world
        if not mask.any():
            return
        today, last = int(world.clock.day[world.tick_index]), int(world.clock.day[-1])
        days = np.where(client.deadline >= 0, np.minimum(client.deadline, last), today)
        world.log.add(
            "margin_calls",
            world.now,
            mask,
            agent=client.name,
            required=client.required,
            called=client.called,
            met=np.maximum(client.called - client.unmet, 0.0),
            deadline=world.close_of_day[days],
            outcome=outcome,
        )
