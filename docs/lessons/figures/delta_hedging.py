"""Figures of lesson 1: the funnel of errors, their order in N, a week's P&L over its move, calm against crisis."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.stats import norm

from analysis.charts import Chart
from analysis.charts.validation import bars, convergence, scatter
from scenarios import open_run
from sim.dataset import Run
from sim.estimate import Estimate

SIGMA, HEDGES = 0.20, (12, 52, 252)
BREAK_EVEN = SIGMA / np.sqrt(52)


def figures() -> dict[str, Chart]:
    return {"funnel": funnel(), "order": order(), "steps": steps(), "crisis": crisis()}


def ends(run: Run) -> pl.DataFrame:
    """x: spot at expiry, y: error, a row a path, $."""
    last = pl.col("time") == pl.col("time").max()
    marks = run.marks.filter(agent="hedger").filter(last).select("path", y="pnl")
    return run.closes.filter(last).select("path", x="mid").join(marks, on="path").sort("path").collect()


def funnel() -> Chart:
    clouds = [ends(open_run(f"runs/every_{n}")).with_columns(series=pl.lit(f"{n} hedges")) for n in HEDGES]
    return scatter(
        pl.concat(clouds).drop("path"),
        panels=True,
        title="The error is widest where the option ends near its strike",
        said="A point a path: short one call, S = K = $100, a year, vol 20 %. Dashed: the strike.",
        x="spot at expiry, $",
        y="hedging error, $",
        rule=100.0,
    )


def order() -> Chart:
    found = {n: Estimate.sd(ends(open_run(f"runs/every_{n}"))["y"].to_numpy()) for n in HEDGES}
    rows = [(float(n), sd.value, sd.error) for n, sd in found.items()]
    return convergence(
        pl.DataFrame(rows, schema=["x", "y", "se"], orient="row"),
        slope=-0.5,
        reference="the root of N",
        title="Twenty-one times the hedges, a quarter of the error",
        said=f"Daily against monthly hedging: {found[252].value:.2f} against {found[12].value:.2f} $.",
        x="hedges a year",
        y="sd of the error, $",
    )


def steps() -> Chart:
    run = open_run("runs/every_52")
    week = run.desks.filter(agent="hedger").sort("path", "time").filter(pl.col("time").rank("dense") <= 4).collect()
    spot = run.closes.sort("path", "time").filter(pl.col("time").rank("dense") <= 4).collect()["mid"].to_numpy()
    move = np.diff(spot.reshape(-1, 4), axis=1) / spot.reshape(-1, 4)[:, :-1]
    pnl = np.diff(week["pnl"].to_numpy().reshape(-1, 4), axis=1)
    grid = np.linspace(-0.1, 0.1, 101)
    gamma = 100 * norm.pdf(0.1) / SIGMA  # Gamma S^2 at the start, $
    return scatter(
        pl.DataFrame({"x": 100 * move.ravel(), "y": pnl.ravel()}),
        curve=pl.DataFrame({"x": 100 * grid, "y": 0.5 * gamma * (BREAK_EVEN**2 - grid**2)}),
        title="A hedged short option is a bet on the squared move",
        said=f"The first three weeks of 500 paths, and formula (1). Break-even: a move of {BREAK_EVEN:.1%} in a week.",
        x="move of the week, %",
        y="P&L of the week, $",
        points=1500,
    )


def crisis() -> Chart:
    rows = []
    for preset, name in (("calm_market", "calm"), ("liberation_day_2025", "April 2025")):
        for interval in ("30m", "1d", "5d"):
            last = open_run(f"runs/{preset}_{interval}").marks.filter(agent="hedger").sort("time")
            ends = last.group_by("path").last().select(open=-(pl.col("delta") + pl.col("hedge")) / 1e6).collect()
            cost = Estimate.mean(ends["open"].to_numpy())
            rows.append((f"{name}, {interval}", cost.value, cost.error))
    return bars(
        pl.DataFrame(rows, schema=["name", "y", "se"], orient="row"),
        title="In a calm market hedging rarely adds noise; in a crisis it adds loss",
        said="Slippage: what the book's delta lost net of the hedge. Bars: two standard errors either way.",
        x="market, time between two hedges",
        y="mean slippage, $m",
    )
