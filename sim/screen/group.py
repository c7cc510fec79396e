"""Text and tables one below the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from sim.screen.text import Line, in_rich


class Shown(Protocol):
    """What a screen prints."""

    def lines(self, width: int, *, ascii_only: bool = False) -> Iterator[Line]:
        """Its lines. width: cells, which a table may exceed. ascii_only: whether lines of tables are typed."""
        ...


class Group:
    """What is printed together."""

    def __init__(self, *parts: Shown) -> None:
        self.parts = parts

    def lines(self, width: int, *, ascii_only: bool = False) -> Iterator[Line]:
        """The lines of every part."""
        for part in self.parts:
            yield from part.lines(width, ascii_only=ascii_only)

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        return in_rich(self.lines(options.max_width, ascii_only=options.ascii_only))
