"""Scenarios that `spiral compare` runs before it compares, on common random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.commands.finished import opened
from scenarios.commands.progress import progress_bar
from scenarios.scenario import Scenario
from scenarios.worlds.blueprint import blueprint_of
from sim.errors import UserError
from sim.scratch import scratch

if TYPE_CHECKING:
    from sim.dataset import Run


@contextmanager
def run_as_needed(
    named: list[Path | Scenario], *, keep: bool, paths: int | None, seed: int | None, workers: int | None, quiet: bool
) -> Iterator[list[Run]]:
    """The runs; scenarios are run first, on common random numbers, into temporary folders unless `keep`.

    A scenario beside a run has the run's seed and number of paths, two scenarios the first one's seed and the smaller
    number, unless they are given.
    """
    runs = {i: opened(each) for i, each in enumerate(named) if isinstance(each, Path)}
    scenarios = {i: each for i, each in enumerate(named) if isinstance(each, Scenario)}
    known = [run.manifest for run in runs.values()]
    first = next(iter(scenarios.values()), None)
    if first is not None:
        seed = seed if seed is not None else int(known[0]["seed"]) if known else first.run.seed
        most = int(known[0]["paths"]) if known else min(each.run.paths for each in scenarios.values())
        paths = paths or most
    chosen = {i: each.with_run(paths=paths, seed=seed, witnesses=0) for i, each in scenarios.items()}
    places = {i: Path("runs") / f"{each.name}-{each.run.seed}" for i, each in chosen.items()}
    if keep and len(set(places.values())) < len(places):
        remedy = "give one of them another `name`, or leave --keep out"
        raise UserError(
            "two scenarios of one name have one folder", value=str(places[0]), place="--keep", remedy=remedy
        )
    for i, each in chosen.items():
        blueprint_of(each, each.name if len(chosen) == 1 else f"{each.name} ({i + 1})")
    with nullcontext() if keep or not chosen else scratch("compare") as folder:
        for i, each in chosen.items():
            from scenarios.studies.run import run

            out = places[i] if folder is None else folder / f"{each.name}-{i + 1}"
            with progress_bar(each.title or each.name, quiet=quiet) as progress:
                runs[i] = run(each, out=out, workers=workers, progress=progress)
        yield [runs[i] for i in sorted(runs)]
