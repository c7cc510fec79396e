"""What do funds that trade vol add to the facts of returns? Runs a calm year with each of them and fills its page.

`make studies` runs it; `python docs/studies/vol_funds.py added` fills one table. The record's figures need the daily
record of the S&P 500: SPIRAL_CRISES names the folder that has `long/daily_1987_2025.csv`; without it they stay as they
are on the page.
"""

from __future__ import annotations

import csv
import os
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from tables import fill, markdown

from analysis.numbers import Number
from scenarios import from_dict, load, run
from scenarios.studies.long_run import left_alone
from sim.estimate import Estimate

PAGE = Path(__file__).with_name("vol_funds.md")
PATHS, TICK = 1000, 130  # a year each; minutes
DAYS = 252
CALM = 0.16  # realised vol of a year, decimal
MAKERS = ("bank", "fast_maker", "swap_dealer")
NOTE = {"bonds": {"note": {"node": "us10y"}}}
VX = {"vx": {"venue": {"half_spread": 0.00125, "depth": 1.5e9, "impact": 0.1, "depth_power": 1.0, "depth_floor": 0.25}}}
Tables = dict[str, Any]
Vector = NDArray[np.float64]

PRODUCTS: Tables = {
    "inverse": {"type": "LeveredProduct", "capital": 6e9},
    "triple": {"type": "LeveredProduct", "leverage": 3.0, "capital": 6e9},
}
SHORT_VOL: Tables = {"short_vol": {"type": "LeveredProduct", "venue": "vx", "capital": 2e9}}
TARGET: Tables = {"target": {"type": "VolTargetFund", "capital": 20e9, "max_leverage": 1.5}}
PARITY: Tables = {"parity": {"type": "RiskParityFund", "capital": 20e9, "venues": ["asset", "note"]}}
TREND: Tables = {"trend": {"type": "TrendFollower", "capital": 10e9}}
VALUE: Tables = {"patient": {"type": "ValueInvestor", "capital": 15e9, "anchored": True, "speed": 0.1}}
INVESTORS: Tables = {"investors": {"capacity": 5e9}}
CASES: dict[str, Tables] = {  # agents, and of "investors" the table of the venue
    "makers alone": {},
    "levered products on the index, $12bn": PRODUCTS,
    "inverse product on vol futures, $2bn": SHORT_VOL,
    "vol-target fund, $20bn": TARGET,
    "risk parity with notes, $20bn": PARITY,
    "trend follower, $10bn": TREND,
    "value investor, $15bn": VALUE,
    "all sellers": PRODUCTS | SHORT_VOL | TARGET | PARITY | TREND,
    "all sellers, and investors who ask": PRODUCTS | SHORT_VOL | TARGET | PARITY | TREND | INVESTORS,
    "all sellers, and value": PRODUCTS | SHORT_VOL | TARGET | PARITY | TREND | VALUE,
}


def calm_year(added: Tables) -> Any:
    """The calm market for a year from its first day, told nothing, with makers and what is added."""
    tables = load("calm_market").to_dict()
    tables["clock"]["tick_minutes"] = TICK
    agents = {name: tables["agents"][name] for name in MAKERS}
    agents["bank"]["venues"] = [*agents["bank"]["venues"], "note", "vx"]
    tables["market"]["rates"] |= NOTE
    tables["market"]["vol_futures"] = VX
    tables["agents"] = agents | {name: table for name, table in added.items() if name != "investors"}
    if "investors" in added:
        tables["venue"]["asset"]["investors"] = added["investors"]
    scenario = left_alone(from_dict(tables), 1)
    return replace(scenario, run=replace(scenario.run, paths=PATHS, witnesses=0))


@cache
def returns(case: str) -> Vector:
    """Daily log returns of the asset, (paths, days)."""
    done = run(calm_year(CASES[case]), out=Path("runs/vol_funds") / f"{list(CASES).index(case)}", tables=["closes"])
    rows = done.closes.filter(pl.col("venue") == "asset").sort("path", "time").collect()
    closes = rows["mid"].to_numpy().reshape(PATHS, -1)
    return np.asarray(np.diff(np.log(closes), axis=1))


# --- figures of a year, (years,) each -------------------------------------------------------------------------------
def realised(r: Vector) -> Vector:
    """Decimal a year."""
    return np.asarray(r.std(axis=1) * np.sqrt(DAYS))


