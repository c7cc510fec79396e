"""Zero and forward rates of curves, and risk of a book as bars."""

from __future__ import annotations

import altair as alt
import polars as pl

from analysis.charts import theme
from analysis.charts.scales import axis, dates, rows
from analysis.charts.theme import PARTS, WIDTH, Chart
from sim.figure_text import fixed, percent

MOST_BARS = 80


def curves(lines: pl.DataFrame, nodes: pl.DataFrame) -> Chart:
    """Zero rates with their nodes, and forward rates. lines: curve, years, zero, forward; nodes: curve, years, zero."""
    names = lines["curve"].unique(maintain_order=True).to_list()
    palette = alt.Scale(domain=names, range=[PARTS[(2 + i) % len(PARTS)] for i in range(len(names))])
    colour = alt.Color("curve:N", scale=palette, legend=alt.Legend(title=None))
    in_percent = [(pl.col(name) * 100).alias(name) for name in ("zero", "forward")]
    x = alt.X("years:Q", axis=axis("years"), scale=alt.Scale(nice=False))
    y = alt.Y("zero:Q", axis=axis("% a year, continuous"), scale=alt.Scale(zero=False))
    base = alt.Chart(rows(lines.with_columns(in_percent))).encode(x=x, color=colour)
    dots = alt.Chart(rows(nodes.select("curve", "years", in_percent[0]))).encode(x=x, y=y, color=colour)
    layers = [
        base.mark_line(strokeWidth=0.9, interpolate="step-after").encode(y="forward:Q"),
        base.mark_line(strokeWidth=2.2).encode(y=y),
        dots.mark_point(filled=True, size=32, opacity=1),
    ]
    far = nodes.group_by("curve", maintain_order=True).last()
    told = [
        f"{row['curve']} {percent(row['zero'], 3)} at {row['years']:.1f} years" for row in far.iter_rows(named=True)
    ]
    return theme.finish(
        theme.layer(*layers, width=WIDTH, height=320), "Zero and forward rates", f"Zero rate: {', '.join(told)}."
    )


def bars(frame: pl.DataFrame, column: str, title: str) -> Chart:
    """A bar a row, in the frame's order. frame: currency, name, and the amount `column`."""
    kept = frame.head(MOST_BARS).select("currency", "name", amount=pl.col(column))
    sums = frame.group_by("currency", maintain_order=True).agg(pl.col(column).sum())
    if column == "change":
        worst = frame.sort(column).head(1).row(0, named=True)
        told = f"Worst: {worst['name']}, {fixed(worst[column], 0)} {worst['currency']}."
    else:
        amounts = (f"{fixed(row[column], 2)} {row['currency']}" for row in sums.iter_rows(named=True))
        told = f"Sum: {', '.join(amounts)}."
    names = kept["name"].unique(maintain_order=True).to_list()
    currencies = kept["currency"].unique(maintain_order=True).to_list()
    palette = alt.Scale(domain=currencies, range=[PARTS[(2 + i) % len(PARTS)] for i in range(len(currencies))])
    chart = (
        alt.Chart(rows(kept))
        .mark_bar()
        .encode(
            x=alt.X("name:N", sort=names, axis=alt.Axis(title=None, labelAngle=-45, labelLimit=160)),
            y=alt.Y("amount:Q", axis=axis("change of value")),
            color=alt.Color("currency:N", scale=palette, legend=alt.Legend(title=None)),
            tooltip=["name:N", alt.Tooltip("amount:Q", format=",.4g"), "currency:N"],
        )
        .properties(width=WIDTH, height=240)
    )
    return theme.finish(chart, title, told)


def history(frame: pl.DataFrame, curve: str) -> Chart:
    """Zero rates of a curve by day, a line a time. frame: date, curve, years, zero (decimal)."""
    own = frame.filter(pl.col("curve") == curve)
    kept = own.select(time="date", years=pl.format("{}Y", pl.col("years")), zero=pl.col("zero") * 100)
    names = kept["years"].unique(maintain_order=True).to_list()
    palette = alt.Scale(domain=names, range=[PARTS[i % len(PARTS)] for i in range(len(names))])
    y = alt.Y("zero:Q", axis=axis("zero rate, % continuous"), scale=alt.Scale(zero=False))
    line = alt.Chart(rows(kept)).mark_line(strokeWidth=1.5, point=kept.height <= 40 * len(names))
    colour = alt.Color("years:N", scale=palette, sort=names, legend=alt.Legend(title=None))
    chart = line.encode(x=dates(kept), y=y, color=colour).properties(width=WIDTH, height=280)
    days = own["date"].unique().sort().to_list()
    return theme.finish(chart, f"{curve}: zero rates", f"{len(days)} days, {days[0]} to {days[-1]}.")
