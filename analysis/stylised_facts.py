"""Stylised facts of returns (Cont 2001, Quantitative Finance 1): tails, memory, asymmetry, each with a standard error.

Every function takes an array of returns (paths, steps), or (steps,) for one path, pools all paths and steps, and gives
an `Estimate`. Paths are independent of one another; steps of a path need not be. Mean and variance are those of the
pool, so that short paths bring no bias. Raises UserError for an array that is not so, is not finite, does not vary, or
is too short for the lag.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.moments import count, per_unit, read
from sim.errors import UserError
from sim.estimate import Estimate

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
TAIL = 0.01  # share of the pool in a tail
FEWEST = 20  # least number of points in a tail
CLEAR = 3.5  # standard errors


def sample(returns: ArrayLike) -> FloatArray:
    """The returns as a finite, varying (paths, steps) array."""
    x = np.atleast_2d(np.asarray(returns, dtype=float))
    if x.ndim != 2 or x.size < 2:
        raise UserError("returns are an array (paths, steps) of two values or more", value=str(np.shape(returns)))
    if not np.isfinite(x).all():
        raise UserError("returns are finite", value=f"{np.count_nonzero(~np.isfinite(x))} that are not")
    if float(np.ptp(x)) <= 1e-12 * float(np.abs(x).max()):
        raise UserError("returns vary", value=f"all {x.flat[0]:.6g}", remedy="a price that stands still has no facts")
    return x


def mean(values: ArrayLike) -> Estimate:
    """Mean of the pool."""
    x = np.atleast_2d(np.asarray(values, dtype=float))
    return read(lambda s, n: s / n, per_unit(x), count(x))


def skewness(returns: ArrayLike) -> Estimate:
    """m3 / m2^1.5, m_k the central moments of the pool: 0 for a symmetric law."""
    return _central(_third, sample(returns), 3)


def kurtosis(returns: ArrayLike) -> Estimate:
    """Excess kurtosis m4 / m2^2 - 3: 0 for a normal law. Its error needs the eighth moment to exist."""
    return _central(_fourth, sample(returns), 4)


def aggregated(returns: ArrayLike, steps: int) -> FloatArray:
    """Log returns summed over windows of `steps` that do not overlap, (paths, windows); a rest at the end is left out.

    Their kurtosis at growing `steps` is aggregational Gaussianity.
    """
    x = np.atleast_2d(np.asarray(returns, dtype=float))
    windows = x.shape[1] // check_lag(x, steps, spare=0)
    return np.asarray(x[:, : windows * steps].reshape(len(x), windows, steps).sum(axis=2))


def correlation(x: ArrayLike, y: ArrayLike) -> Estimate:
    """Pearson's correlation of two arrays of the same shape over all their pairs."""
    a, b = _unit_scaled(sample(x)), _unit_scaled(sample(y))
    moments = (a, b, a * a, b * b, a * b)
    return read(_pearson, count(a), *(per_unit(m) for m in moments))


def autocorrelation(returns: ArrayLike, lag: int) -> Estimate:
    """corr(r_t, r_{t+lag}). Give |r| or r^2 for the memory of volatility."""
    x = np.atleast_2d(np.asarray(returns, dtype=float))
    check_lag(x, lag)
    return correlation(x[:, :-lag], x[:, lag:])


def leverage_correlation(returns: ArrayLike, lags: Sequence[int]) -> Estimate:
    """corr(r_t, r_{t+k}^2), averaged over the lags k: below zero where falls raise volatility (Cont 2001, fact 9)."""
    x = np.atleast_2d(np.asarray(returns, dtype=float))
    found = [correlation(x[:, : -check_lag(x, k)], x[:, k:] ** 2) for k in lags]
    return Estimate.weighted(found, [1 / len(found)] * len(found))


def leverage_size(returns: ArrayLike, lag: int) -> Estimate:
    """corr(r_t, |r_{t+lag}|): below zero where falls raise volatility.

    |r| instead of r^2: with the tails of markets the error of r^2 is not finite.
    """
    x = np.atleast_2d(np.asarray(returns, dtype=float))
    check_lag(x, lag)
    return correlation(x[:, :-lag], np.abs(x[:, lag:]))


