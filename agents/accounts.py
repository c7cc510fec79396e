"""Accounts outside the market that trade with the agents, and the margin of each."""

from __future__ import annotations

from functools import cache

from sim.names import Key

CLIENTS = Key("clients")  # hold the other side of every book
OWNERS = Key("owners")  # bring the agents' capital
WHOLESALE = Key("wholesale")  # other side of all overnight balances: so a lender's own P&L is credit and losses only
CREDIT_LOSSES = Key("credit_losses")  # passes creditors' losses on to the capital of their debtors
MARGIN = "margin"  # of each agent
ACCOUNTS = (CLIENTS, OWNERS, WHOLESALE, CREDIT_LOSSES)


@cache
def margin_account(name: str) -> Key:
    """Account that holds what an agent has posted as margin."""
    return Key(MARGIN, of=name)
