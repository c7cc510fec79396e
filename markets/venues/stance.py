"""From what a maker quotes, at all its venues, until it quotes again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from markets.factors.snapshot import Snapshot
    from markets.venues.surroundings import Surroundings

    Vector = NDArray[np.float64]


class Stance:
    """The market and a maker's state when it last quoted: its quotes are computed from them when they are read."""

    __slots__ = ("_factors", "_market", "_rules", "able", "market", "room", "tick")

    def __init__(self, market: Surroundings, room: Vector) -> None:
        """room: (paths,), share of its depth that its capital allows, until `take` says otherwise."""
        self._market, self._factors = market, market.factors
        # to ask for at once: depth there follows the price, which trades may move before it is read
        self._rules: list[Callable[[], object]] = []
        self.tick = -1  # at which it last quoted
        self.market: Snapshot
        self.able: Vector  # share of its full depth that it can show, (paths,)
        self.room = room

    def keep(self, rule: Callable[[], object]) -> None:
        """Ask for the rule of a venue whenever the maker quotes."""
        self._rules.append(rule)

    def take(self, able: Vector) -> None:
        """Quote from the market of now. able: (paths,) share of its full depth that the maker can show."""
        factors = self._factors
        self.market, self.tick, self.able = factors.snapshot, factors.tick, able
        self._market.quoted += 1
        for ask in self._rules:
            ask()