def zumbach(returns: ArrayLike, steps: int) -> Estimate:
    """Zumbach effect: past moves predict later activity better than past activity predicts later moves; > 0 in markets.

    corr(|R-|, A+) - corr(A-, |R+|): R sum of the returns over `steps`, A root of the sum of their squares, - before and
    + after an instant. 0 for every law that is the same in reversed time, white noise and volatilities that ignore the
    returns among them. After Zumbach and Lynch (2001), Physica A 298, and Zumbach (2009), Quantitative Finance 9(5),
    who compare volatilities at a coarse and a fine grain.
    """
    x = np.atleast_2d(np.asarray(returns, dtype=float))
    check_lag(x, 4 * steps, spare=0)  # fewer are all of one season
    move, activity = np.abs(_rolling(x, steps)), np.sqrt(np.maximum(_rolling(x * x, steps), 0.0))
    forward = correlation(move[:, :-steps], activity[:, steps:])
    return forward - correlation(activity[:, :-steps], move[:, steps:])


def window_variance(returns: ArrayLike, windows: IntArray, longer: IntArray) -> Estimate:
    """Sum of squares of the windows' returns over that of longer windows' returns; 1 for a random walk.

    windows, longer: first step of each window, (windows,), increasing from 0; each ends where the next begins, and the
    longer ones are made of whole windows. Both cover all steps, so this is the ratio of their variances in one time of
    trading. No mean is taken out.
    """
    x = sample(returns)
    squares = np.add.reduceat(x, windows, axis=1) ** 2
    fine = np.add.reduceat(squares, np.searchsorted(windows, longer), axis=1)  # (paths, longer windows)
    coarse = np.add.reduceat(x, longer, axis=1) ** 2
    return read(lambda top, bottom: top / bottom, per_unit(fine), per_unit(coarse))


def quantile(values: ArrayLike, share: float) -> Estimate:
    """The `share` quantile of the pool, linearly interpolated.

    Its error is that of the share of values below it, over the density there, which is taken between the quantiles
    half as far from the nearer end again on both sides (Bahadur 1966, Annals of Mathematical Statistics 37).
    """
    x = np.atleast_2d(np.asarray(values, dtype=float))
    step = min(share, 1 - share) / 2
    low, value, high = np.quantile(x, [share - step, share, share + step])
    n, below = count(x), per_unit((x <= value).astype(float))
    spread = float(high - low) / (2 * step)  # 1 / density
    return Estimate.of(float(value), n.size * (share * n - below) * spread / x.size)


def leverage_moment(returns: ArrayLike, lag: int) -> Estimate:
    """E[r_t r_{t+lag}^2], in the cube of the returns' unit; r is taken as it is, not about its mean.

    (Bouchaud, Matacz and Potters 2001, Physical Review Letters 87, divide it by E[r^2]^2.)
    """
    x = sample(returns)
    check_lag(x, lag)
    return mean(x[:, :-lag] * x[:, lag:] ** 2)


def tail_index(returns: ArrayLike, *, share: float = TAIL) -> Estimate:
    """Hill's (1975) estimate of a, P(X > x) ~ x^-a, from the largest `share` of the pool: 1 / mean(ln(x / threshold)).

    Give |r| for both tails together and -r for losses. It is biased if the tail is not a pure power there: for any law
    it is about 1 / (mean excess of ln x), 8 at the top 1 % of a normal one. The error allows for dependence along a
    path. Raises UserError if the tail has fewer than 20 points or reaches zero.
    """
    x = sample(returns)
    points = int(share * x.size)
    if not 0 < share < 1 or points < FEWEST:
        rule = f"a tail has {FEWEST} points or more"
        raise UserError(rule, value=f"{share:g} of {x.size}", remedy="more paths, or a larger share")
    threshold = float(np.partition(x, -points - 1, axis=None)[-points - 1])
    if threshold <= 0:
        raise UserError("a tail lies above zero", value=f"threshold {threshold:.3g}", remedy="a smaller share")
    beyond = np.log(np.maximum(x, threshold) / threshold)
    return read(lambda k, excess: k / excess, per_unit((x > threshold).astype(float)), per_unit(beyond))


