"""A client: a lender's record of one desk that it margins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.desk.desk import Desk
    from agents.funding.liquidity_record import LiquidityRecord
    from agents.funding.netting_set import NettingSet
    from agents.funding.option_credit import OptionCredit
    from agents.funding.portfolio import Portfolio
    from agents.requirement import Requirement
    from agents.world import TradingWorld


class Client:
    """The state of one desk's account with its lender, (paths,) each."""

    def __init__(self, world: TradingWorld, desk: Desk, portfolio: Portfolio, sets: Sequence[NettingSet]) -> None:
        """portfolio: all that the desk holds. sets: the netting sets that it is margined by."""
        self.desk = desk
        self.name = desk.name
        self.portfolio, self.sets = portfolio, sets
        self.credits_options = any(each.credits_options for each in sets)
        self.unmet = world.full(0.0)  # $ called and not paid
        self.called = world.full(0.0)  # $, when the call was made
        self.required = world.full(0.0)  # $, likewise
        self.deadline = np.full(world.paths, -1, dtype=np.int64)  # day index, -1: no call outstanding
        self.capital_deadline = np.full(world.paths, -1, dtype=np.int64)  # day index, -1: capital is enough
        self.fund = world.full(0.0)  # $, contribution to the default fund
        self.capital_required = world.full(0.0)  # $, at the last close
        self.asked: Requirement | None = None  # at the last close
        self.credit: OptionCredit | None = None  # likewise; None where options do not count
        self.record: LiquidityRecord | None = None
        self.winding_up = np.zeros(world.paths, dtype=bool)  # equity found negative; the close-out may take days
        self.failed = np.zeros(world.paths, dtype=bool)  # could not pay another desk in full
