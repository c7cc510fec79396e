"""The matrix of loop gains at its worst: whose trades at which venue follow a move of which."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markets.venues.loop_gain import spectral_radius
from scenarios.reading.made_by_hand import meant
from scenarios.scenario import Scenario
from scenarios.studies.calibrating.before_run import ready
from scenarios.worlds.world import make_world
from sim.arguments import takes, whole
from sim.ensemble import Chunk
from sim.estimate import Estimate
from sim.names import ACTUAL
from sim.phases import Phase

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class WorstGains:
    """gains: entries by (traded at, moved), means over the paths; others are zero. above_one: share of the paths."""

    day: date
    radius: Estimate
    above_one: float
    gains: dict[tuple[str, str], Estimate]

    @property
    def venues(self) -> tuple[str, ...]:
        """Those with an entry."""
        return tuple(dict.fromkeys(name for entry in self.gains for name in entry))


@takes(paths=whole(2))
def worst_gains(scenario: Scenario | str | Path, *, paths: int = 200) -> WorstGains:
    """Run the actual world, and look at the matrix at the close where the mean of its spectral radius is largest.

    An entry is the share of a move that comes back at a venue in the next round of trades; a spectral radius of 1 or
    more feeds itself. Raises UserError.
    """
    chosen = ready(meant(scenario))
    world = make_world(chosen, Chunk(ACTUAL, 0, paths), chosen.feedback, tables=("peaks",))
    worst: dict[str, Any] = {"mean": -1.0}

    def look() -> Generator[Any, Any, None]:
        while True:
            yield world.tick(Phase.MARK)
            if not world.clock.is_close[world.tick_index]:
                continue
            gains = world.loop_gains()
            radius = spectral_radius(gains, paths) if gains else world.full(0.0)
            if radius.mean() > worst["mean"]:
                kept = {entry: np.array(gain) for entry, gain in gains.items()}
                worst.update(mean=float(radius.mean()), radius=radius.copy(), gains=kept, tick=world.tick_index)

    world.start(look(), "gains")
    world.run()
    found = {entry: _mean(gain, paths) for entry, gain in worst["gains"].items() if np.any(gain)}
    share = float((worst["radius"] >= 1).mean())
    day = world.clock.session_dates[int(world.clock.day[worst["tick"]])]
    return WorstGains(day, _mean(worst["radius"], paths), share, found)


def _mean(values: Vector, paths: int) -> Estimate:
    whole = np.broadcast_to(values, (paths,))
    return Estimate(float(whole.mean()), float(whole.std(ddof=1)) / math.sqrt(paths))
