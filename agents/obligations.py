"""Debts between agents, apart from trading."""

from __future__ import annotations

from datetime import date

from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """A sum that one agent owes another, without interest, due at the first close from a date on."""

    debtor: str = param(help="name of the agent that owes")
    creditor: str = param(help="name of the agent that is owed")
    amount: float = param(unit="$", help="what is owed", gt=0, against="the debtor's capital")
    due: date = param(help="date at whose close it is settled")
