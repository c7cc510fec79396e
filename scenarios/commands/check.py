"""`spiral check`: whatever a run would refuse, and what was assumed."""

from __future__ import annotations

from pathlib import Path

import click

from scenarios.commands.run import choose, lay_out
from scenarios.plausibility import taken_as_given


def check_and_say(
    *, file: Path | None, history: Path | None, book: Path | None, dates: str | None, settings: tuple[str, ...]
) -> None:
    """Read everything, lay it out on its calendar, and say that it is right and what was assumed. Raises UserError."""
    scenario = choose(None if file is None else str(file), history, book, settings, dates)
    name = str(history or file)
    clock = lay_out(scenario, name)
    days, ticks = int(clock.day[-1]), len(clock.ticks)
    click.echo(f"{name}: ok: {scenario.title}, {days} days, {ticks} ticks, {len(scenario.agents)} agents")
    for note in (*scenario.notes, *taken_as_given(scenario)):
        click.echo(f"note: {note}")
