"""Bars of commands that work for a while, on standard error, drawn by rich: imported where somebody looks at one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)  # fmt: skip
from rich.table import Column
from rich.text import Text

from sim.text import one_line

Update = Callable[..., None]


class RateColumn(ProgressColumn):
    """Millions of path-ticks a second."""

    def __init__(self) -> None:
        super().__init__(Column(no_wrap=True, min_width=len("00.00M path-ticks/s")))

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed / 1e6:.2f}M path-ticks/s", style="progress.data.speed")


def _words(field: str = "description") -> TextColumn:
    """A field of the task on one line, cut where there is no room."""
    return TextColumn(f"{{task.{field}}}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))


@contextmanager
def _bar(*columns: ProgressColumn, title: str = "", **fields: Any) -> Iterator[Update]:
    """Updates of the one task of a bar."""
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(one_line(title), total=None, **fields)
        yield lambda **told: bar.update(task, **told)


@contextmanager
def path_ticks(title: str) -> Iterator[Update]:
    """(done, total[, stage]), with rate and time left."""
    columns = (_words(), BarColumn(20), TaskProgressColumn(), RateColumn(), TimeRemainingColumn())
    with _bar(*columns, title=title) as update:
        yield lambda done, total, stage=title: update(completed=done, total=total, description=one_line(stage))


@contextmanager
def draws(title: str) -> Iterator[Update]:
    """(done, total) of repetitions, with the time left."""
    with _bar(_words(), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), title=title) as update:
        yield lambda done, total: update(completed=done, total=total)


@contextmanager
def cases(_: str) -> Iterator[Update]:
    """(done, total, names of the cases in flight), with the time gone."""
    with _bar(BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), _words()) as update:
        yield lambda done, total, names: update(completed=done, total=total, description=", ".join(names))


@contextmanager
def cells(title: str) -> Iterator[Update]:
    """(finished, work, cells) of a sweep, with the time left."""
    columns = (_words(), BarColumn(20), TaskProgressColumn(), _words("fields[cells]"), TimeElapsedColumn())
    with _bar(*columns, TimeRemainingColumn(), title=title, cells="") as update:
        yield lambda finished, work, cells: update(completed=work, total=cells, cells=f"{finished} of {cells} cells")
