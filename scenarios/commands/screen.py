"""Standard output as commands print on it that look at something: its width, and whether it shows styles."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

from scenarios.commands.output import pass_on
from sim.screen.cells import cropped, width_of
from sim.screen.group import Shown
from sim.screen.text import Line, Text, cut, said

PLAIN_WIDTH = 160  # characters, where the output is not a terminal
USUAL_WIDTH = 80  # characters, of a terminal that does not tell
DUMB = ("dumb", "unknown")  # terminals without styles
WORDS = ("bold", "dim", "italic")  # of a style, in the order of their codes
COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


class Screen:
    """Prints text and tables on standard output as rich would, so wide and with the styles that it shows."""

    def __init__(self, width: int, *, styled: bool, coloured: bool) -> None:
        self.width, self.styled, self.coloured = width, styled, coloured

    def print(self, *parts: str | Shown) -> None:
        """Each part on lines of its own. Raises OutputLost."""
        ascii_only = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
        shown = [Text(part) if isinstance(part, str) else part for part in parts or ("",)]
        lines = (line for part in shown for line in part.lines(self.width, ascii_only=ascii_only))
        pass_on("".join(f"{self._rendered(line)}\n" for line in lines))

    def _rendered(self, line: Line) -> str:
        text = said(line)
        if width_of(text) > self.width:
            text = cropped(text, self.width)
            line = cut(line, 0, len(text))
        return "".join(self._coded(*piece) for piece in line) if self.styled else text

    def _coded(self, text: str, style: str) -> str:
        """A piece of text between the codes of its style."""
        codes = _codes(style, coloured=self.coloured) if style and text else ""
        return f"\x1b[{codes}m{text}\x1b[0m" if codes else text


def screen(plain_width: int = PLAIN_WIDTH) -> Screen:
    """Standard output, `plain_width` characters wide where it is not a terminal."""
    if not is_terminal(sys.stdout):
        return Screen(plain_width, styled=False, coloured=False)
    styled = os.environ.get("TERM", "").lower() not in DUMB and os.name != "nt"
    return Screen(_width(), styled=styled, coloured=not os.environ.get("NO_COLOR"))


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is one, or is said to be."""
    compatible, forced = os.environ.get("TTY_COMPATIBLE"), os.environ.get("FORCE_COLOR")
    if compatible in ("0", "1"):
        return compatible == "1"
    return bool(forced) if forced is not None else stream.isatty()


def _width() -> int:
    """Characters in a line of the terminal."""
    told = os.environ.get("COLUMNS", "")
    if told.isdigit() and int(told):
        return int(told)
    if os.environ.get("TERM", "").lower() not in DUMB:
        for number in range(3):
            with suppress(OSError):
                return os.get_terminal_size(number).columns or USUAL_WIDTH
    return USUAL_WIDTH


def _codes(style: str, *, coloured: bool) -> str:
    """The codes of a style in words: "bold cyan" is 1;36."""
    words = style.split()
    codes = [str(code) for code, word in enumerate(WORDS, 1) if word in words]
    colours = [str(30 + COLOURS.index(word)) for word in words if word in COLOURS] if coloured else []
    return ";".join([*codes, *colours[-1:]])
