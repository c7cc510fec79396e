"""The report of a sweep: one HTML file that opens with no network, and a summary for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from analysis import page
from analysis.given import A_SWEEP
from analysis.horizon import OVER_THE_RUN
from analysis.numbers import Number
from analysis.pages.report import card, indented
from analysis.sweeps import axes as names
from analysis.sweeps import gain, words
from analysis.sweeps.words import FEEDBACK, LIQUIDATED
from sim.arguments import maybe, takes, text
from sim.arguments import path as file
from sim.errors import UserError
from sim.metric_names import COST
from sim.screen.group import Group
from sim.screen.panel import Panel
from sim.screen.table import Table
from sim.screen.text import Text
from sim.sweep_dataset import SweepResult

FILE = "sweep.html"
COLUMNS = (COST, FEEDBACK, "pnl", "es_95", LIQUIDATED, gain.GAIN, "peak_vol", "peak_spread_multiple")
IN_TERMINAL = (COST, FEEDBACK, "es_95", LIQUIDATED, gain.GAIN)
SHORT = {
    COST: "cost of survival", FEEDBACK: "due to feedback", "pnl": "P&L", "es_95": f"ES 95 % {OVER_THE_RUN}",
    LIQUIDATED: "liquidated", gain.GAIN: "loop gain", "peak_vol": "peak vol", "peak_spread_multiple": "peak spread",
}  # fmt: skip
WHOLE, ENDS = 30, 10  # cells that the terminal shows all of; else so many at either end
MOST_SCENARIOS = 8  # that have charts of their own
CAPTIONS = {
    "cell_detail": "Each tile or point is a cell. Click one: the bars split its mean cost of survival, the actual "
    "world beside its twin; the desk's P&L is below them. Where the two bars of a part differ, "
    "feedback did it.",
    "heat_map": "Darker is more. Beyond the solid line a move that the desks hedge comes back larger than it was: "
    "shocks feed themselves until capacity runs out. Beyond the dashed one a desk is more likely liquidated than not.",
    "line": "Where a solid line leaves the dashed one of the same colour, the desks' own trades are what it costs.",
    "tornado": "The longer the bar, the more the axis matters over the range that was swept.",
    "sobol": "First order is what an axis explains alone, total adds what it explains together with others.",
}


@takes(sweep=A_SWEEP, path=maybe(file), metric=text)
def write_sweep_report(sweep: SweepResult, path: str | Path | None = None, *, metric: str = COST) -> Path:
    """Write the sweep's report as one self-contained HTML file and return its path.

    `path`: sweep.html in the sweep's folder where it is not given. Works on a sweep that is under way.
    Raises UserError for an unknown metric.
    """
    names.metric(sweep, metric)
    manifest, sections = sweep.manifest, list(_sections(sweep, metric))
    return page.write_page(
        Path(path) if path else sweep.path / FILE,
        "sweep.html.j2",
        title=manifest.get("title") or manifest["name"],
        description=" ".join(str(manifest.get("description") or "").split()),
        meta=meta_of(sweep),
        cards=cards_of(sweep, metric),
        paragraphs=words.paragraphs(sweep, metric),
        sections=sections,
        charts=[figure for _, shown in sections for figure in shown],
        header=header_of(sweep, columns_of(sweep, metric, COLUMNS)),
        rows=rows_of(sweep, columns_of(sweep, metric, COLUMNS)),
        command=manifest.get("command") or "made from Python",
        parameters=indented({k: v for k, v in manifest.items() if k not in ("metrics", "ids", "command")}),
        footer=_footer(sweep),
    )


def _sections(sweep: SweepResult, metric: str) -> Iterator[tuple[str, list[page.Figure]]]:
    """Headings with their charts: scenarios against one another, then each on its own."""
    from analysis.charts.sweep import draw_sweep

    scenarios = [str(s) for s in sweep.manifest["scenarios"]]
    several = len(scenarios) > 1
    maps = ["heat_map", "line", "tornado"] if len(sweep.axes) > 1 else [] if several else ["line"]
    wanted = ["cell_detail", *maps, *(["sobol"] if sweep.manifest["design"] == "saltelli" else [])]
    if several:
        yield "The scenarios beside one another", list(_figures(sweep, metric, ["line"], None, draw_sweep, ""))
    for i, scenario in enumerate(scenarios[:MOST_SCENARIOS]):
        heading = scenario if several else "What came out"
        yield heading, list(_figures(sweep, metric, wanted, scenario, draw_sweep, f"_{i}" if several else ""))


def _figures(
    sweep: SweepResult, metric: str, wanted: list[str], scenario: str | None, draw: Any, tag: str
) -> Iterator[page.Figure]:
    """The charts that the sweep has cells for."""
    for name in wanted:
        try:
            chart = draw(sweep, name, metric=metric, scenario=scenario)
        except UserError:
            continue
        yield page.figure(f"{name}{tag}", chart, CAPTIONS[name])


def meta_of(sweep: SweepResult) -> str:
    """Design, scenarios, paths, seed, twin and versions, in a line."""
    m = sweep.manifest
    versions = m.get("engine", {}).get("versions", {})
    parts = [
        f"{m['design'].replace('_', ' ')} of {m['cells']:,} cells",
        ", ".join(m["scenarios"]),
        f"{m['paths']:,} paths a cell",
        f"seed {m['seed']}, {m.get('noise', 'common')} noise",
        f"twin: {m['twin']}" if m.get("twin") else "no twin",
        ", ".join(f"{name} {number}" for name, number in versions.items()),
    ]
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)


def cards_of(sweep: SweepResult, metric: str) -> list[dict[str, str]]:
    """Cells, the metric's ends, the largest of what matters beside it."""
    cells = sweep.cells.collect()
    failed = cells.filter(pl.col("status") == "failed").height
    seconds = words.duration(float(cells["seconds"].sum()))
    found = [
        {
            "name": "Cells",
            "value": f"{cells.height:,} of {sweep.manifest['cells']:,}",
            "more": f"{failed or 'none'} failed, {seconds} of computing",
        }
    ]
    for name, ends in ((metric, (0, -1)), (FEEDBACK, (-1,)), (LIQUIDATED, (-1,)), (gain.GAIN, (-1,))):
        known = cells.filter(pl.col(name).is_finite()).sort(name) if name in cells.columns else cells.clear()
        for end in ends if known.height and (name != metric or ends != (-1,)) else ():
            row = known.row(end, named=True)
            number = names.figure(sweep, row, name)
            number = replace(number, label=f"{number.label}, {'largest' if end else 'least'}")
            scenario = f"{row['scenario']}, " if len(sweep.manifest["scenarios"]) > 1 else ""
            found.append(card(number, scenario + words.place(sweep, row)))
    tipped = gain.tipping(cells)
    if tipped:
        share = Number(value=tipped.share, unit="share", label="Cells with loop gain 1 or more")
        found.append({"name": share.label, "value": share.text(), "more": f"{tipped.above:,} of {tipped.cells:,}"})
    return found


