"""A run as users meet it: the dataset, its columns, what is replaced and refused, and Ctrl-C."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest

from scenarios.reading.loading import load
from scenarios.studies.run import run
from scenarios.worlds.chunk_size import chunk_size
from scenarios.worlds.clock import make_clock
from sim.dataset import open_run
from sim.ensemble import Chunk, chunks, run_chunks
from sim.errors import BugError, SpiralError, UserError
from tests.command import ROOT, covid_run

QUICK = {"clock.tick_minutes": 390, "run.paths": 12, "run.witnesses": 3}
PROMISED = {  # columns that anyone may rely on
    "market": "time world path venue mid vol half_spread depth impact credit overnight us2y us10y loop_gain",
    "trades": "time world path taker venue requested quantity price mid spread_cost impact_cost",
    "marks": "time world path agent book_value hedge_value cash margin claims equity pnl delta gamma theta vega rates "
    "hedge hedge_rates spread_cost_calm spread_cost_crisis impact_cost netting_gain closeout_cost funding_overnight "
    "funding_credit unhedged_pnl book_share",
    "margin_calls": "time world path agent required called met deadline outcome",
    "settlements": "time world path debtor creditor due owed paid round",
    "quotes": "time world path maker venue half_spread skew depth",
    "funding": "time world path agent overnight credit borrowed line",
    "events": "time world path kind subject value",
}


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    return run(load("covid_crash_2020", QUICK), out=tmp_path_factory.mktemp("runs") / "run", workers=1)


@pytest.mark.parametrize("table", PROMISED)
def test_promised_columns(small_run, table):
    schema = small_run.table(table).collect_schema()
    assert set(PROMISED[table].split()) <= set(schema.names())
    if table != "peaks":
        assert schema["time"] == pl.Datetime("us")
    assert schema["world"] == pl.String


def test_daily_rows_of_desks_on_all_paths_and_ticks_of_witnesses(small_run):
    days = small_run.manifest["clock"]["days"]
    desks = small_run.desks.filter((pl.col("agent") == "hedger") & (pl.col("world") == "actual")).collect()
    assert desks["path"].n_unique() == 12
    assert desks.height == 12 * (days + 1)
    market = small_run.market.filter((pl.col("venue") == "asset") & (pl.col("world") == "actual")).collect()
    assert market["path"].n_unique() == 3
    assert market.height == 3 * small_run.manifest["clock"]["ticks"]


def test_manifest_says_how_the_run_was_made(small_run):
    manifest = small_run.manifest
    assert manifest["worlds"] == ["actual", "price_taker", "unhedged"]
    assert manifest["scenario"]["agents"]["hedger"]["type"] == "Hedger"
    assert manifest["seed"] == 1 and manifest["paths"] == 12
    assert len(manifest["content_hash"]) == 64
    assert "marks" in repr(small_run.tables) and "covid_crash_2020" in repr(small_run)


def test_a_scenario_survives_its_manifest(small_run, tmp_path):
    """The manifest alone repeats the run."""
    from scenarios.reading.loading import from_dict

    again = run(from_dict(small_run.manifest["scenario"]), out=tmp_path / "again", workers=1)
    assert again.marks.collect().equals(small_run.marks.collect())
    assert again.manifest["content_hash"] == small_run.manifest["content_hash"]


def test_an_earlier_run_is_replaced_and_other_files_are_not(tmp_path):
    scenario = load("calm_market", QUICK | {"run.paths": 2, "run.twin": "none"})
    place = tmp_path / "run"
    run(scenario, out=place, workers=1)
    assert run(scenario, out=place, seed=9, workers=1).manifest["seed"] == 9
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter1.txt").write_text("years of work")
    with pytest.raises(UserError, match="replaces only an earlier run"):
        run(scenario, out=other, workers=1)
    assert (other / "chapter1.txt").read_text() == "years of work"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run", "thesis"]


def test_a_table_that_is_not_there(small_run):
    with pytest.raises(UserError, match="no such table"):
        small_run.table("marls")
    with pytest.raises(AttributeError, match="marls"):
        small_run.marls  # noqa: B018


def test_a_damaged_run_is_refused(tmp_path):
    result = run(load("calm_market", QUICK | {"run.paths": 2, "run.twin": "none"}), out=tmp_path / "run", workers=1)
    part = next((result.path / "marks").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-10])
    with pytest.raises(UserError, match="as written"):
        open_run(result.path)


def test_a_failing_run_leaves_nothing_behind(tmp_path, monkeypatch):
    from markets.factors.factor_market import FactorMarket

    def broken(self: FactorMarket, tick: int) -> None:
        raise BugError("spot is not finite on path 3")

    monkeypatch.setattr(FactorMarket, "step", broken)
    with pytest.raises(BugError, match="path 3"):
        run(load("calm_market", QUICK), out=tmp_path / "run", workers=1)
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_stops_being_finite_names_tick_path_and_factor():
    from scenarios.worlds.world import make_world

    scenario = load("calm_market", QUICK)
    world = make_world(scenario, Chunk("actual", 40, 8), scenario.feedback)
    world.factors.rates.noise[2, 5] = float("nan")
    with pytest.raises(BugError, match=r"us10y is not finite on path 45 at .* \(tick 1, world actual\)"):
        world.run()


def test_chunks_cover_every_path_once():
    parts = chunks(("actual", "price_taker"), 2500, 1024)
    for world in ("actual", "price_taker"):
        covered = [p for part in parts if part.world == world for p in range(part.first, part.first + part.paths)]
        assert covered == list(range(2500))


def _fail(chunk, tick_done):
    raise BugError(f"chunk {chunk.first}")


def _count(chunk, tick_done):
    for _ in range(10):
        tick_done(1)


def _die(chunk, tick_done):
    """End the worker; its parent goes on until it notices."""
    if multiprocessing.parent_process() is not None:
        os._exit(1)
    for _ in range(3000):
        time.sleep(0.01)
        tick_done(1)


def test_errors_of_workers_reach_the_caller():
    with pytest.raises(BugError, match="chunk"):
        run_chunks(_fail, chunks(("actual",), 4, 2), ticks=1, workers=2)


def test_a_worker_that_dies_ends_the_run_at_once():
    begun = time.monotonic()
    with pytest.raises(SpiralError, match="a worker process died"):
        run_chunks(_die, chunks(("actual",), 4, 2), ticks=3000, workers=2)
    assert time.monotonic() - begun < 20


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_progress_reaches_the_total(workers):
    seen: list[tuple[int, int]] = []
    run_chunks(
        _count,
        chunks(("actual",), 6, 2),
        ticks=10,
        workers=workers,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (60, 60)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.slow
def test_a_script_needs_no_guard(tmp_path):
    """Workers are started without running the user's script again."""
    script = tmp_path / "script.py"
    script.write_text(
        "from scenarios import load, run\n"
        "print('once')\n"
        "scenario = load('calm_market', {'clock.tick_minutes': 390, 'run.paths': 8, 'run.chunk': 4})\n"
        f"print(len(run(scenario, out={str(tmp_path / 'run')!r}, workers=2).tables))\n"
    )
    done = subprocess.run([sys.executable, str(script)], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == "once"
    assert done.stdout.count("once") == 1


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_behind(tmp_path):
    command = covid_run(50000, tmp_path / "run")
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not any(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert any(tmp_path.iterdir()), "the run has begun"
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_workers_end_with_their_parent(tmp_path):
    """Killed outright, the run leaves no process behind: its output, which all of them hold open, ends."""
    command, environment = covid_run(50000, tmp_path / "run"), os.environ | {"TMPDIR": str(tmp_path)}
    command += ["--workers", "2", "--set", "run.chunk=1024", "--set", "clock.tick_minutes=390"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob(".run.*/marks/*.parquet"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
        process.communicate(timeout=2)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_without_attribution_pnl_is_the_same_and_its_components_are_not_known(tmp_path):
    """`run.attribution = "none"`: books are marked and proved at every close, but not split."""
    settings = QUICK | {"run.twin": "none"}
    split = run(load("covid_crash_2020", settings), out=tmp_path / "split", workers=1).marks.collect()
    lump = run(load("covid_crash_2020", settings | {"run.attribution": "none"}), out=tmp_path / "l", workers=1)
    lump = lump.marks.collect()
    for column in ("pnl", "equity", "unhedged_pnl", "spread_cost_crisis", "hedge"):
        assert np.allclose(split[column], lump[column], rtol=1e-9, atol=1e-3)
    desks = lump["agent"] == "hedger"
    for column in ("delta", "gamma", "theta", "vega", "rates"):
        assert lump.filter(desks)[column].is_nan().all()
        assert (lump.filter(~desks)[column] == 0).all()


@pytest.mark.parametrize(
    ("paths", "worlds", "workers", "chunk", "expected"),
    [
        (1_000, 2, 2, 4096, 1024),  # a chunk a world
        (2_000, 1, 2, 4096, 1024),  # one for each worker
        (10_000, 2, 2, 4096, 4096),
        (10_000, 2, 8, 4096, 3072),
        (10_000, 1, 1, 16_384, 10_240),  # the fewest
        (10_000, 3, 2, 16_384, 5_120),  # of three chunks one worker would have two, the other one
        (100_000, 3, 2, 16_384, 14_336),  # the last of a world is not much smaller
        (10_000, 1, 1, 100, 100),  # as the scenario says
    ],
)
def test_a_chunk_is_large_but_leaves_every_worker_a_part(paths, worlds, workers, chunk, expected):
    scenario = load("covid_crash_2020", {"run.chunk": chunk})
    assert chunk_size(scenario, make_clock(scenario), worlds=worlds, paths=paths, workers=workers) == expected


def test_a_chunk_of_a_year_is_smaller():
    scenario = load("rate_hikes_2022")
    clock = make_clock(scenario)
    size = chunk_size(scenario, clock, worlds=1, paths=100_000, workers=1)
    rows = 2 * (int(clock.day[-1]) + 1)  # of the desk and of the closes
    assert size % 1024 == 0 and 1_000_000 < size * rows <= 2_000_000
