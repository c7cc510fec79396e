"""Processor cores that there are to work on."""

from __future__ import annotations

import os
import sys


def cores() -> int:
    """How many this process may use: on Linux those that a batch system, a cpuset or `taskset` leaves it.

    A quota of time (`docker run --cpus`) binds a process to no core, and is not seen.
    """
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def worker_count(workers: int | None) -> int:
    """How many processes work: as many as are asked for, or one a core."""
    return workers or cores()
