"""`spiral compare`: two runs, two scenarios, or two worlds of one run, side by side."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.commands.finished import SUMMARY_WIDTH, opened
from scenarios.commands.output import say
from scenarios.commands.remembered import side_of
from scenarios.commands.screen import screen
from sim.collector import rest
from sim.errors import UserError
from sim.files import check_target
from sim.seal import is_sealed

if TYPE_CHECKING:
    from scenarios.scenario import Scenario
    from sim.dataset import Run


def compare_and_show(
    first: str,
    second: str | None,
    *,
    worlds: str | None,
    agent: str | None,
    out: Path | None,
    force: bool,
    keep: bool,
    paths: int | None,
    seed: int | None,
    workers: int | None,
    quiet: bool,
) -> None:
    """Compare, print the table, and write the page to `out`. Raises UserError."""
    if out is not None:
        check_page(out, force=force)
    if (second is None) == (worlds is None):
        got = f"{first} alone" if second is None else "both a second and --worlds"
        remedy = "spiral compare A B, or spiral compare RUN --worlds actual,price_taker"
        raise UserError("give two to compare, or --worlds of one", value=got, remedy=remedy)
    named = [_named(each) for each in (first, second) if each is not None]
    folders = [each for each in named if isinstance(each, Path)]
    if len(folders) == len(named):
        _refuse_for_runs(keep=keep, paths=paths, seed=seed)
        rest()
        sides: AbstractContextManager[list[Run]] = nullcontext([opened(folder) for folder in folders])
    else:
        from scenarios.commands.compare_scenarios import run_as_needed

        sides = run_as_needed(named, keep=keep, paths=paths, seed=seed, workers=workers, quiet=quiet)
    with sides as found:
        _show(*(found if worlds is None else _worlds(found[0], worlds)), agent=agent, out=out)


def check_page(out: Path, *, force: bool) -> None:
    """Find out before the work whether the page can be written there. Raises UserError."""
    if out.suffix.lower() not in (".html", ".htm"):
        raise UserError("a comparison is written as HTML", value=out.name, place="--out", remedy="name it .html")
    check_target(out)
    if out.exists() and not force and not is_sealed(out):
        remedy = "give another name, or --force to replace it"
        raise UserError("this file is not as Spiral wrote it", value=str(out), place="--out", remedy=remedy)


def _show(a: Run, b: Run, *, agent: str | None, out: Path | None) -> None:
    from analysis.comparison_table import comparison_table
    from analysis.side_figures import compared
    from analysis.sides import in_common, same_noise

    if out is not None:
        from analysis.compare import write_comparison

        write_comparison(a, b, out, agent=agent)  # before printing: the terminal may be closed
    sides = [side_of(each, agent) for each in in_common(a, b)]
    screen(SUMMARY_WIDTH).print(comparison_table(a, b, compared(*sides, paired=same_noise(a, b))))
    if out is not None:
        say(out)


def _worlds(run: Run, said: str) -> tuple[Run, Run]:
    from analysis.sides import worlds_of

    names = [name.strip() for name in said.split(",")]
    if len(names) != 2:
        known = ",".join(map(str, run.manifest["worlds"]))
        raise UserError("--worlds names two worlds", value=said, remedy=f"separate them by a comma; there are {known}")
    return worlds_of(run, *names)


def _named(text: str) -> Path | Scenario:
    """A folder is a run; a preset's name or a file is a scenario."""
    if os.path.isdir(text):
        return Path(text)
    from scenarios.reading.shipped import catalogue

    if not (text in catalogue() or text.endswith(".toml")):
        return Path(text)
    from scenarios.reading.loading import load

    return load(text)


def _refuse_for_runs(*, keep: bool, paths: int | None, seed: int | None) -> None:
    for option, given in (("--keep", keep), ("--paths", paths is not None), ("--seed", seed is not None)):
        if given:
            remedy = "leave it out, or compare scenarios"
            raise UserError(f"{option} is for what is still to be run", place=option, remedy=remedy)
