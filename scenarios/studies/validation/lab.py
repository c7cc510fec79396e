"""Where a case runs its scenarios: a scratch folder, and every run made once."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.scenario import Scenario
from scenarios.studies.run import run
from sim.dataset import Run
from sim.streams import Generator


class Lab:
    """Runs scenarios through the engine for one case; runs are kept in `folder` until its owner removes it.

    Without a `seed` all noise is that of the case's own seeds; with one, it is other noise for each of them. With a
    `generator` it comes from that one.
    """

    def __init__(
        self, folder: str | Path, workers: int = 1, seed: int | None = None, generator: Generator | None = None
    ) -> None:
        self.folder = Path(folder)
        self.workers = workers
        self.seed, self.wanted = seed, generator
        self._runs: dict[str, Run] = {}

    def run(self, scenario: Scenario, **settings: Any) -> Run:
        """The finished run, its marks in full; equal scenario and settings (paths, seed, witnesses, twin) run once."""
        in_full = dataclasses.replace(scenario.run, marks="all")
        scenario = dataclasses.replace(scenario, run=in_full)
        if self.seed is not None:
            settings["seed"] = self._derived(settings.get("seed", scenario.run.seed))
        scenario = scenario.with_run(generator=self.wanted)
        key = json.dumps([scenario.to_dict(), settings], sort_keys=True, default=str)
        if key not in self._runs:
            place = self.folder / f"run-{len(self._runs)}"
            self._runs[key] = run(scenario, out=place, **{"workers": self.workers, **settings})
        return self._runs[key]

    def generator(self, own: int) -> np.random.Generator:
        """Noise for a case that draws some itself, by the case's own seed."""
        return np.random.default_rng(own if self.seed is None else self._derived(own))

    def _derived(self, own: int) -> int:
        """Another seed for each of a case's own: where those differ, so do these."""
        return int(np.random.SeedSequence([self.seed or 0, own]).generate_state(1, np.uint64)[0] >> np.uint64(2))
