"""Does margin make crises worse? Runs presets under several rules of margin and fills the tables of its page.

`make studies` runs it; `python docs/studies/procyclicality.py covid_crash_2020` runs one preset and fills its table.
Tables over all crises, and the picture, come with a run of all presets.

The page's tables stand between `<!-- NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import polars as pl
from numpy.typing import NDArray
from tables import fill, markdown

from agents.funding.risk_classes import factor_name
from analysis.charts import theme
from analysis.charts.scales import axis
from analysis.charts.scales import rows as inline
from analysis.margin import coverage, paths
from analysis.numbers import Number, mean
from analysis.pages.report import save
from analysis.pnl import cost
from scenarios import load, margin_rules
from scenarios.studies.margin_rules import RULES, MarginRules
from scenarios.worlds.world import make_world
from sim.dataset import Run
from sim.ensemble import Chunk
from sim.metric_names import COST

PAGE = Path(__file__).with_name("procyclicality.md")
PICTURE = Path(__file__).with_name("margin_frontier.png")
CALM = "calm_market"
OTHERS = ("sonia_swap_desk",)  # no crisis either
CRISES = (
    "brexit_2016",
    "covid_crash_2020",
    "election_2016",
    "gilt_ldi_2022",
    "liberation_day_2025",
    "rate_hikes_2022",
    "repo_crisis_2019",
    "svb_2023",
    "taper_tantrum_2013",
    "treasury_dash_for_cash_2020",
    "bear_flattener",
)
PRESETS = (*CRISES, *OTHERS, CALM)
PATHS = 64
DAYS = 10
FROZEN = ("parametric", "hull_white", "filtered")  # rules whose own doing is asked for
BASE = "filtered"  # that others are measured by
UNITS = {
    "peak_over_first": "multiple",
    "peak_to_trough": "multiple",
    "largest_rise": "$",
    "called": "$",
    "coverage": "share",
}
WEIGHTS = {"spot": 0.15, "vol": 0.2, "zero": 0.007, "spread": 0.003, "fx": 0.05, "hazard": 0.5, "basis": 0.005}
Vector = NDArray[np.float64]


class Told(NamedTuple):
    """A rule in a crisis, (paths,) each."""

    mean: Vector  # $, margin over the closes
    called: Vector  # $
    coverage: Vector  # share of closes
    reduced: Vector  # 1 where the lender took a part of the book


def weights(preset: str) -> dict[str, Any]:
    """Fixed weights by family, of every factor that the preset's market has; half correlated within a class."""
    scenario = load(preset)
    world = make_world(scenario.with_run(paths=1), Chunk("actual", 0, 1), scenario.feedback)
    keys = [key for key in world.factors.snapshot.keys if key.family != "haircut"]
    factors = {factor_name(key): {"weight": WEIGHTS.get(key.family, 0.0)} for key in keys}
    return {"kind": "weights", "factors": factors, "within": 0.5}


def rules_of(preset: str) -> MarginRules:
    """All rules, and some of them frozen at the start, on the same paths."""
    frozen = {f"frozen {name}": {"kind": "frozen", "of": RULES[name]} for name in FROZEN}
    out = Path("runs/procyclicality") / preset
    rules = {**RULES, "weights": weights(preset), **frozen}
    return margin_rules(preset, rules, paths=PATHS, days=DAYS, out=out)


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
    figures = ("over first", "over least before", "largest rise", "called", "covers", "alone", "reduced")
    return markdown(("rule", *figures), rows)


def own_doing(found: Mapping[str, MarginRules]) -> str:
    """What rising margin did: a run with the rule less one with its first margin, path by path."""
    rows = []
    for preset, of in found.items():
        for name in FROZEN:
            with_it, without = of.runs[name], of.runs[f"frozen {name}"]
            dearer = cost(with_it, None, "actual", COST) - cost(without, None, "actual", COST)
            spot = _lowest(with_it) / _lowest(without) - 1
            reduced = _reduced(with_it) - _reduced(without)
            rows.append((preset, name, *map(str, (mean(dearer, "$", ""), mean(spot, "share", ""))), _share(reduced)))
    return markdown(("preset", "rule", "loss of the desk", "lowest spot", "paths reduced by force"), rows)


def told(of: Run) -> Told:
    """Figures by path of the first desk's margin for its whole book."""
    margin, pnl = paths(of)
    called = np.nansum(np.maximum(np.diff(margin, axis=0), 0.0), axis=0)
    return Told(np.nanmean(margin, axis=0), called, coverage(margin, pnl, DAYS), _reduced(of))


