"""Pictures of stylised facts: which loop creates which, and how long volatility is remembered."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis.charts import marks, theme
from analysis.charts.scales import axis, colours, rows
from analysis.charts.theme import ACTUAL, INK, TWIN, WIDTH, Chart
from analysis.fact import FACTS
from analysis.loops import CLEAR, SMALLEST
from sim.figure_text import fixed, significant

SCALE = (-20.0, -10.0, -CLEAR, 0.0, CLEAR, 10.0, 20.0)  # standard errors
SHADES = ("#4FA5DA", "#8CC3E6", "#E4F0F8", "#FFFFFF", "#FBE9DC", "#F3B88F", "#E88A4D")


def loops_heat(table: pl.DataFrame) -> Chart:
    """Fact by loop: colour is the paired difference in standard errors; left each loop alone, right left out.

    `table`: as `analysis.loops.loops_table` gives it.
    """
    parts = {
        "alone": "each loop alone, less the world with every loop cut",
        "left_out": "actual, less the world without the loop",
    }
    charts = [_heat(table, column, title, first=i == 0) for i, (column, title) in enumerate(parts.items())]
    made = table.filter(pl.col("verdict") == "creates").group_by("loop").agg(pl.len()).sort("len", descending=True)
    said = ", ".join(f"{loop} ({number})" for loop, number in made.iter_rows()) or "none"
    lines = [
        f"Facts that a loop creates by itself, beyond {CLEAR} standard errors: {said}.",
        "Colour: difference in standard errors, path by path on the same random numbers; an empty cell "
        f"is not beyond {CLEAR}, or below {SMALLEST}. Numbers: the difference itself.",
    ]
    return theme.finish(alt.hconcat(*charts, spacing=20), "Which loop creates which stylised fact", lines)


def _heat(table: pl.DataFrame, column: str, title: str, *, first: bool) -> alt.LayerChart:
    z, at = pl.col(f"{column}_z"), pl.col(column)
    shown = z.is_not_nan() & (z.abs() > CLEAR) & (at.abs() >= SMALLEST)
    text = pl.Series([significant(value, 3) for value in table[column]])
    data = table.select("label", "loop", at=at, z=z.clip(SCALE[0], SCALE[-1]), shown=shown, text=text)
    labels = [fact.label for fact in FACTS.values()]
    loops = table["loop"].unique(maintain_order=True).to_list()
    side = alt.Axis(title=None, labelLimit=300) if first else alt.Axis(title=None, labels=False, ticks=False)
    x = alt.X("loop:N", sort=loops, axis=alt.Axis(title=title, orient="top", labelAngle=0, grid=False))
    y = alt.Y("label:N", sort=labels, axis=side)
    legend = alt.Legend(title="standard errors", orient="bottom", gradientLength=260) if first else None
    shade = alt.Color("z:Q", scale=alt.Scale(domain=list(SCALE), range=list(SHADES)), legend=legend)
    tips = ["label:N", "loop:N", alt.Tooltip("at:Q", format=".4f"), alt.Tooltip("z:Q", format=".1f")]
    places = alt.Chart(rows(data)).mark_rect(opacity=0).encode(x=x, y=y, tooltip=tips)
    clear = alt.Chart(rows(data.filter("shown"))).encode(x=x, y=y)
    cells = clear.mark_rect(stroke="white").encode(color=shade, tooltip=tips)
    words = clear.mark_text(fontSize=10, color=INK).encode(text="text:N")
    return theme.layer(places, cells, words, width=(WIDTH - 60) // 2, height=20 * len(labels))


def memory(worlds: dict[str, pl.DataFrame]) -> Chart:
    """Autocorrelation of |r| of ticks against the lag, a line a world, with two standard errors either way.

    `worlds`: lag (trading days), acf, error by world, as `analysis.facts.memory` gives them.
    """
    palette = dict(zip(worlds, (ACTUAL, TWIN), strict=False))
    stacked = pl.concat([f.with_columns(series=pl.lit(name)) for name, f in worlds.items()])
    data = stacked.with_columns(low=pl.col("acf") - 2 * pl.col("error"), high=pl.col("acf") + 2 * pl.col("error"))
    x = alt.X(
        "lag:Q",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(title="lag, trading days (log scale)", grid=False),
    )
    base = alt.Chart(rows(data)).encode(x=x, color=colours(palette))
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", axis=axis("autocorrelation of |r|")), y2="high:Q")
    line = base.mark_line(strokeWidth=2.2, point=True).encode(y="acf:Q")
    chart = theme.layer(band, line, marks.zero(), width=WIDTH, height=240)
    at = {name: f.row(0, named=True) for name, f in worlds.items()}
    said = "; ".join(f"{name} {fixed(r['acf'], 3)} ± {fixed(r['error'], 3)}" for name, r in at.items())
    title = "How long volatility is remembered"
    return theme.finish(chart, title, f"At a lag of one tick: {said}. Fluctuations; bands: two standard errors.")
