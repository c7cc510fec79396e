"""Figures of lesson 5: the rise of the yield over leverage, the cliff of a buffer, the 30Y gilt and its twin."""

from __future__ import annotations

import math

import polars as pl
from slides import unjoined

from analysis.charts import Chart
from analysis.charts.validation import lines
from scenarios import open_run
from tests.documents import sessions

PAGE = "docs/lessons/5_rates_crisis.md"
ASSETS, DURATION, PER_BN = 120.0, 22.0, 0.6e-4  # bn $, years, yield a bn $


def figures() -> dict[str, Chart]:
    return {"gilt": gilt(), "buffers": buffers(), "crisis": crisis(), "radius": radius()}


def printed(command: str) -> str:
    """What the lesson shows of a script, which the tests hold against what it prints."""
    (shown,) = [shown for each, shown in sessions(PAGE) if each == command]
    return shown


def end(shock: float, leverage: float = 3.0, buffer: float = 0.0) -> float:
    """Rise of the yield in the end, bp: the lesson's recursion."""
    held, debt, rise = ASSETS, ASSETS * (1 - 1 / leverage), shock
    for _ in range(200):
        price = math.exp(-DURATION * rise / 1e4)
        equity = held * price - debt
        sale = max(held * price - leverage * equity, 0.0)
        if rise == shock and equity > (1 - buffer) * ASSETS / leverage:
            return shock
        held, debt, rise = held - sale / price, debt - sale, rise + 1e4 * PER_BN * sale
    return rise


def gilt() -> Chart:
    rows = [line.split() for line in printed("python gilt.py").splitlines()[1:]]
    measured = [("in the end, measured", float(row[0]), float(row[5])) for row in rows]
    grid = [1 + i / 20 for i in range(61)]
    theory = [("in the end, measured", each, end(50, each)) for each in grid]
    chart = lines(
        pl.DataFrame(measured, schema=["series", "x", "y"], orient="row"),
        curve=pl.DataFrame(theory, schema=["series", "x", "y"], orient="row"),
        title="Three times levered, 50 bp become 69",
        said="$120bn of 22-year gilts, $1bn sold moves the yield by 0.6 bp. Points: engine; dashed: round by round.",
        x="leverage",
        y="rise of the yield, bp",
    )
    return unjoined(chart)


def buffers() -> Chart:
    shocks = [float(each) for each in range(10, 91)]
    rows = [(f"buffer {buffer:g}", shock, end(shock, buffer=buffer)) for buffer in (0.0, 0.3, 0.4) for shock in shocks]
    chart = lines(
        pl.DataFrame(rows, schema=["series", "x", "y"], orient="row"),
        title="A buffer is a cliff: it helps wholly, or hardly at all",
        said="The fund of the lesson at a leverage of 3. A buffer of 0.3 bears a rise of 45 to 50 bp.",
        x="shock to the yield, bp",
        y="rise in the end, bp",
    )
    chart.layer = chart.layer[:2]  # a line alone; its empty band has the axes
    return chart


def closes() -> pl.DataFrame:
    """time, world, yield_30 (%), radius: medians over the paths of the crisis, close by close."""
    rows = open_run("runs/gilts").closes.filter(venue="bond30y").group_by("time", "world")
    found = rows.agg(yield_30=100 * pl.col("gilt30y").median(), radius=pl.col("spectral_radius").median())
    return found.sort("time").collect()


def over_days(frame: pl.DataFrame, column: str, title: str, said: str, y: str) -> Chart:
    days = {day: float(i) for i, day in enumerate(frame["time"].unique().sort())}
    names = {"actual": "as it was", "price_taker": "in the twin"}
    rows = [
        (names[world], days[time], value) for time, world, value in frame.select("time", "world", column).iter_rows()
    ]
    table = pl.DataFrame(rows, schema=["series", "x", "y"], orient="row").sort("series", "x")
    return lines(table, title=title, said=said, x="trading days since 13 September 2022", y=y)


def crisis() -> Chart:
    return over_days(
        closes(),
        "yield_30",
        "Forced sellers put 22 bp on top of the rise of the yield",
        "30-year gilt, medians of 32 paths. Day 10: 27 September; day 11: the Bank of England announces.",
        "30-year gilt yield, %",
    )


def radius() -> Chart:
    return over_days(
        closes().filter(pl.col("world") == "actual"),
        "radius",
        "The loop is not there until it is: from 0 to 1.1 in two days",
        "Spectral radius of the loop gains, medians of 32 paths. At 1 a move feeds itself.",
        "spectral radius",
    )
