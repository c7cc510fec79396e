"""The record of makers' quotes on the witnesses' paths, and how they share a venue's depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markets.recorder import recorded_often
from markets.tables import QUOTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agents.world import Participant, TradingWorld
    from markets.venues.venue import Venue


class QuoteRecord:
    """A maker's quotes at every tick; see `recorded_often`."""

    def __init__(self, world: TradingWorld, maker: str, venues: Sequence[Venue]) -> None:
        self._world, self._log, self._maker = world, world.log, maker
        self.shows = world.log.sees(QUOTES.name)  # whether there is anything to write, ever
        self._at_close = tuple(venues) if self.shows else ()
        self._often = recorded_often(self._at_close)

    def write(self) -> None:
        """Write them now."""
        world, log, maker, paths = self._world, self._log, self._maker, self._log.witness
        now = world.now
        for venue in self._at_close if world.clock.plain.is_close[world.tick_index] else self._often:
            quote, held = venue.quotes.seen(maker, paths), venue.held(maker)[paths].copy()
            levels = {"half_spread": quote.half_spread, "skew": quote.skew, "depth": quote.depth, "inventory": held}
            log.add_seen(QUOTES.name, now, maker=maker, venue=venue.name, **levels)


def depth_share(world: TradingWorld, agent: Participant, venue: str) -> float:
    """Share of a venue's depth that a maker shows: its weight among those of all who quote there."""
    weights = dict(_weights(world, venue))
    return weights[agent.name] / sum(weights.values())


def _weights(world: TradingWorld, venue: str) -> Iterator[tuple[str, float]]:
    for agent in world.agents:
        weight = getattr(agent, "depth_share", None)
        if weight is not None and venue in getattr(agent, "venues", ()):
            yield agent.name, weight
