"""What callers give the analysis: an opened run, an opened sweep."""

from __future__ import annotations

from sim.arguments import made
from sim.dataset import Run
from sim.sweep_dataset import SweepResult

A_RUN = made(Run, "a run, as open_run(folder) gives it")
A_SWEEP = made(SweepResult, "a sweep, as open_sweep(folder) gives it")
