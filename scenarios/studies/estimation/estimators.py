"""Estimators of the market's laws from daily records: arrays in, a value with its standard error out.

Every estimator takes one record or several and allows each its own mean (a fixed effect), so that one function gives
the value of a record and the pooled one. A day is 1/252 of a trading year, unless the record's calendar has others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.sessions import TRADING_DAYS

Vector = NDArray[np.float64]
DAY = 1 / TRADING_DAYS  # trading years
OVERNIGHT = 0.2  # share of a day's variance at the open (the clock's default)
DRAWS = 400  # of the bootstrap that takes the short-window bias out of a mean reversion
FASTEST = 0.95  # share of a gap closed in a day that we still call a mean reversion


@dataclass(frozen=True)
class Estimate:
    """A value, its standard error, and the number of observations (days). NaN if the data do not determine it."""

    value: float
    error: float
    days: int

    @property
    def known(self) -> bool:
        """Whether the data can tell."""
        return math.isfinite(self.value) and math.isfinite(self.error)


UNKNOWN = Estimate(math.nan, math.nan, 0)


@dataclass(frozen=True)
class Path:
    """Levels that revert: `level` (days + 1, nodes), and `returns` (days,) that push them, None if nothing does.

    d level = reversion * (mean - level) - slope * returns / exp(level) + noise; the push is for a single ln vol.
    """

    level: Vector
    returns: Vector | None = None

    @property
    def days(self) -> int:
        """Steps."""
        return len(self.level) - 1

    def drivers(self) -> Vector:
        """Regressors of each day's change, (days, nodes, 1 or 2): the level before, and the push."""
        before = self.level[:-1]
        if self.returns is None:
            return before[..., None]
        return np.stack([before, self.returns[:, None] / np.exp(before)], axis=-1)


@dataclass(frozen=True)
class Reversion:
    """Fit of `Path`s with one reversion (and push) and a mean for each node of each path.

    share: the part of a gap that a day closes, corrected for the bias of short windows. slope: ln vol per unit of
    return over vol, NaN without a push. noise: residuals, (days, nodes) a path.
    """

    share: Estimate
    slope: Estimate
    noise: list[Vector]
    day: float = DAY  # trading years

    @property
    def speed(self) -> float:
        """Mean reversion a trading year: -ln(1 - share) / day; 0 where the level does not revert."""
        return -math.log1p(-min(max(self.share.value, 0.0), FASTEST)) / self.day

    @property
    def speed_error(self) -> float:
        """Standard error of the speed, by the delta method."""
        return self.share.error / (1 - min(max(self.share.value, 0.0), FASTEST)) / self.day


def reversion(paths: Sequence[Path], seed: int = 1, day: float = DAY) -> Reversion:
    """Least squares with fixed effects; the share's bias and error from a bootstrap that redraws days of residuals.

    The share is biased upwards in short windows, about (4 - 3 share) / days for each (Kendall 1954, Biometrika 41);
    the bootstrap repeats it on the record's own starts and returns. Near a unit root about a third of the bias goes, no
    more. The slope's error is robust (HC3).
    """
    share, slope, noise = _least_squares(paths)
    centred = [e * np.sqrt(len(e) / max(len(e) - _drivers(paths) - 1, 1)) for e in noise]
    drawn = _drawn_shares(paths, share, slope, centred, np.random.default_rng(seed))
    days = sum(p.days for p in paths)
    corrected = Estimate(share - (float(drawn.mean()) - share), float(drawn.std(ddof=1)), days)
    return Reversion(corrected, Estimate(-slope, _slope_error(paths, noise), days), noise, day)


def _drivers(paths: Sequence[Path]) -> int:
    return 1 if paths[0].returns is None else 2


def _within(path: Path) -> tuple[Vector, Vector]:
    """Regressors (rows, k) and changes (rows,), with each node's mean taken out."""
    x, y = path.drivers(), np.diff(path.level, axis=0)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    return x.reshape(-1, x.shape[-1]), y.reshape(-1)


