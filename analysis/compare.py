"""Two runs, or two worlds of one, side by side: figures with their differences, P&L and cost of survival of each."""

from __future__ import annotations

import math
import textwrap
from pathlib import Path

import polars as pl
from rich.console import Group
from rich.table import Table
from rich.text import Text

from analysis import frames, page, parts, pnl
from analysis.apart import said as apart_in
from analysis.given import A_RUN
from analysis.numbers import FloatArray, Number, mean
from analysis.sides import Side, in_common, names_of, same_noise, whole
from analysis.summary import summarise
from sim.arguments import maybe, takes, text
from sim.arguments import path as file
from sim.dataset import Run
from sim.estimate import without_pulls
from sim.metric_names import COST
from sim.names import ACTUAL

NARROW = 10  # characters of a heading, before it is broken
CAPTIONS = {
    "bands": "Where the bands lie apart, most paths tell the two from one another; where only the medians do, look at "
    "the differences below, which are taken path by path.",
    "cost": "Bars going up are costs, bars going down are income; the parts of each colour add up to its total.",
}


@takes(a=A_RUN, b=A_RUN, agent=maybe(text))
def compare(a: Run, b: Run, *, agent: str | None = None) -> pl.DataFrame:
    """name, label, unit, a, a_error, b, b_error, difference (b - a), error: one row a figure that both have.

    Runs of one seed are compared on the paths that both have, where path i has the same noise. The error of a
    difference of averages is then that of the path-by-path difference, else sqrt(a_error^2 + b_error^2).
    `analysis.sides.worlds_of` gives two worlds of one run.
    """
    a, b = in_common(a, b)
    with a.reading(), b.reading():
        return _compared(a, b, agent)


def _compared(a: Run, b: Run, agent: str | None) -> pl.DataFrame:
    with without_pulls():  # as a run of many paths keeps them
        of_a, of_b = summarise(a, agent=agent), summarise(b, agent=agent)
    found = []
    for name, mine in of_a.items():
        if name not in of_b or not (mine.known or of_b[name].known):
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
    if same_noise(a, b):
        sides = [_by_path(run, agent, name) for run in (a, b)]
        if sides[0] is not None and sides[1] is not None:
            return mean(sides[1] - sides[0], "$", name).error
    if mine.error is None or other.error is None:
        return None
    return math.hypot(mine.error, other.error)


def _by_path(run: Run, agent: str | None, name: str) -> FloatArray | None:
    """(paths,) $ of which a figure is the average; None if it is none of these."""
    twin, bare = frames.twin_name(run), frames.unhedged_world(run, agent)
    if name in ("pnl", "unhedged_pnl"):
        return pnl.column(run, agent, ACTUAL, name)
    if name in parts.labels(parts.loss_of(run)):
        return pnl.cost(run, agent, ACTUAL, name)
    if name == "feedback_cost" and twin is not None:
        return pnl.cost(run, agent, ACTUAL, COST) - pnl.cost(run, agent, twin, COST)
    if name in ("unhedged_desk_pnl", "hedging_saved") and bare is not None:
        left = pnl.column(run, agent, bare, "pnl")
        return left if name == "unhedged_desk_pnl" else pnl.column(run, agent, ACTUAL, "pnl") - left
    return None


def differences(a: Run, b: Run) -> list[str]:
    """Differences of the two in inputs, and the paths on which they are compared, a line each."""
    if isinstance(a, Side) and isinstance(b, Side) and a.world is not None and b.world is not None:
        return [f"worlds {a.world} and {b.world} of one run, on the same random numbers"]
    lines, (mine, other) = apart_in(whole(a), whole(b)), in_common(a, b)
    if (mine, other) != (a, b):
        lines.append(f"compared on the {int(mine.manifest['paths']):,} paths that both have")
    return lines


@takes(a=A_RUN, b=A_RUN, agent=maybe(text))
def render_comparison(a: Run, b: Run, *, agent: str | None = None) -> Group:
    """The comparison for a terminal: where the runs differ, then their figures; differences beyond two standard errors
    are bold."""
    first, second = names_of(a, b)
    shown = [
        (label, mine.bare(), other.bare(), f"{apart}{' *' if clear else ''}", clear)
        for label, mine, other, apart, clear in cells_of(compare(a, b, agent=agent))
    ]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", overflow="fold")
    for i, name in enumerate((first, second, "difference"), 1):  # labels are shortened before figures
        width = max((len(str(row[i])) for row in shown), default=0)
        head = "\n".join(textwrap.wrap(name, max(width, NARROW), break_on_hyphens=False))
        least = max(width, *map(len, head.split("\n")))
        table.add_column(Text(head, justify="right"), justify="right", no_wrap=True, min_width=least)
    for label, mine, other, apart, clear in shown:
        table.add_row(label, mine, other, Text(apart, style="bold" if clear else "dim"))
    lines = [f"{first} against {second}:", *(f"  {line}" for line in differences(a, b)), ""]
    note = "Difference: second less first; averages path by path where both have the same noise. *: beyond two errors."
    return Group(Text("\n".join(lines)), table, Text(note, style="dim"))


def cells_of(frame: pl.DataFrame) -> list[tuple[str, Number, Number, Number, bool]]:
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


def note_of(a: Run, b: Run) -> str:
    """What a difference is, and how its error was found."""
    paired = "path by path for averages, which have the same noise on both sides" if same_noise(a, b) else "independent"
    return f"Difference: second less first, ± its standard error ({paired}); * beyond two of them."


def cost_apart(found: pl.DataFrame) -> Number | None:
    """Difference of the costs of survival in a table of `compare`; None where a side has no desk."""
    total = found.filter(pl.col("name") == COST).to_dicts()
    return Number(value=total[0]["difference"], unit="$", label="", error=total[0]["error"]) if total else None


@takes(a=A_RUN, b=A_RUN, path=file, agent=maybe(text))
def write_comparison(a: Run, b: Run, path: str | Path, *, agent: str | None = None) -> Path:
    """Write both side by side as one self-contained HTML file and return its path. Raises UserError."""
    from analysis.charts import both

    said, (a, b) = differences(a, b), in_common(a, b)
    with a.reading(), b.reading():
        first, second = names_of(a, b)
        found = _compared(a, b, agent)
        apart = cost_apart(found)
        charts = {"bands": both.pnl_bands(a, b, agent=agent), "cost": both.cost_parts(a, b, apart, agent=agent)}
    rows = [(label, str(x), str(y), f"{z}{' *' if clear else ''}") for label, x, y, z, clear in cells_of(found)]
    return page.write_page(
        Path(path),
        "comparison.html.j2",
        title=f"{first} and {second}",
        meta=" \N{MIDDLE DOT} ".join(
            f"{name}: {r.manifest['paths']:,} paths, seed {r.manifest['seed']}"
            for name, r in zip((first, second), (a, b), strict=True)
        ),
        differences=said,
        charts=[page.figure(name, chart, CAPTIONS[name]) for name, chart in charts.items()],
        note=note_of(a, b),
        table=page.Table("", ("figure", first, second, "difference"), rows),
    )
