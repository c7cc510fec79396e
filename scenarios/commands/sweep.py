"""`spiral sweep`: from a sweep file to a dataset and a report, with an estimate of time and size beforehand."""

from __future__ import annotations

import dataclasses
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from scenarios.checking.outside import is_pending
from scenarios.commands.chosen import choose
from scenarios.commands.finished_sweep import print_sweep, write_report
from scenarios.commands.notes import say_notes
from scenarios.commands.options import Record
from scenarios.commands.output import complain, say
from scenarios.commands.progress import progress_bar
from scenarios.reading.overrides import parse
from scenarios.scenario import Scenario
from scenarios.studies.sweeps import sweep as sweeps
from scenarios.studies.sweeps.bases import read_base
from scenarios.studies.sweeps.cell_run import FAILED
from scenarios.studies.sweeps.spec import SweepSpec
from sim.errors import UserError
from sim.signals import exit_code
from sim.sweep_dataset import SweepResult, open_sweep

SHOWN = 5  # failed cells that are named


def sweep_and_report(
    *, file: Path, record: Record, dry_run: bool, no_report: bool, quiet: bool, as_given: bool, **options: Any
) -> bool:
    """Run or go on with the sweep of a file, say what came out, write the report; whether no cell has failed."""
    settings = {name: options.pop(name) for name in ("paths", "seed", "keep")}
    own = own_scenario(record, as_given=as_given)
    spec = sweeps.chosen(file, scenarios=None if own is None else (own,), **settings)
    if as_given:
        spec = dataclasses.replace(spec, settings={**spec.settings, "run.as_given": True})
    spec = with_record(spec, record, own, quiet=quiet)
    if dry_run:
        print_estimate(spec, **options)
        return True
    result = run_with_bar(spec, quiet=quiet, **options)
    report = None if no_report else write_report(result)  # before printing: the terminal may be closed
    if not quiet:
        print_sweep(result)
    if report is not None or not quiet:
        say(report or result.path)
    return not tell_failed(result)


def own_scenario(record: Record, *, as_given: bool) -> Scenario | None:
    """The user's own record as a scenario, which replaces the file's; None without a record. Raises UserError."""
    if record.history is not None:
        return choose(None, record, as_given=as_given, example="sweep FILE")
    for option, table in record.tables.items():
        remedy = "give --history too, or write the scenario with `spiral new` and name it in the sweep's file"
        raise UserError(f"{option} goes with --history", place=option, value=str(table), remedy=remedy)
    return None


def with_record(spec: SweepSpec, record: Record, own: Scenario | None, *, quiet: bool) -> SweepSpec:
    """The sweep by a name of its own where it runs over the user's record; else with the command's settings."""
    if own is None:
        keys = {".".join(key): value for key, value in parse(record.settings).items()}
        return dataclasses.replace(spec, settings={**spec.settings, **keys})
    named = dataclasses.replace(spec, name=f"{spec.name}_{own.name}")
    return over(named, own, quiet=quiet)


def over(spec: SweepSpec, scenario: Scenario, *, quiet: bool) -> SweepSpec:
    """The sweep over this scenario as it can run; unless quiet, its notes are said."""
    begun = time.perf_counter()
    found = read_base(spec, scenario).scenario
    if not quiet:
        said = f"; that took {time.perf_counter() - begun:.1f} s, and every cell runs in that outside world"
        say_notes(found.notes[:-1])
        say_notes(note + said * is_pending(scenario.storyline) for note in found.notes[-1:])
    return dataclasses.replace(spec, scenarios=(found,))


def run_with_bar(spec: SweepSpec, *, out: Path | None, quiet: bool, **options: Any) -> SweepResult:
    """The sweep, with a bar over cells and the work in them; Ctrl-C says how to go on."""
    folder = sweeps.folder_of(spec, out)
    command = shlex.join(["spiral", *sys.argv[1:]])
    try:
        with progress_bar(spec.title or spec.name, quiet=quiet, of="cells") as progress:
            return sweeps.sweep(spec, out=out, progress=progress, command=command, **options)
    except KeyboardInterrupt as error:
        raise SystemExit(_interrupted(folder, exit_code(error))) from None


def _interrupted(folder: Path, code: int) -> int:
    try:
        found = open_sweep(folder)
        said = f"{found.done} of {found.manifest['cells']} cells are kept in {folder}, the same command goes on"
    except Exception:
        said = "nothing had begun"
    complain(f"interrupted: {said}")
    return code


def print_estimate(
    spec: SweepSpec, *, out: Path | None, workers: int | None, retry_failed: bool, cluster: str | None, changed: str
) -> None:
    """Cells, time and disk of what is left. A cluster's time is that of as many processes as `workers` says."""
    folder = sweeps.folder_of(spec, out)
    say(f"sweep    {spec.name}: {spec.title or spec.name}")
    say(sweeps.dry_run(spec, out=out, workers=workers, retry_failed=retry_failed).text(), lines=True)
    say(f"folder   {folder}")


def tell_failed(result: SweepResult) -> int:
    """Name the cells that failed, and why; how many there are."""
    import polars as pl

    failed = result.cells.filter(pl.col("status") == FAILED).select("cell", "error").collect()
    for cell, error in failed.head(SHOWN).iter_rows():
        say(f"cell {cell} failed: {error}", err=True)
    if failed.height:
        more = f", {SHOWN} of them above" if failed.height > SHOWN else ""
        say(f"{failed.height} cells failed{more}; --retry-failed runs them again", err=True)
    return failed.height
