"""Memory does not grow with the number of paths beyond what the report needs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.memory import peak_memory

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="counts memory as Linux tells it")
def test_20000_paths_stay_under_2_gib(tmp_path):
    """Run, summary and report of the covid preset with its twin, over all processes."""
    command = [
        sys.executable,
        "-m",
        "scenarios",
        "run",
        "covid_crash_2020",
        "--paths",
        "20000",
        "--out",
        str(tmp_path / "run"),
    ]
    assert peak_memory(command, ROOT) < 2 * 2**30
