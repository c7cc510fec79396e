"""The law of the vol of rates on a record: its level day by day, and its coefficients fitted to MOVE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from markets.specs.memory import KernelSpec
from markets.specs.rates_vol import RatesVolSpec
from scenarios.studies.rates_fit.rates_record import RatesRecord
from sim.sessions import TRADING_DAYS

Vector = NDArray[np.float64]
NODES = ("us2y", "us5y", "us10y", "us30y")  # whose squared moves are averaged
DAY = 1 / TRADING_DAYS  # trading years
LONG = 1000  # days of a record that can tell the coefficients
TAIL = 0.1  # ln: a miss beyond this counts linearly
BLOCKS = 10  # of the jackknife
LIMITS = ((-0.02, -0.02, 0.2, 1.0, 2.0, 0.05, 0.02), (0.02, 0.005, 3.0, 200.0, 200.0, 5.0, 0.9))
KEYS = ("base", "trend", "activity", "returns", "squares.fast", "squares.slow", "squares.slow_share")


@dataclass(frozen=True)
class Moves:
    """squares: mean squared move of the nodes a day, decimal^2; falls: log returns of the asset; (days - 1,) each."""

    squares: Vector
    falls: Vector

    @classmethod
    def of(cls, record: RatesRecord, *, falls: bool = True) -> Moves:
        """Of a record on whose days all nodes are known; without `falls` the asset stands still."""
        squares = np.mean([np.diff(record.columns[n]) ** 2 for n in nodes_of(record)], axis=0)
        still = not falls or not record.has("spx")
        return cls(squares, np.zeros(len(squares)) if still else np.diff(np.log(record.columns["spx"])))


def nodes_of(record: RatesRecord) -> tuple[str, ...]:
    """The nodes that the law reads."""
    return tuple(name for name in NODES if name in record.nodes)


def law_levels(moves: Moves, spec: RatesVolSpec) -> Vector:
    """Normal vol a year at every close, (days,), the first at `spec.start`: `RatesVol` on a record, a close a tick."""
    settled = (max(spec.start - spec.base, 0.0) / spec.activity) ** 2
    parts = ((spec.squares.fast, 1 - spec.squares.slow_share), (spec.squares.slow, spec.squares.slow_share))
    activity = sum(share * _sum(moves.squares, speed, settled) for speed, share in parts)
    trend = _sum(moves.falls, spec.returns, 0.0)
    raw = spec.base + spec.trend * trend + spec.activity * np.sqrt(activity)
    found: Vector = np.clip(np.concatenate(([spec.start], raw)), spec.least, spec.most)
    return found


def _sum(values: Vector, speed: float, before: float) -> Vector:
    """R <- R exp(-speed dt) + speed x, (days - 1,)."""
    from scipy.signal import lfilter

    kept = np.exp(-speed * DAY)
    found: Vector = lfilter([speed], [1.0, -kept], values, zi=[kept * before])[0]
    return found


@dataclass(frozen=True)
class VolFit:
    """A spec whose coefficients are the record's; errors by key; rms of ln(MOVE / law) and the days with a MOVE."""

    record: str
    spec: RatesVolSpec
    errors: dict[str, float]
    rms: float
    share: float  # of the variance of ln MOVE
    days: int


def fit_vol(record: RatesRecord, *, errors: bool = True) -> VolFit | None:
    """Robust least squares of ln MOVE on the law, all coefficients free; None for a record of fewer than `LONG` days.

    errors: also those of the coefficients, else NaN.
    """
    if not record.has("move", "spx", *NODES):
        return None
    whole = record.among(("spx", *NODES))
    known = np.isfinite(whole.columns["move"])
    if known.sum() < LONG:
        return None
    moves, told = Moves.of(whole), np.log(whole.columns["move"][known])
    start = replace(RatesVolSpec(), start=float(np.exp(told[0])))

    def miss(q: Vector) -> Vector:
        return np.log(law_levels(moves, _spec(q, start))[known]) - told

    best, left_out = _least(miss, _numbers(start)), np.full(len(KEYS), np.nan)
    if errors:
        left_out = _jackknife(miss, best, told.size)
    left = miss(best)
    rms, share = float(np.sqrt(np.mean(left**2))), float(1 - left.var() / told.var())
    by_key = dict(zip(KEYS, left_out.tolist(), strict=True))
    return VolFit(record.name, _spec(best, start), by_key, rms, share, int(told.size))


def _jackknife(miss: Callable[[Vector], Vector], best: Vector, days: int) -> Vector:
    """Standard errors from fits without one of `BLOCKS` blocks of days each (Quenouille 1949; Tukey 1958)."""
    edges = np.linspace(0, days, BLOCKS + 1).astype(int)
    without = []
    for low, high in pairwise(edges):
        kept = np.r_[0:low, high:days]
        without.append(_least(lambda q, kept=kept: miss(q)[kept], best))  # type: ignore[misc]
    spread = np.array(without) - np.mean(without, axis=0)
    found: Vector = np.sqrt((BLOCKS - 1) / BLOCKS * (spread**2).sum(axis=0))
    return found


def _least(miss: Callable[[Vector], Vector], start: Vector) -> Vector:
    from scipy.optimize import least_squares

    found = least_squares(
        miss,
        start,
        bounds=LIMITS,
        loss="soft_l1",
        f_scale=TAIL,
        x_scale=np.abs(start),
    )
    best: Vector = found.x
    return best


def _numbers(spec: RatesVolSpec) -> Vector:
    kernel = spec.squares
    return np.array([spec.base, spec.trend, spec.activity, spec.returns, kernel.fast, kernel.slow, kernel.slow_share])


def _spec(q: Vector, start: RatesVolSpec) -> RatesVolSpec:
    base, trend, activity, returns, fast, slow, share = q.tolist()
    kernel = KernelSpec(fast=fast, slow=slow, slow_share=share)
    return replace(start, base=base, trend=trend, activity=activity, returns=returns, squares=kernel)


@dataclass(frozen=True)
class Peak:
    """Highest MOVE of a record and of the law that is told its first MOVE, the curve and (`law`) the asset, decimal."""

    record: str
    recorded: float
    law: float
    rates_alone: float


def peak_of(record: RatesRecord, spec: RatesVolSpec | None = None) -> Peak | None:
    """The peaks of a record with a MOVE; None for one without, or with fewer than two nodes of the law."""
    if not record.has("move") or len(nodes_of(record)) < 2:
        return None
    whole = record.among([*nodes_of(record), *(["spx"] if record.has("spx") else [])])
    move = whole.columns["move"]
    if not np.isfinite(move).any():
        return None
    first = int(np.flatnonzero(np.isfinite(move))[0])
    told = replace(spec or RatesVolSpec(), start=float(move[first]))
    law, alone = (float(law_levels(_from(Moves.of(whole, falls=falls), first), told).max()) for falls in (True, False))
    return Peak(record.name, float(np.nanmax(move)), law, alone)


def _from(moves: Moves, first: int) -> Moves:
    return Moves(moves.squares[first:], moves.falls[first:])
