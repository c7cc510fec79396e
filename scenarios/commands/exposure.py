"""`spiral exposure`: what a counterparty owes through a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.commands.finished import opened
from scenarios.commands.output import say
from scenarios.commands.remembered import answer
from scenarios.commands.screen import screen
from sim.figure_text import money, percent, significant
from sim.files import check_target, write_whole
from sim.screen.table import Table

if TYPE_CHECKING:
    import polars as pl

SHOWN = 12  # rows


def exposure_and_show(*, folder: Path, agent: str | None, world: str, level: float, out: Path | None) -> None:
    """A row a close, some of them where there are many, then the figures of the run. Raises UserError."""
    if out is not None:
        check_target(out)
    run = opened(folder)

    def find() -> dict[str, Any]:
        from analysis.csv_text import csv_text
        from analysis.exposures import by_day, counterparty

        days = by_day(run, agent=agent, world=world, level=level)
        figures = [f"{number.label}: {number}" for number in counterparty(run, agent=agent, world=world).values()]
        return {"rows": _some(days), "figures": figures, "csv": csv_text(days)}

    found = answer(run, "exposure", agent, world, level, find=find)
    screen().print(_table(found["rows"], level))
    for line in found["figures"]:
        say(line)
    if out is not None:
        write_whole(out, found["csv"])
        say(out)


def _some(days: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of some closes, evenly spread, the first and the last among them."""
    steps = sorted({round(k * (days.height - 1) / max(SHOWN - 1, 1)) for k in range(SHOWN)})
    return [row | {"time": f"{row['time']:%Y-%m-%d}"} for row in days[steps].iter_rows(named=True)]


def _table(rows: list[dict[str, Any]], level: float) -> Table:
    title = "Exposure to the counterparty at closes, over paths on which it lives"
    table = Table(title=title, box=False)
    potential = f"potential, {significant(level * 100, 4, ' %')}"
    for i, heading in enumerate(("close", "expected", potential, "CVA", "defaulted")):
        table.add_column(heading, justify="right" if i else "left")
    for row in rows:
        cells = (money(row[name], row[f"{name}_error"]) for name in ("expected", "potential", "cva"))
        table.add_row(row["time"], *cells, percent(row["defaults"], 1))
    return table
