"""A sweep's overview in which a click chooses a cell, and beside it the results of that cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from analysis import parts
from analysis.charts import sweep_map, theme
from analysis.charts.labels import cut, tame, wrapped
from analysis.charts.scales import axis, colours, rows
from analysis.charts.sweep_lines import has_twin
from analysis.charts.sweep_scales import measure, position
from analysis.charts.theme import ACTUAL, INK, MUTED, TWIN, Chart
from analysis.sweeps import axes as names
from analysis.sweeps import gain
from sim.metric_names import COST
from sim.sweep_dataset import SweepResult

CHOSEN = "chosen"
QUANTILES = ("pnl_q05", "pnl_q50", "pnl_q95")
FACTS = (COST, "feedback_cost", "pnl", "es_95", "survival_rate", gain.GAIN, "peak_vol", "peak_spread_multiple")
WORLDS = {"actual": ACTUAL, "twin": TWIN}
OVERVIEW, SIDE, GAP = 400, 300, 46  # px
LINE = 46  # characters of a fact's text
# A click on a mark of the overview; a click elsewhere keeps the present cell.
CLICK = "click[event.item && event.item.datum && isValid(event.item.datum.cell)]"


@theme.trusted()
def cell_detail(sweep: SweepResult, *, metric: str = COST, scenario: str | None = None) -> Chart:
    """The sweep's map (a line of cells where it has one axis) beside the parts, P&L and facts of a chosen cell."""
    if len(sweep.axes) > 1:
        drawn = sweep_map.layers(sweep, metric, None, None, scenario)
        over = [layer for layer in drawn.above if layer.mark.type != "text" or layer.mark.text is not alt.Undefined]
        cells, marks, said = drawn.cells, drawn.marks, sweep_map.said(sweep, metric, drawn)[0]
    else:
        cells, marks, said = _column(sweep, metric, scenario)
        over = []
    title = f"{names.metric(sweep, metric)[0]}: a cell in detail"
    return beside(sweep, cells, marks, over=over, first=first_cell(cells, metric), title=title, said=said)


def first_cell(cells: pl.DataFrame, metric: str) -> int:
    """The cell shown before a click: where the gain is least above 1, else where the metric is largest."""
    good = cells.filter(pl.col(metric).is_finite())
    over = good.filter(pl.col(gain.GAIN) >= gain.TIPPING) if gain.GAIN in good.columns else good.clear()
    found = over.sort(gain.GAIN) if over.height else good.sort(metric, descending=True)
    return int(found["cell"][0]) if found.height else int(cells["cell"][0])


def beside(
    sweep: SweepResult,
    cells: pl.DataFrame,
    marks: alt.Chart,
    *,
    over: Sequence[alt.Chart] = (),
    under: Sequence[alt.Chart] = (),
    first: int,
    title: str,
    said: str,
    width: int = OVERVIEW,
    height: int = OVERVIEW,
) -> Chart:
    """An overview of cells and, beside it, panels of the one that is clicked; `first` until then.

    cells: rows of `sweep.cells`, failed ones too. marks: a chart whose data has a row a cell with the field `cell`,
    without size, title or parameters; clicks on its marks choose. over, under: further layers. said: a sentence with
    the overview's main figure.
    """
    pick = alt.selection_point(
        name=CHOSEN, fields=["cell"], value=[{"cell": first}], on=CLICK, clear=False, toggle=False, empty=False
    )
    ring = marks.copy()
    ring.mark = alt.MarkDef(type=marks.mark.type, filled=False, stroke=INK, strokeWidth=3, tooltip=None)
    ring.mark.size = marks.mark.size
    ring = ring.transform_filter(pick).encode(color=alt.value(INK), stroke=alt.value(INK))
    overview = theme.layer(*under, marks.add_params(pick), *over, ring, width=width, height=height)
    shown = [panel.transform_filter(pick) for panel in about(sweep, cells)]
    side = alt.vconcat(*shown, spacing=26, resolve=theme.own_scale("color"))
    chart = alt.hconcat(overview, side, spacing=GAP, resolve=theme.own_scale("color"))
    return theme.finish(chart, title, [said, "Click a cell: the panels show it, and the outline says which it is."])


def about(sweep: SweepResult, cells: pl.DataFrame) -> tuple[alt.LayerChart, alt.LayerChart, alt.LayerChart]:
    """Facts, parts of the cost, and P&L of every cell, to be filtered by the field `cell`."""
    return _facts(sweep, cells), _parts(sweep, cells), _quantiles(sweep, cells)


