"""Margin of a clearing house from a series of returns, and what tools against procyclicality make of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agents.funding.filtered_returns import buffered, series_margins, weighted, worst
from analysis.margin import breaches, largest_rise, peak_over_first
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from sim.estimate import Estimate

Floats = NDArray[np.float64]

# fmt: off
RETURNS = (
    -24, -40, -7, 13, 34, 3, -17, -24, 22, 49, 8, -37, -29, 48, 6, -52, -3, -35, -19, -15,
    -21, 17, -2, -18, 12, 25, -49, -8, -29, -5, -39, 1, -1, -9, -31, -12, -33, -41, 7, -33,
    35, 21, -60, 8, -33, 1, 1, -60, -7, -8, 29, -35, 22, -33, -10, -25, 43, 17, 73, 19,
    80, 80, -58, -7, 128, -38, 18, -2, 58, -35, -14, 23, 10, -82, 85, -123, -114, -122, 92, -34,
)  # bp a day
# fmt: on
CALM, LAST = 60, 80  # the first day with a margin, and the end
DAYS = (60, 65, 70, 75, 80)
LEVEL, LOOKBACK, LAM, SEED = 0.95, 40, 0.94, 20
BUFFER, WEIGHT, STRESSED = 0.25, 0.25, 300.0
KNOWN: dict[str, tuple[float, ...]] = {  # days, peak over day 60, largest 5-day rise, breaches of 20
    "historical": (60, 60, 60, 60, 122, 2.033333, 62, 4),
    "filtered": (70.79279629, 110.6830288, 103.2494626, 109.2153647, 151.5651129, 2.191204, 55.88555, 1),
    "buffer": (88.49099537, 110.6830288, 103.2494626, 109.2153647, 151.5651129, 1.752963, 55.88555, 1),
    "stressed share": (128.0945972, 158.0122716, 152.437097, 156.9115235, 188.6738346, 1.493748, 41.91416, 0),
    "floor": (70.79279629, 110.6830288, 103.2494626, 109.2153647, 151.5651129, 2.191204, 55.88555, 1),
}


def rules() -> dict[str, Floats]:
    """Margin by rule on days 60 to 80, bp."""
    returns, days = np.array(RETURNS, dtype=np.float64), range(CALM, LAST + 1)
    historical = series_margins(returns, days, level=LEVEL, lookback=LOOKBACK, lam=None)
    filtered = series_margins(returns, days, level=LEVEL, lookback=LOOKBACK, lam=LAM, seed=SEED)
    return {
        "historical": historical,
        "filtered": filtered,
        "buffer": buffered(filtered, filtered[:1], BUFFER),
        "stressed share": weighted(filtered, STRESSED, WEIGHT),
        "floor": np.maximum(filtered, worst(-returns[:CALM], LEVEL)),
    }


def read_cleared(lab: Lab) -> Measured:
    """Margins, and the measures of how they rise."""
    found: dict[str, float] = {}
    dots, losses = [], -np.array(RETURNS[CALM:LAST], dtype=np.float64)
    for name, margin in rules().items():
        figures = (
            *(margin[day - CALM] for day in DAYS),
            peak_over_first(margin),
            largest_rise(margin, 5),
            breaches(losses, margin[:-1]),
        )
        found |= dict(zip(_names(name), map(float, figures), strict=True))
        dots += [{"x": CALM + k, "y": float(y), "series": name} for k, y in enumerate(margin)]
    found["long window"] = float(worst(-np.array(RETURNS[:CALM], dtype=np.float64), LEVEL))
    picture = _picture(pl.DataFrame(dots))
    return Measured(estimates={name: Estimate(value) for name, value in found.items()}, picture=picture)


def _picture(frame: pl.DataFrame) -> Any:
    from analysis.charts.validation import scatter

    said = "The buffer is drawn as the crisis comes; the stressed share is dear in calm and rises least."
    return scatter(frame, title="Margin by day and rule", said=said, x="day", y="margin, bp", curve=None)


def _names(rule: str) -> tuple[str, ...]:
    days = (f"{rule}, day {day}" for day in DAYS)
    return (*days, f"{rule}, peak over day 60", f"{rule}, 5-day rise", f"{rule}, breaches")


def _expected() -> tuple[Expected, ...]:
    digits = (*(1e-9,) * 5, 5e-7, 1e-7, 0.0)  # of the largest figure of a column, relative
    return (
        *(
            Expected(what=what, value=value, rounding=0.0 if not off else max(off * abs(value), 5e-8))
            for rule, values in KNOWN.items()
            for what, value, off in zip(_names(rule), values, digits, strict=True)
        ),
        Expected(what="long window", value=52.0, unit="bp"),
    )


CASES: tuple[Case, ...] = (
    Case(
        name="cleared-margin",
        title="Margin of a clearing house, and tools against procyclicality",
        chapter="Margin",
        source="by hand; the tools are those of Delegated Regulation (EU) 153/2013, article 28",
        inputs="80 daily returns; look-back 40, 95 % = second worst; the filter keeps 94 % a day, first vol of 20 "
        "days; buffer 25 %, stressed share 25 % of 300 bp, floor: third worst of the first 60",
        statistic="margin on five days, largest over that of day 60, largest 5-day rise, losses beyond margin",
        expected=_expected(),
        measure=read_cleared,
        fast=True,
        seconds=0.3,
    ),
)
