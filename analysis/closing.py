"""What is found once when a run of many paths ends, so that its reports read no row of a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis import book, exposures, frames, liquidity, pnl, record, regulatory, tables, twins, words
from analysis.cells import FIRST_DESK, table_of
from analysis.kept import asking
from analysis.summary import summarise
from sim.estimate import without_pulls

if TYPE_CHECKING:
    import polars as pl

    from sim.dataset import Run

BINS = 80  # of the histogram of the P&L


def figures_of(run: Run) -> pl.DataFrame:
    """The table `figures`: every answer that the report and the summary of the first desk show."""
    with run.reading(), without_pulls(), asking() as answers:
        desks = frames.desks(run, None)
        if desks:
            answers[FIRST_DESK] = desks[0]
        ask(run)
    return table_of(answers)


def ask(run: Run) -> None:
    """Ask all that the report and the summary in the terminal ask of paths."""
    worlds = [str(world) for world in run.manifest["worlds"]]
    for world in worlds:
        summarise(run, agent=None, world=world)
        if frames.desks(run, None):
            frames.daily(run, None, world)
            pnl.survival_curve(run, agent=None, world=world)
        frames.closes(run, world)
    numbers = summarise(run, agent=None, world=worlds[0])
    words.paragraphs(run, numbers, agent=None)
    tables.all_tables(run, numbers, agent=None)
    frames.witnesses(run, worlds[0])
    record.against_storyline(run)
    if frames.twin_name(run) is not None:
        twins.difference(run, None)
    if not frames.desks(run, None):
        return
    book.short_table(run, None, worlds[0])
    liquidity.calls_by_day(run, None, worlds[0])
    pnl.distribution(run, None, worlds[0], frames.unhedged_world(run, None), BINS)
    regulatory.daily(run, None, worlds[0])
    if exposures.counterparty(run, agent=None, world=worlds[0]):
        exposures.by_day(run, agent=None, world=worlds[0])
