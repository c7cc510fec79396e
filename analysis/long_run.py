"""Facts of a long run, path by path, beside those of the S&P 500 over ten years.

A fact of one path of ten years is noisy, and so is the index's own. The question is whether the index could be one of
the paths. Facts are computed from daily closes, those of ticks from the witnesses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from analysis import frames
from analysis.against_record import BY_NAME, TICKS, Closes, Comparison, Figure, Vector, compare
from analysis.calendar_days import closes_a_year, day_of
from analysis.fact import FACTS
from analysis.index_facts import INDEX
from analysis.series import Series, series
from sim.dataset import Run
from sim.errors import UserError

OF_TICKS = ("kurtosis_tick", "tail_losses", "tail_gains", "acf_1", "acf_abs_1", "acf_abs_1d")


def long_run_facts(run: Run, *, world: str = "actual") -> list[Comparison]:
    """Each fact of the S&P 500 beside its distribution over the paths; then facts without a figure of the index: the
    variance of ticks within days, and with witnesses the facts of ticks."""
    ensemble = _closes(run, frames.check_world(run, world))
    found = []
    for name, known in INDEX.items():
        values = by_path(name)(ensemble)
        source = f"S&P 500, {_range(name, known.low, known.high)}"
        found.append(compare(_figure(name), source, known.middle, known.middle, values))
    within = BY_NAME["variance_within"]
    if within.needs_met(ensemble):
        found.append(compare(within, "run alone", math.nan, math.nan, within.measure(ensemble)))
    return found + _of_ticks(run, world)


def as_frame(found: Sequence[Comparison]) -> pl.DataFrame:
    """fact, label, index (middle of its windows), index_low, index_high, median, low, high (5 and 95 %), percentile,
    inside: null if the index has no figure."""
    return pl.DataFrame([_row(c) for c in found], infer_schema_length=None)


def _row(c: Comparison) -> dict[str, object]:
    known = INDEX.get(c.figure.name)
    index = (None, None, None) if known is None else (known.middle, known.low, known.high)
    return {
        "fact": c.figure.name,
        "label": c.figure.label,
        **dict(zip(("index", "index_low", "index_high"), index, strict=True)),
        "median": c.median.value,
        "low": c.band[0],
        "high": c.band[1],
        "percentile": c.percentile if c.compared else None,
        "inside": c.inside if c.compared else None,
    }


def _figure(name: str) -> Figure:
    return Figure(name, FACTS[name].label, FACTS[name].unit, by_path(name))


def _range(name: str, low: float, high: float) -> str:
    from analysis.numbers import Number

    texts = [Number(value=v, unit=FACTS[name].unit, label="").text() for v in (low, high)]
    return f"{texts[0].split(' ')[0]} to {texts[1]}"


def by_path(name: str) -> Callable[[Closes], Vector]:
    """The fact of each path, (paths,); NaN if its series is too short or constant."""

    def measure(closes: Closes) -> Vector:
        returns, vol = closes.returns, closes.levels["vol"]
        each = (
            Series(returns[i : i + 1], None, None, 1, vol=vol[i : i + 1], a_year=closes.a_year)
            for i in range(len(returns))
        )
        return np.array([_read(name, one) for one in each])

    return measure


def _read(name: str, one: Series) -> float:
    try:
        reading = FACTS[name].read(one)
    except UserError:
        return math.nan
    return math.nan if reading is None else reading.value


def _of_ticks(run: Run, world: str) -> list[Comparison]:
    whole = series(run, world=world, treatment="raw")
    if whole.ticks is None or not len(whole.ticks):
        return []
    each = [replace(whole, ticks=whole.ticks[i : i + 1], volume=None) for i in range(len(whole.ticks))]
    values = {name: np.array([_read(name, one) for one in each]) for name in OF_TICKS}
    return [compare(_figure(name), "run alone", math.nan, math.nan, v) for name, v in values.items()]


def _closes(run: Run, world: str) -> Closes:
    """All closes of a world, (paths, days)."""
    asset = frames.asset_closes(run).filter(pl.col("world") == world).with_columns(date=day_of(run))
    columns = {"spot": "mid", "vol": "vol"} | ({"within": TICKS} if TICKS in asset.collect_schema() else {})
    found = asset.select("path", "date", *columns.values()).sort("path", "date").collect()
    days = tuple(found["date"].unique().sort())
    levels = {name: found[column].to_numpy().reshape(-1, len(days)) for name, column in columns.items()}
    if "within" in levels:
        levels["within"] = np.cumsum(levels["within"], axis=1)
    return Closes(days, levels, closes_a_year(run))
