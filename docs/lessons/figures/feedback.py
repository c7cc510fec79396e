"""Figures of lesson 3: what slicing saves, variance over the loop gain, paired errors, the crash at three depths."""

from __future__ import annotations

import numpy as np
import polars as pl
from slides import unjoined

from analysis import summarise
from analysis.charts import Chart
from analysis.charts.validation import bars, lines
from scenarios import open_run
from sim.dataset import Run
from sim.estimate import Estimate

GAINS, DAY = (-0.3, 0.15, 0.3), 0.01 / np.sqrt(364)
CLEARINGS = {"sequential": "in sequence, of a day", "fixed_point": "at the fixed point"}


def figures() -> dict[str, Chart]:
    return {"slicing": slicing(), "variance": variance(), "paired": paired(), "crisis": crisis()}


def pnl(run: Run, agent: str, world: str = "actual") -> np.ndarray:
    """Of an agent at the end, (paths,) $."""
    marks = run.marks.filter(agent=agent, world=world).filter(pl.col("time") == pl.col("time").max())
    return marks.sort("path").collect()["pnl"].to_numpy()


def slicing() -> Chart:
    rows = []
    for share, name in ((1.0, "all of the impact stays"), (0.0, "all of it decays")):
        for pieces in (1, 4, 16):
            cost = -pnl(open_run(f"runs/sold_{share:g}_{pieces}"), "seller")[0]
            rows.append((name, float(pieces), cost / 1e3))
    return lines(
        pl.DataFrame(rows, schema=["series", "x", "y"], orient="row"),
        title="Slicing an order saves what the market gives back, and no more",
        said="Selling $1bn into a depth of $15bn, a piece a day. The spread alone is $50k.",
        x="pieces",
        y="cost, $k",
        x_kind="log",
    )


def daily_variance(run: Run) -> Estimate:
    mid = run.closes.filter(world="actual").sort("path", "time").select("path", "mid").collect()
    spot = mid["mid"].to_numpy().reshape(mid["path"].n_unique(), -1)
    returns = np.diff(np.log(spot), axis=1)[:, 26:] / DAY
    return Estimate.mean((returns**2).mean(axis=1))


def variance() -> Chart:
    rows = []
    for clearing, name in CLEARINGS.items():
        for g in GAINS:
            found = daily_variance(open_run(f"runs/{clearing}_{g:+}"))
            rows.append((name, g, found.value, found.error))
    grid = np.linspace(-0.32, 0.32, 65).tolist()
    law = [(CLEARINGS["sequential"], g, (1 + 2 * g - 2 * g**3) / (1 - g**2)) for g in grid]
    law += [(CLEARINGS["fixed_point"], g, 1 / (1 - g) ** 2) for g in grid]
    chart = lines(
        pl.DataFrame(rows, schema=["series", "x", "y", "se"], orient="row"),
        curve=pl.DataFrame(law, schema=["series", "x", "y"], orient="row"),
        title="At a loop gain of 0.3 one desk's hedging doubles the variance",
        said="Points: 100 paths of a year. Dashed: theory. Left of zero the desk is long gamma and damps.",
        x="loop gain",
        y="variance, multiple of the outside one",
        rule=0.0,
    )
    return unjoined(chart)


def paired() -> Chart:
    rows = []
    for clearing, name in (("sequential", "in sequence"), ("fixed_point", "fixed point")):
        for g in (-0.3, 0.3):
            run = open_run(f"runs/{clearing}_{g:+}")
            cost = Estimate.mean(pnl(run, "hedger", "price_taker") - pnl(run, "hedger"))
            answer = 1 / (1 - g**2) - 1 if clearing == "sequential" else 1 / (1 - g) ** 2 - 1
            rows.append((f"{name}, g = {g:+}", cost.value / 1e3, cost.error / 1e3, 0.5e4 * g * answer))
    return bars(
        pl.DataFrame(rows, schema=["name", "y", "se", "expected"], orient="row"),
        title="The twin measures what theory says, to one or two per cent",
        said="Twin's P&L less the actual one, 100 paths; ticks: formula (4); bars: two standard errors either way.",
        x="clearing, loop gain",
        y="feedback cost, $k",
    )


def crisis() -> Chart:
    rows = []
    for depth in (0.5, 1.0, 2.0):
        found = summarise(open_run(f"runs/covid_{depth:g}"))
        for name, label in (("liquidity_tax", "liquidity tax"), ("feedback_cost", "feedback")):
            rows.append((label, depth, found[name].value / 1e6, found[name].error / 1e6))
    return lines(
        pl.DataFrame(rows, schema=["series", "x", "y", "se"], orient="row"),
        title="The statement shows the tax; feedback is four times as large",
        said="A desk short $12bn of index puts, February to April 2020, 64 paths. Bands: two standard errors.",
        x="depth of the market, multiple of the preset's",
        y="cost, $m",
        x_kind="log",
    )