def _least_squares(paths: Sequence[Path]) -> tuple[float, float, list[Vector]]:
    parts = [_within(p) for p in paths]
    x, y = np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])
    found = np.linalg.lstsq(x, y, rcond=None)[0]
    noise = [(b - a @ found).reshape(p.days, -1) for (a, b), p in zip(parts, paths, strict=True)]
    return -float(found[0]), float(found[1]) if len(found) > 1 else math.nan, noise


def _slope_error(paths: Sequence[Path], noise: list[Vector]) -> float:
    """HC3 (MacKinnon and White 1985) of the second regressor; NaN if there is none."""
    if _drivers(paths) == 1:
        return math.nan
    x = np.concatenate([_within(p)[0] for p in paths])
    e = np.concatenate([n.reshape(-1) for n in noise])
    inverse = np.linalg.inv(x.T @ x)
    weight = np.concatenate([np.full(p.days, 1 / p.days) for p in paths])  # of each record's mean
    leverage = np.minimum(np.einsum("ij,jk,ik->i", x, inverse, x) + weight, 0.99)
    scores = x * (e / (1 - leverage))[:, None]
    return float(np.sqrt((inverse @ (scores.T @ scores) @ inverse)[1, 1]))


def _drawn_shares(
    paths: Sequence[Path], share: float, slope: float, noise: list[Vector], rng: np.random.Generator
) -> Vector:
    """Shares estimated on `DRAWS` simulated repetitions of the paths, (DRAWS,)."""
    tops, squares = [], []
    for path, e in zip(paths, noise, strict=True):
        level = _simulated(path, share, slope, e, rng)  # (days + 1, nodes, draws)
        before = level[:-1] - level[:-1].mean(axis=0)
        change = np.diff(level, axis=0)
        if path.returns is None:
            tops.append((before * change).sum(axis=(0, 1))[:, None])
            squares.append((before * before).sum(axis=(0, 1))[:, None, None])
            continue
        push = path.returns[:, None, None] / np.exp(level[:-1])
        push = push - push.mean(axis=0)
        x = np.stack([before, push])
        tops.append(np.einsum("kdnb,dnb->bk", x, change))
        squares.append(np.einsum("kdnb,ldnb->bkl", x, x))
    solved: Vector = np.linalg.solve(sum(squares[1:], squares[0]), sum(tops[1:], tops[0])[..., None])
    return -solved[:, 0, 0]


def _simulated(path: Path, share: float, slope: float, noise: Vector, rng: np.random.Generator) -> Vector:
    """The path's law run again from its start on its own returns with redrawn noise, (days + 1, nodes, DRAWS)."""
    days, nodes = noise.shape
    drawn = noise[rng.integers(days, size=(days, DRAWS))].transpose(0, 2, 1)
    mean_change = np.diff(path.level, axis=0).mean(axis=0)
    drivers = path.drivers().mean(axis=0)
    constant = mean_change + share * drivers[:, 0] - (slope * drivers[:, 1] if path.returns is not None else 0.0)
    level = np.empty((days + 1, nodes, DRAWS))
    level[0] = path.level[0][:, None]
    for t in range(days):
        step = constant[:, None] - share * level[t] + drawn[t]
        if path.returns is not None:
            step = step + slope * path.returns[t] / np.exp(level[t])
        level[t + 1] = level[t] + np.clip(step, -1.0, 1.0)
    return level


def within_day(speed: float, day: float = DAY) -> float:
    """Share of a day's move left at its close, if a part came at the open and the rest evenly since."""
    x = speed * day * (1 - OVERNIGHT)
    return OVERNIGHT * math.exp(-x) + (1 - OVERNIGHT) * (-math.expm1(-x) / x if x > 0 else 1.0)


