"""The stylised facts by name: how each is computed from a world's series, and its sign in real markets.

After Cont (2001), "Empirical properties of asset returns: stylized facts and statistical issues", Quantitative
Finance 1. Tick facts are computed from the witnesses' ticks, daily ones from the closes of all paths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis import stylised_facts as sf
from analysis.moments import count, per_unit, read
from analysis.series import FloatArray, IntArray, Series
from sim.columns import Unit
from sim.estimate import Estimate

Metric = Callable[[FloatArray], Estimate | None]
DAYS_OF_MEMORY = 5  # longest lag of the memory of |r|
WEEK, MONTH = 5, 21  # trading days


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One stylised fact: its function (None if the series is too short), and its sign in real markets.

    direction: +1 if it is higher in real markets than for independent normal returns, -1 if lower, 0 neither.
    """

    label: str
    read: Callable[[Series], Estimate | None]
    direction: int
    unit: Unit = "number"


def _daily(metric: Metric) -> Callable[[Series], Estimate | None]:
    return lambda s: metric(s.treated(s.daily))


def _ticks(metric: Callable[[Series, FloatArray], Estimate | None]) -> Callable[[Series], Estimate | None]:
    return lambda s: None if s.ticks is None else metric(s, s.treated(s.ticks))


def _kurtosis(s: Series, returns: FloatArray | None) -> Estimate | None:
    """Without the bias of fluctuations: over n paths a normal law's kurtosis is 6 / (n + 1) too low (Fisher 1930)."""
    if returns is None:
        return None
    found = sf.kurtosis(s.treated(returns))
    return found if s.treatment == "raw" else found + 6 / (len(returns) + 1)


def _kurtosis_over(days: int) -> Callable[[Series], Estimate | None]:
    return lambda s: _kurtosis(s, sf.aggregated(s.daily, days))


def _variance_ratio(s: Series, returns: FloatArray | None, steps: int) -> Estimate | None:
    """Fluctuations here are less the instants' means, not divided by deviations: sums must be sums of returns."""
    if returns is None:
        return None
    return sf.variance_ratio(returns if s.treatment == "raw" else returns - returns.mean(axis=0), steps)


def _variance_of_windows(s: Series, windows: IntArray | None) -> Estimate | None:
    """Of windows within the day over days; None if there are none, or where every tick is a close."""
    if s.ticks is None or s.days is None or windows is None or len(windows) == len(s.days):
        return None
    returns = s.ticks if s.treatment == "raw" else s.ticks - s.ticks.mean(axis=0)
    return sf.window_variance(returns, windows, s.days)


def _variance_of_ticks(s: Series) -> Estimate | None:
    return None if s.ticks is None else _variance_of_windows(s, np.arange(s.ticks.shape[1]))


def _variance_of_hours(s: Series) -> Estimate | None:
    """None if a tick is an hour or longer."""
    longer = s.ticks is not None and s.hours is not None and len(s.hours) < s.ticks.shape[1]
    return _variance_of_windows(s, s.hours) if longer else None


def _levels(values: Callable[[Series], FloatArray | None], metric: Metric) -> Callable[[Series], Estimate | None]:
    """Of levels that have no fluctuations, on the days that all paths know; None if there are fewer than 20."""

    def found(s: Series) -> Estimate | None:
        x = values(s) if s.treatment == "raw" else None
        x = None if x is None else x[:, np.isfinite(x).all(axis=0)]
        return None if x is None or x.size < sf.FEWEST else metric(x)

    return found


def _at(share: float) -> Metric:
    return lambda x: sf.quantile(x, share)


def realised_over_implied(s: Series) -> FloatArray | None:
    """(paths, months): vol of 21 days' returns, not about their mean, over the mean implied vol at whose closes they
    begin. NaN for a month in which implied vol is known on fewer than half of them."""
    if s.vol is None or s.daily.shape[1] < MONTH:
        return None
    months = s.daily.shape[1] // MONTH
    shape, days = (len(s.daily), months, MONTH), months * MONTH
    squares = (s.daily[:, :days] ** 2).reshape(shape).mean(axis=2)
    implied = s.vol[:, :days].reshape(shape)
    known = np.isfinite(implied).sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.where(2 * known >= MONTH, np.nansum(implied, axis=2) / known, np.nan)
        return np.asarray(np.sqrt(s.a_year * squares) / level)


def _realised(s: Series) -> Estimate | None:
    if s.treatment != "raw":
        return None
    x = sf.sample(s.daily)
    x = x - x.mean()
    return read(lambda square, n: np.sqrt(s.a_year * square / n), per_unit(x * x), count(x))


def _volume_volatility(s: Series) -> Estimate | None:
    if s.ticks is None or s.volume is None:
        return None
    if s.treatment == "raw":
        return sf.correlation(s.volume, np.abs(s.ticks))
    moves = (s.ticks.std(axis=0) > 1e-12) & (s.volume.std(axis=0) > 1e-9 * max(float(s.volume.max()), 1e-300))
    return sf.correlation(s.treated(s.volume[:, moves]), np.abs(s.treated(s.ticks[:, moves])))


