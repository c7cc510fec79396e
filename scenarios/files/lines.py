"""A CSV file's lines as cells: the separator is found, and the line that names the columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from scenarios.files.layout import Columns, Layout, plain
from scenarios.files.numbers import is_missing
from scenarios.files.text import read_text
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.nearest import nearest

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SEARCHED = 60  # lines among which the header is looked for
MOST = 100_000  # lines
WIDEST = 5_000  # columns

Line = tuple[int, list[str]]  # its number, its cells


@dataclass(frozen=True)
class Lines:
    """The content of a file: name, header, lines below it, and notes on what was assumed to read it."""

    name: str
    separator: str
    columns: Columns
    number: int  # of the header's line
    below: tuple[Line, ...]
    notes: tuple[str, ...]
    row: str = ":{}"  # how a line's number follows the name in messages

    def place(self, number: int) -> str:
        """A line's place for messages: `record.csv:7`."""
        return self.name + self.row.format(number)


def read_lines(path: Path, layout: Layout) -> Lines:
    """The lines of a CSV file. Raises UserError: unreadable, empty, too long, no header with what is needed."""
    text, notes = read_text(path)
    place = str(path)
    headers = [(separator, *_header(text, separator, layout, place)) for separator in SEPARATORS]
    separator, number, columns = max(headers, key=lambda f: (f[2].complete, len(f[2].at), len(f[2].header)))
    if not columns.header:
        usual = [column for column, others in layout.aliases.items() if others]  # not those of a day's range
        remedy = f"its first line names the columns: {','.join(usual)}"
        raise UserError("the file is empty", place=place, remedy=remedy)
    every = _split(text, separator, place)
    below = tuple(islice((line for line in every if line[0] > number), MOST + 1))
    columns = columns.without(_words(columns, below))
    lines = Lines(place, separator, columns, number, (), ())
    check_header(columns, lines.place(number))
    if len(below) > MOST:
        raise UserError(f"has more than {MOST:,} lines", place=place, remedy="keep the dates that are needed")
    if separator != ",":
        notes.append(f"cells are separated by {SEPARATORS[separator]}")
    above = sum(1 for at, _ in _split(text, separator, place, most=SEARCHED) if at < number)
    if above:
        notes.append(f"{above} line{'s' * (above > 1)} above the header left out")
    return Lines(place, separator, columns, number, below, tuple(notes))


def _words(columns: Columns, below: Sequence[Line]) -> set[int]:
    """Columns of labels under a name that may be a label's: `Position` of 'SPX P1', not of -1,200."""
    labels = columns.layout.remarks or ()
    found = set()
    for i, name in enumerate(columns.header):
        texts = [cells[i] for _, cells in below if i < len(cells) and not is_missing(cells[i])]
        if (
            plain(name) in labels
            and texts
            and not any(re.fullmatch(r"[-+(]?\$?[\d.,' ]+[-)]?", t.strip()) for t in texts)
        ):
            found.add(i)
    return found


def check_header(columns: Columns, place: str) -> None:
    """Raise UserError for a column that is missing, that nobody knows, or that stands there twice."""
    layout, names = columns.layout, [name.strip() for name in columns.header]
    for column in layout.needed:
        if column not in columns.at:
            raise UserError(f"the column '{column}' is missing", place=place, remedy=_nearest(column, names))
    for name in columns.unknown():
        raise UserError("unknown column", value=name, place=place, remedy=nearest(name, list(layout.aliases)))
    if (twice := columns.twice()) is not None:
        raise UserError("two columns have this name", value=twice, place=place, remedy="rename or drop one")
    for column, others in columns.passed.items() if layout.remarks is not None else ():
        for i in others:
            taken = names[columns.at[column]]
            raise UserError(f"two columns mean {column}", value=f"{taken}, {names[i]}", place=place, remedy="drop one")


def _header(text: str, separator: str, layout: Layout, place: str) -> tuple[int, Columns]:
    """The line that names the columns: the first that has all of the needed; else the first line.

    Of two such lines in a row that with more known names: above it stand names of groups of columns.
    """
    first: tuple[int, Columns] | None = None
    found: tuple[int, Columns] | None = None
    for number, cells in _split(text, separator, place, most=SEARCHED):
        columns = layout.match(cells)
        if found is not None:
            return (number, columns) if columns.complete and len(columns.at) > len(found[1].at) else found
        if columns.complete:
            found = number, columns
            continue
        if first is None and len(cells) > 1:
            first = number, columns
    return found or first or next(((n, layout.match(cells)) for n, cells in _split(text, separator, place, most=1)),
                         (1, layout.match(())))  # fmt: skip


def _split(text: str, separator: str, place: str, most: int | None = None) -> Iterator[Line]:
    """Lines that are not blank, at most so many; UserError if they are no CSV."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    kept = 0
    try:
        for cells in reader:
            if len(cells) > WIDEST:
                raise UserError(f"has more than {WIDEST:,} columns", place=place, remedy="keep those that are needed")
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
                kept += 1
                if kept == most:
                    return
    except csv.Error as error:
        where = f"{place}:{reader.line_num}"
        raise UserError(f"is not CSV: {error}", place=where, remedy="close the quotes of its cells") from None


def _nearest(column: str, header: Sequence[str]) -> str:
    """A remedy for a missing column: the header's nearest name, but none that is another figure of it: spx_low."""
    found = nearest(column, [name for name in header if name and not name.lower().startswith(f"{column}_")])
    if found.startswith("did"):
        return f"rename '{found.split(chr(39))[1]}' to '{column}'?"
    said = f"the header has {','.join(header)}"[:200]
    if len(header) > 1:
        return said
    quoted = any(separator in header[0] for separator in SEPARATORS)
    return f"{said}; " + (
        "its lines stand in quotes as a whole: take these off"
        if quoted
        else "separate its cells by commas, semicolons, tabs or bars"
    )
