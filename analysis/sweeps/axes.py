"""The axes and metrics of a sweep by name, and the cells that a question is about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import polars as pl

from analysis.numbers import Number
from sim.columns import Unit
from sim.errors import UserError
from sim.figure_text import significant
from sim.sweep_dataset import SweepResult
from sim.text import one_line

KIND = "kind="  # beginning of a policy's text
SAMPLED = ("latin_hypercube", "sobol", "saltelli")  # designs whose points lie anywhere, not on a grid


@dataclass(frozen=True)
class Axis:
    """An axis as its sweep's manifest has it. `texts` says how a listed value is written; cells hold tables as text."""

    name: str
    label: str
    unit: str
    scale: str
    scales: bool  # whether its values multiply what the scenario has
    texts: Mapping[Any, str]

    @property
    def category(self) -> bool:
        """Whether its values are names rather than numbers."""
        return self.scale == "category"

    @property
    def log(self) -> bool:
        """Whether it is read on a log scale."""
        return self.scale == "log"

    @property
    def title(self) -> str:
        """The label with its unit, as charts have it."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    def text(self, value: Any) -> str:
        """A value with its unit, as sentences have it."""
        shown = self.short(value)
        return f"{shown} {self.unit}" if self.unit and not self.category else shown

    def short(self, value: Any) -> str:
        """A value without its unit, as tables have it."""
        if isinstance(value, int | float) and not isinstance(value, bool) and not self.category:
            return significant(value, 4) if math.isfinite(value) and abs(value) < 1e5 else f"{value:.3e}"
        return str(self.texts.get(value, value)).replace(KIND, "")


def axes(sweep: SweepResult) -> list[Axis]:
    """The sweep's axes in order."""
    return [_axis(entry) for entry in sweep.axes]


def _axis(entry: Mapping[str, Any]) -> Axis:
    listed = entry.get("values") or []
    numbers = all(isinstance(v["value"], int | float) for v in listed)
    plain = [v for v in listed if not isinstance(v["value"], Mapping | list)]
    return Axis(
        name=entry["name"],
        label=one_line(str(entry.get("label") or entry["name"])),
        unit=one_line(str(entry.get("unit") or "")),
        scale=str(entry.get("scale") or "linear") if numbers else "category",
        scales=entry.get("apply") == "scale",
        texts={**{v["value"]: v["text"] for v in plain}, **{v["text"]: v["text"] for v in listed}},
    )


def axis(sweep: SweepResult, name: str) -> Axis:
    """The axis of that name. Raises UserError if there is none."""
    found = {a.name: a for a in axes(sweep)}
    if name not in found:
        raise UserError("a sweep has no such axis", value=name, place=str(sweep.path), remedy=_near(name, list(found)))
    return found[name]


def metric(sweep: SweepResult, name: str) -> tuple[str, Unit]:
    """Label and unit of a metric; of the twin's where it begins with `twin_`. Raises UserError for an unknown one."""
    known = sweep.manifest["metrics"]
    plain = name.removeprefix("twin_")
    if plain not in known:
        raise UserError(
            "a sweep has no such metric", value=name, place=str(sweep.path), remedy=_near(name, list(known))
        )
    label, unit = known[plain]["label"], known[plain]["unit"]
    return (label if plain == name else f"{label}, twin"), unit


def _near(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"


def figure(sweep: SweepResult, row: Mapping[str, Any], name: str) -> Number:
    """A metric of a cell with its standard error; NaN if the cell has none."""
    label, unit = metric(sweep, name)
    value, error = row.get(name), row.get(f"{name}_error")
    return Number(value=math.nan if value is None else float(value), unit=unit, label=label, error=error)


def scenario_of(sweep: SweepResult, scenario: str | None) -> str:
    """The scenario meant: the first where none is named. Raises UserError for one that the sweep does not have."""
    known = [str(s) for s in sweep.manifest["scenarios"]]
    if scenario is None:
        return known[0]
    if scenario not in known:
        raise UserError(
            "a sweep has no such scenario", value=scenario, place=str(sweep.path), remedy=_near(scenario, known)
        )
    return scenario


def cells(sweep: SweepResult, metric_name: str, *, scenario: str | None = None) -> pl.DataFrame:
    """The scenario's cells that give this metric. Raises UserError if there is none yet."""
    metric(sweep, metric_name)
    chosen = (pl.col("scenario") == scenario_of(sweep, scenario)) & (pl.col("status") == "done")
    frame = sweep.cells.filter(chosen)
    if metric_name not in frame.collect_schema():
        raise UserError("the sweep's cells have this metric", value=metric_name, place=str(sweep.path))
    found = frame.filter(pl.col(metric_name).is_not_null() & pl.col(metric_name).is_not_nan()).collect()
    if not found.height:
        raise UserError(
            "a finished cell gives this metric",
            value=metric_name,
            place=str(sweep.path),
            remedy="let the sweep go on, or choose another metric",
        )
    return found


def base(sweep: SweepResult, of: Axis, values: pl.Series) -> Any:
    """The value at which an axis is held while another varies.

    In a list the value that most cells have. Else, of an axis that multiplies what the scenario has, the value nearest
    to 1; of any other the middle one of its distinct values, the lower of two. Of names the first written.
    """
    if sweep.manifest["design"] == "list":
        counted = values.value_counts(name="cells").sort("cells", values.name, descending=[True, False])
        return counted[values.name][0]
    known = values.unique().sort().to_list()
    if of.category:
        return next((v for v in of.texts if v in known), known[0])
    if of.scales:
        return min(known, key=lambda v: abs(math.log(v)) if v > 0 else math.inf)
    return known[(len(known) - 1) // 2]


def resting(sweep: SweepResult, frame: pl.DataFrame, free: Sequence[str]) -> dict[str, Any]:
    """Where every axis rests that is not in `free`."""
    return {a.name: base(sweep, a, frame[a.name]) for a in axes(sweep) if a.name not in free and frame.height}


def held(frame: pl.DataFrame, at: Mapping[str, Any]) -> pl.DataFrame:
    """The cells with these values."""
    return frame.filter(pl.all_horizontal(pl.lit(True), *[pl.col(name) == value for name, value in at.items()]))


def held_text(sweep: SweepResult, at: Mapping[str, Any]) -> str:
    """ "depth at 1 x" for a sentence; nothing if nothing is held."""
    return ", ".join(f"{axis(sweep, name).label} at {axis(sweep, name).text(value)}" for name, value in at.items())
