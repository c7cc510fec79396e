"""Is a crisis caused or told? Runs the study's scenarios, fills its tables, draws its picture: `make caused`.

The page's tables stand between `<!-- NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import altair as alt
import numpy as np
import polars as pl
from tables import fill, markdown

from analysis import frames, pnl
from analysis.charts import theme
from analysis.charts.scales import axis, colours, rows
from analysis.numbers import mean
from analysis.report import save
from markets.spec import RiseSpec
from scenarios import from_dict, load, presets, run
from scenarios.scenario import Scenario
from sim.dataset import Run

PAGE = Path(__file__).with_name("caused_or_told.md")
PICTURE = Path(__file__).with_name("trace.png")
LEAST = 0.05  # ln: a level that rises less has no shares
PATHS = 500
LAWS = {
    "law of the path": {},
    "one-factor laws": {"market.vol_law": "leverage", "credit.law": "elasticity"},
}
STOP, END = date(2020, 4, 9), date(2020, 10, 30)  # the desk's options expire; the market goes on
AFTER = (0, 1, 5, 10, 20, 60, 120)  # closes after the stop
INTERVALS = ("30m", "1h", "2h", "1d")
FREQUENT = ("covid_crash_2020", "liberation_day_2025", "rate_hikes_2022", "calm_market")


def shares() -> str:
    """Each preset's rise of vol and credit by where it comes from, as its calibration stored it."""
    lines = []
    for name in presets():
        found = load(name).storyline.calibration
        if found is not None and found.vol_rise is not None and found.credit_rise is not None:
            lines.append((name, *_shares(found.vol_rise), *_shares(found.credit_rise)))
    parts = ("storyline", "memory", "desks")
    return markdown(("preset", "vol", *parts, "credit", *parts), lines)


def _shares(rise: RiseSpec) -> tuple[str, ...]:
    whole = rise.total
    grown = f"x {math.exp(whole):.2f}"
    if whole < LEAST:
        return grown, "", "", ""
    told = f"{rise.storyline / whole:.0%}"
    errors = (rise.memory, rise.memory_error), (rise.feedback, rise.feedback_error)
    return grown, told, *(f"{part / whole:.1%} ± {error / whole:.1%}" for part, error in errors)


def stopped(law: str) -> Run:
    """The covid crash with options that all expire at `STOP`, and the market going on to `END` with nobody to hedge."""
    tables = load("covid_crash_2020", LAWS[law]).to_dict()
    for position in tables["agents"]["hedger"]["book"]:
        position.pop("months")
        position["expiry"] = STOP
    tables["storyline"]["anchor"].append({"date": END})
    return run(from_dict(tables), paths=PATHS, witnesses=0, unhedged=False, out=Path("runs/caused") / law.split()[0])


def traces() -> pl.DataFrame:
    """law, day (closes after the desk stopped), level, value: median over paths of ln actual - ln price taker."""
    found = []
    for law in LAWS:
        made = stopped(law)
        closes = frames.asset_closes(made).select("path", "time", "world", "mid", "vol", "credit").collect()
        actual, taker = (closes.filter(world=w).sort("time", "path") for w in ("actual", "price_taker"))
        for level in ("mid", "vol", "credit"):
            apart = np.log(actual[level].to_numpy() / taker[level].to_numpy()).reshape(-1, PATHS)
            medians = np.median(apart, axis=1)
            first = load("covid_crash_2020").storyline.anchor[0].date
            day = np.arange(len(medians)) - _closes_between(first, STOP)
            found.append(pl.DataFrame({"law": law, "day": day, "level": level, "value": 100 * medians}))
    return pl.concat(found)


def _closes_between(first: date, last: date) -> int:
    """Closes of the preset from its start to a day."""
    from scenarios.build import make_clock

    days = make_clock(load("covid_crash_2020")).session_dates
    return days.index(last) - days.index(first)


def trace() -> str:
    """What is left of the spiral after the desk has stopped."""
    found = traces()
    draw(found)
    lines = []
    for law in LAWS:
        for level, label in (("mid", "price"), ("vol", "implied vol"), ("credit", "credit spread")):
            line = found.filter(law=law, level=level)
            at = [line.filter(day=day)["value"][0] for day in AFTER]
            lines.append((law, label, *(f"{value:+.2f} %" for value in at)))
    return markdown(("law", "actual over price taker", *(f"{day} days after" for day in AFTER)), lines)


def draw(found: pl.DataFrame) -> None:
    """The traces of vol and credit over time."""
    shown = found.filter(pl.col("level") != "mid", pl.col("day") >= -30)
    names = {"vol": "implied vol", "credit": "credit spread"}
    palette = dict(zip(LAWS, (theme.ACTUAL, theme.HEDGED), strict=True))
    charts = []
    for level, label in names.items():
        base = alt.Chart(rows(shown.filter(level=level).with_columns(series=pl.col("law"))))
        line = base.mark_line(strokeWidth=2).encode(
            x=alt.X("day:Q", axis=axis("closes after the desk has stopped")),
            y=alt.Y("value:Q", axis=axis(f"{label}: actual over price taker, %")),
            color=colours(palette),
        )
        charts.append(theme.layer(line, width=340, height=220))
    chart = alt.hconcat(*charts, spacing=34)
    text = (
        "The covid crash with a desk whose options expire on 9 April 2020 (day 0): what its hedging left in the market."
    )
    save(theme.finish(chart, "How long a spiral's trace lasts", text), PICTURE, title="trace")


def frequency() -> str:
    """What a desk loses by how often it re-hedges, under both laws: each preset as shipped."""
    lines = []
    for name in FREQUENT:
        for law, changes in LAWS.items():
            cells = []
            for interval in INTERVALS:
                chosen = load(name, {**changes, "agents.hedger.policy.interval": interval})
                cells.append(_rehedging(chosen))
            lines.append((name, law, *cells))
    return markdown(("preset", "laws", *(f"every {interval}" for interval in INTERVALS)), lines)


def _rehedging(chosen: Scenario) -> str:
    """Re-hedging at mid and frictions, $m."""
    made = run(chosen, paths=PATHS, witnesses=0, twin="none", unhedged=False, out=Path("runs/caused/frequency"))
    both = pnl.cost(made, "hedger", "actual", "rehedging") + pnl.cost(made, "hedger", "actual", "frictions")
    return str(mean(both, "$", "re-hedging and frictions"))


TABLES: dict[str, Callable[[], str]] = {"shares": shares, "trace": trace, "frequency": frequency}


if __name__ == "__main__":
    fill(PAGE, TABLES, sys.argv[1:])
