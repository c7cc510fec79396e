"""Settlement: debts between desks are paid by the clearing vector, all debts of one instant together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import CREDIT_LOSSES
from agents.funding.clearing import ROUNDING, clearing_payments
from sim.vectors import total

if TYPE_CHECKING:
    from agents.claims import Debt
    from agents.funding.clearing import Clearing
    from agents.funding.client import Client
    from agents.world import TradingWorld

Vector = NDArray[np.float64]
Masks = NDArray[np.bool_]


class Settlement:
    """Settles the debts between one lender's clients on their accounts."""

    def __init__(self, world: TradingWorld, clients: dict[str, Client], *, netting: bool) -> None:
        self._world, self._clients, self._netting = world, clients, netting
        self.names = sorted(clients)
        self.debts: list[Debt] = [debt for debt in world.claims.debts if debt.debtor in clients]
        self._debtor = np.array([self.names.index(debt.debtor) for debt in self.debts], dtype=np.int64)
        self._creditor = np.array([self.names.index(debt.creditor) for debt in self.debts], dtype=np.int64)
        self.unpaid = world.full(0.0)  # $ that creditors have lost so far
        world.ledger.open(CREDIT_LOSSES)

    def settle_due(self, day: int) -> None:
        """At the close of a day: settle the debts due. Books must be marked."""
        if not self.debts:
            return
        due = np.array([debt.day == day for debt in self.debts], dtype=bool)
        if due.any():
            nobody = np.zeros((len(self.names), self._world.paths), dtype=bool)
            self._settle(np.broadcast_to(due[:, None], (len(due), self._world.paths)), nobody)

    def settle_broken(self) -> None:
        """Settle debts and claims of wound-up desks with negative equity, all at once."""
        if not self.debts:
            return
        desks = [self._clients[name].desk for name in self.names]
        broken = np.array([d.liquidated & (self._world.equity_now(d.name) < 0) for d in desks])
        if broken.any():
            self._settle(np.zeros((len(self.debts), self._world.paths), dtype=bool), broken)

    # --- the rule --------------------------------------------------------------------------------------------------
    def _settle(self, due: Masks, broken: Masks) -> None:
        """Clear the debts due, (debts, paths) bool, and all debts of and to broken desks, (desks, paths) bool.

        A desk breaks too if it cannot pay, or if its equity turns negative through payments that it misses. Its debts
        and claims are then called in at par, and all is cleared again, until no further desk breaks.
        """
        owed = np.array([self._world.ledger.balance(debt.creditor, debt.asset) for debt in self.debts])
        equity = np.array([self._world.equity_now(name) for name in self.names])
        own = equity - np.array([self._world.claims.value(name) for name in self.names])
        resources, senior = np.maximum(own, 0.0), np.maximum(-own, 0.0)
        called_in = broken
        while True:
            called = np.where(due | called_in[self._debtor] | called_in[self._creditor], owed, 0.0)
            gross = np.zeros((len(self.names), len(self.names), self._world.paths))
            np.add.at(gross, (self._debtor, self._creditor), called)
            set_off = np.minimum(gross, gross.transpose(1, 0, 2)) if self._netting else np.zeros_like(gross)
            found = clearing_payments(gross - set_off, resources, senior)
            lost = total(gross - set_off) - found.received
            sunk = (lost > ROUNDING * total(gross)) & (equity - lost < -ROUNDING * (np.abs(own) + lost))
            more = called_in | (found.round > 0) | sunk
            if (more == called_in).all():
                break
            called_in = more
        paid = called * self._rates(gross, set_off, found)
        self._book(called, paid, found)
        self._default(called - paid, found, np.where(broken, np.maximum(senior - found.received, 0.0), 0.0))

    def _rates(self, gross: Vector, set_off: Vector, found: Clearing) -> Vector:
        """Share paid of each debt, set-off included, (debts, paths)."""
        net = total((gross - set_off).transpose(1, 0, 2))
        rate = np.where(found.round > 0, found.payments / np.where(net > 0, net, 1.0), 1.0)
        of_pair, off = gross[self._debtor, self._creditor], set_off[self._debtor, self._creditor]
        lost: Vector = (1 - rate[self._debtor]) * (of_pair - off) / np.where(of_pair > 0, of_pair, 1.0)
        return 1 - lost

    def _book(self, called: Vector, paid: Vector, found: Clearing) -> None:
        """Book cash against claims. The creditor's loss is a credit loss; the debtor's relief is a flow of capital."""
        world, ledger = self._world, self._world.ledger
        for i, debt in enumerate(self.debts):
            some = called[i] > 0
            if not some.any():
                continue
            pair, lost = {"source": debt.debtor, "target": debt.creditor}, called[i] - paid[i]
            ledger.transfer(paid[i], **pair, reason="settlement")
            ledger.transfer(-called[i], **pair, asset=debt.asset, reason="settlement")
            ledger.note(lost, source=debt.creditor, target=CREDIT_LOSSES, reason="funding_credit")
            ledger.note(lost, source=CREDIT_LOSSES, target=debt.debtor, reason="write_off")
            rounds = found.round[self._debtor[i]]
            names = {"debtor": debt.debtor, "creditor": debt.creditor, "due": int(world.close_of_day[debt.day])}
            world.log.add("settlements", world.now, some, **names, owed=called[i], paid=paid[i], round=rounds)

    def _default(self, lost: Vector, found: Clearing, lenders: Vector) -> None:
        """Put desks that paid too little in default, to be wound up. lenders: (desks, paths) $ lost by the lender."""
        for i, name in enumerate(self.names):
            client, short = self._clients[name], found.round[i] > 0
            if not short.any():
                continue
            shortfall = total(lost[self._debtor == i])
            self.unpaid += shortfall
            fresh = short & ~client.desk.defaulted
            value = shortfall + lenders[i]
            self._world.log.add("events", self._world.now, fresh, kind="default", subject=name, value=value)
            client.desk.defaulted |= short
            client.failed |= short
