"""Splits the rise of a level in a crisis into the parts of the storyline, of the market's memory and of the desks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from markets.factors.storyline import Storyline, lay_out
from markets.spec import RiseSpec, StorylineSpec
from scenarios.scenario import Scenario
from scenarios.studies.calibrating.ensemble_medians import DIGITS, SAMPLES, Ensemble
from scenarios.worlds.clock import make_clock
from sim.names import ACTUAL, PRICE_TAKER

Vector = NDArray[np.float64]


def rises(scenario: Scenario, storyline: StorylineSpec, worlds: Mapping[str, Ensemble]) -> dict[str, RiseSpec]:
    """`vol_rise` and `credit_rise` of the actual world and its price-taker twin, on the same noise."""
    clock = make_clock(scenario)
    line = lay_out(storyline, clock, scenario.market, scenario.credit)
    closes = clock.is_close
    told = {name: residual[closes] for name, residual in residuals(line).items()}
    actual, taker, seed = worlds[ACTUAL], worlds[PRICE_TAKER], scenario.run.seed
    return {
        f"{name}_rise": rise(actual.closes[name], taker.closes[name], residual, seed) for name, residual in told.items()
    }


def residuals(line: Storyline) -> dict[str, Vector]:
    """ln of the residuals of vol and credit at every tick, (ticks,): anchored level over path-dependent law's."""
    vol, credit = line.vol.level, np.log(np.maximum(line.credit.level, 1e-12))
    laws = line.line
    if laws is None:
        return {"vol": vol, "credit": credit}
    return {
        "vol": vol - laws.implied if line.vol_by_path else vol,
        "credit": credit - laws.cash if line.credit_by_path else credit,
    }


def rise(actual: Vector, taker: Vector, told: Vector, seed: int) -> RiseSpec:
    """Parts of ln level at the actual median's highest close less at the start.

    actual, taker: (closes, paths) levels. told: (closes,) ln. Errors by the bootstrap over paths (Efron 1979), the same
    paths in both worlds.
    """
    medians = np.median(np.log(actual), axis=1)
    top = int(np.argmax(medians))
    at, twin = np.log(actual[top]), np.log(taker[top])
    draws = np.random.default_rng(seed)
    alone, apart = np.empty(SAMPLES), np.empty(SAMPLES)
    for k in range(SAMPLES):
        chosen = draws.integers(at.size, size=at.size)
        alone[k] = np.median(twin[chosen])
        apart[k] = np.median(at[chosen]) - alone[k]
    storyline = float(told[top] - told[0])
    memory = float(np.median(twin) - medians[0]) - storyline
    parts = (
        storyline,
        memory,
        float(medians[top] - np.median(twin)),
        float(alone.std(ddof=1)),
        float(apart.std(ddof=1)),
    )
    names = ("storyline", "memory", "feedback", "memory_error", "feedback_error")
    return RiseSpec(**{name: float(f"{value:.{DIGITS}g}") for name, value in zip(names, parts, strict=True)})