def memory_lags(s: Series) -> list[int]:
    """Lags in ticks, evenly spread in ln k from one tick to five days."""
    longest = min(DAYS_OF_MEMORY * s.day, 0 if s.ticks is None else s.ticks.shape[1] // 2)
    return [int(k) for k in np.unique(np.geomspace(1, max(longest, 1), 16).round())]


def _memory(days: int) -> Fact:
    """corr(|r_t|, |r_{t+days}|)."""
    label = f"Memory of daily |r|, {_days(days)}"
    return Fact(label=label, direction=1, read=_daily(lambda r: sf.autocorrelation(np.abs(r), days)))


def _leverage(days: int) -> Fact:
    """corr(r_t, |r_{t+days}|)."""
    label = f"Leverage of daily |r|, {_days(days)} later"
    return Fact(label=label, direction=-1, read=_daily(lambda r: sf.leverage_size(r, days)))


def _zumbach(name: str, days: int) -> Fact:
    return Fact(label=f"Zumbach effect, {name}", direction=1, read=_daily(lambda r: sf.zumbach(r, days)))


def _implied_at(percent: str) -> Fact:
    read = _levels(lambda s: s.vol, _at(float(percent) / 100))
    return Fact(label=f"Implied vol, {percent} % quantile", direction=0, read=read, unit="vol")


def _months_at(percent: str) -> Fact:
    read = _levels(realised_over_implied, _at(float(percent) / 100))
    return Fact(label=f"Realised / implied, months, {percent} %", direction=0, read=read)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


FACTS: dict[str, Fact] = {
    "kurtosis_tick": Fact(label="Excess kurtosis, tick", direction=1, read=lambda s: _kurtosis(s, s.ticks)),
    "kurtosis_1d": Fact(label="Excess kurtosis, 1 day", direction=1, read=_kurtosis_over(1)),
    "kurtosis_5d": Fact(label="Excess kurtosis, 5 days", direction=1, read=_kurtosis_over(5)),
    "kurtosis_20d": Fact(label="Excess kurtosis, 20 days", direction=1, read=_kurtosis_over(20)),
    "tail_losses": Fact(
        label="Tail index of losses, tick, top 1 %", direction=-1, read=_ticks(lambda s, r: sf.tail_index(-r))
    ),
    "tail_gains": Fact(
        label="Tail index of gains, tick, top 1 %", direction=-1, read=_ticks(lambda s, r: sf.tail_index(r))
    ),
    "tail_daily": Fact(
        label="Tail index of |r|, 1 day, top 1 %", direction=-1, read=_daily(lambda r: sf.tail_index(np.abs(r)))
    ),
    "skewness": Fact(label="Skewness, 1 day", direction=-1, read=_daily(sf.skewness)),
    "gain_loss": Fact(label="Worst 5 % over best 5 %, 1 day", direction=1, read=_daily(sf.gain_loss)),
    "acf_1": Fact(
        label="Autocorrelation of r, 1 tick", direction=0, read=_ticks(lambda s, r: sf.autocorrelation(r, 1))
    ),
    "acf_2": Fact(
        label="Autocorrelation of r, 2 ticks", direction=0, read=_ticks(lambda s, r: sf.autocorrelation(r, 2))
    ),
    "variance_tick": Fact(label="Variance of ticks over days", direction=0, read=_variance_of_ticks),
    "variance_hour": Fact(label="Variance of hours over days", direction=0, read=_variance_of_hours),
    "variance_week": Fact(
        label="Variance of weeks over days",
        direction=0,
        read=lambda s: _variance_ratio(s, s.daily, WEEK),
    ),
    "acf_abs_1": Fact(
        label="Autocorrelation of |r|, 1 tick",
        direction=1,
        read=_ticks(lambda s, r: sf.autocorrelation(np.abs(r), 1)),
    ),
    "acf_abs_1d": Fact(
        label="Autocorrelation of |r|, 1 day",
        direction=1,
        read=_ticks(lambda s, r: sf.autocorrelation(np.abs(r), s.day)),
    ),
    "acf_abs_5d": Fact(
        label="Autocorrelation of |r|, 5 days",
        direction=1,
        read=_ticks(lambda s, r: sf.autocorrelation(np.abs(r), DAYS_OF_MEMORY * s.day)),
    ),
    "acf_square_1": Fact(
        label="Autocorrelation of r², 1 tick", direction=1, read=_ticks(lambda s, r: sf.autocorrelation(r * r, 1))
    ),
    "decay": Fact(
        label="Decay exponent of the acf of |r|",
        direction=0,
        read=_ticks(lambda s, r: sf.decay_exponent(np.abs(r), memory_lags(s))),
    ),
    **{f"memory_{days}d": _memory(days) for days in (1, 5, 20, 100)},
    "leverage_1": Fact(
        label="Leverage correlation, next tick",
        direction=-1,
        read=_ticks(lambda s, r: sf.leverage_correlation(r, [1])),
    ),
    "leverage_1d": Fact(
        label="Leverage correlation, next day",
        direction=-1,
        read=_ticks(lambda s, r: sf.leverage_correlation(r, range(1, s.day + 1))),
    ),
    **{f"leverage_size_{days}d": _leverage(days) for days in (1, 5, 10)},
    "zumbach_week": _zumbach("weeks", WEEK),
    "zumbach_month": _zumbach("months", MONTH),
    "volume_volatility": Fact(label="Correlation of volume and |r|, tick", direction=1, read=_volume_volatility),
    "realised": Fact(label="Realised vol, closes", direction=0, read=_realised, unit="vol"),
    **{f"implied_{name}": _implied_at(name) for name in ("5", "50", "95", "99.9")},
    "realised_over_implied": Fact(
        label="Realised / implied, months, mean",
        direction=0,
        read=_levels(realised_over_implied, sf.mean),
    ),
    "realised_over_implied_5": _months_at("5"),
    "realised_over_implied_95": _months_at("95"),
}
