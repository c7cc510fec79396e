"""The scenario that a command line means: a preset, a file, or the user's own record, with a book of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scenarios.commands.options import Record
from scenarios.files.beside import check_inside
from scenarios.reading.overrides import Overrides
from scenarios.scenario import Scenario
from sim.errors import UserError
from sim.text import one_line


def choose(
    scenario: str | Path | None,
    record: Record,
    settings: tuple[str, ...] = (),
    *,
    as_given: bool = False,
    load: Callable[[str | Path, Overrides], Scenario] | None = None,
    trust: bool | None = None,
    example: str = "run",
) -> Scenario:
    """The scenario of a command: SCENARIO or the record, one of the two, with the settings, curves and the book.

    load: how SCENARIO is loaded (default: `scenarios.load`). trust: false imports none of the classes that settings
    name, and takes no file of a folder of curves that stands elsewhere. example: the command that the remedy shows.
    Raises UserError.
    """
    if (scenario is None) == (record.history is None):
        remedy = f"spiral {example} covid_crash_2020, or spiral {example} --history FILE.csv"
        got = "neither" if scenario is None else "both"
        raise UserError("give a SCENARIO or --history, one of the two", value=got, remedy=remedy)
    found = _choose(scenario, record, (*settings, *record.settings), load, as_given=as_given, trust=trust is not False)
    if record.curves is not None:
        if trust is False:
            check_inside(record.curves)
        from scenarios.studies.curves.take_curves import take_curves

        found = take_curves(found, record.curves, dates=record.dates)
    if record.fixings is not None:
        from scenarios.studies.curves.take_fixings import take_fixings

        found = take_fixings(found, record.fixings, dates=record.dates)
    return found


def _choose(
    scenario: str | Path | None,
    record: Record,
    changes: tuple[str, ...],
    load: Callable[[str | Path, Overrides], Scenario] | None,
    *,
    as_given: bool,
    trust: bool,
) -> Scenario:
    if record.history is not None:
        from scenarios.studies.replay.history import from_history

        return from_history(
            record.history,
            record.book,
            overrides=changes,
            dates=record.dates,
            as_given=as_given,
            since=record.since,
            trust=trust,
        )
    if record.since is not None:
        raise UserError("--from goes with --history", place="--from", value=str(record.since), remedy="leave it out")
    from scenarios.reading import loading

    name = scenario or ""
    found = loading.load(name, changes, as_given=as_given) if load is None else load(name, changes)
    if record.book is None:
        return found
    from scenarios.studies.replay.positions_csv import take_book

    return take_book(found, record.book, dates=record.dates)


def written_by(command: str, record: Record) -> str:
    """The first line of a file that was made from a record."""
    given = {"history": record.history, "book": record.book, "curves": record.curves, "fixings": record.fixings}
    files = " ".join(f"--{key} {one_line(file.name)}" for key, file in given.items() if file is not None)
    first = f" --from {record.since}" if record.since is not None else ""
    return f"A scenario of Spiral, written by `spiral {command} {files}{first}`."
