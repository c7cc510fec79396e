"""`spiral facts`: the stylised facts of a scenario's returns, and which feedback loop creates which."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.csv_text import csv_text
from scenarios.commands.chosen import choose
from scenarios.commands.notes import say_notes
from scenarios.commands.options import Record
from scenarios.commands.output import say
from scenarios.commands.progress import progress_bar
from scenarios.commands.run import made_ready
from scenarios.commands.screen import screen
from scenarios.scenario import Scenario
from scenarios.studies.ablation import ablate, ablations, loops_of
from scenarios.worlds.assumed import assumed
from scenarios.worlds.blueprint import blueprint_of
from sim.errors import UserError
from sim.files import check_folder, write_whole
from sim.names import ACTUAL, PRICE_TAKER

if TYPE_CHECKING:
    import polars as pl

    from sim.dataset import Run
    from sim.estimate import Estimate

WITNESSES = 200  # paths whose ticks are measured, unless told otherwise
WIDTH = 130  # characters, where the output is not a terminal


def print_facts(
    *,
    scenario: str | None,
    record: Record,
    loops: bool,
    years: int | None,
    alone: bool,
    paths: int | None,
    seed: int | None,
    witnesses: int | None,
    workers: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    quiet: bool,
) -> None:
    """Run, measure, print; with `out` also write the page and the figures."""
    chosen = choose(scenario, record, settings, example="facts").with_run(paths=paths, seed=seed)
    _check_kind(years, loops=loops, alone=alone)
    if years is not None:
        from scenarios.commands.long_run import print_long_run

        sizes = {"paths": paths, "witnesses": witnesses, "workers": workers}
        print_long_run(chosen, years=years, cast=not alone, **sizes, out=out, quiet=quiet)
        return
    chosen = chosen.with_run(witnesses=min(witnesses or WITNESSES, chosen.run.paths))
    blueprint_of(chosen, str(record.history or scenario))
    from analysis.series import FEWEST

    if min(chosen.run.paths, chosen.run.witnesses) < FEWEST:
        rule = f"facts are measured over {FEWEST} paths and witnesses or more"
        got = f"{chosen.run.paths} paths, {chosen.run.witnesses} witnesses"
        raise UserError(rule, value=got, remedy="spiral facts SCENARIO --paths 1000 --witnesses 200")
    _check_folder(out)
    if not quiet:
        say_notes(assumed(chosen))
    chosen = made_ready(chosen, quiet=quiet)
    title = f"{chosen.title}: stylised facts"
    with progress_bar(chosen.title, quiet=quiet) as progress:
        measured = ablate(chosen, _Measure(), loops=loops, workers=workers, progress=progress)
    worlds = len(ablations(chosen, loops=loops))
    meta = f"{chosen.run.paths:,} paths, ticks of {chosen.run.witnesses:,}, seed {chosen.run.seed}, {worlds} worlds"
    _report(chosen, measured, loops=loops, title=title, meta=meta, out=out, quiet=quiet)


def _check_kind(years: int | None, *, loops: bool, alone: bool) -> None:
    if years is not None and loops:
        raise UserError("a long run has one world", value="--loops", remedy="leave out --years, or --loops")
    if years is None and alone:
        raise UserError("only a long run leaves its cast out", value="--alone", remedy="add --years 10")


class _Measure:
    """Both treatments of a world, and its memory."""

    def __call__(self, run: Run, world: str) -> dict[str, Any]:
        from analysis.facts import facts, memory

        raw = facts(run, world=world, treatment="raw")  # first, as its error explains constant prices
        return {"raw": raw, "fluctuations": facts(run, world=world), "memory": memory(run, world=world)}


def _report(
    scenario: Scenario,
    measured: dict[str, dict[str, Any]],
    *,
    loops: bool,
    title: str,
    meta: str,
    out: Path | None,
    quiet: bool,
) -> None:
    from analysis.loops import differences_table, loops_table
    from analysis.pages import facts_page as shown

    fluctuations = _of(measured, "fluctuations")
    rows = shown.fact_rows(fluctuations, _of(measured, "raw"))
    table = loops_table(fluctuations, loops_of(scenario)) if loops else None
    if out is not None:
        memory = {world: measured[world]["memory"] for world in (ACTUAL, PRICE_TAKER)}
        written = shown.write_facts(out / "facts.html", title=title, meta=meta, rows=rows, memory=memory, loops=table)
        write_whole(out / "facts.csv", csv_text(_frame(measured)))
        write_whole(out / "differences.csv", csv_text(differences_table(fluctuations)))
        if table is not None:
            write_whole(out / "loops.csv", csv_text(table))
    if not quiet:
        out_screen = screen(WIDTH)
        out_screen.print(shown.render(f"{title} ({meta})", shown.HEADER, rows))
        out_screen.print("", f"{shown.NOTE} *: beyond 3.5 standard errors.")
        if table is not None:
            out_screen.print("", shown.render("Loop by loop", *shown.loop_rows(table)))
            out_screen.print("", shown.LOOPS_NOTE)
    if out is not None:
        say(written)


def _of(measured: dict[str, dict[str, Any]], treatment: str) -> dict[str, dict[str, Estimate]]:
    return {world: found[treatment] for world, found in measured.items()}


def _frame(measured: dict[str, dict[str, Any]]) -> pl.DataFrame:
    """fact, label, world, treatment, value, error of everything measured."""
    from analysis.facts import rows_of, table_of

    return table_of(
        row
        for treatment in ("fluctuations", "raw")
        for world, found in measured.items()
        for row in rows_of(found[treatment], world, treatment)
    )


def _check_folder(out: Path | None) -> None:
    if out is None:
        return
    check_folder(out, "facts.html", "facts.csv", "differences.csv", "loops.csv")
