"""The zero curve of a scenario at its start, and on the day when the storyline has it farthest from there."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from markets.curves.curve import curve_of
from scenarios.describing.levels import daily_levels
from scenarios.worlds.starting_curve import starting_curve

if TYPE_CHECKING:
    import polars as pl

    from scenarios.scenario import Scenario

FIRST, FAR = "start", "farthest"
DRAWN, LONGEST, SHORTEST = 120, 30.0, 1 / 12  # points, years


def storyline_curves(scenario: Scenario) -> pl.DataFrame:
    """when (`start`, `farthest`), date, years, zero (decimal, continuous), node (whether one stands there).

    Farthest: the first day with the largest move of any node since the start. A quoted curve keeps its shape between
    the nodes. Raises UserError where a quote cannot be met.
    """
    import polars as pl

    curve = starting_curve(scenario) if scenario.market.rates.curves else curve_of(scenario.market.rates)
    levels = np.array([daily_levels(scenario, key.node) for key in curve.nodes])  # (nodes, days)
    worst = int(np.abs(levels - levels[:, :1]).max(axis=0).argmax())
    far = max(LONGEST if curve.quoted is not None else 0.0, curve.years[-1], 10.0)
    times = np.unique(np.concatenate([np.geomspace(SHORTEST, far, DRAWN), [t for t in curve.years if t > 0]]))
    frames = []
    for when, at in ((FIRST, 0), (FAR, worst)):
        zero = [float(curve.zero(float(t), levels[:, at])) / float(t) for t in times]
        day: date = scenario.start + timedelta(days=at)
        node = np.isin(times, curve.years)
        frames.append(pl.DataFrame({"when": when, "date": day, "years": times, "zero": zero, "node": node}))
    return pl.concat(frames)
