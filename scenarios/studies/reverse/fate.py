"""What becomes of a desk on each path, and whether that is its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scenarios.worlds.blueprint import draw_up
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.names import ACTUAL
from sim.phases import Phase

if TYPE_CHECKING:
    from scenarios.scenario import Scenario

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fate:
    """Of one desk, (paths,) each."""

    dead: NDArray[np.bool_]  # closed out or in default
    reduced: NDArray[np.bool_]  # the lender has taken a part of the book, or all
    loss: Vector  # $, at the end
    drawdown: Vector  # $, the largest fall of P&L from its highest; looked at before anybody trades


ENDS: dict[str, Callable[[Fate, float], NDArray[np.bool_]]] = {  # what counts as the end, with its limit in $
    "dead": lambda fate, _: fate.dead,
    "reduced": lambda fate, _: fate.reduced,
    "loss": lambda fate, limit: fate.loss >= limit,
    "drawdown": lambda fate, limit: fate.drawdown >= limit,
}
WITH_LIMIT = ("loss", "drawdown")


def fate_of(scenario: Scenario, desk: str, *, price_takers: bool = False) -> Fate:
    """Run all paths of a scenario at once, nothing written."""
    paths = scenario.run.paths
    world = make_world(
        scenario,
        Chunk(ACTUAL, 0, paths),
        scenario.feedback,
        draw_up(scenario),
        tables=(),
        price_takers=price_takers,
    )
    highest, worst = np.zeros(paths), np.zeros(paths)
    for _ in world.stops(Phase.DECIDE):
        pnl = world.pnl_now(desk)
        np.maximum(highest, pnl, out=highest)
        np.maximum(worst, highest - pnl, out=worst)
    pnl, state = world.pnl_now(desk), world.desks[desk]
    worst = np.maximum(worst, highest - pnl)
    return Fate(state.liquidated | state.defaulted, state.kept < 1.0, -pnl, worst)
