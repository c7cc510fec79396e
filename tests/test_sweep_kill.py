"""Nothing is lost: the sweep, its workers or the terminal are killed, and the same command goes on."""

from __future__ import annotations

import random
import signal
import time

import polars as pl
import psutil
import pytest
from polars.testing import assert_frame_equal

from scenarios import open_sweep
from tests.sweep_kill import children, done, finish, finished, kill, start, table, wait_for, write_sweep


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A sweep's file, and the table of a run that nobody disturbs."""
    folder = tmp_path_factory.mktemp("kill")
    file = write_sweep(folder, steps=8)
    finish(file, folder / "whole", "--workers", "1")
    return file, table(folder / "whole")


@pytest.mark.slow
def test_killed_and_started_again_it_ends_with_the_same_table(undisturbed, tmp_path):
    file, expected = undisturbed
    out = tmp_path / "s"
    seen = {}
    for cells in (1, 4):  # finished when the kill comes
        process = start(file, out, "--workers", "2")
        wait_for(lambda at=cells: done(out) >= at)
        workers = children(process)
        kill(process.pid)
        process.communicate(timeout=10)
        psutil.wait_procs(workers, timeout=5)
        assert not any(worker.is_running() for worker in workers), "workers end with their parent"
        now = finished(out)
        assert seen.items() <= now.items(), "nothing that had finished was lost or run again"
        seen = now
    assert 4 <= len(seen) < 8
    finish(file, out, "--workers", "2")
    assert seen.items() <= finished(out).items()
    assert_frame_equal(table(out), expected, check_exact=True)


@pytest.mark.slow
def test_a_killed_worker_costs_nothing_but_time(undisturbed, tmp_path):
    file, expected = undisturbed
    out = tmp_path / "s"
    process = start(file, out, "--workers", "2")
    wait_for(lambda: done(out) >= 2)
    before = finished(out)
    kill(children(process)[0].pid)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert before.items() <= finished(out).items()
    assert_frame_equal(table(out), expected, check_exact=True)


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on(undisturbed, tmp_path):
    file, expected = undisturbed
    out = tmp_path / "s"
    process = start(file, out, "--workers", "2")
    wait_for(lambda: done(out) >= 2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    kept = open_sweep(out).done
    assert process.returncode == 130
    assert said == f"interrupted: {kept} of 8 cells are kept in {out}, the same command goes on\n"
    assert 2 <= kept < 8
    finish(file, out, "--workers", "2")
    assert_frame_equal(table(out), expected, check_exact=True)


POISON = '''
import os
import signal
from dataclasses import dataclass

from agents.base import Agent
from sim.phases import Phase


@dataclass(frozen=True, kw_only=True)
class Poison(Agent):
    """Kills its own process, as a machine out of memory does."""

    deadly: bool

    def live(self, world):
        yield world.after(60, Phase.MARK)
        if self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
'''


@pytest.mark.slow
def test_a_cell_that_kills_its_worker_is_a_failed_cell(tmp_path):
    from scenarios.reading.shipped import catalogue

    (tmp_path / "poison.py").write_text(POISON)
    calm = catalogue()["calm_market"].read_text() + '\n[agents.poison]\ntype = "poison:Poison"\ndeadly = false\n'
    (tmp_path / "calm.toml").write_text(calm)
    file = tmp_path / "p.toml"
    file.write_text(
        'name = "p"\nscenarios = ["calm.toml"]\npaths = 4\n[settings]\nclock.tick_minutes = 195\n'
        '[axes.deadly]\nkey = "agents.poison.deadly"\nvalues = [false, true]\n'
        '[axes.depth]\nkey = "venue.asset.depth"\nvalues = [2e9, 4e9]\n'
    )
    process = start(file, tmp_path / "s", "--workers", "2")
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1, said
    rows = open_sweep(tmp_path / "s").cells.collect()
    assert rows["status"].to_list() == ["done", "done", "failed", "failed"]
    assert "its worker process died twice" in rows["error"][2]
    assert "2 cells failed; --retry-failed runs them again" in said
    file.write_text(file.read_text().replace("[false, true]", "[true]").replace("[2e9, 4e9]", "[2e9]"))
    alone = start(file, tmp_path / "alone", "--workers", "2")
    _, said = alone.communicate(timeout=120)
    assert alone.returncode == 1, "the only cell left kills a worker, not the sweep"
    assert "its worker process died twice" in said


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path):
    """Forty cells; the sweep, or one of its workers, is killed at random moments until it is done, or twelve times."""
    file = write_sweep(tmp_path, steps=40, paths=64, minutes=65)
    finish(file, tmp_path / "whole", "--workers", "1")
    chance, seen, out, kills = random.Random(1), {}, tmp_path / "s", 0
    while kills < 12:  # a busy machine may finish no cell between two kills
        process = start(file, out, "--workers", "2")
        time.sleep(chance.uniform(1.5, 6.0))
        if process.poll() is not None:
            break
        workers = children(process)
        if workers and chance.random() < 0.5:
            kill(chance.choice(workers).pid)
            time.sleep(chance.uniform(0.0, 3.0))
        workers = children(process) if process.poll() is None else []
        process.kill()
        process.communicate(timeout=10)
        kills += 1
        psutil.wait_procs(workers, timeout=5)
        assert not any(worker.is_running() for worker in workers)
        now = finished(out) if done(out) else {}
        assert seen.items() <= now.items()
        seen = now
    finish(file, out, "--workers", "2")
    assert kills >= 3
    assert seen.items() <= finished(out).items()
    assert_frame_equal(table(out), table(tmp_path / "whole"), check_exact=True)
    assert pl.scan_parquet(out / "paths").select("cell").unique().collect().height == 40
