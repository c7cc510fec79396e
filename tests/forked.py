"""What a worker sees of itself and of the server that it was forked from."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HEAVY = ("polars", "scenarios.scenario", "scenarios.worlds.chunk_job")


def seen(variable: str) -> tuple[int, str | None, list[str]]:
    """Threads of the parent process, a variable of the environment, and which of HEAVY are imported already."""
    threads = len(list(Path(f"/proc/{os.getppid()}/task").iterdir()))
    return threads, os.environ.get(variable), [name for name in HEAVY if name in sys.modules]
