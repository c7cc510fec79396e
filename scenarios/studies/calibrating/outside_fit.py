"""The search for the outside world: levels corrected run by run, until the medians pass through the record."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from markets.spec import StorylineSpec
from scenarios.scenario import Scenario
from scenarios.studies.calibrating.ensemble_medians import TABLES, Ensemble, read
from scenarios.worlds.blueprint import blueprint_of
from scenarios.worlds.chunk_job import ChunkJob
from scenarios.worlds.chunk_size import chunk_size
from scenarios.worlds.world_spec import WorldSpec
from sim.ensemble import chunks, run_chunks
from sim.errors import UserError
from sim.figure_text import percent
from sim.names import ACTUAL, PRICE_TAKER
from sim.scratch import scratch

Vector = NDArray[np.float64]
Told = Callable[[str, int, int], None]  # stage, path-ticks done, path-ticks in all

ROUNDS = 16  # at each number of paths
GOAL = 0.25  # of the tolerance, at which the fit stops
LEAST_STEP = 1 / 16  # of the residual: with less the fit comes no nearer
DIGITS = 6  # significant ones of an outside level


class NoOutsideWorld(UserError):
    """The fit stays away from the record: no outside world leads to it, or not in so many rounds."""


@dataclass(frozen=True)
class Factor:
    """A level that the desks' trades move, and how near the median must come to the record."""

    name: str  # of the anchor's key
    column: str  # of the closes
    log: bool
    tolerance: float  # in ln, or decimal
    required: bool = False  # the fit fails where it stays further away than the tolerance
    always: bool = True  # else only where the desks move it by more than the tolerance

    def scaled(self, level: float) -> float:
        """In ln, or as it is."""
        return math.log(level) if self.log else level

    def level(self, scaled: float) -> float:
        """Back again, to the digits that a file shows."""
        return float(f"{math.exp(scaled) if self.log else scaled:.{DIGITS}g}")


NAMED = (
    Factor("spot", "mid", log=True, tolerance=0.002, required=True),
    Factor("vol", "vol", log=True, tolerance=0.02, required=True),
    Factor("credit", "credit", log=True, tolerance=0.02),
    Factor("us2y", "us2y", log=False, tolerance=0.0001, always=False),
    Factor("us10y", "us10y", log=False, tolerance=0.0001, always=False),
)  # of every scenario


def factors(scenario: Scenario) -> tuple[Factor, ...]:
    """The levels that may be fitted: those of every scenario, and its further nodes of the curve."""
    further = (Factor(name, name, log=False, tolerance=0.0001, always=False) for name in scenario.market.rates.nodes)
    return (*NAMED, *further)


@dataclass(frozen=True)
class Target:
    """One recorded level: of which factor, at which anchor, at which close."""

    factor: Factor
    anchor: int
    close: int
    record: float  # scaled


@dataclass(frozen=True, kw_only=True)
class Round:
    """One run of the fit: how far the medians were from the record at most."""

    paths: int
    step: float  # share of the residual by which the levels moved afterwards
    residual: dict[str, float]  # by level, in ln or decimals


