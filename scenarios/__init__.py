"""What happens to whom: scenario files, presets, and the command line.

    from scenarios import load, presets, run

    result = run(load("covid_crash_2020"), paths=500)
    result.marks.collect()

Importing this package is cheap; the first use of a name loads what it needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from scenarios.house import verify

if TYPE_CHECKING:
    from scenarios.ablation import ablate as ablate
    from scenarios.build import run as run
    from scenarios.calibrating.before_run import ready as ready
    from scenarios.calibrating.calibration import calibrate as calibrate
    from scenarios.capital_search import survival_capital as survival_capital
    from scenarios.estimation.fitting import fit as fit
    from scenarios.history import from_history as from_history
    from scenarios.loading import from_dict as from_dict
    from scenarios.loading import load as load
    from scenarios.policies_frontier import frontier as frontier
    from scenarios.prediction import predict as predict
    from scenarios.scenario import Scenario as Scenario
    from scenarios.shipped import presets as presets
    from scenarios.sweeps.spec import Axis as Axis
    from scenarios.sweeps.spec import SweepSpec as SweepSpec
    from scenarios.sweeps.sweep import sweep as sweep
    from scenarios.validation.runner import validate as validate
    from sim.dataset import open_run as open_run
    from sim.sweep_dataset import open_sweep as open_sweep

verify()

_HOMES = {
    "Axis": "scenarios.sweeps.spec",
    "SweepSpec": "scenarios.sweeps.spec",
    "open_sweep": "sim.sweep_dataset",
    "sweep": "scenarios.sweeps.sweep",
    "Scenario": "scenarios.scenario",
    "ablate": "scenarios.ablation",
    "fit": "scenarios.estimation.fitting",
    "calibrate": "scenarios.calibrating.calibration",
    "from_dict": "scenarios.loading",
    "from_history": "scenarios.history",
    "frontier": "scenarios.policies_frontier",
    "load": "scenarios.loading",
    "open_run": "sim.dataset",
    "presets": "scenarios.shipped",
    "ready": "scenarios.calibrating.before_run",
    "run": "scenarios.build",
    "predict": "scenarios.prediction",
    "survival_capital": "scenarios.capital_search",
    "validate": "scenarios.validation.runner",
}

__all__ = [
    "Axis",
    "Scenario",
    "SweepSpec",
    "ablate",
    "calibrate",
    "fit",
    "from_dict",
    "from_history",
    "frontier",
    "load",
    "open_run",
    "open_sweep",
    "predict",
    "presets",
    "ready",
    "run",
    "survival_capital",
    "sweep",
    "validate",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'scenarios' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
