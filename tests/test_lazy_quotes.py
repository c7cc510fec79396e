"""A maker's quote is computed when it is read, from the market and the inventory of its QUOTE."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.phases import Phase
from tests.small import crisis, send, watch, world_of

MAKERS = {
    "maker": {"type": "MarketMaker", "inventory_half_life": 0.5},
    "other": {"type": "MarketMaker", "venues": ["asset"], "capital": 1e8},
}
READ = {"at once": (Phase.DECIDE, 0), "after the trades": (Phase.MARK, 0), "at the next tick": (Phase.MARKET, 1)}


def quotes(power: float, when: str) -> list[Any]:
    """Half-spread, skew and depth of both makers at every tick, as read at a phase."""
    phase, late = READ[when]
    asset = {"depth": 1e9, "impact": 0.05, "depth_price_power": power}
    market = {"xi": 0.8, "realised_ratio": 0.8}
    world = world_of(crisis(agents=MAKERS, market=market, venue={"asset": asset}, minutes=195), paths=4)
    send(world, {tick: {"asset": (-1) ** tick * 2e6} for tick in range(1, 12)})

    def look() -> Any:
        made = [world.venue("asset").quote_of(name) for name in MAKERS] if world.tick_index >= late else []
        return [np.array([each.half_spread, each.skew, each.depth]) for each in made]

    seen = watch(world, phase, look)
    world.run()
    return seen[late:]


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_a_quote_does_not_depend_on_when_it_is_read(power):
    """Nor do trades that move the price in between, with depth in units of it, change the quote."""
    at_once = quotes(power, "at once")
    assert len(at_once) > 12 and np.ptp([made[0][1] for made in at_once]) > 0  # it leans against its inventory
    for when in ("after the trades", "at the next tick"):
        later = quotes(power, when)
        assert np.array_equal(at_once[: len(later)], later)
