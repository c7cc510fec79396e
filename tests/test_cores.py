"""How many processes work when nobody says it."""

from __future__ import annotations

import os
import sys

import pytest

from sim.cores import cores, worker_count


def test_as_many_as_are_asked_for_or_one_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker_count(3) == 3 and worker_count(None) == cores() >= 1
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems bind no process to cores")
def test_cores_that_a_batch_system_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    left = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(left)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, left)
