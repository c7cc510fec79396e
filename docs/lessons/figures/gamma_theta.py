"""Figures of lesson 2: cost and error over the number of hedges, P&L over realised vol, the covid crash by line."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.stats import norm
from slides import unjoined

from analysis.charts import Chart
from analysis.charts.validation import bars, lines, scatter
from scenarios import open_run
from sim.dataset import Run
from sim.estimate import Estimate

HEDGES, KAPPA, VEGA = (12, 52, 252, 504), 0.0025, 100 * norm.pdf(0.1)
COST, ERROR = "cost of trading", "sd of the P&L"


def figures() -> dict[str, Chart]:
    return {"costs": costs(), "realised": realised(), "weeks": weeks()}


def ends(run: Run) -> pl.DataFrame:
    """The last marks of the hedger, a row a path."""
    last = pl.col("time") == pl.col("time").max()
    return run.marks.filter(agent="hedger").filter(last).sort("path").collect()


def costs() -> Chart:
    rows = []
    for n in HEDGES:
        end = ends(open_run(f"runs/dear_{n}"))
        cost, sd = Estimate.mean(-end["spread_cost_calm"].to_numpy()), Estimate.sd(end["pnl"].to_numpy())
        rows += [(COST, float(n), cost.value, cost.error), (ERROR, float(n), sd.value, sd.error)]
    grid = np.geomspace(12, 504, 60).tolist()
    theory = [(COST, n, KAPPA * VEGA * float(np.sqrt(2 * n / np.pi))) for n in grid]
    theory += [(ERROR, n, float(np.sqrt(np.pi / 4 / n)) * VEGA * 0.2) for n in grid]
    chart = lines(
        pl.DataFrame(rows, schema=["series", "x", "y", "se"], orient="row"),
        curve=pl.DataFrame(theory, schema=["series", "x", "y"], orient="row"),
        title="Cost grows with the root of N, error falls with it",
        said="One call, half-spread 0.25 %. Dashed: theory without costs in the error. Points: 500 paths.",
        x="hedges a year",
        y="$",
        x_kind="log",
    )
    return unjoined(chart)


def realised() -> Chart:
    run = open_run("runs/daily")
    mid = run.closes.sort("path", "time").collect()["mid"].to_numpy().reshape(500, -1)
    vol = np.sqrt((np.diff(np.log(mid), axis=1) ** 2).sum(axis=1))
    pnl = ends(run)["pnl"].to_numpy()
    return scatter(
        pl.DataFrame({"x": 100 * vol, "y": pnl}),
        title="A hedged short option is short realised vol",
        said="A point a path, hedged daily, sold at 20 %. Dashed: the vol at which it was sold.",
        x="realised vol of the path, %",
        y="P&L at expiry, $",
        rule=20.0,
    )


def weeks() -> Chart:
    end = ends(open_run("runs/covid"))
    parts = {
        "theta": end["theta"],
        "gamma": end["gamma"],
        "left open": end["delta"] + end["hedge"],
        "vega": end["vega"],
        "trading": end["spread_cost_calm"] + end["spread_cost_crisis"] + end["impact_cost"],
    }
    found = {name: Estimate.mean(values.to_numpy() / 1e6) for name, values in parts.items()}
    return bars(
        pl.DataFrame([(n, e.value, e.error) for n, e in found.items()], schema=["name", "y", "se"], orient="row"),
        title="Vega, then gamma: trading is the smallest of the losses",
        said="A desk short $12bn of index puts, February to April 2020, 64 paths. Bars: two standard errors.",
        x="line of the explanation",
        y="P&L, $m",
    )
