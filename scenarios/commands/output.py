"""Printing any text on any stream: characters that it cannot show are replaced, failures to write reported."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from sim.errors import SpiralError
from sim.text import INSTEAD as UNSHOWN
from sim.text import one_line, plain

ERRORS = "spiral"  # name of our handler of characters that an encoding lacks
BARS = "▁▂▃▄▅▆▇█"
# Replacements for characters that the output's encoding lacks.
INSTEAD = {
    "\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{PLUS-MINUS SIGN}": "+/-", "\N{MIDDLE DOT}": "-",
    "\N{HORIZONTAL ELLIPSIS}": "...", "\N{MULTIPLICATION SIGN}": "x", "\N{RIGHTWARDS ARROW}": "->",
    "\N{LESS-THAN OR EQUAL TO}": "<=", "\N{GREATER-THAN OR EQUAL TO}": ">=", "\N{DEGREE SIGN}": " deg",
    "\N{LEFT SINGLE QUOTATION MARK}": "'", "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"', "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    **dict(zip(BARS, "_.-=+*%#", strict=True)),
}  # fmt: skip


_LISTENERS: list[list[tuple[str, str]]] = []


class OutputLost(SpiralError):
    """A command's output could not be written; files that it has made are kept."""


def replaced(error: UnicodeError) -> tuple[str, int]:
    """Codec error handler: the nearest ASCII for characters that the encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_nearest, error.object[error.start : error.end])), error.end


def _nearest(character: str) -> str:
    if character in INSTEAD:
        return INSTEAD[character]
    if "\u2500" <= character <= "\u257f":  # lines of boxes
        return "-" if character in "─━═╌╍┄┅┈┉╴╶╸╺" else "|" if character in "│┃║╎╏┆┇┊┋╵╷╹╻" else "+"
    bare = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return bare or "?"


codecs.register_error(ERRORS, replaced)


class _Closed(io.TextIOBase):
    """Stands for an output that was closed when the program began: writing to it fails."""

    encoding = "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed")


def make_ready() -> None:
    """Let standard output and error take any text; put something where they are closed, so that no file takes their
    place.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            _occupy(number)
            setattr(sys, name, open(os.devnull) if number == 0 else _Closed())  # noqa: SIM115
        elif number and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


def _occupy(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        free = os.open(os.devnull, os.O_RDWR)
        if free != number:
            os.dup2(free, number)
            os.close(free)


def finish(code: int) -> int:
    """Write out what waits to be written; the exit code, that of a failure where it cannot be.

    Python would try again at its end, and print an error: so streams that failed are redirected to nothing.
    """
    try:
        _flush(sys.stdout)
    except BrokenPipeError:
        lose(sys.stdout)
    except (OSError, ValueError) as error:
        lose(sys.stdout)
        complain(f"failed: {lost(error)}")
        code = code or 1
    try:
        _flush(sys.stderr)
    except (OSError, ValueError):
        lose(sys.stderr)
    return code


def _flush(stream: Any) -> None:
    if not isinstance(stream, _Closed):
        stream.flush()


def lose(stream: Any) -> None:
    """Discard what is left in a stream."""
    try:
        number = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def lost(error: BaseException) -> str:
    why = getattr(error, "strerror", None) or str(error)
    return f"the output could not be written: {why}"


def say(text: object, *, err: bool = False, lines: bool = False) -> None:
    """A line, or `lines` of it as they are. Raises OutputLost."""
    shown = plain(str(text))
    _write(sys.stderr if err else sys.stdout, shown if lines else shown.replace("\n", UNSHOWN))


def pass_on(text: str) -> None:
    """Text with its styles, as a console has rendered it. Raises OutputLost."""
    _write(sys.stdout, text, end="")


def complain(text: str) -> None:
    """A line on standard error; where even that cannot be written, the exit code must tell."""
    try:
        say(one_line(text), err=True)
    except (OutputLost, BrokenPipeError):
        lose(sys.stderr)


@contextmanager
def heard() -> Iterator[list[tuple[str, str]]]:
    """A block whose output is also gathered: the name of the stream and the text of each part."""
    said: list[tuple[str, str]] = []
    _LISTENERS.append(said)
    try:
        yield said
    finally:
        _LISTENERS.remove(said)


def repeat(name: str, text: str) -> None:
    """A part that was heard. Raises OutputLost."""
    _write(getattr(sys, name), text, end="")


def _write(stream: TextIO, text: str, end: str = "\n") -> None:
    for said in _LISTENERS:
        said.append(("stderr" if stream is sys.stderr else "stdout", f"{text}{end}"))
    try:
        stream.write(f"{text}{end}")
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        lose(stream)  # else Python tries its buffer again at the end, and complains again
        raise OutputLost(lost(error)) from error
