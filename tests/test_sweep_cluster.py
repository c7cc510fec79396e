"""Sweeps on a Dask cluster: a real scheduler and worker processes on loopback, some of them killed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from polars.testing import assert_frame_equal

from scenarios.house import ROOMS
from scenarios.studies.sweeps.cell_run import CellResult
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.cluster import _Running, run_on_cluster
from scenarios.studies.sweeps.cluster_workers import Workers
from scenarios.studies.sweeps.fingerprint import fingerprint
from scenarios.studies.sweeps.loading import load_sweep
from tests.command import ROOT
from tests.sweep_kill import done, finish, finished, kill, start, table, wait_for, write_sweep

distributed = pytest.importorskip("distributed", reason="the cluster's extra is not installed")


LOST = "failed: the scheduler at {} was lost; finished cells are kept, the same command goes on\n"


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder, workers, host="127.0.0.1", env=None):
        self.host, self.env = host, env or {}
        self.folder, self.log = folder, (folder / "cluster.log").open("a")
        self.scheduler, self.workers, self.address, self.starts = None, [], "", 0
        self.start(workers)

    def start(self, workers):
        self.starts += 1
        file = self.folder / f"scheduler-{self.starts}.json"  # of its own: one from before names who is dead
        options = ["--host", self.host, "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
        self.scheduler = self._run("dask_scheduler", *options)
        wait_for(lambda: file.exists() and file.stat().st_size > 0)
        self.address = json.loads(file.read_text())["address"]
        joined = self._joined() + workers
        self.workers = [self.work() for _ in range(workers)]
        wait_for(lambda: self._joined() >= joined)

    def _joined(self):
        """How many workers have ever said that they are in."""
        return (self.folder / "cluster.log").read_text().count("Registered to:")

    def work(self, root=ROOT):
        """A worker whose Spiral stands in `root`."""
        options = [self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        return self._run("dask_worker", *options, root=root)

    def replace_worker(self):
        """Kill the first one and start another."""
        self.workers[0].kill()
        self.workers[0].wait()
        self.workers[0] = self.work()

    def _run(self, name, *options, root=ROOT):
        command = [sys.executable, "-m", f"distributed.cli.{name}", *options]
        quick = {"DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__GIL__ENABLED": "false"}
        env = {**os.environ, **quick, **self.env, "PYTHONPATH": str(root)}
        return subprocess.Popen(command, cwd=root, stdout=self.log, stderr=self.log, env=env)

    def stop(self):
        """Kill them all."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextmanager
def cluster(folder, workers, **more):
    """Ended with the block."""
    found = Cluster(folder, workers, **more)
    try:
        yield found
    finally:
        found.stop()
        found.log.close()


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "tls://127.0.0.1:9"])
def test_no_scheduler_is_the_users_mistake(tmp_path, address):
    process = start(write_sweep(tmp_path, steps=2), tmp_path / "s", "--cluster", address)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said.startswith(f"error: --cluster: no scheduler answers there, got '{address}'; ")
    assert said.count("\n") == 1
    assert not (tmp_path / "s").exists()


@pytest.mark.slow
def test_a_stray_worker_is_named_and_gets_no_cells(tmp_path):
    """A worker with other sources joins midway: in one line it is told so, and all cells are of this engine."""
    other = tmp_path / "other"
    for package in ROOMS:
        shutil.copytree(ROOT / package, other / package, ignore=shutil.ignore_patterns("__pycache__"))
    base = other / "agents" / "base.py"
    base.write_text(base.read_text() + "# another engine\n")
    cells, told = Plan(load_sweep(write_sweep(tmp_path, steps=12))), []
    with cluster(tmp_path, 1) as dask:
        results = run_on_cluster([(cell, None) for cell in cells], dask.address, told.append)
        found = [next(results)]
        dask.workers.append(dask.work(other))
        with distributed.Client(dask.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        for result in results:
            found.append(result)
            if not told and len(found) < len(cells):
                time.sleep(0.5)
    assert sorted(result.index for result in found) == list(range(12))
    assert {(result.status, result.engine) for result in found} == {("done", fingerprint())}
    assert len(told) == 1
    assert "runs another engine (" in told[0] and told[0].endswith(" here): it gets no cells")


@pytest.mark.parametrize("ours_changed", [False, True])
def test_a_strays_result_is_refused_and_run_elsewhere(monkeypatch, ours_changed):
    """Even where it got a cell before it was known; only where the files here have changed, they are what is told."""
    result = CellResult(0, "done", "another", 0.1)
    future = Mock(status="finished", key="k", **{"result.return_value": result})
    client = SimpleNamespace(who_has=lambda futures: {"k": ("tcp://stray:1",)})
    told = []
    workers = Workers(client, told.append)
    workers.good = frozenset(["tcp://stray:1", "tcp://good:1"])
    running = _Running(client, workers, [(None, None)], "tcp://here:1")
    running._waiting.clear()
    monkeypatch.setattr(
        "scenarios.studies.sweeps.cluster.fingerprint_now", lambda: "new" if ours_changed else fingerprint()
    )
    running._under_way[future] = 0, workers.good
    found = running._taken(future)
    if ours_changed:
        assert found is result
        return
    assert found is None
    assert running._waiting == [0]
    assert workers.good == {"tcp://good:1"}
    assert told == [f"tcp://stray:1 runs another engine (another, {fingerprint()} here): it gets no cells"]


def certificates(folder):
    """A certificate authority of our own, and a certificate for this machine's loopback; Dask's configuration."""
    ca, host = folder / "ca", folder / "host"
    sign = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    signed = ["-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-addext", "subjectAltName=IP:127.0.0.1"]
    for place, more in ((ca, []), (host, [*signed, "-addext", "basicConstraints=critical,CA:FALSE"])):
        name = ["-subj", f"/CN={place.name}", "-keyout", f"{place}.key", "-out", f"{place}.pem"]
        subprocess.run([*sign, *name, *more], check=True, capture_output=True)
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    roles = {f"{tls}{role}__{what}": f"{host}.{end}" for role in ("SCHEDULER", "WORKER", "CLIENT")
             for what, end in (("CERT", "pem"), ("KEY", "key"))}  # fmt: skip
    return {f"{tls}CA_FILE": f"{ca}.pem", "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true", **roles}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made with openssl")
def test_over_tls_only_who_has_a_certificate_comes_in(tmp_path):
    env, file = certificates(tmp_path), write_sweep(tmp_path, steps=2)
    with cluster(tmp_path, 1, host="tls://127.0.0.1", env=env) as dask:
        assert dask.address.startswith("tls://")
        for address in (dask.address, dask.address.replace("tls:", "tcp:")):
            stranger = start(file, tmp_path / "s", "--cluster", address)
            _, said = stranger.communicate(timeout=60)
            assert (stranger.returncode, said.count("\n")) == (2, 1), said
        process = start(file, tmp_path / "s", "--cluster", dask.address, env=env)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert done(tmp_path / "s") == 2


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
