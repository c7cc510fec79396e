"""`spiral check`: whatever a run would refuse, and what was assumed."""

from __future__ import annotations

from pathlib import Path

from scenarios.commands.look import load_to_look, say_unseen
from scenarios.commands.run import choose, lay_out
from scenarios.output import say
from scenarios.plausibility import taken_as_given


def check_and_say(
    *,
    file: Path | None,
    history: Path | None,
    book: Path | None,
    dates: str | None,
    trust: bool,
    settings: tuple[str, ...],
) -> None:
    """Read everything, lay it out on its calendar, and say that it is right and what was assumed. Raises UserError."""
    if file is not None and history is None and book is None:
        scenario = load_to_look(file, settings, trust=trust)
    else:
        scenario = choose(None if file is None else str(file), history, book, settings, dates)
    name = str(history or file)
    clock = lay_out(scenario, name)
    days, ticks = int(clock.day[-1]), len(clock.ticks)
    say(f"{name}: ok: {scenario.title}, {days} days, {ticks} ticks, {len(scenario.agents)} agents")
    for note in (*scenario.notes, *taken_as_given(scenario)):
        say(f"note: {note}")
    say_unseen(scenario)
