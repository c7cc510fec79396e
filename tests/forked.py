"""What a worker sees of itself and of the server that it was forked from."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

HEAVY = ("polars", "scenarios.scenario", "scenarios.worlds.chunk_job", "sim.numba_tables")


def seen(variable: str) -> tuple[int, str | None, list[str]]:
    """Threads of the parent process, a variable of the environment, and which of HEAVY are imported already."""
    threads = len(list(Path(f"/proc/{os.getppid()}/task").iterdir()))
    return threads, os.environ.get(variable), [name for name in HEAVY if name in sys.modules]


def main() -> None:
    """Print what a worker sees whose server starts with this process, as JSON."""
    from scenarios.worlds.workers import prepare_workers
    from sim.ensemble import worker_pool

    prepare_workers(2)
    os.environ["SPIRAL_TEST"] = "1"
    with worker_pool(1) as pool:
        print(json.dumps(pool.submit(seen, "SPIRAL_TEST").result()))
