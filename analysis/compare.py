"""Two runs side by side: figures with their differences, and the cost of survival of each."""

from __future__ import annotations

import math
from pathlib import Path

import altair as alt
import polars as pl
from rich.console import Group
from rich.table import Table
from rich.text import Text

from analysis import frames, liquidity, page, parts, pnl
from analysis.apart import said as apart_in
from analysis.charts import theme
from analysis.charts.cost import ACROSS
from analysis.charts.scales import axis, colours, money_of, rows
from analysis.charts.theme import Chart
from analysis.given import A_RUN
from analysis.numbers import Number, mean
from analysis.summary import summarise
from sim.arguments import maybe, takes, text
from sim.arguments import path as file
from sim.dataset import Run
from sim.text import one_line

# Averages that can be compared path by path where both runs share seed and paths, and their columns.
PAIRED = {name: name for name in ("pnl", "unhedged_pnl")} | {name: parts.column_of(name) for name in parts.LABELS}


@takes(a=A_RUN, b=A_RUN, agent=maybe(text))
def compare(a: Run, b: Run, *, agent: str | None = None) -> pl.DataFrame:
    """name, label, unit, a, a_error, b, b_error, difference (b - a), error: one row a figure that both runs have.

    The error of a difference is that of the path-by-path difference where both runs share seed and number of paths
    (then path i has the same noise in both), else sqrt(a_error^2 + b_error^2).
    """
    with a.reading(), b.reading():
        return _compared(a, b, agent)


def _compared(a: Run, b: Run, agent: str | None) -> pl.DataFrame:
    of_a, of_b = summarise(a, agent=agent), summarise(b, agent=agent)
    found = []
    for name, mine in of_a.items():
        if name not in of_b:
            continue
        other = of_b[name]
        error = _difference_error(a, b, agent, name, mine, other)
        row = (
            name,
            mine.label,
            mine.unit,
            mine.value,
            mine.error,
            other.value,
            other.error,
            other.value - mine.value,
            error,
        )
        found.append(row)
    columns = ["name", "label", "unit", "a", "a_error", "b", "b_error", "difference", "error"]
    text, number = dict.fromkeys(columns[:3], pl.String), dict.fromkeys(columns[3:], pl.Float64)
    return pl.DataFrame(found, schema={**text, **number}, orient="row")


def _difference_error(a: Run, b: Run, agent: str | None, name: str, mine: Number, other: Number) -> float | None:
    if name in PAIRED and all(a.manifest[key] == b.manifest[key] for key in ("seed", "paths")):
        column = PAIRED[name]
        apart = pnl.column(b, agent, "actual", column) - pnl.column(a, agent, "actual", column)
        return mean(apart, "$", name).error
    if mine.error is None or other.error is None:
        return None
    return math.hypot(mine.error, other.error)


def names_of(a: Run, b: Run) -> tuple[str, str]:
    """What to call the two: their names, or the folders' where the names are the same."""
    first, second = one_line(str(a.manifest["name"])), one_line(str(b.manifest["name"]))
    if first != second:
        return first, second
    first, second = Path(a.path).name, Path(b.path).name
    return (first, second) if first != second else (f"{first} (1)", f"{second} (2)")


def render_comparison(a: Run, b: Run, *, agent: str | None = None) -> Group:
    """The comparison for a terminal: where the runs differ, then their figures; differences beyond two standard errors
    are bold."""
    first, second = names_of(a, b)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, name in enumerate(("", first, second, "difference")):
        table.add_column(name, justify="right" if i else "left", no_wrap=True)
    for label, mine, other, apart, clear in _cells(compare(a, b, agent=agent)):
        table.add_row(label, mine.bare(), other.bare(), Text(str(apart), style="bold" if clear else "dim"))
    lines = [f"{first} against {second}:", *(f"  {line}" for line in apart_in(a, b)), ""]
    return Group(Text("\n".join(lines)), table)


def _cells(frame: pl.DataFrame) -> list[tuple[str, Number, Number, Number, bool]]:
    """Label, both figures, their difference, and whether it is beyond two standard errors."""
    found = []
    for r in frame.iter_rows(named=True):
        a, b, apart = (
            Number(value=r[value], unit=r["unit"], label=r["label"], error=r[error])
            for value, error in (("a", "a_error"), ("b", "b_error"), ("difference", "error"))
        )
        clear = r["error"] is not None and abs(r["difference"]) > 2 * r["error"]
        found.append((r["label"], a, b, apart, clear))
    return found


def cost_chart(a: Run, b: Run, *, agent: str | None = None) -> Chart:
    """The parts of the cost of survival in both runs, side by side, with two standard errors either way."""
    title = "Cost of survival, side by side"
    if not (frames.desks(a, agent) and frames.desks(b, agent)):
        return theme.note(title, "One of the runs has no hedging desk, so there is no cost to compare.")
    names = names_of(a, b)
    found = []
    for run, name in zip((a, b), names, strict=True):
        costs = liquidity.costs(run, agent=agent)
        shown = {part.short: costs[part.name] for part in parts.PARTS} | {"total": costs[parts.COST]}
        for part, number in shown.items():
            error = 2 * (number.error or 0.0)
            found.append((name, part, number.value, number.value - error, number.value + error))
    data = pl.DataFrame(found, schema=["series", "part", "amount", "low", "high"], orient="row")
    unit = money_of(data, ["low", "high"])
    palette = dict(zip(names, (theme.HEDGED, theme.UNHEDGED), strict=True))
    x = alt.X("part:N", sort=[*(part.short for part in parts.PARTS), "total"], axis=ACROSS)
    offset = alt.XOffset("series:N", sort=list(names))
    base = alt.Chart(rows(unit.scaled(data, ["amount", "low", "high"]))).encode(x=x, xOffset=offset)
    y = alt.Y("amount:Q", axis=axis(f"mean over paths, {unit.unit} (costs up)"))
    bars = base.mark_bar().encode(y=y, color=colours(palette))
    whiskers = base.mark_rule(color=theme.INK).encode(y="low:Q", y2="high:Q")
    row = compare(a, b, agent=agent).row(by_predicate=pl.col("name") == parts.COST, named=True)
    apart = Number(value=row["difference"], unit="$", label="", error=row["error"])
    said = f"{names[1]} costs {apart} against {names[0]} on average. Rules: two standard errors either way."
    return theme.finish(theme.layer(bars, whiskers, width=theme.WIDTH, height=260), title, said)


@takes(a=A_RUN, b=A_RUN, path=file, agent=maybe(text))
def write_comparison(a: Run, b: Run, path: str | Path, *, agent: str | None = None) -> Path:
    """Write both runs side by side as one self-contained HTML file and return its path."""
    from analysis.charts import panels

    first, second = names_of(a, b)
    cells = [(label, str(x), str(y), str(z)) for label, x, y, z, _ in _cells(compare(a, b, agent=agent))]
    figures = [
        page.figure("cost", cost_chart(a, b, agent=agent)),
        page.figure("first", panels(a, agent=agent)),
        page.figure("second", panels(b, agent=agent)),
    ]
    return page.write_page(
        Path(path),
        "comparison.html.j2",
        title=f"{first} and {second}",
        meta=" \N{MIDDLE DOT} ".join(
            f"{r.manifest['name']}: {r.manifest['paths']:,} paths, seed {r.manifest['seed']}" for r in (a, b)
        ),
        charts=figures,
        note=f"Where the runs differ: {'; '.join(apart_in(a, b))}. Difference: second less first, ± its standard error "
        "(path by path where both runs share seed and paths).",
        table=page.Table("", ("figure", first, second, "difference"), cells),
    )