def frontier(figures: Mapping[str, Mapping[str, Told]]) -> pl.DataFrame:
    """A row a rule: means over the crises, standard errors beside.

    Calls and margin in calm are multiples of those of `BASE`; multiples have a geometric mean.
    """
    rows = []
    for rule in figures[CALM]:
        mine = [figures[crisis] for crisis in CRISES]
        means = {
            "coverage": [_mean(each[rule].coverage) for each in mine],
            "called": [_ratio(each[rule].called, each[BASE].called) for each in mine],
            "reduced": [_mean(each[rule].reduced) for each in mine],
            "calm": [_ratio(figures[CALM][rule].mean, figures[CALM][BASE].mean)],
        }
        row: dict[str, Any] = {"rule": rule, "least": min(value for value, _ in means["coverage"])}
        for name, found in means.items():
            row[name], row[f"{name}_error"] = _over(found, geometric=name == "called")
        rows.append(row)
    return pl.DataFrame(rows)


def frontier_table(frame: pl.DataFrame) -> str:
    """Coverage against calls, and what the rule asks in a calm market."""
    rows = []
    for row in frame.iter_rows(named=True):
        units = {"coverage": "share", "called": "multiple", "reduced": "share", "calm": "multiple"}
        cells = {
            name: str(Number(value=row[name], unit=unit, label="", error=row[f"{name}_error"]))  # type: ignore[arg-type]
            for name, unit in units.items()
        }
        least = f"{row['least']:.0%}"
        rows.append((row["rule"], cells["coverage"], least, cells["called"], cells["reduced"], cells["calm"]))
    head = ("rule", "covers", "in the worst crisis", "called", "paths reduced by force", "margin in calm")
    return markdown(head, rows)


def picture(frame: pl.DataFrame) -> None:
    """The frontier: one dot a rule."""
    x = alt.X(
        "coverage:Q",
        axis=axis("closes whose margin covers ten days", form=".0%"),
        scale=alt.Scale(zero=False, padding=60),
    )
    y = alt.Y("called:Q", axis=axis(f"margin called, x {BASE}"), scale=alt.Scale(padding=20))
    base = alt.Chart(inline(frame.select("rule", "coverage", "called"))).encode(x=x, y=y)
    dots = base.mark_point(filled=True, size=90, opacity=1.0, color=theme.ACTUAL)
    names = base.mark_text(dy=-12, color=theme.ACTUAL).encode(text="rule:N")
    said = f"Means over {len(CRISES)} crises. Better is lower and further to the right."
    chart = theme.layer(dots, names, width=theme.WIDTH, height=300)
    save(theme.finish(chart, "Coverage and calls by rule of margin", said), PICTURE, title="frontier")


def _mean(values: Vector) -> tuple[float, float]:
    """Mean and its standard error over the paths that have a figure; of a figure that no path has, not a number."""
    known = values[np.isfinite(values)]
    return float(known.mean()), float(known.std(ddof=1) / np.sqrt(known.size))


def _over(found: Sequence[tuple[float, float]], *, geometric: bool) -> tuple[float, float]:
    """Mean of some estimates, and its standard error."""
    values, errors = np.array(found).T
    if not geometric:
        return float(values.mean()), float(np.sqrt(np.square(errors).sum()) / values.size)
    middle = float(np.exp(np.log(values).mean()))
    return middle, float(middle * np.sqrt(np.square(errors / values).sum()) / values.size)


def _ratio(these: Vector, those: Vector) -> tuple[float, float]:
    """Ratio of two means on the same paths, and its standard error to first order."""
    found = float(these.mean() / those.mean())
    return found, float((these - found * those).std(ddof=1) / np.sqrt(these.size) / those.mean())


def _share(values: Vector) -> str:
    return str(mean(values, "share", ""))


def _lowest(of: Run) -> Vector:
    peaks = of.peaks.filter(pl.col("world") == "actual").sort("path").collect()
    found: Vector = peaks["low_mid"].to_numpy()
    return found


def _reduced(of: Run) -> Vector:
    desk = of.liquidity.filter(pl.col("world") == "actual").sort("agent", "path").collect()
    first = desk.filter(pl.col("agent") == desk["agent"][0])
    return np.asarray(first["book_share"].to_numpy() < 1, dtype=np.float64)


def main(presets: Sequence[str]) -> None:
    """Fill the tables of some presets, and those over all where all have been run."""
    found = {preset: rules_of(preset) for preset in presets}
    fill(PAGE, {preset: partial(measures, each) for preset, each in found.items()})
    if set(found) == set(PRESETS):
        rules = [*RULES, "weights"]
        frame = frontier({preset: {rule: told(of.runs[rule]) for rule in rules} for preset, of in found.items()})
        fill(PAGE, {"frontier": partial(frontier_table, frame), "frozen": partial(own_doing, found)})
        picture(frame)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or PRESETS)
