"""`spiral exposure`: what a counterparty owes through a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from scenarios.commands.finished import opened
from scenarios.commands.output import say
from scenarios.commands.terminal import console
from sim.files import check_target, write_whole

if TYPE_CHECKING:
    import polars as pl

SHOWN = 12  # rows


def exposure_and_show(*, folder: Path, agent: str | None, world: str, level: float, out: Path | None) -> None:
    """A row a close, some of them where there are many, then the figures of the run. Raises UserError."""
    if out is not None:
        check_target(out)
    run = opened(folder)
    from analysis.exposures import by_day, counterparty

    days = by_day(run, agent=agent, world=world, level=level)
    console(markup=False).print(_table(days, level), highlight=False)
    for number in counterparty(run, agent=agent, world=world).values():
        say(f"{number.label}: {number}")
    if out is not None:
        from analysis.csv_text import csv_text

        write_whole(out, csv_text(days))
        say(out)


def _table(days: pl.DataFrame, level: float) -> Table:
    from analysis.numbers import money

    title = "Exposure to the counterparty at closes, over paths on which it lives"
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    for i, heading in enumerate(("close", "expected", f"potential, {level * 100:.4g} %", "CVA", "defaulted")):
        table.add_column(heading, justify="right" if i else "left")
    steps = sorted({round(k * (days.height - 1) / max(SHOWN - 1, 1)) for k in range(SHOWN)})
    for row in days[steps].iter_rows(named=True):
        cells = (money(row[name], row[f"{name}_error"]) for name in ("expected", "potential", "cva"))
        table.add_row(f"{row['time']:%Y-%m-%d}", *cells, f"{row['defaults']:.1%}")
    return table
