"""Moments of a curve's daily moves: vols and correlations of its nodes, and principal components."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markets.curves.components import Components, components
from scenarios.studies.estimation.estimators import UNKNOWN, Estimate
from scenarios.studies.rates_fit.rates_record import RatesRecord
from sim.sessions import TRADING_DAYS

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class CurveMoments:
    """vols: of the nodes, decimal per square root of a trading year. moves: (days, nodes) decimal, day by day.

    with_spot: correlation of each node's moves with the asset's returns, UNKNOWN without an index.
    """

    nodes: tuple[str, ...]
    vols: dict[str, Estimate]
    correlations: NDArray[np.float64]  # (nodes, nodes)
    with_spot: dict[str, Estimate]
    noise: Components
    days: int


def curve_moments(records: Sequence[RatesRecord]) -> CurveMoments:
    """Pooled over records, about no mean: changes from one known day to the next of the nodes that all have."""
    nodes = tuple(name for name in records[0].nodes if all(name in r.nodes for r in records))
    parts = [_moves(record, nodes) for record in records]
    moves, falls = np.concatenate([m for m, _ in parts]), np.concatenate([f for _, f in parts])
    covariance = moves.T @ moves / len(moves)
    sd = np.sqrt(np.diag(covariance))
    vols = {name: _vol(moves[:, i]) for i, name in enumerate(nodes)}
    spot = {name: _correlation(moves[:, i], falls) for i, name in enumerate(nodes)}
    return CurveMoments(nodes, vols, covariance / np.outer(sd, sd), spot, components(covariance), len(moves))


def _moves(record: RatesRecord, nodes: Sequence[str]) -> tuple[Vector, Vector]:
    """Changes of the nodes, and log returns of the asset beside them (NaN where there is none)."""
    levels = np.column_stack([record.columns[name] for name in nodes])
    moves = np.diff(levels, axis=0)
    spot = record.columns.get("spx")
    falls = np.full(len(moves), np.nan) if spot is None else np.diff(np.log(spot))
    whole = np.isfinite(moves).all(axis=1)
    return moves[whole], falls[whole]


def _vol(moves: Vector) -> Estimate:
    """Root mean square a year; its error from the scatter of the squares, which have fat tails."""
    square = moves**2
    mean, days = float(square.mean()), len(moves)
    value = math.sqrt(mean * TRADING_DAYS)
    error = float(square.std(ddof=1)) / math.sqrt(days) / (2 * mean) * value if mean else 0.0
    return Estimate(value, error, days)


def _correlation(a: Vector, b: Vector) -> Estimate:
    known = np.isfinite(b)
    if known.sum() < 3 or not a[known].any():
        return UNKNOWN
    value = float(np.corrcoef(a[known], b[known])[0, 1])
    return Estimate(value, (1 - value**2) / math.sqrt(int(known.sum()) - 1), int(known.sum()))
