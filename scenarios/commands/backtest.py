"""`spiral backtest`: losses of a run against value at risk."""

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

SHARES = ("green", "yellow", "red")  # columns of days in each zone of the traffic light
HEADINGS = {
    "method": "method",
    "days": "days",
    "rate": "exceptions",
    "kupiec": "Kupiec, p",
    "independence": "independence, p",
    "conditional": "both, p",
    **{name: name for name in SHARES},
    "value_at_risk": "value at risk",
    "shortfall": "shortfall 97.5 %",
    "excess": "loss beyond / said",
}


def test_and_show(
    *, folder: Path, agent: str | None, world: str, level: float, window: int | None, out: Path | None
) -> None:
    """A row a method. Raises UserError."""
    if out is not None:
        check_target(out)
    run = opened(folder)
    from analysis.losses_at_risk import METHODS, backtest

    found = backtest(run, agent=agent, world=world, level=level, window=window)
    console(markup=False).print(_table(found, f"Daily losses against value at risk {level:.4g}"), highlight=False)
    for name in found["method"]:
        say(f"{name}: {METHODS[name]}")
    if out is not None:
        from analysis.csv_text import csv_text

        write_whole(out, csv_text(found))
        say(out)


def _table(found: pl.DataFrame, title: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    for i, heading in enumerate(HEADINGS.values()):
        table.add_column(heading, justify="right" if i else "left")
    for row in found.iter_rows(named=True):
        table.add_row(*(_cell(name, row[name]) for name in HEADINGS))
    return table


def _cell(name: str, value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if name in ("value_at_risk", "shortfall"):
        from analysis.numbers import money

        return money(value)
    if name == "rate":
        return f"{value:.2%}"
    return f"{value:.0%}" if name in SHARES else f"{value:.3g}"