def columns_of(sweep: SweepResult, metric: str, wanted: tuple[str, ...]) -> list[str]:
    """The metric first, then those of `wanted` that some cell gives."""
    schema = sweep.cells.collect_schema()
    chosen = [name for name in dict.fromkeys((metric, *wanted)) if name in schema]
    given = sweep.cells.select(pl.col(chosen).is_finite().any()).collect()
    return [name for name in chosen if given[name].item()] if given.height else chosen


def header_of(sweep: SweepResult, columns: list[str]) -> list[str]:
    """Headings of `rows_of`."""
    scenario = ["scenario"] if len(sweep.manifest["scenarios"]) > 1 else []
    labels = [SHORT.get(name, names.metric(sweep, name)[0]) for name in columns]
    return ["cell", *scenario, *[a.title for a in names.axes(sweep)], *labels, "s"]


def rows_of(sweep: SweepResult, columns: list[str], cells: pl.DataFrame | None = None) -> list[dict[str, Any]]:
    """A row a finished cell: texts with the keys they sort by; the error of one that failed.

    cells: rows of `sweep.cells`; None for all of them.
    """
    found = []
    for row in (sweep.cells.collect() if cells is None else cells).iter_rows(named=True):
        texts = [_cell(row["cell"], str(row["cell"]))]
        texts += [_cell(row["scenario"], row["scenario"])] if len(sweep.manifest["scenarios"]) > 1 else []
        texts += [_cell(row[a.name], a.short(row[a.name])) for a in names.axes(sweep)]
        failed = row["status"] == "failed"
        if not failed:
            figures = [names.figure(sweep, row, name) for name in columns]
            texts += [_cell(f.value if f.known else "", str(f)) for f in figures]
            texts += [_cell(row["seconds"], f"{row['seconds']:.1f}")]
        error = f"failed: {row['error']}" if failed else ""
        found.append({"status": row["status"], "cells": texts, "error": error, "span": len(columns) + 1})
    return found


def _cell(key: Any, text: str) -> dict[str, str]:
    return {"key": "" if isinstance(key, float) and not math.isfinite(key) else str(key), "text": text}


def _footer(sweep: SweepResult) -> str:
    engine = sweep.manifest.get("engine", {}).get("fingerprint", "unknown")
    return (
        f"Engine {engine}. The cells are a Parquet dataset beside this page: one row a cell in the folder cells, "
        "one row a path in the folder paths."
    )


def render_sweep(sweep: SweepResult, *, metric: str = COST) -> Group:
    """The sweep in words and a table of its cells, for `rich.print`: all of them, or the ends by the metric.

    Raises UserError for an unknown metric.
    """
    names.metric(sweep, metric)
    title = str(sweep.manifest.get("title") or sweep.manifest["name"])
    said = Text("\n".join(words.paragraphs(sweep, metric)))
    head = Panel(said, title=title, subtitle=f"{sweep.done:,} of {sweep.manifest['cells']:,} cells")
    return Group(head, *_table(sweep, metric))


def _table(sweep: SweepResult, metric: str) -> Iterator[Table | Text]:
    columns = columns_of(sweep, metric, IN_TERMINAL)
    table = Table(box=False, pad_edge=False)
    for name in header_of(sweep, columns)[:-1]:
        table.add_column(name, justify="right")
    rows = {int(row["cells"][0]["text"]): row for row in rows_of(sweep, columns)}
    shown = list(_shown(sweep, metric, list(rows)))
    figures = len(table.columns)
    if any(row["error"] for row in rows.values()):
        table.add_column("")
    for cell in shown:
        if cell is None:
            table.add_row(*["..."] * (len(columns) + 1))
            continue
        row = rows[cell]
        texts = [c["text"] for c in row["cells"]][:figures]
        texts += ["failed"] if row["error"] else []
        table.add_row(*texts, style="red" if row["error"] else "")
    yield table
    if None in shown:
        label = names.metric(sweep, metric)[0]
        yield Text(f"{label}: the {ENDS} cells with the least and the {ENDS} with the most.", "dim")


def _shown(sweep: SweepResult, metric: str, cells: list[int]) -> Iterator[int | None]:
    """The cells of the table, None if some are left out."""
    if len(cells) <= WHOLE:
        yield from cells
        return
    known = sweep.cells.filter(pl.col(metric).is_finite()).sort(metric).select("cell").collect()["cell"].to_list()
    if len(known) <= 2 * ENDS:
        yield from known
        return
    yield from known[:ENDS]
    yield None
    yield from known[-ENDS:]
