"""Does margin make crises worse? Runs presets under several rules of margin and fills the tables of its page.

`make studies` runs it; `python docs/studies/procyclicality.py covid_crash_2020` runs one preset and fills its tables.

The page's tables stand between `<!-- NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from tables import fill, markdown

from analysis.numbers import Number, mean
from analysis.pnl import cost
from scenarios import margin_rules
from scenarios.studies.margin_rules import RULES, MarginRules
from sim.dataset import Run
from sim.metric_names import COST

PAGE = Path(__file__).with_name("procyclicality.md")
PRESETS = {"covid_crash_2020": 64}  # paths
DAYS = 10
FROZEN = ("parametric", "hull_white", "filtered")  # rules whose own doing is asked for
UNITS = {"peak_over_first": "multiple", "largest_rise": "$", "called": "$", "coverage": "share"}
Vector = NDArray[np.float64]


def rules_of(preset: str) -> MarginRules:
    """All rules, and some of them frozen at the start, on the same paths."""
    frozen = {f"frozen {name}": {"kind": "frozen", "of": RULES[name]} for name in FROZEN}
    out = Path("runs/procyclicality") / preset
    return margin_rules(preset, {**RULES, **frozen}, paths=PRESETS[preset], days=DAYS, out=out)


def measures(found: MarginRules) -> str:
    """How far margin rises, what it covers and what it calls."""
    rows = []
    for row in found.figures.iter_rows(named=True):
        if row["rule"].startswith("frozen"):
            continue
        cells = (
            str(Number(value=row[name], unit=unit, label="", error=row[f"{name}_error"]))  # type: ignore[arg-type]
            for name, unit in UNITS.items()
        )
        alone = Number(value=row["alone_peak"] / row["peak"], unit="share", label="")
        rows.append((row["rule"], *cells, str(alone), f"{row['reduced']:.0%}"))
    head = ("rule", "largest over first", "largest rise in ten days", "called", "covers", "largest alone", "reduced")
    return markdown(head, rows)


def own_doing(found: MarginRules) -> str:
    """What rising margin did: a run with the rule less one with its first margin, path by path."""
    rows = []
    for name in FROZEN:
        with_it, without = found.runs[name], found.runs[f"frozen {name}"]
        dearer = cost(with_it, None, "actual", COST) - cost(without, None, "actual", COST)
        spot = 100 * (_lowest(with_it) / _lowest(without) - 1)
        reduced = _reduced(with_it) - _reduced(without)
        told = (mean(dearer, "$", ""), mean(spot / 100, "share", ""), mean(reduced, "share", ""))
        rows.append((name, *map(str, told)))
    return markdown(("rule", "loss of the desk", "lowest spot", "paths reduced by force"), rows)


def _lowest(of: Run) -> Vector:
    peaks = of.peaks.filter(pl.col("world") == "actual").sort("path").collect()
    found: Vector = peaks["low_mid"].to_numpy()
    return found


def _reduced(of: Run) -> Vector:
    desk = of.liquidity.filter(pl.col("world") == "actual").sort("agent", "path").collect()
    first = desk.filter(pl.col("agent") == desk["agent"][0])
    return np.asarray(first["book_share"].to_numpy() < 1, dtype=np.float64)


def main(presets: tuple[str, ...]) -> None:
    """Fill the tables of some presets."""
    for preset in presets:
        found = rules_of(preset)
        fill(PAGE, {preset: partial(measures, found), f"{preset} frozen": partial(own_doing, found)})


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or tuple(PRESETS))
