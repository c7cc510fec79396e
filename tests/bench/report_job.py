"""Run PATHS of two days in three worlds, all tables, and report: CPU seconds and peak memory (KiB) as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from analysis import write_report
from scenarios import run
from tests.bench.scale_job import peak_resident, short

CHUNK = 4_096


def reported(paths: int, folder: Path) -> dict[str, float]:
    """CPU seconds of the run and of its report in this process, and its peak memory."""
    begun = time.process_time()
    done = run(short(CHUNK), paths=paths, workers=1, out=folder / "run")
    ran = time.process_time()
    write_report(done, folder / "report.html")
    return {"run": ran - begun, "report": time.process_time() - ran, "peak": peak_resident()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(reported(int(sys.argv[1]), Path(place))))
