"""Notes on assumptions made in reading a scenario, a record or a book, printed beside the output."""

from __future__ import annotations

from collections.abc import Iterable

from scenarios.commands.output import complain


def say_notes(notes: Iterable[str]) -> None:
    """A line each on stderr."""
    for note in notes:
        complain(f"note: {note}")
