"""What was assumed when inputs were read, beside a command's output."""

from __future__ import annotations

from collections.abc import Iterable

import click


def say(notes: Iterable[str]) -> None:
    """One line a note, on stderr."""
    for note in notes:
        click.echo(f"note: {note}", err=True)
