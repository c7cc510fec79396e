"""`scenarios.run`: from a scenario to the dataset of its worlds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from agents.desk.risk_record import RISK
from agents.tables import TABLES
from markets.tables import TABLES as MARKET_TABLES
from scenarios.checking.outside import is_pending
from scenarios.reading.made_by_hand import check_values, meant
from scenarios.studies.calibrating.before_run import ready
from scenarios.studies.figures import keeps_figures, laid_aside, with_figures
from scenarios.worlds.blueprint import blueprint_of
from scenarios.worlds.chunk_job import ChunkJob
from scenarios.worlds.chunk_size import chunk_size
from scenarios.worlds.first_kernels import ensure_compiled
from scenarios.worlds.left_behind import PROFILES, take
from scenarios.worlds.manifest import content_hash, make_manifest
from scenarios.worlds.orders_table import given_orders
from scenarios.worlds.run_files import file_names, first_folder, with_companions
from scenarios.worlds.workers import prepare_workers
from scenarios.worlds.world_spec import worlds_of
from sim.arguments import called, flag, maybe, one_of, path, several, takes, text, whole
from sim.dataset import Run, open_run
from sim.ensemble import Progress, after_chunks, chunks
from sim.files import writing
from sim.known_files import keep
from sim.manifest import write_manifest
from sim.profile import merged
from sim.run_folder import claimed, claimed_own

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    import polars as pl

    from scenarios.scenario import Scenario
    from scenarios.worlds.blueprint import Blueprint
    from scenarios.worlds.given_orders import GivenOrders
    from sim.run_folder import Claim


@takes(
    out=maybe(path),
    workers=maybe(whole(1)),
    progress=maybe(called),
    command=maybe(text),
    profile=flag,
    seats=several(text),
    tables=maybe(several(one_of(*(table.name for table in (*MARKET_TABLES, *TABLES, RISK))))),
)
def run(
    scenario: Scenario | str | Path,
    *,
    out: str | Path | None = None,
    paths: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    witnesses: int | None = None,
    twin: str | None = None,
    unhedged: bool | None = None,
    progress: Progress | None = None,
    command: str | None = None,
    profile: bool = False,
    tables: tuple[str, ...] | None = None,
    orders: pl.DataFrame | pl.LazyFrame | None = None,
    seats: tuple[str, ...] = (),
) -> Run:
    """Run a scenario in all its worlds; write the dataset, and open it.

    A record with `anchors = "observed"` and no outside levels gets them first, as `scenarios.ready` finds them.

    Args:
        scenario: a `Scenario`, the name of a preset, or the path of a file.
        out: folder of the run. An earlier run there is replaced once this one is whole. Files that no run has written
            are moved to this run's folder; where one of them is in the way, this run is refused. Default:
            `runs/<name>-<seed>`, or `runs/<name>-<seed>-2`, ... where a run of other content stands there, or
            another process works.
        paths: Monte Carlo paths (default, as of the next four: the scenario's).
        seed: of all noise.
        witnesses: paths of which every tick is logged.
        twin: "price_taker", "frozen" or "none".
        unhedged: whether to run the world in which the desk does not hedge.
        workers: processes (default: one a core).
        progress: called with path-ticks (done, total).
        command: the command line, for the manifest.
        profile: measure the time of each agent, into the manifest.
        tables: names of the tables that are gathered and written (default: all).
        orders: what desks order, in place of their policies: columns `tick`, `path`, `seat` (the hedger's name),
            `venue` and `units`. `Session.orders`, or the table `orders` of a run: the same orders again.
        seats: desks that do what is ordered and nothing else (default: those that `orders` names).

    Raises:
        UserError: for a user's mistake.
        BugError: where an invariant fails.
    """
    prepare_workers(workers)
    scenario = meant(scenario).with_run(paths=paths, seed=seed, witnesses=witnesses, twin=twin, unhedged=unhedged)
    scenario, blueprint = prepared(scenario)
    tables = with_companions(tables, scenario)
    ensure_compiled()
    given = given_orders(orders, seats, scenario, blueprint.clock)
    begun = time.perf_counter()
    worlds = worlds_of(scenario)
    size = chunk_size(scenario, blueprint.clock, worlds=len(worlds), paths=scenario.run.paths, workers=workers)
    parts = chunks(tuple(worlds), scenario.run.paths, size)
    with _claimed(out, scenario, given, file_names(parts, tables)) as claim:
        figures = keeps_figures(scenario, tables)
        aside = laid_aside(scenario, blueprint.clock, len(worlds)) if figures else ()
        job = ChunkJob(scenario, worlds, claim.partial, blueprint, tables, profile, given, aside)
        ticks = len(blueprint.clock.ticks)
        with (
            after_chunks(job, parts, ticks=ticks, workers=workers, progress=progress) as free,
            claim.flushing(),
            writing(claim.asked),
        ):
            seconds = time.perf_counter() - begun
            manifest = make_manifest(scenario, blueprint.clock, claim.partial, worlds, seconds, given)
            manifest["command"] = command
            if profile:
                manifest["profile"] = merged(take(claim.partial, PROFILES))
            if figures:
                manifest = with_figures(manifest, claim.partial, free)
            write_manifest(manifest, claim.partial)
        claim.replace()
    finished = open_run(claim.asked).just_written()
    keep(finished.path, finished.manifest)
    return finished


def prepared(scenario: Scenario) -> tuple[Scenario, Blueprint]:
    """The scenario as it can run, and what all its worlds share. Raises UserError."""
    check_values(scenario)
    blueprint = blueprint_of(scenario)
    if not is_pending(scenario.storyline):
        return scenario, blueprint
    scenario = ready(scenario)
    return scenario, blueprint.along(scenario)


def _claimed(
    out: str | Path | None, scenario: Scenario, given: Mapping[str, GivenOrders] | None, names: list[str]
) -> AbstractContextManager[Claim]:
    """The folder that was asked for, or one of the run's own."""
    if out is not None:
        return claimed(Path(out), names)
    return claimed_own(first_folder(scenario), content_hash(scenario, given), names)
