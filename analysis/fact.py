"""The stylised facts by name: how each is read from a world's series, and which way real markets have it.

After Cont (2001), "Empirical properties of asset returns: stylized facts and statistical issues", Quantitative
Finance 1. Tick facts are read from the witnesses' ticks, daily ones from the closes of all paths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis import stylised_facts as sf
from analysis.readings import Reading
from analysis.series import FloatArray, Series

DAYS_OF_MEMORY = 5  # longest lag of the memory of |r|


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One stylised fact: how it is read (None where the series is too short), and which way markets have it.

    direction: +1 where real markets have it above the value of independent normal returns, -1 below, 0 neither way.
    """

    label: str
    read: Callable[[Series], Reading | None]
    direction: int


def _daily(metric: Callable[[FloatArray], Reading | None]) -> Callable[[Series], Reading | None]:
    return lambda s: metric(s.treated(s.daily))


def _ticks(metric: Callable[[Series, FloatArray], Reading | None]) -> Callable[[Series], Reading | None]:
    return lambda s: None if s.ticks is None else metric(s, s.treated(s.ticks))


def _kurtosis(s: Series, returns: FloatArray | None) -> Reading | None:
    """Of fluctuations without their bias: over n paths a normal law's kurtosis reads 6 / (n + 1) low (Fisher 1930)."""
    if returns is None:
        return None
    found = sf.kurtosis(s.treated(returns))
    return found if s.treatment == "raw" else Reading(found.value + 6 / (len(returns) + 1), found.pull)


def _kurtosis_over(days: int) -> Callable[[Series], Reading | None]:
    return lambda s: _kurtosis(s, sf.aggregated(s.daily, days))


def _variance_ratio(s: Series, returns: FloatArray | None, steps: int) -> Reading | None:
    """Of fluctuations: about the instants' means, but not over their deviations, for sums must be sums of returns."""
    if returns is None:
        return None
    return sf.variance_ratio(returns if s.treatment == "raw" else returns - returns.mean(axis=0), steps)


def _volume_volatility(s: Series) -> Reading | None:
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
    "variance_ratio_1d": Fact(
        label="Variance ratio, 1 day of ticks",
        direction=0,
        read=lambda s: _variance_ratio(s, s.ticks, s.day),
    ),
    "variance_ratio_5d": Fact(
        label="Variance ratio, 5 days",
        direction=0,
        read=lambda s: _variance_ratio(s, s.daily, 5),
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
    "volume_volatility": Fact(label="Correlation of volume and |r|, tick", direction=1, read=_volume_volatility),
}