def _column(sweep: SweepResult, metric: str, scenario: str | None) -> tuple[pl.DataFrame, alt.Chart, str]:
    """The cells along the only axis, as points."""
    a = names.axes(sweep)[0]
    good = names.cells(sweep, metric, scenario=scenario)
    cells = sweep.cells.filter(pl.col("scenario") == names.scenario_of(sweep, scenario)).collect()
    shown = measure(sweep, metric, cells, [metric])
    texts = [sweep_map.value_text(row, metric, shown) for row in cells.iter_rows(named=True)]
    frame = cells.select("cell", pl.col(a.name).alias("x"), (pl.col(metric) * shown.factor).alias("value"))
    frame = frame.with_columns(pl.Series("text", texts, dtype=pl.String))
    kind = "N" if a.category else "Q"
    tips = ["cell:Q", alt.Tooltip(f"x:{kind}", title=a.title), alt.Tooltip("text:N", title=shown.label)]
    along = position(a, frame["x"])
    value: dict[str, Any] = {"axis": axis(shown.title), "scale": alt.Scale(zero=False, padding=8)}
    places: dict[str, Any] = {"x": alt.X(f"x:{kind}", **along), "y": alt.Y("value:Q", **value)}
    if a.category:
        places = {"x": alt.X("value:Q", **value), "y": alt.Y("x:N", sort=along["sort"], axis=along["axis"])}
    good_rows = rows(frame.filter(pl.col("value").is_not_null()))
    marks = alt.Chart(good_rows).mark_circle(size=110, color=theme.HEDGED, opacity=1).encode(**places, tooltip=tips)
    top = good.sort(metric).row(-1, named=True)
    said = f"{shown.label} is largest, {names.figure(sweep, top, metric)}, at {a.label.lower()} {a.text(top[a.name])}."
    return cells, marks, said


def _facts(sweep: SweepResult, cells: pl.DataFrame) -> alt.LayerChart:
    """Parameters and results of the cell, as lines of text."""
    told = {row["cell"]: _told(sweep, row) for row in cells.iter_rows(named=True)}
    most = max((len(lines) for lines in told.values()), default=1)
    y = alt.Y("line:Q", axis=None, scale=alt.Scale(domain=[-0.5, most - 0.5], reverse=True, nice=False))
    packed = [
        {
            "cell": cell,
            "line": list(range(len(lines))),
            "name": [tame(name) for name, _ in lines],
            "text": [tame(text) for _, text in lines],
        }
        for cell, lines in told.items()
    ]
    base = _unpacked(packed).encode(y=y)
    name = base.mark_text(align="left", fontSize=12, color=MUTED).encode(x=alt.value(0), text="name:N")
    text = base.mark_text(align="right", fontSize=12, color=INK).encode(x=alt.value(SIDE), text="text:N")
    return theme.layer(name, text, width=SIDE, height=17 * most)


