"""Frames of polars and pandas, and tables of arrays, as the lines of a file. Neither library is imported here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from scenarios.files.layout import Layout
from scenarios.files.lines import MOST, Lines, check_header
from sim.errors import UserError

Source = Any  # a path, a polars or pandas frame, or a mapping of column names to values
COMMA = ","


def is_path(source: Source) -> bool:
    """Whether a history or a book is named by its file."""
    return isinstance(source, str | Path)


def name_of(source: Source, layout: Layout) -> str:
    """The name of a history or a book in messages."""
    return str(source) if is_path(source) else f"the {layout.what}'s frame"


def frame_lines(source: Source, layout: Layout) -> Lines:
    """A frame's rows, counted from 1, as lines of text. Raises UserError if it is no frame."""
    name = name_of(source, layout)
    columns = _columns(source, name)
    lengths = {len(values) for _, values in columns}
    if len(lengths) > 1:
        raise UserError("the columns have different lengths", value=sorted(lengths), place=name)
    rows = min(lengths, default=0)
    if rows > MOST:
        raise UserError(f"has more than {MOST:,} rows", place=name, remedy="keep the dates that are needed")
    header = layout.match([str(key) for key, _ in columns])
    check_header(header, name)
    texts = [[_text(value) for value in values] for _, values in columns]
    cells = zip(*texts, strict=True) if rows else ()
    return Lines(name, COMMA, header, 0, tuple((i, list(row)) for i, row in enumerate(cells, 1)), (), ", row {}")


def _columns(source: Source, name: str) -> list[tuple[Any, list[Any]]]:
    """Columns with their values, also two of one name; an index that is more than row numbers is the first."""
    if isinstance(source, Mapping):
        return [(key, _values(values, name)) for key, values in source.items()]
    library = type(source).__module__.partition(".")[0]
    if library == "polars" and hasattr(source, "collect"):  # lazy
        source = _collected(source, name)
    if library == "polars" and hasattr(source, "get_columns"):
        return [(column.name, column.to_list()) for column in source.get_columns()]
    if library == "pandas" and hasattr(source, "columns"):
        return _pandas(source)
    remedy = "give the path of a CSV file, a frame of polars or pandas, or a table of arrays by column"
    raise UserError("is no history and no book", value=type(source).__name__, place=name, remedy=remedy)


def _collected(frame: Any, name: str) -> Any:
    """A lazy frame's rows. Raises UserError with the library's reason."""
    try:
        return frame.collect()
    except Exception as error:  # of the file or the steps behind the frame
        why = str(error).strip().partition("\n")[0]
        raise UserError(f"cannot be collected: {why}", place=name, remedy="collect it yourself, and mend it") from error


def _pandas(frame: Any) -> list[tuple[Any, list[Any]]]:
    columns: list[tuple[Any, list[Any]]] = []
    if type(frame.index).__name__ != "RangeIndex":
        columns.append((frame.index.name or "", frame.index.tolist()))
    for i, key in enumerate(frame.columns):
        label = next((part for part in key if part), "") if isinstance(key, tuple) else key
        columns.append((label, frame.iloc[:, i].tolist()))
    return columns


def _values(values: Any, name: str) -> list[Any]:
    if hasattr(values, "tolist") and getattr(values, "dtype", None) is not None and values.dtype.kind == "M":
        return [str(value)[:19] for value in values]  # datetime64: tolist() would give nanoseconds
    if hasattr(values, "tolist") or hasattr(values, "to_list"):
        return list(values.tolist() if hasattr(values, "tolist") else values.to_list())
    if isinstance(values, Sequence) and not isinstance(values, str | bytes):
        return list(values)
    raise UserError("a column is a list of values", value=type(values).__name__, place=name)


def _text(value: Any) -> str:
    """A value as a file would have it; "" for nothing."""
    if value is None or type(value).__name__ == "NAType" or value != value:  # pandas' NA, of which all is NA; NaN, NaT
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return repr(value) if isinstance(value, float) and type(value) is float else str(value)
