"""From what a maker quotes, at all its venues, until it quotes again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from markets.factors.snapshot import Snapshot
    from markets.venues.quotes import Quotes
    from markets.venues.surroundings import Surroundings

    Vector = NDArray[np.float64]


class Stance:
    """The market and a maker's state when it last quoted: its quotes are computed from them when they are read."""

    __slots__ = ("_factors", "_market", "_priced", "able", "market", "room", "tick")

    def __init__(self, market: Surroundings, room: Vector) -> None:
        """room: (paths,), share of its depth that its capital allows, until `take` says otherwise."""
        self._market, self._factors = market, market.factors
        self._priced: list[Quotes] = []  # where depth follows the price, which trades may move before it is read
        self.tick = -1  # at which it last quoted
        self.market: Snapshot
        self.able: Vector  # share of its full depth that it can show, (paths,)
        self.room = room

    def keep(self, quotes: Quotes) -> None:
        """Make the rule of this venue whenever the maker quotes."""
        self._priced.append(quotes)

    def take(self, able: Vector) -> None:
        """Quote from the market of now. able: (paths,) share of its full depth that the maker can show."""
        factors = self._factors
        self.market, self.tick, self.able = factors.snapshot, factors.tick, able
        self._market.quoted += 1
        for quotes in self._priced:
            quotes.rule()
