"""The mean path of a curve that moves by the Hull-White model from its first day on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from markets.factors.level import Level
from scenarios.worlds.starting_curve import starting_curve

if TYPE_CHECKING:
    from markets.curves.curve import Curve
    from markets.factors.storyline import Storyline
    from markets.spec import HullWhiteSpec
    from scenarios.scenario import Scenario
    from sim.clock import Clock

STEP = 1e-4  # years, of the difference that gives the forward rate


def by_hull_white(storyline: Storyline, scenario: Scenario, clock: Clock) -> Storyline:
    """The storyline with every node's level the model's mean, where the scenario has the model. Raises UserError."""
    model = scenario.market.rates.hull_white
    if model is None:
        return storyline
    curve = starting_curve(scenario)
    start = np.array([float(storyline.nodes[key.node].level[0]) for key in curve.nodes])
    pull = np.zeros(len(clock.ticks))
    nodes = {
        key.node: Level(_means(model, curve, start, years, clock), pull)
        for key, years in zip(curve.nodes, curve.years, strict=True)
    }
    return replace(storyline, nodes=nodes)


def _means(model: HullWhiteSpec, curve: Curve, start: np.ndarray, tenor: float, clock: Clock) -> np.ndarray:
    """Mean of a node at every tick, (ticks,) decimal: the level at which, at r = E r, bonds have the model's price.

    -ln P(t, t + T) = ln P(0, t) - ln P(0, t + T) + B (E r - f) + B^2 y / 2; a node moves from its start by as much as
    this does from what the curve had at T.
    """
    times = clock.calendar_years
    if tenor == 0:
        return np.array(
            [start[0] + _forward(curve, start, t) - _forward(curve, start, 0.0) + model.mean(t) for t in times]
        )
    loading = tenor * model.loading(tenor)
    now = [
        curve.zero(t + tenor, start)
        - curve.zero(t, start)
        + loading * model.mean(t)
        + 0.5 * loading**2 * model.variance(t)
        for t in times
    ]
    return np.asarray(
        float(start[curve.years.index(tenor)]) + (np.array(now) - float(curve.zero(tenor, start))) / tenor
    )


def _forward(curve: Curve, start: np.ndarray, years: float) -> float:
    """f(0, t), decimal."""
    low, high = max(years - STEP, 0.0), years + STEP
    return float(curve.zero(high, start) - curve.zero(low, start)) / (high - low)
