"""A portfolio: a desk's book and hedges, as seen by models of margin and capital."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.funding.positions import Positions
from agents.funding.revaluation import Revaluation
from agents.funding.slopes import Slopes

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from agents.funding.holdings import Part
    from agents.world import TradingWorld


class Portfolio(Revaluation, Slopes, Positions):
    """A view of a desk's holdings; its only state is what is needed to value single positions."""

    def __init__(self, world: TradingWorld, desk: Desk, *, by_position: bool = False, part: Part | None = None) -> None:
        """by_position: whether single positions will be asked for. part: of the desk, in a netting set (default: all).

        Make it at the start of the run.
        """
        super().__init__(world, desk, part)
        self.follow(by_position=by_position)
