"""Where a case runs its scenarios: a scratch folder, and every run made once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scenarios.build import run
from scenarios.scenario import Scenario
from sim.dataset import Run


class Lab:
    """Runs scenarios through the engine for one case; runs are kept in `folder` until its owner removes it."""

    def __init__(self, folder: str | Path, workers: int = 1) -> None:
        self.folder = Path(folder)
        self.workers = workers
        self._runs: dict[str, Run] = {}

    def run(self, scenario: Scenario, **settings: Any) -> Run:
        """The finished run; equal scenario and settings (paths, seed, witnesses, twin) are run once."""
        key = json.dumps([scenario.to_dict(), settings], sort_keys=True, default=str)
        if key not in self._runs:
            place = self.folder / f"run-{len(self._runs)}"
            self._runs[key] = run(scenario, out=place, **{"workers": self.workers, **settings})
        return self._runs[key]
