"""Answers that a run keeps: what its report and its summary say, found once when the run ended.

A run of many paths has a table `figures` of a fixed number of rows. A report reads it, and no row of a path. Whoever
asks a question in a notebook is answered from the rows, as in a run without that table.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from weakref import WeakKeyDictionary

from analysis.answers import Answers
from analysis.cells import Answer, Key, answers_of
from analysis.numbers import Number
from sim.columns import Column, Table
from sim.dataset import Run
from sim.estimate import pulls_kept
from sim.names import ACTUAL

P = ParamSpec("P")
T = TypeVar("T")
Figures = dict[str, Number]

FIGURES = Table(
    "figures",
    (
        Column("question", "What was asked, a function of `analysis`", kind="text"),
        Column("desk", "Of which desk; none: the first", kind="text"),
        Column("row", "Row of the answer; -1: the column itself", kind="count"),
        Column("column", "Column of the answer", kind="text"),
        Column("kind", "Kind of its values", kind="text"),
        Column("number", "Number, flag, days or microseconds since 1970"),
        Column("text", "Text", kind="text"),
    ),
    timeless=True,
    rows="every cell of what the report of the first desk shows, however many paths there are",
)
TABLE = FIGURES.name
_asked: ContextVar[Answers | None] = ContextVar("asked", default=None)
_known: WeakKeyDictionary[Run, dict[Key, Answer]] = WeakKeyDictionary()


@contextmanager
def asking(known: Iterable[Answers] = ()) -> Iterator[Answers]:
    """A block whose questions are all answered from the rows, or as `known`; yields the answers as they come."""
    found = Answers(known)
    before = _asked.set(found)
    try:
        yield found
    finally:
        _asked.reset(before)


def told(
    question: Callable[Concatenate[Run, P], Figures],
) -> Callable[Concatenate[Run, P], Figures]:
    """Figures of a report: kept by the run, or remembered, as cards, tables and charts ask for the same ones.

    Figures with pulls are found anew: a run keeps none.
    """
    asked = _Question(question)

    @functools.wraps(question)
    def answer(run: Run, /, *args: P.args, **kwargs: P.kwargs) -> Figures:
        if pulls_kept():
            return question(run, *args, **kwargs)
        return dict(cast(Figures, asked.answer(run, args, kwargs)))

    return answer


def shown(question: Callable[Concatenate[Run, P], T]) -> Callable[Concatenate[Run, P], T]:
    """A frame or a word of a report: kept by the run, or remembered for as long as it is open."""
    asked, exact = _Question(question), _Question(question)

    @functools.wraps(question)
    def answer(run: Run, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if pulls_kept():
            return cast(T, exact.remembered(run, args, kwargs))
        return cast(T, asked.answer(run, args, kwargs))

    return answer


def noting(find: Callable[[], T]) -> tuple[T, list[Key]]:
    """What `find` finds, and which questions it asked: for `note`, where that is remembered."""
    collected = _asked.get()
    return (find(), []) if collected is None else collected.noting(find)


def note(asked: list[Key]) -> None:
    """Questions behind what is remembered count as asked again."""
    collected = _asked.get()
    if collected is not None and asked:
        collected.note(asked)


class _Question:
    """A function of a run, and what it has answered."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._name = f"{function.__module__.removeprefix('analysis.')}.{function.__name__}"
        code = function.__code__
        self._names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
        given = function.__defaults__ or ()
        positional = code.co_varnames[: code.co_argcount]
        self._defaults = dict(zip(positional[len(positional) - len(given) :], given, strict=True))
        self._defaults |= function.__kwdefaults__ or {}
        self._answers: WeakKeyDictionary[Run, dict[Key, Any]] = WeakKeyDictionary()

    def answer(self, run: Run, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """As the run keeps it, else from its rows."""
        key, collected = self._key(args, kwargs), _asked.get()
        if collected is not None:
            return collected.answer(key, lambda: self.remembered(run, args, kwargs))
        if type(run) is Run and TABLE in run.tables:
            kept = known_of(run)
            for name in (key, key.of_default(kept)):
                if name in kept:
                    return kept[name]
        return self.remembered(run, args, kwargs)

    def remembered(self, run: Run, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """From the rows, the first time."""
        known, key = self._answers.setdefault(run, {}), self._key(args, kwargs)
        if key not in known:
            known[key] = self._function(run, *args, **kwargs)
        return known[key]

    def _key(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Key:
        given = {**self._defaults, **dict(zip(self._names, args, strict=False)), **kwargs}
        more = [str(given[name]) for name in self._names if name not in ("agent", "world")]
        return Key(" ".join([self._name, *more]), given.get("agent"), given.get("world", ACTUAL))


def known_of(run: Run) -> dict[Key, Answer]:
    """Every answer that a run keeps."""
    if run not in _known:
        _known[run] = answers_of(run.table(TABLE).collect())
    return _known[run]
