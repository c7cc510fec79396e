"""Workers are forked from a server with one thread that has imported what they need."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from scenarios.studies.sweeps import local
from scenarios.worlds.workers import prepare_workers
from sim import processes
from sim.cores import cores
from sim.ensemble import main_left_alone, worker_pool
from sim.errors import SpiralError
from tests.command import ROOT
from tests.forked import HEAVY, seen

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems spawn their workers")


@linux
def test_workers_come_from_a_server_with_one_thread() -> None:
    """Forking a process with threads may copy a held lock. The server imports the engine, but not polars.

    In a process of its own: the first call of a session decides what its server imports.
    """
    command = [sys.executable, "-c", "from tests.forked import main; main()"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    threads, variable, imported = json.loads(said)
    assert threads == 1
    assert variable == "1"  # though the server is older
    assert imported == list(HEAVY[1:])


def test_spawned_workers_do_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "START", "spawn")
    monkeypatch.setenv("SPIRAL_TEST", "2")
    with worker_pool(1) as pool:
        _, variable, imported = pool.submit(seen, "SPIRAL_TEST").result()
    assert (variable, imported) == ("2", [])


def test_one_worker_needs_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, ...]] = []
    monkeypatch.setattr("scenarios.worlds.workers.warm_up", lambda *modules: begun.append(modules))
    prepare_workers(1)
    assert begun == []
    prepare_workers(None)
    assert len(begun) == (cores() > 1)


@pytest.mark.parametrize("error", [EOFError(), BrokenPipeError(), BlockingIOError("no process can be forked")])
def test_a_server_that_is_killed_or_cannot_fork_is_one_line(error: Exception) -> None:
    """EOFError and BrokenPipeError of a command would be taken for its own input and output."""
    said = r"a worker process died \(killed, or out of memory\)"
    with pytest.raises(SpiralError, match=said), worker_pool(1), main_left_alone(b""):
        raise error


@pytest.mark.parametrize("failures", [1, 99])
def test_a_sweep_starts_other_workers_a_few_times(failures: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [EOFError()] * failures

    def submit(self: object, *job: object) -> None:
        raise left.pop() if left else KeyError("started")

    monkeypatch.setattr(local.ProcessPoolExecutor, "submit", submit)
    jobs = local._Pools([(None, None)], [0.0], None)
    with pytest.raises(SpiralError if failures > 1 else KeyError, match="started"):
        list(jobs.run(local.deque([0]), 1, []))
    assert failures - len(left) == (local.TRIES if failures > 1 else 1)
