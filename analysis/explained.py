"""What explains the P&L of a book of rates, day by day over all paths: moves of the curve, of vol, or neither."""

from __future__ import annotations

import math

import numpy as np

from analysis import frames
from analysis.comoments import CoMoments
from analysis.numbers import Number
from sim.dataset import Run

LABELS = {
    "explained_by_curve": "Share of the book's daily variance that moves of the curve explain",
    "explained_by_vol": "Share of the book's daily variance that moves of vol explain",
    "unexplained": "Share of the book's daily variance that neither explains",
}


@frames.told
def explained(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Shares of the variance of the book's daily gains by source; they add up to 1. Empty for a book without rates.

    The share of a part y of the gains x is cov(y, x) / var(x). Parts are revaluations, so that of the curve has its
    convexity. What neither explains is time, the asset, and all that expires.
    """
    days, moves = frames.days_of(run, agent, world), False
    curve, vol = CoMoments(1), CoMoments(1)
    for close in range(1, len(days.times)):
        for by_curve, by_vol, whole in days.changes(close, *frames.MOVES, "explained"):
            moves = moves or bool(by_curve.any())
            if np.isnan(by_curve).any():
                return {}
            curve.add(by_curve, whole)
            vol.add(by_vol, whole)
    if not moves:
        return {}
    first, second = _share(curve), _share(vol)
    shares = (first, second, 1.0 - first - second)
    return {
        name: Number(value=share, unit="share", label=label)
        for (name, label), share in zip(LABELS.items(), shares, strict=True)
    }


def _share(sums: CoMoments) -> float:
    """cov(part, whole) / var(whole)."""
    _, (variance,), (covariance,) = sums.variances
    return float(covariance / variance) if variance else math.nan
