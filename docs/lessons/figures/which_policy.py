"""Figures of lesson 6: nine desks at two spreads, the winner's curse, and the frontiers of two crises."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import numpy as np
import polars as pl

from analysis.charts import Chart, theme
from analysis.charts.scales import axis, rows
from analysis.charts.validation import bars, lines
from analysis.sweeps.frontier import frontier
from scenarios import open_run, open_sweep
from sim.estimate import Estimate

NAMES = ("daily", "5 days", "Leland", "0.05", "0.10", "0.20", "WW", "Zak.")
WIDTHS = np.linspace(0.02, 0.09, 8)


def figures() -> dict[str, Chart]:
    crises = {"frontier": "liberation_day_2025", "frontier_brexit": "brexit_2016"}
    return {"desks": desks(), "curse": curse(), **{name: crisis(preset) for name, preset in crises.items()}}


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


def desks() -> Chart:
    table = []
    for kappa, name in ((0.001, "0.1 %"), (0.005, "0.5 %")):
        for number, policy in enumerate(NAMES):
            if policy in ("0.10", "0.20"):  # whose tails are too long for the scale
                continue
            found = Estimate.jackknife(worth, Desk(f"runs/desks_{kappa:g}", number).pnl())
            table.append((f"{policy}, {name}", found.value, found.error))
    return bars(
        pl.DataFrame(table, schema=["name", "y", "se"], orient="row"),
        title="No-trade bands are worth more than any fixed interval",
        said="Certainty equivalent at an aversion of 1, short one call. Half-spread 0.1 % (left) and 0.5 % (right).",
        x="policy, half-spread",
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
        said="Certainty equivalent of bands at a half-spread of 0.5 %, on 64 paths. The best of them promises too much.",
        x="half-width of the band, units",
        y="certainty equivalent, $",
    )


def crisis(preset: str) -> Chart:
    found = frontier(open_sweep("sweeps/crises"), scenario=preset)
    table = found.select("label", "efficient", x=pl.col("risk") / 1e6, y=pl.col("cost") / 1e6)
    base = alt.Chart(rows(table)).encode(
        x=alt.X("x:Q", axis=axis("ES 95 % of the loss, $m"), scale=alt.Scale(zero=False, padding=40)),
        y=alt.Y("y:Q", axis=axis("mean loss, $m"), scale=alt.Scale(zero=False, padding=25)),
    )
    colour = alt.condition("datum.efficient", alt.value(theme.HEDGED), alt.value(theme.MUTED))
    dots = base.mark_point(filled=True, size=220, opacity=1).encode(color=colour)
    names = base.mark_text(dy=-16, fontSize=17).encode(text="label:N", color=colour)
    best = ", ".join(table.filter(pl.col("efficient"))["label"])
    return theme.finish(
        theme.layer(dots, names, width=theme.WIDTH, height=360),
        f"{preset}: no other policy beats {best} in both",
        "Six policies of a desk that is short $12bn of index puts, 64 paths. Down and left is better.",
    )
