"""`spiral check`: reports everything that a run would refuse, and the assumptions made."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from scenarios.commands.chosen import choose
from scenarios.commands.implied_laws import arbitrage
from scenarios.commands.look import load_to_look, say_unseen
from scenarios.commands.options import Record
from scenarios.commands.output import say
from scenarios.studies.calibrating.before_run import plan
from scenarios.worlds.assumed import assumed
from scenarios.worlds.blueprint import blueprint_of
from scenarios.worlds.first_margin import check_first_margin
from sim.jit import interpreted


@interpreted()
def check_and_say(*, file: Path | None, record: Record, trust: bool | None, settings: tuple[str, ...]) -> None:
    """Read everything, lay it out on its calendar, print that it is valid and the assumptions. Raises UserError."""
    scenario = choose(file, record, settings, load=partial(load_to_look, trust=trust), trust=trust, example="check")
    name = str(record.history or file)
    blueprint = blueprint_of(scenario, name)
    check_first_margin(scenario, blueprint, name)
    clock = blueprint.clock
    days, ticks = int(clock.day[-1]), len(clock.ticks)
    sizes = ((days, "day"), (ticks, "tick"), (len(scenario.agents), "agent"))
    told = ", ".join(f"{number} {what}{'s' * (number != 1)}" for number, what in sizes)
    say(f"{name}: ok: {scenario.title}, {told}")
    for note in (*assumed(scenario), *filter(None, [plan(scenario)]), *arbitrage(scenario)):
        say(f"note: {note}")
    say_unseen(scenario)
