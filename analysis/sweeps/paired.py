"""How far a metric lies apart in two cells of a sweep, with the error of the path-by-path difference.

Cells of common noise share their random numbers, so most of what their figures' errors stand for is the same in both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from analysis.numbers import FloatArray, Number, mean
from analysis.parts import cost_of, loss_of_sweep
from analysis.path_figures import BY_PATH
from analysis.sweeps.measures import difference
from analysis.sweeps.outcomes import ACTUAL
from sim.metric_names import COST
from sim.named_tuple import NamedTuple
from sim.split import Split
from sim.sweep_dataset import SweepResult

FEEDBACK, TWIN = "feedback_cost", "twin_"
FRESH = "each cell has noise of its own"
POINTS = "its ends are means over different points"
SEEDS = "the cells have different seeds"
PATHS = "the cells have different numbers of paths"
NOT_KEPT = "the sweep kept no rows of paths"
NOT_BY_PATH = "the rows of paths do not give this figure"
EXPECTED = (FRESH, POINTS)  # both ends are independent: nothing to be told
ROUNDING = 1e-12  # of the figures: an error below it is what rounding leaves of none

Row = Mapping[str, Any]  # of `cells`


class Apart(NamedTuple):
    """error: standard error of the difference, None if there is none. unpaired: why not path by path; "" if it is."""

    error: float | None
    unpaired: str


def apart(sweep: SweepResult, metric: str, one: Row, other: Row) -> Apart:
    """Of the metric's difference between two cells.

    Path by path where both have the same noise and the rows of `paths` give the figure: means, standard deviations,
    expected shortfalls and rates. Else sqrt(error^2 + error^2), an upper bound where the noise is common. No error
    where the difference is exactly zero on all paths.
    """
    why, error = _unlike(sweep, one, other), None
    if not why:
        why, error = _by_path(sweep, metric, one, other)
    if not why:
        return Apart(error, why)
    errors = [cell[f"{metric}_error"] for cell in (one, other)]
    return Apart(None if None in errors else math.hypot(*errors), why)


def told(reasons: list[str]) -> str:
    """A sentence on differences that were not taken path by path; empty if there is nothing to tell."""
    known = [why for why in dict.fromkeys(reasons) if why and why not in EXPECTED]
    if not known:
        return ""
    bound = "" if known == [SEEDS] else ", so \N{PLUS-MINUS SIGN} is an upper bound"
    return f"Differences take both ends as independent{bound}: {'; '.join(known)}."


def _unlike(sweep: SweepResult, one: Row, other: Row) -> str:
    """Why the paths of two cells do not have the same noise; empty if they do."""
    if sweep.manifest.get("noise") != "common":
        return FRESH
    if one["seed"] != other["seed"]:
        return SEEDS
    return PATHS if one["paths"] != other["paths"] else ""


def _by_path(sweep: SweepResult, metric: str, one: Row, other: Row) -> tuple[str, float | None]:
    """Why the rows of paths do not say it, else empty; and the error."""
    frame = sweep.paths_of([one["cell"], other["cell"]]).sort("world", "path")
    parts = frame.partition_by("cell", as_dict=True, include_key=False)
    sides = [parts.get((cell["cell"],), frame.clear()) for cell in (one, other)]
    if any(rows.filter(world=ACTUAL).height != one["paths"] for rows in sides):
        return NOT_KEPT, None
    if sides[0].equals(sides[1]) and one[metric] == other[metric]:
        return "", None
    figures = [found for rows in sides if (found := _figure(sweep, metric, rows)) is not None]
    if len(figures) < 2 or any(found.error is None for found in figures):
        return NOT_BY_PATH, None
    _, error = difference(*figures)
    return "", error if error > ROUNDING * max(abs(found.value) for found in figures) else None


def _figure(sweep: SweepResult, metric: str, rows: pl.DataFrame) -> Number | None:
    """The metric with the pull of each path; None where the rows do not give it."""
    loss = loss_of_sweep(sweep.manifest)
    twin = str(sweep.manifest["twin"])
    here, there = rows.filter(world=ACTUAL), rows.filter(world=twin)
    mine, plain = there if metric.startswith(TWIN) else here, metric.removeprefix(TWIN)
    if (metric == FEEDBACK or mine is there) and there.height != here.height:
        return None
    if metric == FEEDBACK:
        return mean(_loss(here, loss) - _loss(there, loss), "$", metric)
    if plain == COST:
        return mean(_loss(mine, loss), "$", metric)
    column, measure = BY_PATH.get(plain, ("", None))
    return None if measure is None or mine[column].null_count() else measure(mine[column].to_numpy())


def _loss(rows: pl.DataFrame, loss: Split) -> FloatArray:
    return rows.select(cost_of(loss, loss.name)).to_series().to_numpy()
