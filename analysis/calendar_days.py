"""The calendar of a run, from its manifest: the day of a close, and the number of days in a year."""

from __future__ import annotations

import polars as pl

from sim.clock import CONTINUOUS
from sim.dataset import Run
from sim.sessions import TRADING_DAYS


def calendar_of(run: Run) -> str:
    """Name of its calendar."""
    clock = (run.manifest.get("scenario") or {}).get("clock") or {}
    return str(clock.get("calendar", "XNYS"))


def is_continuous(run: Run) -> bool:
    """Whether it ran on the textbooks' calendar instead of an exchange's."""
    return calendar_of(run) == CONTINUOUS


def days_a_year(run: Run) -> float:
    """Trading days that make a year of variance; 252 for runs that do not say."""
    return float((run.manifest.get("clock") or {}).get("days_a_year", TRADING_DAYS))


def closes_a_year(run: Run) -> float:
    """Closes in a year of variance: the trading days, or, where every tick is a close, the ticks."""
    return float((run.manifest.get("clock") or {}).get("closes_a_year", TRADING_DAYS))


def day_of(run: Run, time: str = "time") -> pl.Expr:
    """The trading day that a close belongs to, as a date: one at midnight ends its day, and begins none.

    On the continuous calendar a date is its own midnight.
    """
    moment = pl.col(time)
    return (moment if is_continuous(run) else moment - pl.duration(microseconds=1)).dt.date()
