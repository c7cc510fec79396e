"""Taking the desks' own impact out of a record: which outside world makes the actual world pass through it."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from markets.spec import CalibrationSpec
from scenarios.checking.outside import as_record, digest, laws_of
from scenarios.reading.made_by_hand import check_values, meant
from scenarios.scenario import Scenario
from scenarios.studies.calibrating.ensemble_medians import Ensemble, explained
from scenarios.studies.calibrating.outside_fit import NAMED, ROUNDS, Fit, Round, Target, Told
from scenarios.studies.calibrating.rise import rises
from sim.arguments import called, maybe, takes, whole
from sim.errors import SpiralError
from sim.figure_text import percent
from sim.names import ACTUAL, PRICE_TAKER

PATHS = 16_384  # of the last rounds and of the check
COARSE = 2_048  # paths of the first rounds
SEEDS = 2**63  # there are so many
MORE = "; take more paths"
SIGMAS = 4.0  # standard errors by which the check may leave the tolerance


class CheckDisagrees(SpiralError):
    """At another seed the median of the fitted world leaves the record by more than chance."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One anchor's level after the calibration; medians and errors are those of the check."""

    date: date
    level: str  # spot, vol, credit, or a node of the curve
    record: float
    outside: float
    actual: float
    price_taker: float
    error: float  # standard error of `actual`
    price_taker_error: float
    residual: float  # actual / record - 1; a difference for rates


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The calibrated scenario and how it was found."""

    scenario: Scenario
    points: tuple[Point, ...]
    rounds: tuple[Round, ...]

    @property
    def found(self) -> CalibrationSpec:
        """The calibration as the scenario's file stores it."""
        assert self.scenario.storyline.calibration is not None
        return self.scenario.storyline.calibration

    @property
    def within(self) -> bool:
        """Whether the check, with its own noise, stays within the tolerance in spot and vol."""
        limits = {f.name: f.tolerance for f in NAMED if f.required}
        return all(abs(p.residual) <= limits.get(p.level, math.inf) for p in self.points)


@takes(
    paths=maybe(whole(100)),
    seed=maybe(whole(0)),
    workers=maybe(whole(1)),
    progress=maybe(called),
    rounds=whole(1),
)
def calibrate(
    scenario: Scenario | str | Path,
    *,
    paths: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    progress: Told | None = None,
    rounds: int = ROUNDS,
) -> Calibration:
    """Find the outside world in which the median path of the actual world passes through the scenario's anchors.

    Run, compare the medians of ln S, ln s, ln c and of the rates that the desks move with the record at every anchor,
    correct the outside levels by the difference, repeat: a contraction while the desks' gain is below 1, damped where
    it is not. Spot and vol must come within 0.2 and 2 %; credit and rates come as near as they can, for a forced sale
    makes a median jump. Few paths first, then `paths` (16,384), with the same noise in every round; the check has
    another seed, and a price-taker twin for what feedback explains. Starts from the record, whatever an earlier
    calibration found: the same scenario, paths and seed give the same levels.

    progress: called with a stage and its path-ticks (done, total). rounds: at each number of paths, at most.
    Raises NoOutsideWorld if the medians do not come near the record, CheckDisagrees if the check does not agree.
    """
    scenario = meant(scenario)
    check_values(scenario)
    paths = paths or PATHS
    plain = dataclasses.replace(scenario, storyline=as_record(scenario.storyline))
    plain = plain.with_run(paths=paths, seed=seed, witnesses=0, attribution="none")  # levels do not depend on it
    fit = Fit(plain, workers, progress)
    if paths > COARSE:
        fit.approach(COARSE, rounds=rounds)
    fit.approach(paths, rounds=rounds, patient=paths <= COARSE and rounds == ROUNDS)
    checked = fit.ensembles(paths, _check_seed(plain), "check", twin=True)
    found = [_point(fit, target, level, checked) for target, level in zip(fit.targets, fit.outside, strict=True)]
    points = tuple(sorted(found, key=lambda point: point.date))
    storyline = dataclasses.replace(fit.storyline(), calibration=_found(plain, checked, points, fit))
    calibrated = dataclasses.replace(scenario, storyline=storyline)
    return Calibration(scenario=calibrated, points=points, rounds=tuple(fit.rounds))


def _check_seed(plain: Scenario) -> int:
    """The seed of the check: the next one that there is."""
    return (plain.run.seed + 1) % SEEDS


def _point(fit: Fit, target: Target, scaled: float, checked: dict[str, Ensemble]) -> Point:
    """A target as the check saw it. Raises SpiralError if the check does not agree."""
    factor, day = target.factor, fit.scenario.storyline.anchor[target.anchor].date
    at = (factor.column, target.close, factor.log)
    actual, taker = checked[ACTUAL].median(*at), checked[PRICE_TAKER].median(*at)
    error, taker_error = checked[ACTUAL].median_error(*at), checked[PRICE_TAKER].median_error(*at)
    apart = actual - target.record
    if factor.required and abs(apart) > factor.tolerance + SIGMAS * math.sqrt(2) * error:
        raise CheckDisagrees(
            f"{fit.scenario.name}: at another seed the median {factor.name} of {day} is {percent(apart, 2)} from the "
            f"record, with a standard error of {percent(error, 2)}: the fit does not hold{MORE}"
        )
    back = math.exp if factor.log else float
    return Point(
        date=day,
        level=factor.name,
        record=back(target.record),
        outside=factor.level(float(scaled)),
        actual=back(actual),
        price_taker=back(taker),
        error=error * (back(actual) if factor.log else 1.0),
        price_taker_error=taker_error * (back(taker) if factor.log else 1.0),
        residual=math.expm1(apart) if factor.log else apart,
    )


def _found(plain: Scenario, checked: dict[str, Ensemble], points: tuple[Point, ...], fit: Fit) -> CalibrationSpec:
    """The calibration as the scenario's file stores it."""

    def worst(level: str) -> float:
        return float(f"{max((abs(p.residual) for p in points if p.level == level), default=0.0):.3g}")

    measures = explained(checked[ACTUAL], checked[PRICE_TAKER], plain.run.seed)
    parts = rises(plain, fit.storyline(), checked)
    return CalibrationSpec(
        paths=plain.run.paths,
        seed=plain.run.seed,
        check_seed=_check_seed(plain),
        spiral=version("spiral-crisis"),
        record=digest(fit.storyline().anchor),
        laws=laws_of(plain),
        residual_spot=worst("spot"),
        residual_vol=worst("vol"),
        drawdown=measures["drawdown"],
        vol_peak=measures["vol_peak"],
        spread_peak=measures["spread_peak"],
        vol_rise=parts["vol_rise"],
        credit_rise=parts["credit_rise"],
    )
