"""The terminal as rich sees it: tables and figures that no text of a stranger's can steer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from scenarios.commands.output import OutputLost, lost
from sim.text import plain

PLAIN_WIDTH = 160  # characters, where the output is not a terminal


class Terminal(Console):
    """A console on standard output that no text can steer. Raises OutputLost if it cannot be written to."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else plain(segment.text)
            yield segment if text == segment.text else Segment(text, segment.style)

    def on_broken_pipe(self) -> None:
        raise

    def print(self, *objects: Any, **how: Any) -> None:
        try:
            super().print(*objects, **how)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputLost(lost(error)) from error


def console(plain_width: int = PLAIN_WIDTH, *, markup: bool = True) -> Console:
    """Standard output, `plain_width` characters wide where it is not a terminal.

    markup: whether brackets in text are styles; not where the text comes from a file.
    """
    out = Terminal(markup=markup, emoji=False)
    return out if out.is_terminal else Terminal(markup=markup, emoji=False, width=plain_width)
