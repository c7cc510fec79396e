"""Worker processes of runs: what they import before there is a job, so that they are ready when there is one."""

from __future__ import annotations

from sim.cores import worker_count
from sim.processes import warm_up

IMPORTED = (
    *("scenarios.worlds.chunk_job", "scenarios.scenario", "scenarios.worlds.world_spec"),
    *("agents.hedging.hedger", "agents.making.market_maker", "agents.funding.lending"),  # of most scenarios
    "sim.numba_tables",
)


def prepare_workers(workers: int | None) -> None:
    """Let the server of worker processes start, if more than one process will work; returns at once."""
    if worker_count(workers) > 1:
        warm_up(*IMPORTED)