def diffusion(noise: Sequence[Vector], fitted: int, speed: float, day: float = DAY) -> Estimate:
    """Annual sd of the shocks behind daily residuals of one node: variance gathers as (1 - exp(-2 speed t)) / 2 speed.

    fitted: parameters that the residuals have paid for, beside each record's mean. The error holds for fat tails:
    sqrt((m4 - s^4) / n) / (2 s).
    """
    e = np.concatenate([n.reshape(-1) for n in noise])
    free = len(e) - len(noise) - fitted
    if free < 2:
        return UNKNOWN
    variance = float(e @ e) / free
    gathered = -math.expm1(-2 * speed * day) / (2 * speed) if speed > 0 else day
    fourth = float((e**4).mean())
    spread = math.sqrt(max(fourth - (float(e @ e) / len(e)) ** 2, 0.0) / len(e))
    sd = math.sqrt(variance / gathered)
    return Estimate(sd, spread / gathered / (2 * sd) if sd > 0 else 0.0, len(e))


def root_mean_square(values: Vector) -> Estimate:
    """sqrt(mean of squares), with an error that holds for fat tails."""
    if len(values) < 3:
        return UNKNOWN
    squares = values**2
    level = math.sqrt(float(squares.mean()))
    return Estimate(level, float(squares.std(ddof=1)) / math.sqrt(len(values)) / (2 * level), len(values))


def correlation(pairs: Sequence[tuple[Vector, Vector]]) -> Estimate:
    """Correlation of shocks scaled by each record's own sd; error from the influence a b - r (a^2 + b^2) / 2."""
    scaled = [(_standard(a), _standard(b)) for a, b in pairs if len(a) > 3 and a.std() > 0 and b.std() > 0]
    if not scaled:
        return UNKNOWN
    a, b = (np.concatenate(side) for side in zip(*scaled, strict=True))
    r = float((a * b).mean())
    r *= 1 + (1 - r * r) / (2 * len(a))  # Olkin and Pratt (1958): a sample's correlation is a little small
    influence = a * b - r * (a * a + b * b) / 2
    return Estimate(r, float(influence.std(ddof=1)) / math.sqrt(len(a)), len(a))


def _standard(values: Vector) -> Vector:
    scaled: Vector = (values - values.mean()) / values.std()
    return scaled


def response(pairs: Sequence[tuple[Vector, Vector]], lags: int = 1) -> Estimate:
    """Sum of the slopes of y on x of the same day and of the `lags` days before, each record with its own mean.

    pairs: (y, x) a record, daily changes with NaN if one is missing. The error is Newey and West's (1987) with
    4 (n / 100)^(2/9) lags within each record.
    """
    parts = [_lagged(y, x, lags) for y, x in pairs]
    parts = [(y, x) for y, x in parts if len(y) > lags + 3]
    if not parts:
        return UNKNOWN
    x, y = np.concatenate([b for _, b in parts]), np.concatenate([a for a, _ in parts])
    slopes = np.linalg.lstsq(x, y, rcond=None)[0]
    inverse = np.linalg.pinv(x.T @ x)
    reach = int(4 * (len(y) / 100) ** (2 / 9))
    meat = sum((_long_run(b * (a - b @ slopes)[:, None], reach) for a, b in parts), np.zeros_like(inverse))
    free = len(y) - len(parts) - lags - 1
    covariance = inverse @ meat @ inverse * len(y) / max(free, 1)
    return Estimate(float(slopes.sum()), math.sqrt(max(float(covariance.sum()), 0.0)), len(y))


def _lagged(y: Vector, x: Vector, lags: int) -> tuple[Vector, Vector]:
    columns = np.stack([x[lags - k : len(x) - k] for k in range(lags + 1)], axis=1) if len(x) > lags else x[:0, None]
    rest = y[lags:][: len(columns)]
    whole = np.isfinite(rest) & np.isfinite(columns).all(axis=1)
    rest, columns = rest[whole], columns[whole]
    return (rest - rest.mean(), columns - columns.mean(axis=0)) if len(rest) else (rest, columns)


def _long_run(scores: Vector, reach: int) -> Vector:
    total: Vector = scores.T @ scores
    for k in range(1, min(reach, len(scores) - 1) + 1):
        cross = scores[k:].T @ scores[:-k]
        total = total + (1 - k / (reach + 1)) * (cross + cross.T)
    return total
