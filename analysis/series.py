"""Return series of a run's asset: daily over all paths, tick by tick over the witnesses; raw, or as fluctuations.

A crisis has a storyline: on 12 March every path falls. The raw returns of one path contain the storyline's drift and
its rise of volatility, which alone cause fat tails and slow decay. Fluctuations are without it: each return less the
ensemble's mean at that instant, over the ensemble's standard deviation at that instant. Fat tails and memory in these
come from the market itself. The raw figure is what one would measure on a single history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis import frames
from analysis.calendar_days import closes_a_year
from sim.dataset import Run
from sim.errors import UserError
from sim.sessions import TRADING_DAYS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Times = NDArray[np.datetime64]
Treatment = Literal["fluctuations", "raw"]
FEWEST = 20  # least number of paths for the mean and deviation of an instant


@dataclass(frozen=True, eq=False)
class Series:
    """The series from which the facts of one world are computed. `daily`: (paths, days) ln returns from close to close.

    `ticks`: (witnesses, ticks) ln returns, the night's among them; `volume`: what agents traded in each tick, units of
    the asset; None without witnesses. `day`: ticks a trading day. The treatment says what `treated` makes of returns.
    `vol`: (paths, days + 1) implied vol at the closes, decimals. `days`, `hours`: the tick of `ticks` with which each
    trading day and each hour of trading begins; the night, where there is one, is an hour of its own. `a_year`: closes.
    """

    daily: FloatArray
    ticks: FloatArray | None
    volume: FloatArray | None
    day: int
    treatment: Treatment = "raw"
    vol: FloatArray | None = None
    days: IntArray | None = None
    hours: IntArray | None = None
    a_year: float = TRADING_DAYS

    def treated(self, returns: FloatArray) -> FloatArray:
        """The returns as they are, or as fluctuations."""
        return returns if self.treatment == "raw" else fluctuations(returns)


def series(run: Run, *, world: str = "actual", treatment: Treatment = "fluctuations") -> Series:
    """The series of a world. Raises UserError for a world that the run has not."""
    world = frames.check_world(run, world)
    ticks, volume = _ticks(run, world)
    clock = run.manifest["clock"]
    day = max(round((int(clock["ticks"]) - 1) / max(int(clock["days"]), 1)), 1)
    daily, vol = _closes(run, world)
    days, hours = _windows(run, world)
    return Series(daily, ticks, volume, day, treatment, vol, days, hours, closes_a_year(run))


def fluctuations(returns: FloatArray) -> FloatArray:
    """Each return less the mean over paths at its instant, over the standard deviation there: (paths, instants kept).

    Instants at which the paths do not differ are left out.
    Raises UserError for fewer than 20 paths, and where no instant is left.
    """
    if len(returns) < FEWEST:
        rule = f"fluctuations are measured around the mean of {FEWEST} paths or more"
        raise UserError(rule, value=len(returns), remedy="more --paths and --witnesses, or raw returns")
    spread = returns.std(axis=0, ddof=1)
    moves = spread > 1e-12
    if not moves.any():
        rule, remedy = "returns vary over paths", "a scenario with noise: market.realised_ratio above 0"
        raise UserError(rule, value="the same on every path", remedy=remedy)
    return np.asarray((returns - returns.mean(axis=0))[:, moves] / spread[moves])


def hour_starts(ends: Times, days: IntArray) -> IntArray:
    """First tick of each hour of trading. ends: (ticks,) when each tick ends; days: first tick of each trading day.

    The first tick of a day stands alone, it may be the night's; after it every hour begins a new one.
    """
    first = np.repeat(ends[days], np.diff(days, append=ends.size))
    hour = np.ceil((ends - first) / np.timedelta64(1, "h"))
    begins = np.diff(hour, prepend=-1.0) != 0
    begins[days] = True
    return np.flatnonzero(begins)


@frames.once
def _closes(run: Run, world: str) -> tuple[FloatArray, FloatArray]:
    closes = frames.asset_closes(run).filter(pl.col("world") == world).select("path", "time", "mid", "vol")
    found = closes.sort("path", "time").collect()
    return _returns(found), found["vol"].to_numpy().reshape(found["path"].n_unique(), -1)


@frames.once
def _windows(run: Run, world: str) -> tuple[IntArray | None, IntArray | None]:
    """First tick of each day and of each hour; None without witnesses."""
    market = frames.table(run, "market")
    if market is None or not run.manifest["witnesses"]:
        return None, None
    of = (pl.col("world") == world) & (pl.col("venue") == frames.ASSET) & (pl.col("path") == 0)
    ends = market.filter(of).sort("time").collect()["time"].to_numpy()[1:]
    closes = frames.asset_closes(run).filter(pl.col("world") == world).select(pl.col("time").unique().sort())
    day = np.searchsorted(closes.collect()["time"].to_numpy(), ends)
    days = np.flatnonzero(np.diff(day, prepend=-1))
    return days, hour_starts(ends, days)


@frames.once
def _ticks(run: Run, world: str) -> tuple[FloatArray | None, FloatArray | None]:
    market = frames.table(run, "market")
    if market is None:
        return None, None
    asset = (pl.col("world") == world) & (pl.col("venue") == frames.ASSET)
    ticks = market.filter(asset).select("path", "time", "mid")
    volume = pl.lit(0.0)
    trades = frames.table(run, "trades")
    if trades is not None:
        traded = trades.filter(asset).group_by("path", "time").agg(volume=pl.col("quantity").abs().sum())
        ticks, volume = ticks.join(traded, on=["path", "time"], how="left"), pl.col("volume").fill_null(0.0)
    found = ticks.with_columns(volume=volume).sort("path", "time").collect()
    paths = found["path"].n_unique()
    return _returns(found), found["volume"].to_numpy().reshape(paths, -1)[:, 1:]


def _returns(levels: pl.DataFrame) -> FloatArray:
    """ln returns (paths, steps) of path, time, mid, sorted."""
    mids = levels["mid"].to_numpy().reshape(levels["path"].n_unique(), -1)
    return np.asarray(np.diff(np.log(mids), axis=1))
