"""From a scenario to worlds, and from worlds to a dataset."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.desk.accountant import Accountant
from agents.desk.dividends import pay_dividends
from agents.hedging.hedger import Hedger
from agents.tables import TABLES
from agents.world import TradingWorld
from markets.factors.factors import rate_mixing
from markets.factors.snapshot import Snapshot
from markets.factors.storyline import asset_level, lay_out
from markets.products.book import Book
from markets.products.start import Start
from markets.recorder import Recorder
from markets.tables import TABLES as MARKET_TABLES
from markets.venues.carry import accrue
from markets.venues.roll import Series, series
from scenarios.checking.names import check_names
from scenarios.checking.plausibility import taken_as_given
from scenarios.checking.sizes import check_sizes
from scenarios.checking.trading_days import check_dates
from scenarios.reading.place import Place
from scenarios.studies.calibrating.outside import is_pending
from scenarios.worlds.books import instruments
from scenarios.worlds.chunk_size import chunk_size
from scenarios.worlds.remembered import remembered
from scenarios.worlds.worlds import WorldSpec, worlds_of
from sim.arguments import called, flag, maybe, one_of, path, several, takes, text, whole
from sim.clock import CONTINUOUS, Clock
from sim.dataset import MANIFEST, Run, open_run
from sim.ensemble import Chunk, Progress, chunks, run_chunks
from sim.errors import UserError
from sim.eventlog import EventLog
from sim.files import writing
from sim.ledger import Ledger
from sim.manifest import described, signed
from sim.names import UNHEDGED
from sim.profile import ENGINE, Profile, merged
from sim.run_folder import claimed, holds_other, own_folder
from sim.streams import Streams

if TYPE_CHECKING:
    from markets.products.book import CompiledBook
    from markets.spec import FeedbackSpec
    from scenarios.scenario import Scenario

SET_UP, EVENTS, TABLES_WRITTEN = "set-up", "SimPy", "tables"  # what is the engine's in a profile
TENORS = {"us2y": 2, "us10y": 10}  # years


def make_clock(scenario: Scenario) -> Clock:
    """The instants of a scenario."""
    spec = scenario.clock
    if spec.calendar == CONTINUOUS:
        if spec.days_a_year is not None:
            remedy = "leave it out: a year of this calendar has 364 days"
            raise UserError("days_a_year is of an exchange's calendar", place="clock.days_a_year", remedy=remedy)
        return Clock.continuous(first=scenario.start, last=scenario.end, tick_minutes=spec.tick_minutes)
    return Clock.exchange(
        calendar=spec.calendar,
        first=scenario.start,
        last=scenario.end,
        tick_minutes=spec.tick_minutes,
        overnight_variance=spec.overnight_variance,
        u_shape=spec.u_shape,
        days_a_year=spec.days_a_year,
    )


def starting_market(scenario: Scenario) -> Start:
    """What instruments are fixed against: the first anchor, and the shape of smile and curves."""
    first, market = scenario.storyline.anchor[0], scenario.market
    return Start(
        day=scenario.start,
        snapshot=Snapshot.named(**{n: getattr(first, n) for n in ("spot", "vol", "overnight", "us2y", "us10y")}),
        skew=market.skew,
        term_reversion=market.term_reversion,
        dividend_yield=market.dividend_yield,
        projection_spread=market.projection_spread,
    )


def compile_books(scenario: Scenario, clock: Clock) -> dict[str, CompiledBook]:
    """Every hedger's book as arrays."""
    start = starting_market(scenario)
    return {
        agent.name: Book(instruments(agent, start)).compile(clock, start)
        for agent in scenario.agents
        if isinstance(agent, Hedger)
    }


def laid_out(scenario: Scenario, file: str | None = None) -> Clock:
    """The clock of a scenario that can run: everything that a run would refuse is refused here, by file and key.

    file: what the user calls the scenario; by default its name. Raises UserError.
    """
    at = Place(file or scenario.name)
    try:
        check_dates(scenario, at)
        clock = make_clock(scenario)
        check_on_clock(scenario, clock)
    except UserError as error:
        raise UserError(error.rule, value=error.value, place=at.around(error.place), remedy=error.remedy) from None
    return clock


def benchmarks(clock: Clock) -> dict[str, Series]:
    """The benchmark swaps of every swap venue, over the run."""
    return {name: series(years, clock) for name, years in TENORS.items()}


def check_on_clock(scenario: Scenario, clock: Clock) -> None:
    """Find the user's mistakes that only the calendar and the starting market show, before any worker starts."""
    lay_out(scenario.storyline, clock, scenario.market, scenario.credit)
    rate_mixing(scenario.market.rates)
    for asset in scenario.assets:
        asset_level(asset, clock)
    check_sizes(scenario, clock)
    compile_books(scenario, clock)
    benchmarks(clock)


