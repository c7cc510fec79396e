"""The default fund of a clearing house: who bears the loss that a dead member leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import margin_account
from sim.vectors import total

if TYPE_CHECKING:
    from agents.funding.client import Client
    from agents.world import TradingWorld

Vector = NDArray[np.float64]


class DefaultFund:
    """The waterfall: the dead member's own margin and contribution, which its equity counts; the house's share of its
    own capital (`skin`); the other members' contributions, pro rata; the rest of the house's capital.

    Contributions lie on the members' margin accounts and are theirs until they are used. What is used is asked for
    again at the next close.
    """

    def __init__(self, world: TradingWorld, house: str, clients: Mapping[str, Client], *, skin: float) -> None:
        """skin: $ of the house that come before the members' contributions, for all defaults together."""
        self._world, self._house, self._clients = world, house, clients
        self.skin = world.full(skin)

    def absorb(self, dead: Client, loss: Vector) -> Vector:
        """Take what the house's own share does not cover from the other members; what they pay, (paths,) $.

        loss: (paths,) $, that the house has paid for the dead member.
        """
        own = np.minimum(loss, self.skin)
        self.skin = self.skin - own
        members = [client for client in self._clients.values() if client is not dead]
        paid_in = [self._paid_in(client) for client in members]
        there = total([*paid_in, self._world.full(0.0)])
        share = np.minimum(1.0, (loss - own) / np.where(there > 0, there, 1.0))
        for client, amount in zip(members, paid_in, strict=True):
            self._take(client, share * amount)
        return np.asarray(share * there)

    def _paid_in(self, client: Client) -> Vector:
        """A living member's contribution, as far as it is there, (paths,) $."""
        posted = np.maximum(self._world.ledger.balance(margin_account(client.name)), 0.0)
        return np.where(client.desk.liquidated, 0.0, np.minimum(client.fund, posted))

    def _take(self, client: Client, amount: Vector) -> None:
        world, name = self._world, client.name
        world.ledger.transfer(amount, source=margin_account(name), target=name, reason="margin")
        world.ledger.transfer(amount, source=name, target=self._house, reason="funding_credit")
        world.log.add("events", world.now, amount > 0, kind="default_fund", subject=name, value=amount)
