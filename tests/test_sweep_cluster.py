"""Sweeps on a Dask cluster: a real scheduler and worker processes on loopback, some of them killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
from polars.testing import assert_frame_equal

from tests.command import ROOT
from tests.sweep_kill import done, finish, finished, kill, start, table, wait_for, write_sweep

pytest.importorskip("distributed", reason="the cluster's extra is not installed")


LOST = "failed: the scheduler at {} was lost; finished cells are kept, the same command goes on\n"


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder, workers):
        self.folder, self.log = folder, (folder / "cluster.log").open("a")
        self.scheduler, self.workers, self.address, self.starts = None, [], "", 0
        self.start(workers)

    def start(self, workers):
        self.starts += 1
        file = self.folder / f"scheduler-{self.starts}.json"  # of its own: one from before names who is dead
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
        self.scheduler = self._run("dask_scheduler", *options)
        wait_for(lambda: file.exists() and file.stat().st_size > 0)
        self.address = json.loads(file.read_text())["address"]
        self.workers = [self.work() for _ in range(workers)]

    def work(self):
        return self._run("dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard")

    def replace_worker(self):
        """Kill the first one and start another."""
        self.workers[0].kill()
        self.workers[0].wait()
        self.workers[0] = self.work()

    def _run(self, name, *options):
        command = [sys.executable, "-m", f"distributed.cli.{name}", *options]
        quick = {"DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__GIL__ENABLED": "false"}
        return subprocess.Popen(command, cwd=ROOT, stdout=self.log, stderr=self.log, env={**os.environ, **quick})

    def stop(self):
        """Kill them all."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextmanager
def cluster(folder, workers):
    """Ended with the block."""
    found = Cluster(folder, workers)
    try:
        yield found
        found.log.close()
    finally:
        found.stop()


def test_a_worker_and_then_the_scheduler_killed_midway_change_nothing(tmp_path):
    file, out = write_sweep(tmp_path, steps=8), tmp_path / "s"
    finish(file, tmp_path / "local", "--workers", "1")
    with cluster(tmp_path, 2) as dask:
        process = start(file, out, "--cluster", dask.address)
        wait_for(lambda: done(out) >= 2)
        kill(dask.workers[0].pid)
        wait_for(lambda: done(out) >= 4)
        kill(dask.scheduler.pid)
        _, said = process.communicate(timeout=60)
        if process.returncode:  # else it was quicker than we
            assert said == LOST.format(dask.address)
        before = finished(out)
        dask.stop()
        dask.start(1)
        finish(file, out, "--cluster", dask.address)
    assert before.items() <= finished(out).items()
    assert_frame_equal(table(out), table(tmp_path / "local"), check_exact=True)


def test_no_scheduler_is_the_users_mistake(tmp_path):
    file = write_sweep(tmp_path, steps=2)
    process = start(file, tmp_path / "s", "--cluster", "tcp://127.0.0.1:9")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    last = said.strip().splitlines()[-1]
    assert last.startswith("error: --cluster: no scheduler answers there, got 'tcp://127.0.0.1:9'; give its address")
    assert "Traceback" not in said


@pytest.mark.slow
def test_workers_and_the_scheduler_killed_again_and_again(tmp_path):
    file, out = write_sweep(tmp_path, steps=40, paths=64, minutes=65), tmp_path / "s"
    finish(file, tmp_path / "local", "--workers", "2")
    seen: dict[int, tuple[str, float]] = {}
    with cluster(tmp_path, 2) as dask:
        for cells in (6, 14, 24):  # finished when a worker and then the scheduler die
            process = start(file, out, "--cluster", dask.address)
            wait_for(lambda at=cells: done(out) >= at, 120)
            dask.replace_worker()
            wait_for(lambda at=cells: done(out) >= at + 3, 120)
            kill(dask.scheduler.pid)
            _, said = process.communicate(timeout=60)
            assert process.returncode == 1
            assert said == LOST.format(dask.address)
            assert seen.items() <= finished(out).items()
            seen = finished(out)
            dask.stop()
            dask.start(2)
        finish(file, out, "--cluster", dask.address)
    assert seen.items() <= finished(out).items()
    assert_frame_equal(table(out), table(tmp_path / "local"), check_exact=True)
