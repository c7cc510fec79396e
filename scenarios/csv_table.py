"""CSV files that a user writes: rows with their line numbers, mistakes named by file and line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scenarios.place import Place
from scenarios.registry import nearest
from sim.errors import UserError


@dataclass(frozen=True)
class Row:
    """One line of a CSV file: cells by column, and the place for messages."""

    cells: dict[str, str]
    place: Place

    def text(self, column: str) -> str | None:
        """The cell, or None where it is empty or the column is missing."""
        return self.cells.get(column, "").strip() or None

    def number(self, column: str) -> float | None:
        """The cell as a finite number, None where it is empty."""
        text = self.text(column)
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not abs(value) < float("inf"):
            raise self.place.at(column).error(
                "must be a number", value=text, remedy="write 1234.5, or leave the cell empty"
            )
        return value

    def whole(self, column: str) -> int | None:
        """The cell as a whole number, None where it is empty."""
        value = self.number(column)
        if value is not None and value != int(value):
            raise self.place.at(column).error("must be a whole number", value=self.text(column))
        return None if value is None else int(value)

    def day(self, column: str) -> date | None:
        """The cell as a date, None where it is empty."""
        text = self.text(column)
        try:
            return None if text is None else date.fromisoformat(text)
        except ValueError:
            raise self.place.at(column).error("must be a date, YYYY-MM-DD", value=text) from None


def read_rows(path: str | Path, *, required: Sequence[str], known: Sequence[str] | None = None) -> list[Row]:
    """The rows of a CSV file with a header line; blank lines are skipped.

    Every column of `required` must be there; with `known`, no other column may be. Raises UserError.
    """
    place = str(path)
    lines = list(_lines(Path(path)))
    if not lines:
        raise UserError(
            "the file is empty", place=place, remedy=f"its first line names the columns: {','.join(required)}"
        )
    header = [cell.strip() for cell in lines[0][1]]
    _check_header(header, required, known, f"{place}:{lines[0][0]}")
    rows = []
    for number, cells in lines[1:]:
        if len(cells) != len(header):
            rule = f"the header names {len(header)} columns"
            raise UserError(
                rule,
                value=f"{len(cells)} cells",
                place=f"{place}:{number}",
                remedy="leave a cell empty, but keep its comma",
            )
        rows.append(Row(dict(zip(header, cells, strict=True)), Place(f"{place}:{number}")))
    if not rows:
        raise UserError("there is no row below the header", place=place, remedy="write one row a line")
    return rows


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"is not UTF-8 text (byte {error.start})", place=str(path), remedy="save it as CSV, UTF-8"
        ) from error
    except OSError as error:
        raise UserError(
            f"cannot be read: {error.strerror}", place=str(path), remedy="give the path of a CSV file"
        ) from error
    reader = csv.reader(text.splitlines())
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise UserError(f"is not CSV: {error}", place=f"{path}:{reader.line_num}") from error


def _check_header(header: list[str], required: Sequence[str], known: Sequence[str] | None, place: str) -> None:
    for column in required:
        if column not in header:
            remedy = nearest_column(column, header)
            raise UserError(f"the column '{column}' is missing", place=place, remedy=remedy)
    for column in header:
        if known is not None and column not in known:
            raise UserError("unknown column", value=column, place=place, remedy=nearest(column, list(known)))
        if column and header.count(column) > 1:
            raise UserError("two columns have this name", value=column, place=place, remedy="rename or drop one")


def nearest_column(column: str, header: list[str]) -> str:
    """A remedy for a missing column: the header's nearest name."""
    found = nearest(column, [name for name in header if name])
    return (
        f"rename '{found.split(chr(39))[1]}' to '{column}'?"
        if found.startswith("did")
        else f"the header has {','.join(header)}"
    )