def make_world(
    scenario: Scenario,
    chunk: Chunk,
    feedback: FeedbackSpec,
    clock: Clock | None = None,
    tables: tuple[str, ...] | None = None,
    profile: Profile | None = None,
    *,
    price_takers: bool = False,
) -> TradingWorld:
    """A world ready to run: market, agents, accountant, recorder. It logs `tables` (default: all).

    price_takers: what agents do leaves no trace in the market.
    """
    if is_pending(scenario.storyline):
        rule, remedy = "observed anchors run in the outside world that is found for them", "scenarios.ready finds it"
        raise UserError(rule, value="none", place=f"{scenario.name}: storyline.anchors", remedy=remedy)
    clock = clock or make_clock(scenario)
    streams = Streams(scenario.run.seed, chunk.first, chunk.paths)
    log = EventLog(
        world=chunk.world, first=chunk.first, paths=chunk.paths, witnesses=scenario.run.witnesses, tables=tables
    )
    log.declare(*TABLES)
    world = TradingWorld(
        name=chunk.world,
        clock=clock,
        streams=streams,
        ledger=Ledger(chunk.paths),
        log=log,
        profile=profile,
        market=scenario.market,
        storyline=scenario.storyline,
        feedback=feedback,
        price_takers=price_takers,
        credit=scenario.credit,
        venues=scenario.venue,
        benchmarks=benchmarks(clock),
        assets=scenario.assets,
        agents=scenario.agents,
        books=compile_books(scenario, clock),
    )
    world.start(accrue(world), "market")
    world.start(pay_dividends(world), "market")
    for agent in scenario.agents:
        world.admit(agent)
    world.start(Accountant(world, scenario.run.attribution).live(), "accountant")
    world.start(Recorder(world).live(), "recorder")
    return world


@dataclass(frozen=True)
class ChunkJob:
    """Run one chunk of one world and write its tables; picklable.

    With the run's `clock` a worker need not load the calendars of all exchanges first.
    """

    scenario: Scenario
    worlds: dict[str, WorldSpec]  # by name
    folder: Path
    tables: tuple[str, ...] | None = None  # all of them where None
    clock: Clock | None = None
    profiled: bool = False

    def __call__(self, chunk: Chunk, tick_done: Callable[[int], None]) -> None:
        if self.profiled:
            self._profiled(chunk, tick_done)
            return
        world = self._made(chunk)
        world.run(tick_done)
        world.log.write(self.folder, world.clock, self.tables)

    def _made(self, chunk: Chunk, profile: Profile | None = None) -> TradingWorld:
        spec = self.worlds[chunk.world]
        return make_world(
            spec.cast(self.scenario),
            chunk,
            spec.feedback,
            self.clock,
            tables=self.tables,
            profile=profile,
            price_takers=spec.price_takers,
        )

    def _profiled(self, chunk: Chunk, tick_done: Callable[[int], None]) -> None:
        """The same, and how long each step took beside the tables."""
        profile, times = Profile(), [time.perf_counter()]
        world = self._made(chunk, profile)
        times.append(time.perf_counter())
        world.run(tick_done)
        times.append(time.perf_counter())
        busy = sum(sum(phases.values()) for phases in profile.seconds.values())
        world.log.write(self.folder, world.clock, self.tables)
        times.append(time.perf_counter())
        steps = dict(zip((SET_UP, EVENTS, TABLES_WRITTEN), np.diff(times).tolist(), strict=True))
        for step, seconds in steps.items():
            profile.add(ENGINE, step, seconds - busy if step == EVENTS else seconds)
        place = profiles(self.folder) / f"{chunk.world}-{chunk.first:07d}.json"
        place.parent.mkdir(exist_ok=True)
        with writing(place):
            place.write_text(json.dumps(profile.seconds))


