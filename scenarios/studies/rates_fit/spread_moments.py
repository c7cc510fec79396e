"""Moments of spreads: swaps over Treasuries, the tail of SOFR, bonds over their index, and credit's answer to falls."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from scenarios.studies.estimation.estimators import Estimate, Path, reversion
from scenarios.studies.rates_fit.rates_record import RatesRecord
from sim.sessions import TRADING_DAYS

Vector = NDArray[np.float64]
FEWEST = 10  # days with a spread
LAGS = 5  # days


@dataclass(frozen=True)
class SpreadMoments:
    """Of a spread in one record, decimal. vol: of daily changes, a year; speed: of its reversion, 1/trading year."""

    record: str
    name: str
    first: float
    low: float
    low_day: date
    high: float
    high_day: date
    last: float
    vol: float
    speed: float


def spreads_of(record: RatesRecord) -> dict[str, Vector]:
    """The spreads of a record by name, (days,) decimal."""
    found = {}
    for name in record.columns:
        if name.startswith(("swap_sofr_", "swap_libor_")) and (node := f"us{name.rpartition('_')[2]}") in record.nodes:
            found[name.replace("swap_", "") + "_swap_spread"] = record.columns[name] - record.columns[node]
    pairs = {
        "libor_ois_3m": ("libor3m", "ois3m"),
        "sofr_p99_over_median": ("sofr_p99", "sofr"),
        "ig_cash_over_index": ("ig_oas", "cdx_ig"),
    }
    for name, (a, b) in pairs.items():
        if record.has(a, b):
            found[name] = record.columns[a] - record.columns[b]
    return found


def spread_moments(record: RatesRecord) -> Iterator[SpreadMoments]:
    """Every spread that enough days have."""
    for name, levels in spreads_of(record).items():
        known = np.isfinite(levels)
        if known.sum() >= FEWEST:
            days = [day for day, there in zip(record.days, known, strict=True) if there]
            yield _moments(record.name, name, days, levels[known], np.diff(levels))


def _moments(record: str, name: str, days: Sequence[date], level: Vector, changes: Vector) -> SpreadMoments:
    low, high = int(level.argmin()), int(level.argmax())
    vol = float(np.nanstd(changes) * math.sqrt(TRADING_DAYS))
    speed = reversion([Path(level[:, None])]).speed if vol else 0.0
    ends = {"first": float(level[0]), "last": float(level[-1])}
    return SpreadMoments(
        record, name, low=float(level[low]), low_day=days[low], high=float(level[high]), high_day=days[high],
        vol=vol, speed=speed, **ends,
    )  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """ln spread per -1.00 of ln S: of the same day, and of that day and the five after it together."""

    name: str
    same_day: Estimate
    after: Estimate  # the five days after
    whole: Estimate


def answers(records: Sequence[RatesRecord]) -> list[Answer]:
    """How cash spreads and their indices answer falls of the asset, pooled: who lags has much in `after`."""
    found = []
    for name in ("ig_oas", "cdx_ig", "hy_oas", "cdx_hy"):
        parts = [part for r in records if r.has(name, "spx") and len(part := _lagged(r, name))]
        if parts and sum(map(len, parts)) > 4 * LAGS:
            found.append(_answer(name, np.concatenate(parts)))
    return found


def _lagged(record: RatesRecord, name: str) -> Vector:
    """Rows: change of ln spread, the day's fall and those of the five days before; whole ones only."""
    level = record.columns[name]
    with np.errstate(invalid="ignore", divide="ignore"):
        changes, falls = np.diff(np.log(level)), -np.diff(np.log(record.columns["spx"]))
    rows = np.array([[changes[t], *falls[t - LAGS : t + 1][::-1]] for t in range(LAGS, len(changes))])
    return rows[np.isfinite(rows).all(axis=1)] if len(rows) else np.empty((0, LAGS + 2))


def _answer(name: str, rows: Vector) -> Answer:
    """Least squares with a mean; errors robust to heteroskedasticity (HC1; White 1980)."""
    x, y = np.column_stack([np.ones(len(rows)), rows[:, 1:]]), rows[:, 0]
    inverse = np.linalg.pinv(x.T @ x)
    slope = inverse @ x.T @ y
    left = y - x @ slope
    robust = inverse @ (x.T * left**2) @ x @ inverse * len(rows) / (len(rows) - x.shape[1])

    def of(*which: int) -> Estimate:
        pick = np.zeros(x.shape[1])
        pick[list(which)] = 1.0
        return Estimate(float(pick @ slope), math.sqrt(float(pick @ robust @ pick)), len(rows))

    later = range(2, LAGS + 2)
    return Answer(name, of(1), of(*later), of(1, *later))
