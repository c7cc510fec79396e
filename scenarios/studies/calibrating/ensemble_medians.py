"""Medians over an ensemble's paths, their standard errors, and what feedback explains of a crisis."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN
from markets.spec import ExplainedSpec

Vector = NDArray[np.float64]
TABLES = ("closes", "peaks")
LEVELS = ("mid", "vol", "credit", "us2y", "us10y")  # of every run; further nodes of the curve are fitted too
SPREAD = "peak_half_spread_multiple"
PEAKS = ("peak_vol", SPREAD)
SAMPLES = 100  # of the bootstrap
DIGITS = 5  # significant ones of a stored figure


@dataclass(frozen=True)
class Ensemble:
    """One world of a run: levels at the closes of the asset, (closes, paths), and each path's peaks, (paths,)."""

    closes: dict[str, Vector]
    peaks: dict[str, Vector]

    def median(self, column: str, close: int, log: bool) -> float:
        """Median over paths at a close, in ln where `log`."""
        values = self.closes[column][close]
        return float(np.median(np.log(values) if log else values))

    def median_error(self, column: str, close: int, log: bool) -> float:
        """Its standard error: half the distance between the order statistics one binomial deviation either side."""
        values = self.closes[column][close]
        step = 0.5 / np.sqrt(values.size)
        low, high = np.quantile(np.log(values) if log else values, [max(0.5 - step, 0.0), min(0.5 + step, 1.0)])
        return float(high - low) / 2


def read(folder: Path, worlds: tuple[str, ...], further: Iterable[str] = ()) -> dict[str, Ensemble]:
    """Those worlds of a run's folder, in memory; it needs no other tables than `TABLES`. further: columns of closes."""
    import polars as pl

    found, names = {}, (*LEVELS, *further)
    for world in worlds:
        closes, peaks = (
            pl.scan_parquet(sorted((folder / table).glob(f"{world}-*.parquet")), glob=False) for table in TABLES
        )
        worst = peaks.select("path", *PEAKS).sort("path").collect()
        levels = closes.filter(pl.col("venue") == MAIN).select("time", "path", *names).sort("time", "path").collect()
        found[world] = Ensemble(
            {name: levels[name].to_numpy().reshape(-1, worst.height) for name in names},
            {name: worst[name].to_numpy() for name in PEAKS},
        )
    return found


def drawdown(mids: Vector) -> float:
    """Largest fall of the median close from its peak so far, as a share of the peak; mids: (closes, paths)."""
    median = np.median(mids, axis=1)
    return float((1 - median / np.maximum.accumulate(median)).max())


def explained(actual: Ensemble, twin: Ensemble, seed: int) -> dict[str, ExplainedSpec]:
    """Drawdown, vol peak and spread peak with and without feedback; by name.

    Errors by the bootstrap over paths (Efron 1979); a path is drawn in both worlds or in neither, for they share its
    noise.
    """
    measures: dict[str, tuple[Callable[[Vector], float], Vector, Vector]] = {
        "drawdown": (drawdown, actual.closes["mid"], twin.closes["mid"]),
        "vol_peak": (_median, actual.peaks["peak_vol"], twin.peaks["peak_vol"]),
        "spread_peak": (_median, actual.peaks[SPREAD], twin.peaks[SPREAD]),
    }
    return {name: _paired(of, a, f, seed) for name, (of, a, f) in measures.items()}


def _median(values: Vector) -> float:
    return float(np.median(values))


def _paired(of: Callable[[Vector], float], actual: Vector, twin: Vector, seed: int) -> ExplainedSpec:
    """A measure in both worlds, and the error of the difference; the last axis is that of paths."""
    draws = np.random.default_rng(seed)
    apart = []
    for _ in range(SAMPLES):
        chosen = draws.integers(actual.shape[-1], size=actual.shape[-1])
        apart.append(of(actual[..., chosen]) - of(twin[..., chosen]))
    values = (of(actual), of(twin), float(np.std(apart, ddof=1)))
    return ExplainedSpec(
        **{n: float(f"{v:.{DIGITS}g}") for n, v in zip(("actual", "price_taker", "error"), values, strict=True)}
    )
