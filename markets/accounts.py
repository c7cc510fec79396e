"""Accounts of the market itself, besides those of agents."""

from __future__ import annotations

from sim.names import Key

INVESTORS = Key("investors")  # outside investors: always show some depth, and take over makers' inventory
CLEARING = Key("clearing")  # passes accruals from payers to receivers; its cash nets to zero
ACCOUNTS = (INVESTORS, CLEARING)
