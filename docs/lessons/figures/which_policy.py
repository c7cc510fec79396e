"""Figures of lesson 6: nine desks at two spreads, the winner's curse, and the frontiers of two crises."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import numpy as np
import polars as pl

from analysis.charts import Chart, theme
from analysis.charts.scales import axis, colours, rows
from analysis.charts.validation import COLOURS, bars, lines
from analysis.sweeps.frontier import frontier
from scenarios import open_run, open_sweep
from sim.estimate import Estimate

NAMES = ("every day", "every 5 days", "Leland", "band 0.05", "band 0.10", "band 0.20", "Whalley-W.", "Zakamouline")
WIDTHS = np.linspace(0.02, 0.09, 8)


def figures() -> dict[str, Chart]:
    return {
        "desks": desks(0.001, -0.551),
        "desks_dear": desks(0.005, -1.612),
        "curse": curse(),
        "frontier": crisis("liberation_day_2025"),
        "frontier_brexit": crisis("brexit_2016"),
    }


@dataclass(frozen=True)
class Desk:
    """P&L of a desk of a run, (paths,) $."""

    run: str
    number: int

    def pnl(self) -> np.ndarray:
        marks = open_run(self.run).marks.filter(agent=f"desk_{self.number}")
        return marks.sort("path", "time").group_by("path", maintain_order=True).last().collect()["pnl"].to_numpy()


def worth(pnl: np.ndarray) -> float:
    """Certainty equivalent at an aversion of 1, $."""
    return -float(np.log(np.exp(-pnl).mean()))


def desks(kappa: float, best: float) -> Chart:
    """best: what the best fixed interval is worth, by formula (4)."""
    table = []
    for number, policy in enumerate(NAMES):
        if policy not in ("band 0.10", "band 0.20"):  # whose tails are too long for the scale
            found = Estimate.jackknife(worth, Desk(f"runs/desks_{kappa:g}", number).pnl())
            table.append((policy, found.value, found.error, best))
    return bars(
        pl.DataFrame(table, schema=["name", "y", "se", "expected"], orient="row"),
        title=f"Half-spread {kappa:.1%}: no-trade bands beat any fixed interval",
        said="Short one call, aversion 1. Ticks: the best fixed interval in theory. Bars: two standard errors.",
        x="policy",
        y="certainty equivalent, $",
    )


def curse() -> Chart:
    table = []
    for number, width in enumerate(WIDTHS):
        found = Estimate.jackknife(worth, Desk("runs/curse", number).pnl())
        table.append(("64 paths, the last seed", float(width), found.value, found.error))
    return lines(
        pl.DataFrame(table, schema=["series", "x", "y", "se"], orient="row"),
        title="Near its top the curve is flat, and luck picks the winner",
        said="Certainty equivalent of bands at a half-spread of 0.5 %, 64 paths. The best promises too much.",
        x="half-width of the band, units",
        y="certainty equivalent, $",
    )


def crisis(preset: str) -> Chart:
    found = frontier(open_sweep("sweeps/crises"), scenario=preset)
    table = found.select("efficient", series="label", x=pl.col("risk") / 1e6, y=pl.col("cost") / 1e6)
    palette = dict(zip(table["series"].to_list(), COLOURS, strict=False))
    dots = (
        alt.Chart(rows(table))
        .mark_point(filled=True, size=320, opacity=1)
        .encode(
            x=alt.X("x:Q", axis=axis("ES 95 % of the loss, $m"), scale=alt.Scale(zero=False, padding=40)),
            y=alt.Y("y:Q", axis=axis("mean loss, $m"), scale=alt.Scale(zero=False, padding=25)),
            color=colours(palette),
        )
    )
    best = ", ".join(table.filter(pl.col("efficient"))["series"])
    return theme.finish(
        theme.layer(dots, width=theme.WIDTH, height=360),
        f"{preset}: no other policy beats {best} in both",
        "Six policies of a desk that is short $12bn of index puts, 64 paths. Down and left is better.",
    )
