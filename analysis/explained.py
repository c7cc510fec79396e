"""What explains the P&L of a book of rates, day by day over all paths: moves of the curve, of vol, or neither."""

from __future__ import annotations

import math

import numpy as np

from analysis import frames
from analysis.numbers import Number
from analysis.path_closes import path_closes
from sim.dataset import Run

CURVE, VOL = ("rates",), ("vega",)  # columns of `marks`
OTHERS = ("delta", "gamma", "theta", "fx", "credit", "defaults")  # the last where there are other currencies, names
LABELS = {
    "explained_by_curve": "Share of the book's daily variance that moves of the curve explain",
    "explained_by_vol": "Share of the book's daily variance that moves of vol explain",
    "unexplained": "Share of the book's daily variance that neither explains",
}


def explained(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Shares of the variance of the book's daily gains by source; they add up to 1. Empty for a book without rates.

    The share of a part y of the gains x is cov(y, x) / var(x). Parts are revaluations, so that of the curve has its
    convexity. What neither explains is time, the asset, and all that expires.
    """
    parts = (*CURVE, *VOL, *(name for name in OTHERS if name in frames.gains(run)))
    levels = path_closes(run, agent, world, *parts)
    days = {name: np.diff(level, axis=1) for name, level in zip(parts, levels, strict=True)}
    if not np.any(days["rates"]) or np.isnan(days["rates"]).any():
        return {}
    whole = np.sum([days[name] for name in parts], axis=0)
    curve, vol = (_share(np.sum([days[name] for name in names], axis=0), whole) for names in (CURVE, VOL))
    shares = (curve, vol, 1.0 - curve - vol)
    return {
        name: Number(value=share, unit="share", label=label)
        for (name, label), share in zip(LABELS.items(), shares, strict=True)
    }


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    variance = float(np.var(whole))
    covariance = float(np.mean((part - part.mean()) * (whole - whole.mean())))
    return covariance / variance if variance else math.nan
