"""Text with styles, and the lines that it is broken into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from sim.named_tuple import NamedTuple
from sim.screen.cells import breaks, cropped, is_plain, width_of
from sim.text import plain

TAB = 8  # cells
ELLIPSIS = "…"

Piece = tuple[str, str]  # text, and its style: words such as "bold cyan"
Line = list[Piece]
Justify = Literal["left", "right", ""]  # "": as it is, not padded


class Fit(NamedTuple):
    """How text is fitted into lines."""

    width: int  # cells
    justify: Justify = ""
    fold: bool = True  # words longer than a line are broken; else cut, with an ellipsis
    no_wrap: bool = False


class Text:
    """Text in pieces, each with its style. What would steer a terminal is replaced."""

    def __init__(self, text: str = "", style: str = "", *, justify: Justify = "") -> None:
        self.pieces: Line = [(plain(text), style)]
        self.justify: Justify = justify

    @classmethod
    def assemble(cls, *parts: str | Piece) -> Text:
        """Text of several pieces."""
        made = cls()
        made.pieces = [(plain(text), style) for text, style in ((p, "") if isinstance(p, str) else p for p in parts)]
        return made

    @property
    def plain(self) -> str:
        """Without its styles."""
        return said(self.pieces)

    def longest(self) -> int:
        """Cells of its longest line."""
        return max(map(width_of, self.plain.splitlines()), default=0)

    def fitted(self, fit: Fit) -> Iterator[Line]:
        """Its lines, one after the other."""
        for line in _as_written(self.pieces):
            text = said(line)
            short = fit.no_wrap or (len(text) <= fit.width and is_plain(text))
            cuts = [] if short else breaks(text, fit.width, fold=fit.fold)
            for first, last in zip((0, *cuts), (*cuts, len(text)), strict=True):
                yield _justified(cut(line, first, last), fit, self.justify or fit.justify)

    def lines(self, width: int, *, ascii_only: bool = False) -> Iterator[Line]:
        """As it is printed."""
        return self.fitted(Fit(width))

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        return in_rich(self.lines(options.max_width))


def said(line: Sequence[Piece]) -> str:
    """The text of a line."""
    return line[0][0] if len(line) == 1 else "".join(text for text, _ in line)


def cut(line: Line, first: int, last: int) -> Line:
    """The characters from `first` to before `last`, with their styles."""
    if len(line) == 1:
        return [(line[0][0][first:last], line[0][1])]
    found, begin = [], 0
    for text, style in line:
        part = text[max(first - begin, 0) : max(last - begin, 0)]
        if part:
            found.append((part, style))
        begin += len(text)
    return found or [("", line[0][1])]


def _as_written(pieces: Line) -> Iterator[Line]:
    """The lines of text as it was written, tabs as spaces."""
    if len(pieces) == 1 and not ("\n" in pieces[0][0] or "\t" in pieces[0][0]):
        yield pieces
        return
    line: Line = []
    for text, style in pieces:
        for i, part in enumerate(text.split("\n")):
            if i:
                yield line
                line = []
            line.append((_untabbed(part, said(line)) if "\t" in part else part, style))
    yield line


def _untabbed(part: str, before: str) -> str:
    """Text with spaces up to the next multiple of TAB cells for each tab, after what stands before it."""
    found = ""
    for i, word in enumerate(part.split("\t")):
        found += (" " * (TAB - width_of(before + found) % TAB) if i else "") + word
    return found


def _justified(line: Line, fit: Fit, justify: Justify) -> Line:
    """A line without spaces beyond the width, cut or padded to it."""
    text = said(line)
    least = len(text.rstrip())
    if justify == "right":
        line = cut(line, 0, least)
    elif not fit.no_wrap and len(text) > fit.width:
        line = cut(line, 0, max(least, fit.width))
    wide = width_of(said(line))
    if wide > fit.width:
        return _cropped(line, fit)
    space = (" " * (fit.width - wide), line[-1][1])
    return [*line, space] if justify == "left" else [space, *line] if justify == "right" else line


def _cropped(line: Line, fit: Fit) -> Line:
    """The beginning of a line too long."""
    text = said(line)
    kept = cropped(text, fit.width if fit.fold else fit.width - 1)
    whole = len(kept) if text.startswith(kept) else len(kept) - 1  # without the space for half a character
    found = cut(line, 0, whole)
    return [*found, (kept[whole:] + ("" if fit.fold else ELLIPSIS), found[-1][1])]


def in_rich(lines: Iterator[Line]) -> Iterator[Any]:
    """The same lines for a console of rich."""
    from rich.segment import Segment
    from rich.style import Style

    for line in lines:
        yield from (Segment(text, Style.parse(style) if style else None) for text, style in line)
        yield Segment.line()
