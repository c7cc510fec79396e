"""`spiral new`: a commented scenario file, an example or the user's own record."""

from __future__ import annotations

from pathlib import Path

from scenarios.commands.chosen import choose, written_by
from scenarios.commands.notes import say_notes
from scenarios.commands.options import Record
from scenarios.commands.output import say
from scenarios.describing.scenario_file import check_reads_back, scenario_text
from scenarios.describing.template import write_template
from sim.errors import UserError
from sim.files import check_new, write_whole


def write_and_say(*, file: Path, record: Record, settings: tuple[str, ...], force: bool) -> None:
    """Write the file and say how to go on. Raises UserError if it is there already, or cannot be written or read."""
    if file.suffix.lower() != ".toml" and str(file) != ".":  # an empty name is told as the folder that it is
        raise UserError("a scenario's file ends in .toml", value=str(file), remedy=f"give {file}.toml")
    if record.history is not None:
        _write_record(file, record, settings, force=force)
    elif record != Record() or settings:
        rule = "--book, --curves, --fixings, --dates, --exogenous, --set and --as-given are of a record"
        raise UserError(rule, value="no --history", remedy="give --history FILE.csv, or change the file afterwards")
    else:
        write_template(file, force=force)
    say(f"{file} written; try: spiral check {file}, then: spiral run {file}")


def _write_record(file: Path, record: Record, settings: tuple[str, ...], *, force: bool) -> None:
    """Write the scenario of the record, which has been read back."""
    check_new(file, force=force)
    chosen = choose(None, record, settings, example="new FILE")
    text = scenario_text(chosen, written_by("new", record))
    check_reads_back(text, chosen, file.parent)
    write_whole(file, text)
    say_notes(chosen.notes)
