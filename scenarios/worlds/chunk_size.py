"""How many paths are simulated together."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from scenarios.checking.sizes import LEAST_PATHS
from sim.block_stream import BLOCK

if TYPE_CHECKING:
    from scenarios.scenario import Scenario
    from sim.clock import Clock

MARKS = 2_000_000  # rows of marks that a chunk gathers at most, about 0.4 GB


def chunk_size(scenario: Scenario, clock: Clock, *, worlds: int, paths: int, workers: int | None = None) -> int:
    """Paths of a chunk: `run.chunk`, or fewer, so that its marks fit in memory and every worker has a part.

    In whole blocks of noise, or, where a run of decades does not fit so, in parts of one; no result depends on it.
    """
    rows = max(len(scenario.agents), 1) * (int(clock.day[-1]) + 1)
    fit = MARKS // rows // BLOCK
    if not fit:
        return min(scenario.run.chunk, max(MARKS // rows // LEAST_PATHS, 1) * LEAST_PATHS)
    share = math.ceil(paths * worlds / (workers or os.cpu_count() or 1) / BLOCK)
    return min(scenario.run.chunk, BLOCK * min(fit, max(share, 1)))