class Fit:
    """The search: levels of the outside world, corrected run by run."""

    def __init__(self, scenario: Scenario, workers: int | None, progress: Told | None) -> None:
        self.scenario, self.workers, self.progress = scenario, workers, progress
        self.blueprint = blueprint_of(scenario)
        self.rounds: list[Round] = []
        self.factors = factors(scenario)
        self.targets = [t for factor in self.factors if factor.always for t in self._targets(factor)]
        self.outside = self._record()
        self.settled = False  # whether it is known which rates the desks move

    def _targets(self, factor: Factor) -> list[Target]:
        """A factor's levels after the start (no impact there), without levels of 0, which have no ln."""
        rows = self.scenario.storyline.anchor
        given = [(i, row.level(factor.name)) for i, row in enumerate(rows)]
        return [
            Target(factor, i, self._close(rows[i].date), factor.scaled(level))
            for i, level in given
            if i > 0 and level is not None and (level > 0 or not factor.log)
        ]

    def _close(self, day: date) -> int:
        """The close at which an anchor's levels hold."""
        return sum(known <= day for known in self.blueprint.clock.session_dates) - 1

    def _record(self) -> Vector:
        return np.array([target.record for target in self.targets])

    def _tolerances(self) -> Vector:
        return np.array([target.factor.tolerance for target in self.targets])

    def approach(self, paths: int, *, rounds: int = ROUNDS, patient: bool = True) -> None:
        """Correct the levels until the medians over so many paths are within `GOAL` of the tolerance, or near enough.

        A step that comes no nearer is taken again at half its length; unless `patient`, only for spot's and vol's sake.
        """
        best: tuple[float, Vector, Vector] | None = None  # distance, levels, residual
        step = 1.0
        for _ in range(rounds):
            residual = self._residual(paths, f"round {len(self.rounds) + 1}, {paths:,} paths")
            self._remember(paths, step, residual)
            distance = self._distance(residual)
            if best is None or distance < best[0]:
                best = (distance, self.outside, residual)
            else:
                step /= 2
            enough = step < (LEAST_STEP if patient or self._distance(best[2], required=True) >= GOAL else 1.0)
            if distance < GOAL or enough:
                break
            self.outside = best[1] + step * best[2]
        assert best is not None
        self.outside = best[1]
        if self._distance(best[2], required=True) >= 1:
            raise self._diverged(best[2])

    def _distance(self, residual: Vector, required: bool = False) -> float:
        """The largest residual in tolerances."""
        counts = np.array([t.factor.required or not required for t in self.targets], dtype=bool)
        return float(np.abs(residual / self._tolerances())[counts].max(initial=0.0))

    def _residual(self, paths: int, stage: str) -> Vector:
        """Record less median at every target."""
        ensemble = self.ensembles(paths, self.scenario.run.seed, stage)[ACTUAL]
        if not self.settled:
            self._settle(ensemble)
        medians = [ensemble.median(t.factor.column, t.close, t.factor.log) for t in self.targets]
        off: Vector = self._record() - np.array(medians)
        return off

    def _settle(self, ensemble: Ensemble) -> None:
        """Fit the rates too, where the desks move them at the recorded levels."""
        self.settled = True
        for factor in self.factors:
            more = [] if factor.always else self._targets(factor)
            gaps = [abs(ensemble.median(factor.column, t.close, False) - t.record) for t in more]
            if max(gaps, default=0.0) > factor.tolerance:
                self.targets += more
                self.outside = np.append(self.outside, [t.record for t in more])

    def ensembles(self, paths: int, seed: int, stage: str, *, twin: bool = False) -> dict[str, Ensemble]:
        """Closes and peaks of the actual world, and of the price-taker twin, in the outside world as it stands."""
        scenario = dataclasses.replace(self.scenario, storyline=self.storyline()).with_run(seed=seed)
        blueprint = self.blueprint.along(scenario)
        takers = WorldSpec(feedback=scenario.feedback, price_takers=True)
        worlds = {ACTUAL: WorldSpec(feedback=scenario.feedback)} | ({PRICE_TAKER: takers} if twin else {})
        told = None if self.progress is None else partial(self.progress, stage)
        size = chunk_size(scenario, blueprint.clock, worlds=len(worlds), paths=paths, workers=self.workers)
        parts = chunks(tuple(worlds), paths, size)
        with scratch("calibrate") as folder:
            job = ChunkJob(scenario, worlds, folder, blueprint, TABLES)
            run_chunks(job, parts, ticks=len(blueprint.clock.ticks), workers=self.workers, progress=told)
            return read(folder, tuple(worlds), scenario.market.rates.nodes)

    def storyline(self) -> StorylineSpec:
        """The record with the outside levels as they stand."""
        rows = list(self.scenario.storyline.anchor)
        fitted = [f.name for f in self.factors if f.always or self._fitted(f)]
        levels: list[dict[str, float]] = [{} for _ in rows]
        levels[0] = {name: level for name in fitted if (level := rows[0].level(name)) is not None}
        for target, scaled in zip(self.targets, self.outside, strict=True):
            levels[target.anchor][target.factor.name] = target.factor.level(float(scaled))
        told = tuple(row.with_outside(given) for row, given in zip(rows, levels, strict=True))
        return StorylineSpec(anchors="observed", anchor=told)

    def _fitted(self, factor: Factor) -> bool:
        return any(target.factor is factor for target in self.targets)

    def _remember(self, paths: int, step: float, residual: Vector) -> None:
        worst: dict[str, float] = {}
        for target, off in zip(self.targets, residual, strict=True):
            worst[target.factor.name] = max(worst.get(target.factor.name, 0.0), abs(float(off)))
        self.rounds.append(Round(paths=paths, step=step, residual=worst))

    def _diverged(self, residual: Vector) -> NoOutsideWorld:
        counts = [t.factor.required for t in self.targets]
        index = int((np.abs(residual / self._tolerances()) * counts).argmax())
        target = self.targets[index]
        day = self.scenario.storyline.anchor[target.anchor].date
        return NoOutsideWorld(
            "no outside world was found whose median passes through this anchor: the desks' own impact outruns it",
            value=f"{target.factor.name} {percent(abs(residual[index]), 2)} away",
            place=f"{self.scenario.name}: storyline.anchor.{day}",
            remedy="make the desks' books smaller or the venue deeper, until its loop gain stays below 1",
        )
