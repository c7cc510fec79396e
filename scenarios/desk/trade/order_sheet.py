"""What students order, turn by turn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.studies.sessions.session import MOST
from sim.errors import UserError
from sim.nearest import nearest

MOST_VENUES = 64  # in one request


class OrderSheet:
    """Units by venue, by student and turn. What is ordered again at a venue replaces what was ordered before."""

    def __init__(self) -> None:
        self._by_turn: dict[int, dict[int, dict[str, float]]] = {}

    def of(self, turn: int, who: int) -> dict[str, float]:
        """What a student has ordered at a turn."""
        return dict(self._by_turn.get(turn, {}).get(who, {}))

    def ordered(self, turn: int) -> set[int]:
        """Who has ordered at a turn."""
        return {who for who, by_venue in self._by_turn.get(turn, {}).items() if by_venue}

    def place(self, turn: int, who: int, venue: str, units: float) -> None:
        """Order units; 0 takes the order back."""
        by_venue = self._by_turn.setdefault(turn, {}).setdefault(who, {})
        by_venue.pop(venue, None)
        if units:
            by_venue[venue] = units

    def rows(self, turn: int) -> list[list[Any]]:
        """[who, venue, units] of a turn, in an order that does not depend on who was first."""
        by_who = self._by_turn.get(turn, {})
        return [[who, venue, by_who[who][venue]] for who in sorted(by_who) for venue in sorted(by_who[who])]

    def all_rows(self, ticks: Mapping[int, int], until: int) -> Iterator[list[Any]]:
        """[tick, who, venue, units] of the turns before `until`. ticks: the tick of each turn."""
        for turn in sorted(self._by_turn):
            if turn < until:
                yield from ([ticks[turn], *row] for row in self.rows(turn))


def checked(orders: Any, venues: Mapping[str, Any]) -> dict[str, float]:
    """Units by venue. venues: what the desk sees of each. Raises UserError for what no desk can order."""
    if not isinstance(orders, Mapping) or not orders or len(orders) > MOST_VENUES:
        remedy = 'write {"asset": -1000}'
        raise UserError("orders are units by venue", value=type(orders).__name__, place="orders", remedy=remedy)
    return {str(venue): _units(str(venue), units, venues) for venue, units in orders.items()}


def _units(venue: str, units: Any, venues: Mapping[str, Any]) -> float:
    if venue not in venues:
        raise UserError("no such venue", value=venue[:80], place="orders", remedy=nearest(venue[:80], list(venues)))
    if isinstance(units, bool) or not isinstance(units, int | float) or not math.isfinite(_float(units)):
        raise UserError("must be a finite number", value=str(units)[:80], place=f"orders: {venue}")
    if abs(_float(units)) * (venues[venue]["notional"] or 1.0) > MOST:
        rule = f"an order has a notional of at most ${MOST:.0e}"
        raise UserError(rule, value=units, place=f"orders: {venue}")
    return _float(units)


def _float(units: int | float) -> float:
    try:
        return float(units)
    except OverflowError:
        return math.inf
