"""The table of stylised facts of a run's worlds, and the memory of its volatility."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl

from analysis import stylised_facts as sf
from analysis.fact import FACTS, memory_lags
from analysis.given import A_RUN
from analysis.numbers import Number, named
from analysis.series import Treatment, series
from sim.arguments import one_of, several, takes, text
from sim.dataset import Run
from sim.errors import UserError
from sim.estimate import Estimate

TEXT = ("fact", "label", "world", "treatment")
TREATMENTS: tuple[Treatment, ...] = ("fluctuations", "raw")


@takes(run=A_RUN, world=text, treatment=one_of(*TREATMENTS))
def facts(run: Run, *, world: str = "actual", treatment: Treatment = "fluctuations") -> dict[str, Estimate]:
    """Every fact for which the world's series are long enough and numerous enough, by name.

    Raises UserError if there is none: constant prices, or fluctuations of fewer than 20 paths.
    """
    found: dict[str, Estimate] = {}
    missed: UserError | None = None
    data = series(run, world=world, treatment=treatment)
    for name, fact in FACTS.items():
        try:
            reading = fact.read(data)
        except UserError as error:  # series too short, too few or constant for this fact
            missed = missed or error
            continue
        if reading is not None:
            found[name] = reading
    if missed is not None and not found:
        raise missed
    return found


def number(name: str, readings: Mapping[str, Estimate]) -> Number:
    """The fact as a named number; NaN, written "n/a", where the run does not give it."""
    fact = FACTS[name]
    if name not in readings:
        return Number(value=math.nan, unit=fact.unit, label=fact.label)
    return named(readings[name], fact.unit, fact.label)


@takes(run=A_RUN, treatments=several(one_of(*TREATMENTS)))
def facts_table(run: Run, *, treatments: Iterable[str] = TREATMENTS) -> pl.DataFrame:
    """fact, label, world, treatment, value, error: every fact of every world of a run; NaN if it has none."""
    return table_of(
        row
        for treatment in TREATMENTS
        if treatment in treatments
        for world in run.manifest["worlds"]
        for row in rows_of(facts(run, world=world, treatment=treatment), world, treatment)
    )


def rows_of(readings: Mapping[str, Estimate], world: str, treatment: str) -> list[tuple[object, ...]]:
    """Rows of `facts_table` for the facts of one world."""
    found = [(name, number(name, readings)) for name in FACTS]
    return [(name, n.label, world, treatment, n.value, n.error) for name, n in found]


def table_of(rows: Iterable[tuple[object, ...]]) -> pl.DataFrame:
    """The rows as a frame."""
    schema = {**dict.fromkeys(TEXT, pl.String), "value": pl.Float64, "error": pl.Float64}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def memory(run: Run, *, world: str = "actual", treatment: Treatment = "fluctuations") -> pl.DataFrame:
    """lag (days), acf, error: the autocorrelation of |r| tick by tick. Raises UserError for a run without witnesses."""
    s = series(run, world=world, treatment=treatment)
    if s.ticks is None:
        raise UserError("memory is read from ticks", place=str(run.path), remedy="run with --witnesses 200")
    size = np.abs(s.treated(s.ticks))
    rows = [(k / s.day, (r := sf.autocorrelation(size, k)).value, r.error) for k in memory_lags(s)]
    return pl.DataFrame(rows, schema={"lag": pl.Float64, "acf": pl.Float64, "error": pl.Float64}, orient="row")
