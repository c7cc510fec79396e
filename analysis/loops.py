"""Which feedback loop creates which stylised fact: every loop alone, and every loop left out, on the same noise."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import polars as pl

from analysis.fact import FACTS, Fact
from sim.estimate import Estimate
from sim.names import ACTUAL, FROZEN, PRICE_TAKER

CLEAR = 3.5  # standard errors from which a difference counts
SMALLEST = 0.0005  # difference that counts: common random numbers make far smaller ones statistically clear
TEXT = ("fact", "label", "loop")
FIGURES = ("alone", "alone_error", "alone_z", "left_out", "left_out_error", "left_out_z")


def loops_table(worlds: Mapping[str, Mapping[str, Estimate]], loops: Iterable[str]) -> pl.DataFrame:
    """Which loop creates which fact: one row a fact and loop.

    `worlds`: the facts of "actual", "frozen" (every loop cut), "<loop> alone" and "without <loop>", all on the
    same random numbers. alone: with this loop alone less the frozen world; left_out: actual less the world without this
    loop; *_z in standard errors. verdict: creates (alone clear of zero, with the sign of real markets), weakens (with
    the other sign), moves (the fact has no sign), feeds (only together with other loops), none, or n/a.
    """
    found = []
    for loop in loops:
        for name, fact in FACTS.items():
            alone = _difference(worlds[f"{loop} alone"], worlds[FROZEN], name)
            left = _difference(worlds[ACTUAL], worlds[f"without {loop}"], name)
            found.append((name, fact.label, loop, *_cells(alone), *_cells(left), verdict(fact, alone, left)))
    schema = {**dict.fromkeys(TEXT, pl.String), **dict.fromkeys(FIGURES, pl.Float64), "verdict": pl.String}
    return pl.DataFrame(found, schema=schema, orient="row")


def differences_table(worlds: Mapping[str, Mapping[str, Estimate]]) -> pl.DataFrame:
    """fact, label, value, error, z: actual less price_taker, path by path; NaN if a world lacks the fact."""
    rows = [(n, f.label, *_cells(_difference(worlds[ACTUAL], worlds[PRICE_TAKER], n))) for n, f in FACTS.items()]
    schema = {**dict.fromkeys(TEXT[:2], pl.String), **dict.fromkeys(("value", "error", "z"), pl.Float64)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def verdict(fact: Fact, alone: Estimate | None, left_out: Estimate | None) -> str:
    """The effect of a loop on a fact, in a word; see `loops_table`."""
    if alone is None or left_out is None:
        return "n/a"
    if clear(alone.value, alone.standard_errors):
        return "moves" if fact.direction == 0 else "creates" if alone.value * fact.direction > 0 else "weakens"
    return "feeds" if clear(left_out.value, left_out.standard_errors) else "none"


def clear(difference: float, standard_errors: float) -> bool:
    """Whether a difference counts: beyond 3.5 standard errors, and not less than 0.0005."""
    return abs(standard_errors) > CLEAR and abs(difference) >= SMALLEST


def _difference(a: Mapping[str, Estimate], b: Mapping[str, Estimate], name: str) -> Estimate | None:
    return a[name] - b[name] if name in a and name in b else None


def _cells(reading: Estimate | None) -> tuple[float, float, float]:
    if reading is None:
        return math.nan, math.nan, math.nan
    error = reading.error
    return reading.value, math.nan if error is None else error, reading.standard_errors
