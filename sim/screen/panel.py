"""Text in a frame with a title above and a subtitle below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from sim.screen.cells import width_of
from sim.screen.text import Fit, Line, Text, in_rich, said
from sim.text import one_line

EDGES = 4  # cells: of both sides, and a space at each
DRAWN = "╭─╮│╰╯"
TYPED = "+-+|++"  # where lines cannot be drawn
STYLE = "dim"  # of the frame


class Panel:
    """A text in a frame as wide as the screen."""

    def __init__(self, text: Text, *, title: str, subtitle: str) -> None:
        self.text, self.title, self.subtitle = text, title, subtitle

    def lines(self, width: int, *, ascii_only: bool = False) -> Iterator[Line]:
        """The frame and the text in it."""
        left, dash, right, side, below, corner = tuple(TYPED if ascii_only else DRAWN)
        yield _edge(left, dash, right, self.title, width, "left")
        for line in self.text.fitted(Fit(max(width - EDGES, 1), "left")):
            yield [(side, STYLE), (" ", ""), *line, (" ", ""), (side, STYLE)]
        yield _edge(below, dash, corner, self.subtitle, width, "middle")

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        return in_rich(self.lines(options.max_width, ascii_only=options.ascii_only))


def _edge(left: str, dash: str, right: str, text: str, width: int, place: Literal["left", "middle"]) -> Line:
    """A line of the frame with words in it, as many as there is room for."""
    room = width - EDGES - 2 * len(" ")
    words: Line = next(Text(one_line(text)).fitted(Fit(max(room, 1), fold=False, no_wrap=True)))
    if not said(words).strip() or room < 1:
        return [(left + dash * (width - 2) + right, STYLE)]
    rest = room - width_of(said(words))
    before = 0 if place == "left" else rest // 2
    ends = (f"{left}{dash * (1 + before)} ", f" {dash * (1 + rest - before)}{right}")
    return [(ends[0], STYLE), *words, (ends[1], STYLE)]
