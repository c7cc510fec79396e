"""Tables beside one another, as many as a line has room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sim.screen.cells import width_of
from sim.screen.group import Shown
from sim.screen.text import Line, in_rich, said

GAP = 3  # cells between two


class Beside:
    """Parts side by side where there is room, else in further rows."""

    def __init__(self, *parts: Shown) -> None:
        self.parts = parts

    def lines(self, width: int, *, ascii_only: bool = False) -> Iterator[Line]:
        """The parts' lines, joined."""
        row: list[list[Line]] = []
        for part in self.parts:
            block = list(part.lines(width, ascii_only=ascii_only))
            if row and _wide([*row, block]) > width:
                yield from _joined(row)
                row = []
            row.append(block)
        yield from _joined(row)

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        return in_rich(self.lines(options.max_width, ascii_only=options.ascii_only))


def _width(block: Sequence[Line]) -> int:
    return max((width_of(said(line)) for line in block), default=0)


def _wide(row: Sequence[Sequence[Line]]) -> int:
    """Cells that a row of blocks takes."""
    return sum(map(_width, row)) + GAP * (len(row) - 1)


def _joined(row: Sequence[Sequence[Line]]) -> Iterator[Line]:
    widths = [_width(block) for block in row]
    for i in range(max(map(len, row), default=0)):
        line: Line = []
        for block, wide in zip(row, widths, strict=True):
            own = block[i] if i < len(block) else []
            line += [*own, (" " * (wide - (width_of(said(own)) if own else 0) + GAP), "")]
        yield line[:-1]
