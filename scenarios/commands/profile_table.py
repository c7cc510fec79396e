"""The time that a run took by agent (rows) and phase (columns), as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.phases import Phase
from sim.profile import ENGINE, START, Seconds
from sim.screen.table import Table

PHASES = (START, *(phase.name for phase in Phase))


def render(profile: Seconds, agents: Mapping[str, Mapping[str, Any]]) -> Table:
    """Shares of the run's time in percent, by owner (the dearest first) and phase, and seconds.

    agents: the cast by name, with their `type`. The engine's steps stand below.
    """
    owners = {owner: phases for owner, phases in profile.items() if owner != ENGINE}
    steps = profile.get(ENGINE, {})
    seconds = {owner: sum(phases.values()) for owner, phases in owners.items()}
    total = sum(seconds.values()) + sum(steps.values())
    shown = [phase for phase in PHASES if any(phase in phases for phases in owners.values())]
    title = f"Where {total:.2f} s went, % of them, over all worlds and workers"
    table = Table("", *shown, "%", "s", title=title, box=False, pad_edge=False)
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for owner in sorted(owners, key=seconds.__getitem__, reverse=True):
        label = f"{owner} ({agents[owner]['type']})" if owner in agents else owner
        cells = [_percent(owners[owner].get(phase), total) for phase in shown]
        table.add_row(label, *cells, _percent(seconds[owner], total), f"{seconds[owner]:.3f}")
    for step, value in steps.items():
        table.add_row(step, *[""] * len(shown), _percent(value, total), f"{value:.3f}")
    sums = [sum(phases.get(phase, 0.0) for phases in owners.values()) for phase in shown]
    table.add_row("all", *(_percent(value, total) for value in sums), "100.0", f"{total:.3f}")
    return table


def _percent(seconds: float | None, total: float) -> str:
    return "" if seconds is None else f"{100 * seconds / total:.1f}"
