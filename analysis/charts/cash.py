"""Free cash against the credit line, and margin part by part, over time."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis import cash, frames
from analysis.charts import marks, theme
from analysis.charts.pnl import NO_HEDGER
from analysis.charts.scales import axis, colours, dates, money_of, rows
from analysis.charts.theme import HEDGED, TWIN, WIDTH, Chart
from analysis.spread import SHARES
from sim.dataset import Run

FREE, LINE = "free cash (median, 25\N{EN DASH}75 and 5\N{EN DASH}95 %)", "all of the line drawn (median)"
MARGIN = {
    "short_sale_proceeds": ("short-sale proceeds", "#88CCEE"),
    "variation_margin": ("variation margin", "#DDCC77"),
    "initial_margin": ("initial margin", "#882255"),
}


def liquidity(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Top: free cash, below zero drawn from the line, and the line. Bottom: margin required, by part."""
    frames.check_world(run, world)
    title = "Free cash, credit line and margin"
    if not frames.desks(run, agent):
        return theme.note(title, NO_HEDGER)
    day = cash.daily(run, agent, world)
    if not day.height:
        return theme.note(
            title, "This run keeps no funding of witness paths: nobody lends to the desk, or none is kept."
        )
    found = cash.liquidity(run, agent=agent, world=world)
    usual = cash.usual_day(run, agent=agent, world=world)
    said = (
        f"Free cash falls to {found['low_free_cash'].brief()} on the median path, most often on {usual}; the "
        f"line is used up on {found[cash.USED_UP]} of paths. At their peaks, medians: initial margin "
        f"{found['peak_initial_margin'].brief()}, variation margin "
        f"{found['peak_variation_margin'].brief()}, short-sale proceeds "
        f"{found['peak_short_sale_proceeds'].brief()}. Lines and bars over witness paths, at closes."
    )
    shown = alt.vconcat(_cash(day), _margin(day), spacing=18, resolve=theme.own_scale("color"))
    return theme.finish(shown, title, said)


def _cash(day: pl.DataFrame) -> alt.LayerChart:
    wanted = [f"free_cash_{q}" for q in SHARES]
    day = day.with_columns(drawn=-pl.col("line_q50"))
    unit = money_of(day, [*wanted, "drawn"])
    day = unit.scaled(day, [*wanted, "drawn"])
    palette = {FREE: HEDGED, LINE: TWIN}
    x, y = dates(day), axis(f"free cash, {unit.unit}")
    bands = marks.band_and_median(marks.long_bands({FREE: (day, "free_cash")}), palette, x, y)
    line = (
        alt.Chart(rows(day.select("time", "drawn", series=pl.lit(LINE))))
        .mark_line(strokeDash=[6, 4], strokeWidth=2)
        .encode(x=x, y=alt.Y("drawn:Q"), color=colours(palette))
    )
    return theme.layer(*bands, line, marks.zero(), width=WIDTH, height=150)


def _margin(day: pl.DataFrame) -> alt.Chart:
    columns = {f"{name}_q50": series for name, (series, _) in MARGIN.items()}
    unit = money_of(day.select(height=pl.sum_horizontal(pl.col(*columns).abs())), ["height"])
    palette = dict(MARGIN.values())
    y = axis(f"margin required, {unit.unit} (medians)")
    return marks.stacked_bars(unit.scaled(day, columns), columns, palette, dates(day), y).properties(
        width=WIDTH, height=150
    )
