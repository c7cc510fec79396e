"""Margin calls: margin is computed at every close and paid as far as cash and line suffice; the rest is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import margin_account
from agents.funding.option_credit import together
from agents.requirement import Requirement
from markets.kernels.lending import call_outcomes
from markets.venues.vol_listing import VolListing
from sim.vectors import total

if TYPE_CHECKING:
    from agents.funding.client import Client
    from agents.funding.credit_line import CreditLine
    from agents.funding.margin import MarginTerms
    from agents.funding.option_credit import OptionCredit
    from agents.world import TradingWorld

Vector = NDArray[np.float64]
SHORT = 1e-9  # of the requirement: less than this missing is rounding


class MarginCalls:
    """One lender's margin requirements and calls; writes the table `margin_calls`."""

    def __init__(
        self,
        world: TradingWorld,
        line: CreditLine,
        terms: MarginTerms,
        *,
        deadline_days: int,
        minimum_call: float,
    ) -> None:
        """deadline_days: closes to meet a call. minimum_call: share of the requirement; smaller needs are no call."""
        self._world, self._line, self._terms = world, line, terms
        self._deadline_days, self._minimum_call = deadline_days, minimum_call
        self._zero = world.full(0.0)

    # --- requirements ------------------------------------------------------------------------------------------
    def initial_margin(self, client: Client) -> Vector:
        """Of its netting sets, one beside the other, (paths,) $."""
        return np.asarray(total(each.initial() for each in client.sets))

    def required(self, client: Client) -> Requirement:
        """Margin to be posted: proceeds of short sales, variation margin of book and swaps, initial margin."""
        initial = self.initial_margin(client)
        if self._terms.default_fund:
            initial = initial + np.where(client.desk.liquidated, 0.0, client.fund)
        return self.required_variation(client)._replace(initial_margin=initial)

    def required_variation(self, client: Client) -> Requirement:
        """The same without initial margin."""
        name, zero = client.name, self._zero
        swaps = borrowed_stock = zero
        for venue in self._world.at_venues(name).venues:
            value = venue.value(name)
            if venue.listing.funded:
                borrowed_stock = borrowed_stock + np.maximum(-value, 0.0)
            else:
                swaps = swaps + value
        return Requirement(borrowed_stock, -(client.desk.margined_now() + swaps), zero)

    def posted(self, client: Client) -> Vector:
        """Margin posted, (paths,) $."""
        return self._world.ledger.balance(margin_account(client.name))

    def credit(self, client: Client) -> OptionCredit | None:
        """What long listed options stand for, for the initial margin last looked at; None where they do not count."""
        return together(each.credit() for each in client.sets) if client.credits_options else None

    def needed(self, client: Client, asked: Requirement) -> Vector:
        """Requirement less margin posted and what stands in for it, (paths,) $; negative: too much is posted."""
        credit, haircut = self.credit(client), self._terms.collateral_haircut
        need, initial = asked.total, asked.initial_margin
        if credit is not None:
            need, initial = need - credit.whole, initial - credit.initial
        if haircut is not None:
            need = need - self._pledged(client, initial, haircut)
        return need - self.posted(client)

    def _pledged(self, client: Client, initial: Vector, haircut: float) -> Vector:
        """Value less haircut of long assets, as far as initial margin goes, (paths,) $; variation margin is cash.

        Stock that is financed in repo is pledged there. Options that count by themselves do not count again.
        """
        financed = client.desk.legs.assets if self._terms.repo_spread is not None else ()
        counted = {name for each in client.sets if each.credits_options for name in each.portfolio.venues}
        long = (
            np.maximum(venue.value(client.name), 0.0)
            for name, venue in self._world.venues.items()
            if venue.listing.funded
            and name not in financed
            and venue.reached(client.name)
            and not (name in counted and isinstance(venue.listing, VolListing))
        )
        assets = sum(long, np.zeros(self._world.paths))
        return np.minimum((1 - haircut) * assets, initial)

    def lacking(self, client: Client, asked: Requirement) -> Vector:
        """Requirement less margin posted, cash, repo and line, (paths,) $; negative: to spare."""
        return self.needed(client, asked) - self._line.reach(client.name)

    # --- payments and calls --------------------------------------------------------------------------
    def settle_first(self, client: Client) -> None:
        """Post the first margin as far as cash and line suffice; the rest is called at the first close."""
        if self._terms.default_fund:
            client.fund = self._terms.default_fund * self.initial_margin(client)
        asked = self.required(client)
        counts = self._terms.collateral_haircut is not None or client.credits_options
        need = self.needed(client, asked) if counts else asked.total
        self._post(client, np.minimum(need, self._line.headroom(client.name)))

    def _post(self, client: Client, amount: Vector) -> None:
        self._world.ledger.transfer(amount, source=client.name, target=margin_account(client.name), reason="margin")

    def settle(self, client: Client) -> None:
        """At a close: release excess margin, take what can be paid, call the rest."""
        asked, client.credit = self.required(client), self.credit(client)
        client.asked = asked
        needed, line, cash = self.needed(client, asked), self._line.size(), self._line.free_cash(client.name)
        need, reach = self._moved(client, needed), cash + line
        paid = np.minimum(need, np.maximum(reach, 0.0))
        self._post(client, paid)
        client.unmet = np.maximum(need - paid, 0.0)
        self._call(client, asked.total, need, paid)
        if client.record:
            cash = self._line.free_cash(client.name)
            credit = None if client.credit is None else client.credit.whole
            client.record.note(asked, free_cash=cash, line=line, lacking=needed - reach, credit=credit)

    def settle_intraday(self, client: Client) -> None:
        """Within a session: take and return variation margin, initial margin as of the last close; no call is due.

        What cannot be paid is looked at again at the close.
        """
        if client.asked is None:
            return
        now = self.required_variation(client)._replace(initial_margin=client.asked.initial_margin)
        need = self._moved(client, self.needed(client, now))
        self._post(client, np.minimum(need, self._line.headroom(client.name)))

    def _moved(self, client: Client, need: Vector) -> Vector:
        """What is moved of a need: nothing below the minimum transfers of its sets and of the lender, (paths,) $."""
        need = need - sum(each.still() for each in client.sets)
        least = self._terms.minimum_transfer
        return np.where(np.abs(need) < least, 0.0, need) if least else need

    def _call(self, client: Client, required: Vector, need: Vector, paid: Vector) -> None:
        """Record new calls, calls met, and needs paid at once, (paths,) $ each."""
        world = self._world
        due = world.clock.plain.day[world.tick_index] + self._deadline_days
        met, fresh, prompt = np.empty((3, world.paths), dtype=bool)
        until = np.empty(world.paths, dtype=np.int64)
        stands = client.unmet, required, need, client.deadline, client.desk.liquidated
        if call_outcomes(*stands, SHORT, self._minimum_call, due, met, fresh, prompt, until):
            self.report(client, met, "met")
            client.called = np.where(fresh, need, client.called)
            client.required = np.where(fresh, required, client.required)
            said = {"agent": client.name, "required": required, "called": need, "met": paid}
            world.log.add("margin_calls", world.now, prompt, **said, deadline=world.now, outcome="met")
        client.deadline = until

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
