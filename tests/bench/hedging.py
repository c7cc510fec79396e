"""The job of the hedging benchmark in plain NumPy: sell a one-year call, hedge it daily at a proportional cost."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from sim.streams import DEFAULT, Generator, Streams

SPOT, STRIKE, VOL, COST, STEPS = 100.0, 100.0, 0.2, 1e-4, 252


def plain(paths: int, seed: int = 1, generator: Generator = DEFAULT) -> np.ndarray:
    """P&L, (paths,) $, vectorised over paths, on the engine's own noise; the first hedge is bought at mid."""
    noise = Streams(seed, 0, paths, generator).stream("market/spot")
    step = VOL * np.sqrt(1 / STEPS)
    spot = np.full(paths, SPOT)
    held, premium = delta(spot, 1.0), value(SPOT)
    cash = premium - held * spot
    for i in range(1, STEPS + 1):
        spot = spot * np.exp(step * noise.normal())
        wanted = delta(spot, 1 - i / STEPS) if i < STEPS else (spot > STRIKE).astype(np.float64)
        trade = wanted - held
        cash -= trade * spot + COST * np.abs(trade) * spot
        held = wanted
    return cash + held * spot - np.maximum(spot - STRIKE, 0.0)


def delta(spot: np.ndarray, years: float) -> np.ndarray:
    """Delta of the call, (paths,)."""
    sd = VOL * np.sqrt(years)
    return ndtr(np.log(spot / STRIKE) / sd + 0.5 * sd)


def value(spot: float) -> float:
    """Premium of the call, $."""
    d1 = np.log(spot / STRIKE) / VOL + 0.5 * VOL
    return float(spot * ndtr(d1) - STRIKE * ndtr(d1 - VOL))
