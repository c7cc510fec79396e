"""`spiral gains`: the matrix of loop gains at its worst."""

from __future__ import annotations

from scenarios.commands.screen import screen
from scenarios.reading.loading import load
from scenarios.studies.worst_gains import worst_gains
from sim.estimate import Estimate
from sim.figure_text import percent, text_of
from sim.screen.table import Table
from sim.screen.text import Text

WIDTH = 150  # characters, where the output is not a terminal


def gains_and_show(*, scenario: str, paths: int, settings: tuple[str, ...]) -> None:
    """Run the actual world and print the matrix."""
    chosen = load(scenario, settings)
    found = worst_gains(chosen, paths=paths)
    title = (
        f"{chosen.title}: loop gains at the close of {found.day}, spectral radius {_number(found.radius)}, "
        f"at least 1 on {percent(found.above_one, 0)} of {paths:,} paths"
    )
    table = Table(box=False, pad_edge=False)
    table.add_column("traded at")
    for moved in found.venues:
        table.add_column(f"{moved} moves", justify="right", no_wrap=True)
    for at in found.venues:
        cells = (found.gains.get((at, moved)) for moved in found.venues)
        table.add_row(at, *("" if gain is None else _number(gain) for gain in cells))
    screen(WIDTH).print(Text(title, "italic"), table)


def _number(gain: Estimate) -> str:
    return text_of(gain.value, "gain", gain.error)
