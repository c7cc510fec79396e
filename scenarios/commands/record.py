"""`spiral record`: an ensemble beside the daily history of its crisis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.commands.finished import opened
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.remembered import answer
from scenarios.commands.screen import screen
from sim.collector import rest
from sim.errors import UserError
from sim.figure_text import percent
from sim.files import check_target
from sim.manifest import digest_of
from sim.named_tuple import NamedTuple
from sim.scratch import scratch
from sim.screen.table import Table

if TYPE_CHECKING:
    import polars as pl

    from analysis.against_record import Comparison
    from scenarios.studies.estimation.daily_record import DailyRecord
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
    calendar: str | None,
    dates: str | None,
    chart: Path | None,
    markdown: bool,
    quiet: bool,
) -> None:
    """Run the scenario (or open the run), measure it and the record, print the table, draw the chart."""
    check_chart(chart)
    folder = Path(scenario)
    if (folder / "manifest.json").is_file():
        _refuse(bool(settings) or paths is not None or seed is not None, scenario)
        rest()
        _of_finished(opened(folder), history, (dates, settings, calendar), world, chart, markdown=markdown)
        return
    from scenarios.commands.progress import progress_bar
    from scenarios.reading.loading import load
    from scenarios.worlds.blueprint import blueprint_of

    twin = "none" if world == "actual" else None  # as the scenario has it
    chosen = load(scenario, settings).with_run(paths=paths, seed=seed, witnesses=0, twin=twin)
    known = calendar or _of_exchange(chosen.clock.calendar)
    record = _read(history, dates, settings, known)  # before the run: no waiting
    say_notes(record.notes)
    blueprint_of(chosen, scenario)
    from scenarios.studies.run import run

    with scratch("record") as room:
        with progress_bar(chosen.title, quiet=quiet) as progress:
            finished = run(chosen, out=room / chosen.name, workers=workers, progress=progress)
        show(finished, record, world, chart, markdown=markdown)


def _of_finished(
    run: Run,
    history: Path,
    read_as: tuple[str | None, tuple[str, ...], str | None],
    world: str,
    chart: Path | None,
    *,
    markdown: bool,
) -> None:
    """The same of a finished run. The table is remembered, unless a chart is drawn too."""

    def read() -> DailyRecord:
        from analysis.calendar_days import calendar_of

        dates, settings, calendar = read_as
        record = _read(history, dates, settings, calendar or _of_exchange(calendar_of(run)))
        say_notes(record.notes)
        return record

    if chart is not None or not history.is_file():
        show(run, read(), world, chart, markdown=markdown)
        return
    said: list[Sequence[str]] = []

    def find() -> dict[str, Any]:
        record = read()
        said.append(record.notes)
        return {"notes": record.notes, "title": _title(run, record), "lines": lines_of(_found(run, record, world))}

    told = answer(run, "record", history, digest_of(history), *read_as, world, find=find)
    if not said:
        say_notes(told["notes"])
    _print(run, [Line(*line) for line in told["lines"]], told["title"], markdown=markdown)


def _read(history: Path, dates: str | None, settings: tuple[str, ...], calendar: str | None) -> DailyRecord:
    from scenarios.studies.estimation.daily_record import read_record

    insists = any(setting.replace(" ", "") == "run.as_given=true" for setting in settings)
    return read_record(history, calendar=calendar, dates=dates, as_given=insists)


def _of_exchange(calendar: str) -> str | None:
    """The calendar of a scenario, where it is an exchange's: the textbooks' has no holidays, and no record."""
    from sim.clock import CONTINUOUS

    return None if calendar == CONTINUOUS else calendar


def check_chart(chart: Path | None) -> None:
    """UserError for a suffix that no chart can have."""
    if chart is None:
        return
    from scenarios.commands.chart_file import CHARTS

    if chart.suffix not in CHARTS:
        raise UserError(f"a chart is one of {', '.join(CHARTS)}", value=chart.name, place="--chart")
    check_target(chart)


def _refuse(asked: bool, folder: str) -> None:
    if asked:
        remedy = "give the scenario's name instead of the folder, or leave these options out"
        raise UserError("a finished run is as it is: no --paths, --seed or --set", value=folder, remedy=remedy)


def show(run: Run, record: DailyRecord, world: str, chart: Path | None, *, markdown: bool) -> None:
    """The table of comparisons of a finished run, and the chart."""
    found, title = _found(run, record, world), _title(run, record)
    if chart is not None:
        from analysis.charts.against import against
        from analysis.pages.report import save

        save(against(found, title), chart, title=title)
    _print(run, lines_of(found), title, markdown=markdown)
    if chart is not None:
        say(chart)


def _found(run: Run, record: DailyRecord, world: str) -> list[Comparison]:
    from analysis.against_record import against_record

    with run.reading():
        return against_record(run, frame(record), world=world)


def _title(run: Run, record: DailyRecord) -> str:
    return f"{run.manifest.get('title') or run.manifest['name']} against {record.name}"


def _print(run: Run, lines: Sequence[Line], title: str, *, markdown: bool) -> None:
    if markdown:
        say(as_markdown(lines, title), lines=True)
    else:
        screen(WIDTH).print(as_table(lines, title, int(run.manifest["paths"])))


def frame(record: DailyRecord) -> pl.DataFrame:
    """The record as a table: date and levels in decimals, null if a cell is empty."""
    import polars as pl

    return pl.DataFrame({"date": record.days, **record.levels}).with_columns(pl.exclude("date").fill_nan(None))


class Line(NamedTuple):
    """A row of the table."""

    cells: Sequence[str]
    compared: bool  # there is a known value
    inside: bool  # it lies in the ensemble's band


def lines_of(found: Sequence[Comparison]) -> list[Line]:
    """The rows of the table."""
    return [Line(cells(each), bool(each.compared), bool(each.inside)) for each in found]


def cells(comparison: Comparison) -> tuple[str, ...]:
    """One row of the table."""
    from analysis.numbers import Number

    unit, low, high = comparison.figure.unit, *comparison.band
    ends = [Number(value=v, unit=unit, label="").text() for v in (low, high)]
    percentile = percent(comparison.percentile, 1) if comparison.compared and comparison.low == comparison.high else ""
    verdict = ("inside" if comparison.inside else "OUTSIDE") if comparison.compared else ""
    label, source = comparison.figure.label, comparison.source
    return (label, source, comparison.known, comparison.median.text(), *ends, percentile, verdict)


def as_table(lines: Sequence[Line], title: str, paths: int) -> Table:
    """For the terminal."""
    compared = [line for line in lines if line.compared]
    inside = sum(line.inside for line in compared)
    heading = f"{title}: {inside} of {len(compared)} inside the 5-95 % band of {paths:,} paths"
    shown = Table(title=heading, box=False, pad_edge=False)
    for name in COLUMNS:
        shown.add_column(name, justify="left" if name in ("figure", "source", "verdict") else "right")
    for line in lines:
        shown.add_row(*line.cells, style="bold" if line.compared and not line.inside else "")
    return shown


def as_markdown(lines: Sequence[Line], title: str) -> str:
    """For a page."""
    rows = [f"| {' | '.join(line.cells)} |" for line in lines]
    return "\n".join([f"### {title}", "", f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS), *rows, ""])
