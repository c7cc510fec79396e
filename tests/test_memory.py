"""Memory does not grow with the number of paths beyond what the report needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import ROOT, covid_run
from tests.memory import peak_memory


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="counts memory as Linux tells it")
def test_20000_paths_stay_under_2_gib(tmp_path):
    """Run, summary and report of the covid preset with its twin, over all processes."""
    command = covid_run(20000, tmp_path / "run")
    assert peak_memory(command, ROOT) < 2 * 2**30
