"""Figures of lesson 4: deleveraging over leverage, prices of the three traders, who is reduced in the covid crash."""

from __future__ import annotations

import numpy as np
import polars as pl
from slides import unjoined

from analysis import summarise
from analysis.charts import Chart
from analysis.charts.validation import bars, lines
from scenarios import open_run

LEVERAGES = (2, 5, 10, 15)
TRADERS = {"no spiral": "0_0", "loss spiral": "2_0", "loss and margin spiral": "2_0.3"}


def figures() -> dict[str, Chart]:
    return {"deleveraging": deleveraging(), "days": days(), "spirals": spirals(), "crisis": crisis()}


def falls(leverage: int, clearing: str) -> np.ndarray:
    """Fall of ln S over the first one, close by close."""
    price = open_run(f"runs/leverage_{leverage}_{clearing}").closes.sort("time").collect()["mid"].to_numpy()
    return np.log(price / price[0]) / np.log(0.999)


def deleveraging() -> Chart:
    rows = [("measured", float(each), falls(each, "fixed_point")[-1]) for each in LEVERAGES]
    grid = np.linspace(1, 16, 60).tolist()
    theory = [("measured", each, 1 / (1 - 0.05 * (each - 1))) for each in grid]
    chart = lines(
        pl.DataFrame(rows, schema=["series", "x", "y"], orient="row"),
        curve=pl.DataFrame(theory, schema=["series", "x", "y"], orient="row"),
        title="A fund 15 times levered makes three falls of one",
        said="Selling all of its assets moves the price by 5 %. Dashed: 1/(1 - g), without end at a leverage of 21.",
        x="leverage",
        y="total fall, multiple of the first",
    )
    return unjoined(chart)


def days() -> Chart:
    rows = [
        (f"leverage {each}", float(day), fall)
        for each in LEVERAGES
        for day, fall in enumerate(falls(each, "sequential")[1:].tolist(), 1)
    ]
    return lines(
        pl.DataFrame(rows, schema=["series", "x", "y"], orient="row"),
        title="The more leverage, the longer one fall goes on",
        said="The fund looks once a day and sells into what its last sale did to the price.",
        x="days after the first fall",
        y="total fall, multiple of the first",
    )


def spirals() -> Chart:
    rows = []
    for name, run in TRADERS.items():
        price = open_run(f"runs/spiral_{run}_1").closes.sort("time").collect()["mid"][-1]
        rows.append((name, 1e2 * (128 - price)))
    return bars(
        pl.DataFrame(rows, schema=["name", "y"], orient="row"),
        title="The same price before, three prices after the loss of a dollar",
        said="Brunnermeier and Pedersen's trader: fall of the price from $128, in cents.",
        x="trader",
        y="fall of the price, cents",
    )


def crisis() -> Chart:
    rows = []
    for capital in (1, 2, 4):
        for loop, name in ((0, "fixed"), (1, "with vol")):
            reduced = summarise(open_run(f"runs/covid_{capital}_{loop}"))["reduced_rate"]
            rows.append((f"${capital}bn, {name}", 100 * reduced.value, 100 * (reduced.error or 0.0)))
    return bars(
        pl.DataFrame(rows, schema=["name", "y", "se"], orient="row"),
        title="Margin that follows vol matters to those who are nearly safe",
        said="A desk short $12bn of index puts in the covid crash, 64 paths. Bars: two standard errors either way.",
        x="capital, margin",
        y="paths reduced by force, %",
    )
