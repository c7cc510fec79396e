"""Several desks that sold the same claim side by side, on the same paths: what a policy changes, and nothing else."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from markets.costs import TRADING_COSTS
from scenarios.scenario import Scenario
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.dataset import Run
from sim.sessions import TRADING_DAYS

Samples = NDArray[np.float64]
START = date(2021, 1, 1)
MARKS = 1_500_000  # rows of marks kept in memory by a chunk, about 0.4 GB
CALL: dict[str, Any] = {"kind": "call", "strike": 100.0, "quantity": -1.0}


def side_by_side(
    policies: Mapping[str, Mapping[str, Any]],
    *,
    paths: int,
    days: int,
    ticks_a_day: int,
    vol: float = 0.2,
    realised: float | None = None,
    kappa: float = 0.0,
    claim: Mapping[str, Any] = CALL,
    growth: float | None = None,
    latency: int = 1,
) -> Scenario:
    """One desk a policy, each short `claim` on S = 100 to the end; no rates, no lender, no feedback, mid +- `kappa`.

    The calendar never closes: a day is 1/252 year of `ticks_a_day` equal ticks, and marks are daily. `realised`: vol of
    the paths (default: `vol`, the implied one). `growth`: of ln S a year, -realised^2/2 by default, so that S is a
    martingale. `latency`: seconds an order takes; with 1 the order sent at expiry never arrives, and the desk pays no
    cost of going to the payoff's delta (but what is sent at a midnight waits for the first tick of the day: for desks
    with many looks a day).
    """
    moved = vol if realised is None else realised
    drift = -(moved**2) / 2 if growth is None else growth
    last = START + timedelta(days=days)
    level = {"vol": vol, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0, "realised": moved}
    anchors = [
        {"date": START, "spot": 100.0, **level},
        {"date": last, "spot": 100.0 * math.exp(drift * days / TRADING_DAYS), **level},
    ]
    desk = {"type": "Hedger", "capital": 1e6, "book": [{**claim, "expiry": last}], "latency_seconds": latency}
    desks = {name: {**desk, "policy": {"interval": "tick", **policy}} for name, policy in policies.items()}
    chunk = MARKS // (days * (len(policies) + 1))  # many short ticks cost more than many paths: as large as memory lets
    run = {"paths": paths, "chunk": min(max(chunk, 1024), 4096)}
    scenario = textbook(agents={**desks, "maker": MAKER}, anchors=anchors, asset={"half_spread": kappa}, run=run)
    clock = dataclasses.replace(
        scenario.clock, calendar="24/7", tick_minutes=1440 // ticks_a_day, days_a_year=TRADING_DAYS
    )
    return dataclasses.replace(scenario, clock=clock)


def marks(run: Run, agent: str) -> pl.LazyFrame:
    """The marks of one agent."""
    return run.marks.filter(pl.col("agent") == agent)


def final(run: Run, agent: str, column: str = "pnl") -> Samples:
    """A column of an agent's last mark, (paths,) $."""
    frame = marks(run, agent).filter(pl.col("time") == pl.col("time").max()).sort("path")
    samples: Samples = frame.select(column).collect()[column].to_numpy()
    return samples


def over_time(run: Run, agent: str, *columns: str) -> tuple[Samples, ...]:
    """Columns of an agent's marks, (marks, paths) each, from the start on."""
    frame = marks(run, agent).sort("time", "path").select("time", *columns).collect()
    return tuple(frame[c].to_numpy().reshape(frame["time"].n_unique(), -1) for c in columns)


def spread_paid(run: Run, agent: str) -> Samples:
    """Spread and impact that an agent has paid by each mark, (marks, paths) $."""
    paid: Samples = -np.sum(over_time(run, agent, *TRADING_COSTS), axis=0)
    return paid


def spot_at_closes(run: Run) -> Samples:
    """Spot at the closes, (closes, paths) $."""
    frame = run.closes.sort("time", "path").select("time", "mid").collect()
    spot: Samples = frame["mid"].to_numpy().reshape(frame["time"].n_unique(), -1)
    return spot
