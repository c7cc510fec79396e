"""What feedback changed: actual less its twin, day by day."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis import frames, twins
from analysis.charts import marks, theme
from analysis.charts.scales import axis, dates, money_of, rows
from analysis.charts.theme import ACTUAL, WIDTH, Chart
from analysis.spread import SHARES
from sim.dataset import Run
from sim.figure_text import fixed, percent

UNSEEN = 0.0005  # 0.05 % of spot, 0.05 points of vol


def twin_difference(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Actual - twin of the desk's P&L, of implied vol (points) and of spot (%): mean with quantile bands over paths.

    Beside the P&L, vol and spot are left out where they are the twin's: a desk in rates need not touch them.
    """
    world = frames.check_world(run, world)
    title, twin = "What the desks did to themselves", frames.twin_name(run)
    if twin is None:
        return theme.note(title, "This run has no twin world to compare with; run it with --twin price_taker.")
    found = twins.difference(run, agent)
    shown = [("vol", "implied vol, points", 100.0), ("spot", "spot, %", 100.0)]
    if "pnl" in found.columns:
        shown = [] if _untouched(found) else shown
        unit = money_of(found, [f"pnl_{q}" for q in SHARES])
        shown.insert(0, ("pnl", f"P&L, {unit.unit}", 1 / unit.divisor))
    charts = [_one(found, name, label, factor, height=170 if name == "pnl" else 110) for name, label, factor in shown]
    return theme.finish(alt.vconcat(*charts, spacing=16), title, _said(run, agent, found, twin))


def _untouched(found: pl.DataFrame) -> bool:
    """Whether spot (share) and vol (points) are the twin's on all but few paths, as far as figures show."""
    levels = found.select(f"{name}_{q}" for name in ("spot", "vol") for q in SHARES).to_numpy()
    return bool(abs(levels).max() < UNSEEN)


def _one(found: pl.DataFrame, name: str, label: str, factor: float, height: int) -> alt.LayerChart:
    columns = {name: "mean", **{f"{name}_{q}": q for q in SHARES}}
    data = found.select("time", *[(pl.col(c) * factor).alias(to) for c, to in columns.items()]).with_columns(
        series=pl.lit("median")
    )
    x, y = dates(data), axis(label)
    bands = marks.band_and_median(data, {"median": ACTUAL}, x, y)
    mean = alt.Chart(rows(data.select("time", "mean"))).mark_line(strokeDash=[5, 3], color=theme.INK, strokeWidth=1.6)
    return theme.layer(*bands, mean.encode(x=x, y=alt.Y("mean:Q")), marks.zero(), width=WIDTH, height=height)


def _market_said(low: float, high: float, twin: str) -> str:
    """How far spot (share) and vol (points) are apart at their worst closes."""
    fall, rise = percent(low, 1, plus=True), fixed(high, 1, " points", plus=True)
    return f"At the worst close the median spot is {fall} and implied vol {rise} apart from the {twin} twin."


def _said(run: Run, agent: str | None, found: pl.DataFrame, twin: str) -> list[str]:
    low, high = found["spot_q50"].to_numpy().min(), found["vol_q50"].to_numpy().max() * 100
    alike = f"Spot and implied vol are as in the {twin} twin, and not drawn."
    market = alike if _untouched(found) and "pnl" in found.columns else _market_said(low, high, twin)
    lines = [f"{market} Line: median; dashes: mean; bands: 25\N{EN DASH}75 and 5\N{EN DASH}95 %."]
    if frames.desks(run, agent):
        lines.insert(0, f"Feedback cost the desk {twins.feedback(run, agent=agent)['feedback_cost']} on average.")
    return lines
