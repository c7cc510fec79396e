"""Accounts that the market itself opens, beside those of the agents."""

from __future__ import annotations

from sim.names import Key

INVESTORS = Key("investors")  # outside investors: who always show a little depth, and who take makers' inventory
CLEARING = Key("clearing")  # passes accruals from payers to receivers; its cash nets to zero
ACCOUNTS = (INVESTORS, CLEARING)
