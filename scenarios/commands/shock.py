"""`spiral shock`: a move of the curve in a running market, revalued at once and lived through."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analysis.csv_text import csv_text
from analysis.numbers import money
from scenarios.commands.chosen import choose
from scenarios.commands.notes import say_notes
from scenarios.commands.options import Record
from scenarios.commands.output import say
from scenarios.commands.progress import progress_bar
from scenarios.commands.run import made_ready
from scenarios.commands.screen import screen
from scenarios.studies import shock as study
from scenarios.worlds.assumed import assumed
from sim.listed_files import check_listed, write_listed
from sim.screen.table import Table

TABLE = "shock.csv"
WIDTH = 110  # characters, where the output is not a terminal
HEADINGS = {
    "static": "revalued at once",
    "lived": "lived through",
    "untraded": "had nobody's trades moved prices",
    "feedback": "feedback",
}


def shock_and_show(
    *,
    scenario: str | None,
    record: Record,
    stress: str,
    spot: float,
    vol: float,
    credit: float,
    shocks: Path | None,
    at: str,
    hour: str,
    nodes: tuple[str, ...],
    paths: int | None,
    seed: int | None,
    workers: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    quiet: bool,
) -> None:
    """Run without and with the shock, print a row an agent, write the table."""
    chosen = choose(scenario, record, settings, example="shock").with_run(paths=paths, seed=seed)
    if not quiet:
        say_notes(assumed(chosen))
    chosen = made_ready(chosen, quiet=quiet)
    folder = out or Path("runs") / f"{chosen.name}-{chosen.run.seed}-shock"
    check_listed(folder, [TABLE])
    with progress_bar(chosen.title, quiet=quiet) as progress:
        found = study.shock(
            chosen,
            stress,
            at,
            time=hour,
            nodes=nodes,
            spot=spot / 100,
            vol=vol / 100,
            credit=credit / 1e4,
            shocks=shocks,
            out=folder,
            workers=workers,
            progress=progress,
        )
    write_listed(folder, {TABLE: csv_text(found).encode()})
    if not quiet:
        moment = f"{at} {hour}".strip()
        others = {"spot": (spot, "%"), "vol": (vol, " points"), "credit": (credit, " bp")}
        told = [stress] if stress else [] if shocks is None else [shocks.name]
        told += [f"{name} {by:+g}{unit}" for name, (by, unit) in others.items() if by]
        title = f"{', '.join(told)} at {moment}: P&L, mean over paths"
        screen(WIDTH).print(_table(found, title))
    say(folder / TABLE)


def _table(found: pl.DataFrame, title: str) -> Table:
    table = Table(title=title)
    for i, heading in enumerate(("", *HEADINGS.values())):
        table.add_column(heading, justify="right" if i else "left")
    for row in found.iter_rows(named=True):
        cells = (money(row[name], row[f"{name}_error"]) for name in HEADINGS)
        table.add_row(row["agent"], *cells)
    return table