def gain_loss(returns: ArrayLike, *, share: float = 0.05) -> Estimate:
    """Mean loss in the worst `share` over the mean gain in the best: 1 where large losses and gains are alike."""
    x = sample(returns)
    low, high = np.quantile(x, [share, 1 - share])
    # Rockafellar and Uryasev (2000): q + E[(x - q)+] / share does not move, to first order, with the threshold q.
    short, over = per_unit(np.maximum(low - x, 0.0)), per_unit(np.maximum(x - high, 0.0))
    return read(lambda n, s, o: (-low + s / (share * n)) / (high + o / (share * n)), count(x), short, over)


def variance_ratio(returns: ArrayLike, steps: int) -> Estimate:
    """Var of the sum of `steps` returns over the sum of their variances (Lo and MacKinlay 1988); windows overlap.

    1 without autocorrelation, below where moves revert. The mean of the pool is taken out.
    """
    x = sample(returns)
    check_lag(x, steps, spare=0)
    x = x - x.mean()
    return read(lambda top, bottom: top / bottom, per_unit(_rolling(x, steps) ** 2), per_unit(_rolling(x * x, steps)))


def decay_exponent(values: ArrayLike, lags: Sequence[int]) -> Estimate | None:
    """b in acf(k) ~ k^-b: minus the slope of ln acf on ln k over the lags whose acf is above 3.5 standard errors.

    Give |r|: Cont (2001) finds 0.2 to 0.4. None if fewer than four lags are that clear of zero. The error takes the
    choice of lags as given.
    """
    found = {lag: autocorrelation(values, lag) for lag in lags}
    clear = {k: r for k, r in found.items() if r.standard_errors > CLEAR}
    if len(clear) < 4:
        return None
    x = np.log(list(clear))
    slope = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    logs = [Estimate.of(float(np.log(r.value)), r.pull / r.value) for r in clear.values()]  # delta method
    return Estimate.weighted(logs, [-float(w) for w in slope])


def check_lag(x: FloatArray, lag: int, spare: int = 1) -> int:
    """The lag, if the series is long enough for it."""
    if not 1 <= lag <= x.shape[1] - spare:
        raise UserError(f"a lag is from 1 to {x.shape[1] - spare} steps of the series", value=lag)
    return lag


def _unit_scaled(x: FloatArray) -> FloatArray:
    """About the pool's mean, in its standard deviations: sums of powers lose no figures."""
    return np.asarray((x - x.mean()) / x.std())


def _central(figure: Callable[..., FloatArray], x: FloatArray, highest: int) -> Estimate:
    z = _unit_scaled(x)
    power, moments = z, [count(z), per_unit(z)]
    for _ in range(highest - 1):
        power = power * z
        moments.append(per_unit(power))
    return read(figure, *moments)


def _third(n: FloatArray, s1: FloatArray, s2: FloatArray, s3: FloatArray) -> FloatArray:
    m = s1 / n
    return np.asarray((s3 / n - 3 * m * s2 / n + 2 * m**3) / (s2 / n - m**2) ** 1.5)


def _fourth(n: FloatArray, s1: FloatArray, s2: FloatArray, s3: FloatArray, s4: FloatArray) -> FloatArray:
    m = s1 / n
    return np.asarray((s4 / n - 4 * m * s3 / n + 6 * m**2 * s2 / n - 3 * m**4) / (s2 / n - m**2) ** 2 - 3)


def _pearson(n: FloatArray, x: FloatArray, y: FloatArray, xx: FloatArray, yy: FloatArray, xy: FloatArray) -> FloatArray:
    spread = np.sqrt((xx / n - (x / n) ** 2) * (yy / n - (y / n) ** 2))
    return np.asarray((xy / n - x * y / n**2) / spread)


def _rolling(x: FloatArray, steps: int) -> FloatArray:
    """Sums over windows of `steps` that overlap, (paths, steps of x - steps + 1)."""
    sums = np.concatenate([np.zeros((len(x), 1)), np.cumsum(x, axis=1)], axis=1)
    return np.asarray(sums[:, steps:] - sums[:, :-steps])