def kurtosis(r: Vector) -> Vector:
    """Excess."""
    z = r - r.mean(axis=1, keepdims=True)
    return np.asarray((z**4).mean(axis=1) / (z**2).mean(axis=1) ** 2 - 3)


def correlation(x: Vector, y: Vector) -> Vector:
    """Row by row."""
    x, y = (each - each.mean(axis=1, keepdims=True) for each in (x, y))
    return np.asarray((x * y).sum(axis=1) / np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1)))


def memory(lag: int) -> Any:
    """Autocorrelation of |r|."""
    return lambda r: correlation(np.abs(r[:, lag:]), np.abs(r[:, :-lag]))


def leverage(r: Vector) -> Vector:
    """Correlation of a return with the next day's |r|."""
    return correlation(r[:, :-1], np.abs(r[:, 1:]))


def tail(r: Vector) -> Vector:
    """Tail index of |r|: Hill's, of the largest 5 % of a year."""
    sizes = np.sort(np.abs(r - r.mean(axis=1, keepdims=True)), axis=1)[:, ::-1]
    top = max(int(0.05 * r.shape[1]), 2)
    return np.asarray(1 / np.log(sizes[:, :top] / sizes[:, top : top + 1]).mean(axis=1))


FIGURES: dict[str, Any] = {
    "realised vol": ("vol", realised),
    "excess kurtosis": ("", kurtosis),
    "tail index": ("", tail),
    "memory of sizes, 1 day": ("", memory(1)),
    "memory of sizes, 5 days": ("", memory(5)),
    "leverage, next day": ("", leverage),
}


def told(values: Vector, unit: Any, *, sign: bool = False) -> str:
    """Mean over years with its standard error."""
    found = Estimate.mean(values)
    text = str(Number(value=found.value, error=found.error, unit=unit, label=""))
    return f"+{text}" if sign and found.value > 0 else text


def added() -> str:
    """Figures of the makers alone, and by how much each case differs on the same random numbers."""
    base = returns(next(iter(CASES)))
    rows = []
    for case in CASES:
        first = returns(case) is base
        cells = [
            told(figure(returns(case)) - (0.0 if first else figure(base)), unit, sign=not first)
            for unit, figure in FIGURES.values()
        ]
        rows.append((case if first else f"with {case}", *cells))
    return markdown(("mean of a year", *FIGURES), rows)


def record() -> str:
    """Calm years of the S&P 500 and of two casts: those with a realised vol below `CALM`."""
    path = Path(os.environ["SPIRAL_CRISES"]) / "long" / "daily_1987_2025.csv"
    with path.open() as file:
        days = [(row["date"][:4], float(row["spx"])) for row in csv.DictReader(file) if row["spx"]]
    years: dict[str, list[float]] = {}
    for (_, before), (year, now) in pairwise(days):
        years.setdefault(year, []).append(np.log(now / before))
    whole = {year: np.array([r]) for year, r in years.items() if len(r) > 200 and year >= "1990"}
    calm = {year: r for year, r in whole.items() if realised(r)[0] < CALM}
    rows = []
    ours = [r[realised(r) < CALM] for r in map(returns, ("makers alone", "all sellers"))]
    for name, (unit, figure) in FIGURES.items():
        known = np.array([figure(r)[0] for r in calm.values()])
        low, middle, high = np.quantile(known, (0.05, 0.5, 0.95))
        shown = [str(Number(value=value, unit=unit, label="")) for value in (middle, low, high)]
        medians = [median(figure(year), unit) for year in ours]
        rows.append((name, shown[0], f"{shown[1]} to {shown[2]}", *medians))
    casts = [
        f"{name}, {len(year) / PATHS:.0%} of years" for name, year in zip(("makers", "sellers"), ours, strict=True)
    ]
    head = (f"years below {CALM:.0%}: median", f"S&P 500, {len(calm)} years", "5 to 95 %", *casts)
    return markdown(head, rows)


def median(values: Vector, unit: Any) -> str:
    """Median over years, with the standard error of the bootstrap."""
    random = np.random.Generator(np.random.Philox(1))
    drawn = np.median(values[random.integers(0, len(values), (500, len(values)))], axis=1)
    return str(Number(value=float(np.median(values)), error=float(drawn.std()), unit=unit, label=""))


TABLES = {"added": added} | ({"record": record} if "SPIRAL_CRISES" in os.environ else {})

if __name__ == "__main__":
    fill(PAGE, TABLES, sys.argv[1:])
