"""Two runs, or two worlds of one, side by side: figures with their differences, P&L and cost of survival of each."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl

from analysis import frames, page, parts, pnl, way
from analysis.comparison_table import comparison_table
from analysis.given import A_RUN
from analysis.numbers import FloatArray, Number
from analysis.path_figures import BY_PATH
from analysis.side_figures import Compared, Figure, SideFigures, compared
from analysis.sides import differences as differences
from analysis.sides import in_common, names_of, same_noise
from analysis.summary import summarise
from sim.arguments import maybe, takes, text
from sim.arguments import path as file
from sim.dataset import Run
from sim.estimate import without_pulls
from sim.metric_names import COST
from sim.names import ACTUAL
from sim.screen.group import Group

CAPTIONS = {
    "bands": "Where the bands lie apart, most paths tell the two from one another; where only the medians do, look at "
    "the differences below, which are taken path by path.",
    "cost": "Bars going up are costs, bars going down are income; the parts of each colour add up to its total.",
}
MONEY = ("pnl", "unhedged_pnl", "drawdown")  # columns of $ a path


@takes(a=A_RUN, b=A_RUN, agent=maybe(text))
def compare(a: Run, b: Run, *, agent: str | None = None) -> pl.DataFrame:
    """name, label, unit, a, a_error, b, b_error, difference (b - a), error: one row a figure that both have.

    Runs of one seed are compared on the paths that both have, where path i has the same noise. The error of a
    difference of averages, standard deviations and expected shortfalls is then that of the path-by-path difference,
    else sqrt(a_error^2 + b_error^2).
    `analysis.sides.worlds_of` gives two worlds of one run.
    """
    a, b = in_common(a, b)
    with a.reading(), b.reading():
        return _frame(_compared(a, b, agent))


def _compared(a: Run, b: Run, agent: str | None) -> list[Compared]:
    return compared(side_figures(a, agent), side_figures(b, agent), paired=same_noise(a, b))


def _frame(found: list[Compared]) -> pl.DataFrame:
    text, number = dict.fromkeys(Compared._fields[:3], pl.String), dict.fromkeys(Compared._fields[3:], pl.Float64)
    return pl.DataFrame(found, schema={**text, **number}, orient="row")


def side_figures(run: Run, agent: str | None) -> SideFigures:
    """Figures of a side, without pulls, as a run of many paths keeps them."""
    with without_pulls():
        found = summarise(run, agent=agent)
    figures = {name: Figure(each.label, each.unit, each.value, each.error) for name, each in found.items()}
    return SideFigures(figures, lambda name: _by_path(run, agent, name))


def _by_path(run: Run, agent: str | None, name: str) -> FloatArray | None:
    """(paths,) $ of which a figure is the average, or the pull of each path on it; None if neither is known."""
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
    return _pull(run, agent, name)


def _pull(run: Run, agent: str | None, name: str) -> FloatArray | None:
    """(paths,) $: the pull of each path on a standard deviation, an expected shortfall or the drawdown; else None.

    None for rates: the error of their difference is not that of a mean.
    """
    column, measure = BY_PATH.get(name, ("", None))
    if measure is None or column not in MONEY:
        return None
    fallen = column == "drawdown"
    values = way.drawdown(run, agent, ACTUAL) if fallen else pnl.column(run, agent, ACTUAL, column)
    found = measure(values)
    return found.pull if found.error is not None and math.isfinite(found.error) else None


@takes(a=A_RUN, b=A_RUN, agent=maybe(text))
def render_comparison(a: Run, b: Run, *, agent: str | None = None) -> Group:
    """The comparison for a terminal: where the runs differ, then their figures; differences beyond two standard errors
    are bold."""
    x, y = in_common(a, b)
    with x.reading(), y.reading():
        return comparison_table(a, b, _compared(x, y, agent))


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
    alike = "path by path for averages, deviations and ES, which have the same noise on both sides"
    paired = alike if same_noise(a, b) else "independent"
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
        found = _frame(_compared(a, b, agent))
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
