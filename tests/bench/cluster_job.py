"""What the model of docs/gpu_and_clusters.md is checked with: `python -m tests.bench.cluster_job`, as JSON lines.

Eight covid cells of 500 paths with their twins, by one worker, by two, and by two of a Dask cluster on this machine.
CPU seconds, user and system: of the calling process, and of the processes that it has waited for; by the clock too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scenarios.studies.sweeps.sweep import sweep
from tests.bench.test_sweep import spec
from tests.command import ROOT

CELLS, PATHS = 8, 500


def swept(place: str, by: str) -> dict[str, float]:
    """One sweep in this process, from its beginning."""
    begun = time.perf_counter()
    if by != "dask":
        sweep(spec(CELLS, PATHS), out=place, workers=int(by))
    else:
        from distributed import LocalCluster

        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
            begun = time.perf_counter()
            sweep(spec(CELLS, PATHS), out=place, cluster=cluster.scheduler_address)
    wall, used = time.perf_counter() - begun, os.times()
    return {"own": used.user + used.system, "children": used.children_user + used.children_system, "wall": wall}


def main() -> None:
    """Each in a process of its own, twice: the first run stores machine code."""
    with tempfile.TemporaryDirectory() as place:
        for turn, by in enumerate(("1", "1", "2", "dask")):
            command = [sys.executable, "-m", "tests.bench.cluster_job", str(Path(place) / str(turn)), by]
            said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
            if turn:
                print(json.dumps({"by": by} | json.loads(said.splitlines()[-1])), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(swept(*sys.argv[1:])))
    else:
        main()
