"""Sheets written for spreadsheets: a workbook, a folder of CSV files, or one CSV file; text is never a formula."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import UserError
from sim.files import check_target, make_folder, write_whole
from sim.listed_files import is_listed, write_listed
from sim.text import plain

if TYPE_CHECKING:
    import polars as pl

WRITER = "spiral export"
LISTED = "export.json"  # names and checksums of the CSV files of a folder
MOST_ROWS, LONGEST_CELL = 1_048_576, 32_767  # of a sheet, its header among them; characters: the format's limits
SEAL = "Written by Spiral, SHA-256"  # property of a workbook
CREATED = dt.datetime(2000, 1, 1)  # fixed, so that the bytes depend on the sheets only
WIDEST = 60  # characters of a column
NOT_OURS = "this file is not as Spiral wrote it"


def check_workbook(path: Path, *, force: bool = False) -> None:
    """Find out before the work whether sheets can be written there.

    A file that is not as `write_sheets` left it is replaced only with `force`. Raises UserError.
    """
    kind = path.suffix.lower()
    if kind not in (".xlsx", ".csv", ""):
        remedy = "name it .xlsx or .csv, or without an ending for a folder of CSV files"
        raise UserError("sheets are written as .xlsx, as .csv or into a folder", value=path.name, remedy=remedy)
    if kind == ".xlsx":
        _xlsxwriter(path)
    if kind == "" and path.exists() and not path.is_dir():
        raise UserError("a folder of CSV files is a folder", value=str(path), remedy="give another name")
    if kind:
        check_target(path)
        rule = "a CSV file does not say who wrote it: one that is there is kept" if kind == ".csv" else NOT_OURS
        _check_ours([path], force=force, rule=rule)


def write_sheets(
    path: Path, sheets: Mapping[str, pl.DataFrame], *, sheet: str | None = None, force: bool = False
) -> None:
    """Write sheets in the format that the name says, each file whole or not at all; see `check_workbook`.

    sheet: the one that a .csv file holds. Raises UserError, before anything is written where a file is somebody's;
    SpiralError if the disk is full.
    """
    check_workbook(path, force=force)
    kind = path.suffix.lower()
    if kind == ".xlsx":
        content = workbook(sheets)
        make_folder(path.parent)
        write_whole(path, content)
    elif kind == ".csv":
        if sheet is None or sheet not in sheets:
            known = ", ".join(sheets)
            raise UserError("there is no such sheet", value=sheet, place="--sheet", remedy=f"sheets: {known}")
        write_csv(path, csv(sheets[sheet]))
    else:
        _write_folder(path, {f"{name}.csv": csv(frame) for name, frame in sheets.items()}, force=force)


def write_csv(path: Path, content: bytes) -> None:
    """Write one CSV file, whole or not at all; `check_workbook` comes before. Raises UserError or SpiralError."""
    make_folder(path.parent)
    write_whole(path, content)


def _check_ours(places: Iterable[Path], *, force: bool, rule: str = NOT_OURS) -> None:
    """Raise UserError for a file that is there and is not as an export left it."""
    for place in places:
        if place.exists() and not force and not _ours(place):
            remedy = "give another name, or --force to replace it"
            raise UserError(rule, value=str(place), remedy=remedy)


def _write_folder(folder: Path, files: Mapping[str, bytes], *, force: bool) -> None:
    """Write CSV files and their list; unchanged files of an earlier export that are no longer needed are removed."""
    _check_ours((folder / name for name in (*files, LISTED)), force=force)
    write_listed(folder, files, LISTED, WRITER)


def csv(frame: pl.DataFrame) -> bytes:
    """A frame as UTF-8 with its header; numbers in full, text that a spreadsheet would run behind an apostrophe."""
    from analysis.csv_text import csv_text

    return csv_text(frame, null_value="", datetime_format="%Y-%m-%d %H:%M:%S").encode()


def workbook(sheets: Mapping[str, pl.DataFrame]) -> bytes:
    """Sheets as an .xlsx file, the same bytes for the same sheets; a property in it proves its content.

    Raises UserError without XlsxWriter, and for a sheet of more rows than the format has.
    """
    for name, frame in sheets.items():
        if frame.height >= MOST_ROWS:
            remedy = "name a folder instead: one CSV file a sheet"
            raise UserError(f"a sheet has at most {MOST_ROWS:,} rows", value=frame.height, place=name, remedy=remedy)
    bare = _filled(sheets, None)
    return _filled(sheets, _digest(io.BytesIO(bare)))


def _filled(sheets: Mapping[str, pl.DataFrame], seal: str | None) -> bytes:
    out = io.BytesIO()
    as_text = {f"strings_to_{what}": False for what in ("formulas", "urls", "numbers")}
    with _xlsxwriter(Path("FILE.xlsx")).Workbook(out, {**as_text, "in_memory": True}) as made:
        made.set_properties({"created": CREATED})
        if seal is not None:
            made.set_custom_property(SEAL, seal)
        bold, day = made.add_format({"bold": True}), made.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, frame in sheets.items():
            sheet = made.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for column, (heading, values) in enumerate(frame.to_dict(as_series=True).items()):
                sheet.write_string(0, column, plain(heading), bold)
                longest = max(_write(sheet, column, values, day), default=0)
                sheet.set_column(column, column, min(max(len(heading), longest) + 2, WIDEST))
    return out.getvalue()


def _write(sheet: Any, column: int, values: Iterable[Any], day: Any) -> Iterator[int]:
    """Write the cells of a column; returns the characters that each shows. Unknown values are empty cells."""
    for i, value in enumerate(values):
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            continue
        if isinstance(value, bool):
            sheet.write_boolean(i + 1, column, value)
            yield 5
        elif isinstance(value, int | float):
            sheet.write_number(i + 1, column, value)
            yield 12
        elif isinstance(value, dt.date):
            sheet.write_datetime(i + 1, column, value, day)
            yield 16
        else:
            text = plain(str(value))[:LONGEST_CELL]
            sheet.write_string(i + 1, column, text)
            yield len(text)


def _xlsxwriter(path: Path) -> Any:
    try:
        import xlsxwriter
    except ImportError:
        remedy = "pip install 'spiral-crisis[export]', or name a .csv file or a folder"
        raise UserError("a workbook needs XlsxWriter", value=str(path), remedy=remedy) from None
    return xlsxwriter


def _ours(place: Path) -> bool:
    """Whether a file is as an export left it. One CSV file alone has no place for a proof: False."""
    if place.suffix.lower() != ".xlsx":
        return is_listed(place, LISTED, WRITER)
    try:
        return _sealed(place)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _sealed(place: Path) -> bool:
    import zipfile  # 3 ms

    try:
        with zipfile.ZipFile(place) as parts:
            said = re.search(rf'name="{SEAL}".*?([0-9a-f]{{64}})', parts.read("docProps/custom.xml").decode())
        return said is not None and said[1] == _digest(place)
    except zipfile.BadZipFile:
        return False


def _digest(file: Path | io.BytesIO) -> str:
    """Of the sheets of a workbook: their names, sizes and checksums."""
    import zipfile

    with zipfile.ZipFile(file) as parts:
        found = [f"{p.filename} {p.file_size} {p.CRC}" for p in parts.infolist() if p.filename.startswith("xl/")]
    return hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()
