"""A job that notes when the second process has arrived at its first chunk; a module that imports no more than a run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path

from scenarios.worlds.chunk_job import ChunkJob


@dataclass(frozen=True)
class Arrival:
    """Note when the second process has arrived at its first chunk, having imported what a real job imports."""

    place: Path
    job: ChunkJob

    def __call__(self, chunk, tick_done):
        if parent_process() is not None:
            self.place.write_text(f"{time.time()} {time.process_time()}")
        while not self.place.exists():
            time.sleep(0.005)
