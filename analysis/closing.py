"""What is found once when a run of many paths ends, so that its reports read no row of a path."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import book, exposures, frames, liquidity, pnl, record, regulatory, tables, twins, words
from analysis.answers import Answers
from analysis.cells import FIRST_DESK, table_of
from analysis.kept import asking
from analysis.summary import summarise
from sim.aside import FOLDER, Aside, close
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
    known = [] if free is None else _shared(run, free)
    with run.reading(), without_pulls(), asking(known) as answers:
        desks = frames.desks(run, None)
        if desks:
            answers.found[FIRST_DESK] = desks[0]
        ask(run)
    return table_of(answers.found)


def ask(run: Run) -> None:
    """Ask all that the report and the summary in the terminal ask of paths."""
    worlds = _worlds(run)
    for world in worlds:
        _of_desk(run, world)
        _of_market(run, world)
    numbers = summarise(run, agent=None, world=worlds[0])
    words.paragraphs(run, numbers, agent=None)
    tables.all_tables(run, numbers, agent=None)
    frames.witnesses(run, worlds[0])
    record.against_storyline(run)
    _of_twin(run, worlds[0])
    if not frames.desks(run, None):
        return
    book.short_table(run, None, worlds[0])
    liquidity.calls_by_day(run, None, worlds[0])
    pnl.distribution(run, None, worlds[0], frames.unhedged_world(run, None), BINS)
    regulatory.daily(run, None, worlds[0])
    if exposures.counterparty(run, agent=None, world=worlds[0]):
        exposures.by_day(run, agent=None, world=worlds[0])


def _worlds(run: Run) -> list[str]:
    return [str(world) for world in run.manifest["worlds"]]


def _of_desk(run: Run, world: str) -> None:
    summarise(run, agent=None, world=world)
    if frames.desks(run, None):
        frames.daily(run, None, world)
        pnl.survival_curve(run, agent=None, world=world)


def _of_market(run: Run, world: str) -> None:
    frames.closes(run, world)


def _of_twin(run: Run, world: str) -> None:
    if frames.twin_name(run) is not None:
        twins.difference(run, None)


def _of_gains(run: Run, world: str) -> None:
    if frames.desks(run, None):
        pnl.attribution_table(run, agent=None, world=world)
        book.by_position(run, None, world)


def _of_cast(run: Run, world: str) -> None:
    if frames.cast(run):
        pnl.of_cast(run, world)
        liquidity.calls_by_day(run, None, world)


SHARES = {  # what takes long and can be asked by itself, in which worlds (None: all); the longest first
    "desk": (_of_desk, None),
    "market": (_of_market, None),
    "twin": (_of_twin, 1),
    "cast": (_of_cast, 1),
    "gains": (_of_gains, None),
}


def shares_of(run: Run) -> list[tuple[str, str]]:
    """Name and world of each share."""
    return [(name, world) for name, (_, many) in SHARES.items() for world in _worlds(run)[:many]]


def _shared(run: Run, free: Others) -> list[Answers]:
    """Answers of the shares: other processes begin with the longest, this one with the shortest.

    What another process fails to find is left out, and found by whoever asks; so is all where shares cannot be marked.
    """
    try:
        (run.path / FOLDER).mkdir(exist_ok=True)
    except OSError:  # no room, or a file of this name that says so
        return []
    asked = [free.ask(found_elsewhere, run.path) for _ in range(free.count)]
    known = [_found(run, reversed(shares_of(run)))]
    for answers in asked:
        with suppress(Exception):
            known.append(answers.result())
    return known


def found_elsewhere(folder: Path) -> Answers:
    """Answers of the shares that no other process has taken, of a run that this one has not written."""
    run = opened(folder)
    try:
        return _found(run, shares_of(run))
    finally:
        close()


def _found(run: Run, shares: Iterable[tuple[str, str]]) -> Answers:
    with run.reading(), without_pulls(), asking() as answers:
        for name, world in shares:
            if _taken(run.path / FOLDER / f"{name}-{world}"):
                SHARES[name][0](run, world)
    return answers


def _taken(share: Path) -> bool:
    """Take a share, unless another process has: who makes the file has it. Where none can be made, nobody has."""
    try:
        share.open("x").close()
    except OSError:
        return False
    return True
