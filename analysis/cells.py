"""Answers of any shape as rows of one table, a row a cell, and back to the last bit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis.numbers import Number
from sim.named_tuple import NamedTuple
from sim.names import ACTUAL

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = dict[str, Number] | pl.DataFrame | str
START = datetime(1970, 1, 1)
COLUMNS = {
    "question": pl.String,
    "desk": pl.String,
    "world": pl.String,
    "row": pl.Int32,
    "column": pl.String,
    "kind": pl.String,
    "number": pl.Float64,
    "text": pl.String,
}
FIGURES, WORD, NUMBER, WHOLE, TEXT, FLAG, TIME, DATE = (
    "figures", "word", "number", "whole", "text", "flag", "time", "date"
)  # fmt: skip
OF_FIGURES = ("label", "unit", "value", "error", "counted")
TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    NUMBER: pl.Float64,
    WHOLE: pl.Int64,
    TEXT: pl.String,
    FLAG: pl.Boolean,
    TIME: pl.Datetime("us"),
    DATE: pl.Date,
}


class Key(NamedTuple):
    """What was asked: the question, of which desk (None: the first), in which world (or of several)."""

    question: str
    desk: str | None = None
    world: str = ACTUAL

    def of_default(self, kept: Mapping[Key, Answer]) -> Key:
        """The same of the first desk, if it is this one whose answers are kept."""
        first = kept.get(FIRST_DESK)
        return Key(self.question, None, self.world) if self.desk is not None and self.desk == first else self


FIRST_DESK = Key("first desk")


def table_of(answers: Mapping[Key, Answer]) -> pl.DataFrame:
    """One row a cell, column by column; a row with the number -1 names a column, of which there may be no cell."""
    found: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for key, answer in answers.items():
        for name, kind, values in _columns(answer):
            size, text = len(values) + 1, kind in (TEXT, WORD)
            for column, value in zip((*Key._fields, "column", "kind"), (*key, name, kind), strict=True):
                found[column] += [value] * size
            found["row"] += range(-1, size - 1)
            found["text"] += [None, *(v if v is None else str(v) for v in values)] if text else [None] * size
            found["number"] += [None] * size if text else [None, *_numbers(values)]
    return pl.DataFrame(found, schema=COLUMNS)


def answers_of(frame: pl.DataFrame) -> dict[Key, Answer]:
    """What such a table was made of."""
    tables: dict[Key, dict[str, tuple[str, list[Any]]]] = {}
    rows, names, kinds = (frame[name].to_list() for name in ("row", "column", "kind"))
    numbers, texts = frame["number"].to_list(), frame["text"].to_list()
    keys = zip(*(frame[name].to_list() for name in Key._fields), strict=True)
    begins = {i: Key(*key) for i, (row, key) in enumerate(zip(rows, keys, strict=True)) if row < 0}
    for (begin, key), end in zip(begins.items(), [*begins, frame.height][1:], strict=True):
        kind, cells = kinds[begin], slice(begin + 1, end)
        values = texts[cells] if kind in (TEXT, WORD) else _values(kind, numbers[cells])
        tables.setdefault(key, {})[names[begin]] = (kind, values)
    return {key: _answer(columns) for key, columns in tables.items()}


def _columns(answer: Answer) -> Iterator[tuple[str, str, Sequence[Any]]]:
    """Name, kind and values of each column."""
    if isinstance(answer, str):
        yield WORD, WORD, [answer]
    elif isinstance(answer, pl.DataFrame):
        for column in answer.get_columns():
            yield column.name, _kind(column.dtype), column.to_list()
        if not answer.width:
            yield "", NUMBER, []
    else:
        yield FIGURES, FIGURES, []
        yield "name", TEXT, list(answer)
        for name in OF_FIGURES:
            kind = TEXT if name in ("label", "unit") else FLAG if name == "counted" else NUMBER
            yield name, kind, [getattr(figure, name) for figure in answer.values()]


def _numbers(values: Sequence[Any]) -> Iterable[float | None]:
    return (None if value is None else _number(value) for value in values)


def _number(value: Any) -> float:
    if isinstance(value, datetime):
        return float((value - START) // timedelta(microseconds=1))
    return float((value - START.date()).days) if isinstance(value, date) else float(value)


def _values(kind: str, numbers: list[float | None]) -> list[Any]:
    if kind == NUMBER:
        return numbers
    return [None if number is None else _BACK[kind](number) for number in numbers]


_BACK: dict[str, Callable[[float], Any]] = {
    WHOLE: int,
    FLAG: bool,
    TIME: lambda number: START + timedelta(microseconds=int(number)),
    DATE: lambda number: (START + timedelta(days=int(number))).date(),
}


def _kind(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return WHOLE
    kinds = {NUMBER: pl.Float64, TEXT: pl.String, FLAG: pl.Boolean, TIME: pl.Datetime, DATE: pl.Date}
    return next(kind for kind, known in kinds.items() if dtype == known)


def _answer(columns: dict[str, tuple[str, list[Any]]]) -> Answer:
    if WORD in columns and columns[WORD][0] == WORD:
        return str(columns[WORD][1][0])
    if FIGURES in columns and columns[FIGURES][0] == FIGURES:
        names, *rest = (columns[name][1] for name in ("name", *OF_FIGURES))
        return {
            name: Number(label=label, unit=unit, value=value, error=error, counted=counted)
            for name, label, unit, value, error, counted in zip(names, *rest, strict=True)
        }
    named = {name: pl.Series(name, values, dtype=TYPES[kind]) for name, (kind, values) in columns.items() if name}
    return pl.DataFrame(named)
