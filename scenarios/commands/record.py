"""`spiral record`: an ensemble beside the daily history of its crisis."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from scenarios.commands.notes import say
from scenarios.commands.run import lay_out, progress_bar
from scenarios.commands.show import console
from scenarios.estimation.daily_record import DailyRecord, read_record
from scenarios.loading import load
from sim.errors import UserError

if TYPE_CHECKING:
    import polars as pl

    from analysis.against_record import Comparison
    from sim.dataset import Run

WIDTH = 150  # characters, where the output is not a terminal
COLUMNS = ("figure", "source", "known", "median", "5 %", "95 %", "percentile", "verdict")


def compare_and_show(
    *,
    scenario: str,
    history: Path,
    paths: int | None,
    seed: int | None,
    workers: int | None,
    world: str,
    settings: tuple[str, ...],
    dates: str | None,
    chart: Path | None,
    markdown: bool,
    quiet: bool,
) -> None:
    """Run the scenario (or open the run), measure it and the record, print the table, draw the chart."""
    insists = any(setting.replace(" ", "") == "run.as_given=true" for setting in settings)
    record = read_record(history, dates=dates, as_given=insists)  # before the run: its mistakes cost no waiting
    say(record.notes)
    check_chart(chart)
    folder = Path(scenario)
    if (folder / "manifest.json").is_file():
        from sim.dataset import open_run

        _refuse(bool(settings) or paths is not None or seed is not None, scenario)
        show(open_run(folder), record, world, chart, markdown=markdown)
        return
    twin = "none" if world == "actual" else None  # as the scenario has it
    chosen = load(scenario, settings).with_run(paths=paths, seed=seed, witnesses=0, twin=twin)
    lay_out(chosen, scenario)
    from scenarios.build import run

    with tempfile.TemporaryDirectory(prefix="spiral-record-") as scratch:
        with progress_bar(chosen.title, quiet=quiet) as progress:
            finished = run(chosen, out=Path(scratch) / chosen.name, workers=workers, progress=progress)
        show(finished, record, world, chart, markdown=markdown)


def check_chart(chart: Path | None) -> None:
    """UserError for a suffix that no chart can have."""
    from scenarios.commands.show import CHARTS

    if chart is not None and chart.suffix not in CHARTS:
        raise UserError(f"a chart is one of {', '.join(CHARTS)}", value=chart.name, place="--chart")


def _refuse(asked: bool, folder: str) -> None:
    if asked:
        remedy = "give the scenario's name instead of the folder, or leave these options out"
        raise UserError("a finished run is as it is: no --paths, --seed or --set", value=folder, remedy=remedy)


def show(run: Run, record: DailyRecord, world: str, chart: Path | None, *, markdown: bool) -> None:
    """The table of comparisons of a finished run, and the chart."""
    from analysis.against_record import against_record

    found = against_record(run, frame(record), world=world)
    title = f"{run.manifest.get('title') or run.manifest['name']} against {record.name}"
    if markdown:
        click.echo(as_markdown(found, title))
    else:
        screen = console(WIDTH)
        screen.print(as_table(found, title, int(run.manifest["paths"])))
    if chart is not None:
        from analysis.charts.against import against
        from analysis.report import save

        click.echo(str(save(against(found, title), chart, title=title)))


def frame(record: DailyRecord) -> pl.DataFrame:
    """The record as a table: date and levels in decimals, null where a cell is empty."""
    import polars as pl

    return pl.DataFrame({"date": record.days, **record.levels}).with_columns(pl.exclude("date").fill_nan(None))


def cells(comparison: Comparison) -> tuple[str, ...]:
    """One row of the table."""
    from analysis.numbers import Number

    unit, low, high = comparison.figure.unit, *comparison.band
    ends = [Number(value=v, unit=unit, label="").text() for v in (low, high)]
    percentile = f"{comparison.percentile:.1%}" if comparison.low == comparison.high else ""
    verdict = "inside" if comparison.inside else "OUTSIDE"
    label, source = comparison.figure.label, comparison.source
    return (label, source, comparison.known, comparison.median.text(), *ends, percentile, verdict)


def as_table(found: Sequence[Comparison], title: str, paths: int) -> Table:
    """For the terminal."""
    inside = sum(c.inside for c in found)
    heading = f"{title}: {inside} of {len(found)} inside the 5-95 % band of {paths:,} paths"
    shown = Table(title=escape(heading), title_justify="left", box=None, pad_edge=False)
    for name in COLUMNS:
        shown.add_column(name, justify="left" if name in ("figure", "source", "verdict") else "right")
    for comparison in found:
        shown.add_row(*map(escape, cells(comparison)), style="" if comparison.inside else "bold")
    return shown


def as_markdown(found: Sequence[Comparison], title: str) -> str:
    """For a page."""
    lines = [f"### {title}", "", f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    lines += [f"| {' | '.join(cells(comparison))} |" for comparison in found]
    return "\n".join([*lines, ""])
