"""What a day adds to the squared returns, clock by clock."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenarios.files.record_rows import RANGE
from scenarios.studies.estimation.daily_record import DailyRecord

Vector = NDArray[np.float64]


def squares(record: DailyRecord, clock: str) -> Vector:
    """(days - 1,) squared ln S, NaN if open, high or low is not known.

    closes: r^2. sessions: night^2 + (close / open)^2. ticks: night^2 + Rogers and Satchell (1991, Annals of Applied
    Probability 1), ln(H/C) ln(H/O) + ln(L/C) ln(L/O), for the sum of the session's tick squares: free of drift, and on
    average a little below it as the true extremes fall between ticks.
    """
    returns = record.log_changes("spot")
    if clock == "closes":
        return np.asarray(returns**2)
    if not set(RANGE.values()) <= set(record.levels):
        return np.full(len(returns), np.nan)
    close, start, high, low = (np.log(record.levels[key]) for key in ("spot", "open", "high", "low"))
    night = start[1:] - close[:-1]
    if clock == "sessions":
        both: Vector = night**2 + (close - start)[1:] ** 2
        return np.where(np.isfinite(high + low)[1:], both, np.nan)
    inside = (high - close) * (high - start) + (low - close) * (low - start)
    return np.asarray(night**2 + np.maximum(inside[1:], 0.0))  # below zero only by rounded prices


def filled_squares(record: DailyRecord, clock: str) -> Vector:
    """(days - 1,): where a clock is not known the close's square, in the two's mean proportion where both are."""
    told, closes = squares(record, clock), squares(record, "closes")
    if clock == "closes":
        return closes
    known = np.isfinite(told)
    if not known.any():
        return closes
    return np.where(known, told, closes * (told[known].mean() / closes[known].mean()))
