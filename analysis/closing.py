"""What is found once when a run of many paths ends, so that its reports read no row of a path."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import book, exposures, frames, liquidity, pnl, record, regulatory, tables, twins, words
from analysis.answers import Answers
from analysis.cells import FIRST_DESK, table_of
from analysis.kept import asking
from analysis.summary import summarise
from sim.aside import Aside
from sim.dataset import Run
from sim.estimate import without_pulls

if TYPE_CHECKING:
    import polars as pl

    from sim.ensemble import Others

BINS = 80  # of the histogram of the P&L


def opened(folder: Path) -> Run:
    """A run that has just been written, with what was laid aside for its figures."""
    run = Run(folder).just_written()
    run.aside = Aside(folder)
    return run


def figures_of(run: Run, free: Others | None = None) -> pl.DataFrame:
    """The table `figures`: every answer that the report and the summary of the first desk show.

    free: other processes, which find some of them.
    """
    known = [] if free is None else _shared(run.path, free)
    with run.reading(), without_pulls(), asking(known) as answers:
        desks = frames.desks(run, None)
        if desks:
            answers.found[FIRST_DESK] = desks[0]
        ask(run)
    return table_of(answers.found)


def ask(run: Run) -> None:
    """Ask all that the report and the summary in the terminal ask of paths."""
    for name, world in shares_of(run):
        SHARES[name](run, world)
    worlds = _worlds(run)
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


def _of_desk(run: Run, world: str) -> None:
    summarise(run, agent=None, world=world)
    if frames.desks(run, None):
        frames.daily(run, None, world)
        pnl.survival_curve(run, agent=None, world=world)


def _of_market(run: Run, world: str) -> None:
    frames.closes(run, world)


SHARES = {"desk": _of_desk, "market": _of_market}  # what is asked world by world


def shares_of(run: Run) -> list[tuple[str, str]]:
    """Share and world, in the order in which they are asked."""
    return [(name, world) for world in _worlds(run) for name in SHARES]


def _worlds(run: Run) -> list[str]:
    return [str(world) for world in run.manifest["worlds"]]


def _shared(folder: Path, free: Others) -> list[Answers]:
    """Answers of the shares: other processes begin with the last, this one with the first.

    What another process fails to find is left out, and found by whoever asks.
    """
    run = opened(folder)  # of its own: what a run remembers would be asked nobody, and be lacking in the table
    shares, found = shares_of(run), []
    given = {each: free.ask(answered, folder, *each) for each in reversed(shares[1:])}
    for each in shares:
        if each not in given or given[each].cancel():
            found.append(_answered(run, *each))
            given.pop(each, None)
    for answers in given.values():
        with suppress(Exception):
            found.append(answers.result())
    return found


def answered(folder: Path, name: str, world: str) -> Answers:
    """A share's answers, of a run in a folder."""
    return _answered(opened(folder), name, world)


def _answered(run: Run, name: str, world: str) -> Answers:
    with run.reading(), without_pulls(), asking() as answers:
        frames.desks(run, None)
        SHARES[name](run, world)
    return answers
