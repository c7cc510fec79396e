"""`spiral predict`: vol and credit by their laws from a price path alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from analysis.csv_text import csv_text
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.progress import progress_bar
from scenarios.commands.record import check_chart
from scenarios.commands.screen import screen
from scenarios.studies.prediction import LEVELS, Prediction, predict
from sim.errors import UserError
from sim.figure_text import fixed, percent
from sim.files import check_new, write_whole
from sim.screen.table import Table

NAMES = {"path_dependent": "law of the path", "one_factor": "one-factor law"}
LABELS = {"vol": "implied vol", "credit": "credit spread"}
HEADER = (
    "level",
    "law",
    "record's peak",
    "record's day",
    "predicted peak",
    "predicted day",
    "peaks of 90 % of paths",
    "predicted / record",
)
NOTE = (
    "Given: every close, and vol and credit on the first day. Predicted: the highest close of the median path; nine "
    "paths in ten have their own highest close within the band. The one-factor laws answer the last move and forget at "
    "one speed; the laws of the path remember it at four."
)


def predict_and_show(
    history: Path,
    *,
    since: Any,
    until: Any,
    paths: int,
    seed: int,
    workers: int | None,
    dates: str | None,
    calendar: str | None,
    as_given: bool,
    chart: Path | None,
    out: Path | None,
    force: bool,
    quiet: bool,
) -> None:
    """Run both laws along the record, print the peaks, draw, and write the days."""
    check_chart(chart)
    if out is not None:
        if out.suffix != ".csv":
            raise UserError("the days are written as CSV", value=out.name, place="--out", remedy="name it FILE.csv")
        check_new(out, force=force)
    with progress_bar(f"Predicting {history.name}", quiet=quiet) as progress:
        found = predict(
            history,
            since=_day(since),
            until=_day(until),
            paths=paths,
            seed=seed,
            workers=workers,
            dates=dates,
            calendar=calendar,
            as_given=as_given,
            progress=progress,
        )
    if not quiet:
        say_notes(found.scenario.notes)
    first, last = found.scenario.start, found.scenario.end
    title = f"{history.name}, {first} to {last}, from its closes alone"
    if chart is not None:
        from analysis.charts.predicted import predicted
        from analysis.pages.report import save

        save(predicted(found.daily, title, said(found)), chart, title=title)
    if out is not None:
        write_whole(out, csv_text(found.daily))
    screen().print(table(found, title), f"\n{NOTE}")
    for path in (chart, out):
        if path is not None:
            say(path)


def _day(given: Any) -> date | None:
    return None if given is None else given.date()


def table(found: Prediction, title: str) -> Table:
    """Peaks by level and law."""
    shown = Table(title=title, box=False, pad_edge=False)
    for heading in HEADER:
        shown.add_column(heading, justify="left" if heading in ("level", "law") else "right", no_wrap=True)
    for row in found.peaks.iter_rows(named=True):
        known = row["record"] is not None
        shown.add_row(
            LABELS[row["level"]],
            NAMES[row["law"]],
            _percent(row["level"], row["record"]) if known else "n/a",
            str(row["record_date"]) if known else "",
            _percent(row["level"], row["predicted"]),
            str(row["predicted_date"]),
            f"{_percent(row['level'], row['low'])} to {_percent(row['level'], row['high'])}",
            fixed(row["ratio"], 2) if known else "n/a",
        )
    return shown


def said(found: Prediction) -> str:
    """The chart's sentence."""
    parts = []
    for level in LEVELS:
        row = found.peaks.filter((found.peaks["level"] == level) & (found.peaks["law"] == "path_dependent")).row(
            0, named=True
        )
        record = "" if row["record"] is None else f" (record {_percent(level, row['record'])})"
        parts.append(f"{LABELS[level]} peaks at {_percent(level, row['predicted'])}{record}")
    return f"By the law of the path the median {', '.join(parts)}. Band: nine paths in ten under that law."


def _percent(level: str, value: float) -> str:
    return percent(value, 1) if level == "vol" else percent(value, 2)
