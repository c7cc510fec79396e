"""The record of makers' quotes on the witnesses' paths, and how they share a venue's depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markets.recorder import is_recorded
from markets.tables import QUOTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agents.world import Participant, TradingWorld
    from markets.venues.venue import Venue


def write_quotes(world: TradingWorld, maker: str, venues: Iterable[Venue]) -> None:
    """Write a maker's quotes at every tick; see `is_recorded`."""
    if not world.log.sees(QUOTES.name):
        return
    closing, witnesses = bool(world.clock.is_close[world.tick_index]), world.log.witness
    for venue in (venue for venue in venues if is_recorded(venue, closing=closing)):
        quote = venue.quotes.seen(maker, witnesses)
        world.log.add_seen(
            QUOTES.name,
            world.now,
            maker=maker,
            venue=venue.name,
            half_spread=quote.half_spread,
            skew=quote.skew,
            depth=quote.depth,
            inventory=venue.held(maker)[witnesses],
        )


def depth_share(world: TradingWorld, agent: Participant, venue: str) -> float:
    """Share of a venue's depth that a maker shows: its weight among those of all who quote there."""
    weights = dict(_weights(world, venue))
    return weights[agent.name] / sum(weights.values())


def _weights(world: TradingWorld, venue: str) -> Iterator[tuple[str, float]]:
    for agent in world.agents:
        weight = getattr(agent, "depth_share", None)
        if weight is not None and venue in getattr(agent, "venues", ()):
            yield agent.name, weight