def _told(sweep: SweepResult, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and text of each line about a cell."""
    status = f"{row['status']}, {row['seconds']:.1f} s, {row['paths']:,} paths"
    told = [(f"Cell {row['cell']}", status)]
    told += [("Scenario", row["scenario"])] if len(sweep.manifest["scenarios"]) > 1 else []
    told += [line for a in names.axes(sweep) for line in _lines(a.label, a.text(row[a.name]))]
    if row["status"] == "failed":
        return told + _lines("Error", str(row["error"]))
    known = [name for name in FACTS if name in sweep.manifest["metrics"] and row.get(name) is not None]
    figures = [names.figure(sweep, row, name) for name in known]
    return told + [(cut(number.label, LINE - 12), str(number)) for number in figures]


def _lines(name: str, text: str) -> list[tuple[str, str]]:
    """The text over as many lines as it needs, the name beside the first."""
    name = cut(name, LINE // 2)
    lines = wrapped(text, LINE - len(name)) or [""]
    return [(name if not i else "", line) for i, line in enumerate(lines)]


def _parts(sweep: SweepResult, cells: pl.DataFrame) -> alt.LayerChart:
    """Bars of the cost's parts, actual and twin."""
    loss = parts.loss_of_sweep(sweep.manifest)
    bars = {part.name: part.short for part in loss.parts} | {loss.name: "total"}  # by column of the cells
    rare = {part.name for part in loss.parts if part.rare}
    columns = [
        (world, f"{prefix}{c}", bars[c])
        for world, prefix in _worlds(sweep)
        for c in bars
        if f"{prefix}{c}" in cells.columns and (c not in rare or (cells[f"{prefix}{c}"] != 0).any())
    ]
    packed = []
    for row in cells.iter_rows(named=True):
        shown = [(world, name, row[c]) for world, c, name in columns if row[c] is not None]
        lists = {
            "series": [b[0] for b in shown],
            "part": [b[1] for b in shown],
            "amount": [_short(b[2]) for b in shown],
        }
        packed.append({"cell": row["cell"], **lists})
    order = list(bars.values())
    y = alt.Y("part:N", sort=order, axis=alt.Axis(title=None, grid=False))
    shift = alt.YOffset("series:N", sort=list(WORLDS))
    x = alt.X("amount:Q", axis=_dollars("cost of survival, mean, $ (costs right)"))
    tips = ["part:N", "series:N", alt.Tooltip("amount_said:N", title="amount")]
    chart = (
        _said(_unpacked(packed), "amount")
        .mark_bar()
        .encode(x=x, y=y, yOffset=shift, color=colours(WORLDS), tooltip=tips)
    )
    return theme.layer(chart, width=SIDE, height=210)


def _quantiles(sweep: SweepResult, cells: pl.DataFrame) -> alt.LayerChart:
    """The desk's P&L, 5 to 95 % with the median, actual and twin."""
    packed, worlds = [], _worlds(sweep)
    for row in cells.iter_rows(named=True):
        given = [(world, prefix) for world, prefix in worlds if row.get(f"{prefix}{QUANTILES[0]}") is not None]
        values = {q: [_short(row[f"{prefix}{q}"]) for _, prefix in given] for q in QUANTILES}
        packed.append({"cell": row["cell"], "series": [world for world, _ in given], **values})
    base = _said(_unpacked(packed), *QUANTILES).encode(
        y=alt.Y("series:N", sort=list(WORLDS), axis=alt.Axis(title=None, grid=False)),
        color=colours(WORLDS, legend=None),
        tooltip=["series:N", *[alt.Tooltip(f"{q}_said:N", title=f"{q[-2:]} %") for q in QUANTILES]],
    )
    scale = alt.Scale(zero=False, padding=6)
    x = alt.X("pnl_q05:Q", axis=_dollars("hedged P&L, 5 to 95 % and median, $"), scale=scale)
    span = base.mark_bar(height=10, opacity=0.35).encode(x=x, x2="pnl_q95:Q")
    middle = base.mark_tick(thickness=3, size=18).encode(x=alt.X("pnl_q50:Q", scale=scale))
    return theme.layer(span, middle, width=SIDE, height=50)


def _unpacked(packed: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """A chart with a row for each entry of the lists that a cell's row holds beside `cell`.

    The browser expands only the lists of the cell shown, so that pages with thousands of cells stay fast.
    """
    fields: list[Any] = [name for name in packed[0] if name != "cell"] if packed else []
    chart = alt.Chart(alt.InlineData(values=tuple(packed)))
    return chart.transform_flatten(fields) if fields else chart


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def _dollars(title: str) -> alt.Axis:
    """An axis of dollars in the unit that suits the cell shown."""
    return alt.Axis(title=title, labelExpr=_money("value", "$.3~s"), labelFlush=True, tickCount=4)


def _said(chart: alt.Chart, *columns: str) -> alt.Chart:
    """The chart with columns of $ as text, `NAME_said`, for tooltips."""
    return chart.transform_calculate(**{f"{name}_said": _money(name, "$,.3s") for name in columns})


def _money(name: str, form: str) -> str:
    """An expression that writes an amount as `sim.figure_text.money` does: $bn and $m, not the SI's G and M.

    Nor its m for a thousandth: less than a dollar has two decimals.
    """
    large = f"replace(replace(format(datum.{name}, '{form}'), 'G', 'bn'), 'M', 'm')"
    return f"abs(datum.{name}) < 1 ? format(datum.{name}, '$.2~f') : {large}"


def _worlds(sweep: SweepResult) -> list[tuple[str, str]]:
    """(world, prefix of its columns)."""
    return [("actual", ""), ("twin", "twin_")] if has_twin(sweep, COST) else [("actual", "")]