@takes(
    out=maybe(path),
    workers=maybe(whole(1)),
    progress=maybe(called),
    command=maybe(text),
    profile=flag,
    tables=maybe(several(one_of(*(table.name for table in (*MARKET_TABLES, *TABLES))))),
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
) -> Run:
    """Run a scenario (or a preset's name, or a file) and its twin; write and open the dataset.

    A record whose outside world nobody has looked for (`anchors = "observed"`) gets it first: `scenarios.ready`.
    out: folder of the run. An earlier run there is replaced when this one is whole; files that no run has written move
    to this one's folder, and where they are in its way, this one is refused. By default `runs/<name>-<seed>`, where
    only a run of the same content is replaced: with another one there, `runs/<name>-<seed>-2`, and so on.
    unhedged: whether to run the world in which the desk does not hedge, too (default: the scenario's).
    workers: processes, all cores by default. progress: called with path-ticks (done, total). command: what the user
    typed, for the manifest. profile: measure whose time the run takes, into the manifest. tables: only these are
    gathered and written (default: all).
    Raises UserError for a user's mistake, BugError if an invariant fails.
    """
    from scenarios.reading.made_by_hand import check_values, meant

    scenario = meant(scenario).with_run(paths=paths, seed=seed, witnesses=witnesses, twin=twin, unhedged=unhedged)
    check_values(scenario)
    check_names(scenario)  # they become names of files, accounts and columns
    clock = laid_out(scenario)
    if is_pending(scenario.storyline):
        from scenarios.studies.calibrating.before_run import ready  # here: it runs ensembles itself

        scenario = ready(scenario)
    folder = Path(out) if out is not None else default_folder(scenario)
    begun = time.perf_counter()
    worlds = worlds_of(scenario)
    size = chunk_size(scenario, clock, worlds=len(worlds), paths=scenario.run.paths, workers=workers)
    parts = chunks(tuple(worlds), scenario.run.paths, size)
    with claimed(folder, file_names(parts, tables)) as claim:
        if out is None and holds_other(folder, content_hash(scenario)):
            remedy = "run it again: this one gets a folder of its own"
            raise UserError("another run has just been made here", place=str(folder), remedy=remedy)
        job = ChunkJob(scenario, worlds, claim.partial, tables, clock, profile)
        run_chunks(job, parts, ticks=len(clock.ticks), workers=workers, progress=progress)
        with writing(folder):
            manifest = make_manifest(scenario, clock, claim.partial, worlds, time.perf_counter() - begun)
            manifest["command"] = command
            if profile:
                manifest["profile"] = take_profile(claim.partial)
            (claim.partial / MANIFEST).write_text(json.dumps(signed(manifest), indent=1), encoding="utf-8")
        claim.replace()
    return open_run(folder)


def default_folder(scenario: Scenario) -> Path:
    """Where a run goes that is not told: a folder of its name and seed in which no other content stands."""
    return own_folder(first_folder(scenario), content_hash(scenario))


def first_folder(scenario: Scenario) -> Path:
    """The folder of a run's name and seed."""
    return Path("runs") / f"{scenario.name}-{scenario.run.seed}"


def content_hash(scenario: Scenario) -> str:
    """What tells runs apart: the scenario in full, settings and seed included, and the version of Spiral."""
    source = {"scenario": scenario.to_dict(), "seed": scenario.run.seed, "spiral": version_of("spiral-crisis")}
    return hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()


def version_of(name: str) -> str:
    """The version of a distribution."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def file_names(parts: list[Chunk], tables: tuple[str, ...] | None) -> list[str]:
    """The files of a run, as far as they are known before it."""
    known = [table.name for table in (*TABLES, *MARKET_TABLES)] if tables is None else tables
    return [MANIFEST, *(f"{table}/{part.world}-{part.first:07d}.parquet" for table in known for part in parts)]


def take_profile(folder: Path) -> dict[str, Any]:
    """All chunks' profiles in one, whose files are removed."""
    places = list(profiles(folder).iterdir())
    found = merged(json.loads(place.read_text()) for place in places)
    for place in places:
        place.unlink()
    profiles(folder).rmdir()
    return found


def profiles(folder: Path) -> Path:
    """Where chunks leave their profiles until the run is over."""
    return folder / ".profiles"


def make_manifest(
    scenario: Scenario, clock: Clock, folder: Path, worlds: dict[str, WorldSpec], seconds: float
) -> dict[str, Any]:
    """How the run was made, and sizes and checksums of its files."""
    told = scenario.to_dict()
    notes = (*scenario.notes, *taken_as_given(scenario))
    first = told["storyline"]["anchor"][0]
    asset = scenario.venue.asset
    names = ("spiral-crisis", "simpy", "numpy", "scipy", "polars", "numba", "altair")
    memory = remembered(scenario, clock) if scenario.market.vol_law == "path_dependent" else None
    return {
        "name": scenario.name,
        "title": scenario.title or scenario.name,
        "notes": list(notes),
        "scenario": told,
        "seed": scenario.run.seed,
        "paths": scenario.run.paths,
        "witnesses": scenario.run.witnesses,
        "worlds": list(worlds),
        "twin": scenario.twin.name if scenario.twin else None,
        "unhedged": worlds[UNHEDGED].unhedged if UNHEDGED in worlds else None,
        "versions": {name: version_of(name) for name in names},
        "content_hash": content_hash(scenario),
        "timing": {"seconds": round(seconds, 3)},
        "clock": {
            "first": clock.timestamp(int(clock.ticks[0])).isoformat(),
            "last": clock.timestamp(int(clock.ticks[-1])).isoformat(),
            "ticks": len(clock.ticks),
            "days": int(clock.day[-1]),
            "days_a_year": clock.days_a_year,
            "closes_a_year": clock.closes_a_year,
        },
        "anchors": told["storyline"]["anchor"],
        "base": {k: first[k] for k in ("spot", "vol", "credit", "overnight", "us2y", "us10y")}
        | {"half_spread": asset.half_spread, "depth": asset.depth},
        **({} if memory is None else {"memory": memory.described()}),
        "files": described(folder, (p.relative_to(folder).as_posix() for p in folder.rglob("*.parquet"))),
    }
