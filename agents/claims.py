"""Claims: debts between desks, held in the ledger at par until they are settled."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass
from sim.names import Key

if TYPE_CHECKING:
    from agents.obligations import Obligation
    from sim.ledger import Ledger

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Debt:
    """A debt of one desk to another, due at one close. `asset`: its name in the ledger, in $, held by the creditor."""

    debtor: str
    creditor: str
    day: int  # index of the trading day at whose close it is due
    asset: Key


class Claims:
    """The debts of one world. The creditor holds a claim as a positive balance, the debtor as a negative one."""

    def __init__(self, ledger: Ledger, dates: tuple[dt.date, ...], obligations: Iterable[Obligation]) -> None:
        """Book claims against capital: the creditor's owners bring them in; the debtor's have taken out their value."""
        self._ledger = ledger
        self.debts: list[Debt] = []
        for o in sorted(obligations, key=lambda o: (o.debtor, o.creditor, o.due, o.amount)):
            day = due_day(o.due, dates)
            asset = Key("debt", of=f"{o.debtor}.{o.creditor}.{day}")
            debt = Debt(debtor=o.debtor, creditor=o.creditor, day=day, asset=asset)
            if debt not in self.debts:
                self.debts.append(debt)
                ledger.list_asset(debt.asset)
            amount = np.full(ledger.paths, o.amount)
            ledger.transfer(amount, source=o.debtor, target=o.creditor, asset=debt.asset, reason="debt")
            ledger.note(amount, source=o.debtor, target=o.creditor, reason="capital")

    def value(self, name: str) -> Vector:
        """An agent's claims less its debts, at par, (paths,) $."""
        if not self.debts:
            return np.zeros(self._ledger.paths)
        parties = (debt.asset for debt in self.debts if name in (debt.debtor, debt.creditor))
        zero = np.zeros(self._ledger.paths)
        return sum((self._ledger.balance(name, asset) for asset in parties), zero)


def due_day(due: dt.date, dates: tuple[dt.date, ...]) -> int:
    """Index of the first trading day on or after a date."""
    return bisect_left(dates, due)
