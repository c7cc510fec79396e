"""Frames of a traceback: the owner of each one's code, and the line at which a generator waits."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any

import agents

Frames = list[tuple[FrameType, int]]  # each with its line, from the outside


def _folders(*paths: str) -> tuple[str, ...]:
    """Beginnings of the names of files in these folders, as given and with links followed."""
    return tuple({f"{path}{os.sep}" for given in paths for path in (given, Path(given).resolve())})


ROOT = Path(agents.__file__).parent.parent
OURS = _folders(*(str(ROOT / name) for name in ("sim", "markets", "agents", "scenarios", "analysis")))


@cache
def _libraries() -> tuple[str, ...]:
    """Beginnings of the names of Python's own files, and of those of libraries."""
    import sysconfig  # with what it reads 3 ms

    own = (sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
    added = (path for path in sys.path if Path(path).name in ("site-packages", "dist-packages"))  # pip install --user
    return _folders(*own, *added)


def is_ours(code: CodeType) -> bool:
    """Whether code is Spiral's own."""
    return code.co_filename.startswith(OURS)


def is_theirs(code: CodeType) -> bool:
    """Whether code is the user's: not Spiral's, not a library's, not Python's."""
    file = code.co_filename
    return not file.startswith((*OURS, *_libraries(), "<frozen"))


def frames_of(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """The frames of a traceback, from the outside."""
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def waiting(generator: Any) -> Frames:
    """Frames of a generator and of those that it yields from."""
    found = []
    while (frame := getattr(generator, "gi_frame", None)) is not None:
        found.append((frame, frame.f_lineno))
        generator = generator.gi_yieldfrom
    return found


def yielded_at(generator: Any) -> tuple[CodeType | None, int | None]:
    """Code and line at which a generator waits."""
    standing = waiting(generator)
    return (standing[-1][0].f_code, standing[-1][1]) if standing else (None, None)


def place_of(code: CodeType, line: int) -> str:
    """`file.py:17, in live`, the file as seen from the working folder."""
    file = code.co_filename
    here = os.path.relpath(file) if file.startswith(f"{os.getcwd()}{os.sep}") else file
    return f"{here}:{line}, in {code.co_name}"
