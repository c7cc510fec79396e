"""Is a crisis caused or told? Runs the study's scenarios, fills its tables, draws its picture.

`make studies` runs it; `python docs/studies/caused.py trace` fills one table.

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
from analysis.numbers import Number, mean
from analysis.pages.report import save
from markets.spec import RiseSpec
from scenarios import from_dict, load, presets, run
from scenarios.scenario import Scenario
from scenarios.studies.calibrating.ensemble_medians import read
from scenarios.studies.calibrating.rise import rises
from scenarios.worlds.clock import make_clock
from sim.dataset import Run

PAGE = Path(__file__).with_name("caused_or_told.md")
PICTURE = Path(__file__).with_name("trace.png")
LEAST = 0.05  # ln: a level that rises less has no shares
MADE_UP = 4_096  # paths of the two presets without a record
PATHS = 500
LAWS = {
    "law of the path": {},
    "one-factor laws": {"market.vol_law": "leverage", "credit.law": "elasticity"},
}
STOP, END = date(2020, 4, 9), date(2023, 12, 29)  # the desk's options expire; the market goes on
BOOK = 0.25  # of the preset's: the desk lives to the day, and then stops of its own accord
SETTLED = 5  # closes after the stop: what the unwinding did to the price has passed
SHOWN = (0, 1, 5, 20, 60, 120, 250, 500)  # closes after the stop
TRACED = 300  # paths
LEVELS = {"mid": "price", "vol": "implied vol", "credit": "credit spread"}
INTERVALS = ("30m", "1h", "2h", "1d")
FREQUENT = ("covid_crash_2020", "liberation_day_2025", "rate_hikes_2022", "calm_market")


def shares() -> str:
    """Each preset's rise of vol and credit by where it comes from: as its calibration stored it, or as a run has it."""
    lines = []
    for name in presets():
        found = load(name).storyline.calibration
        if found is not None and found.vol_rise is not None and found.credit_rise is not None:
            lines.append((name, *_shares(found.vol_rise), *_shares(found.credit_rise)))
        else:
            made = measured(load(name))
            lines.append((name, *_shares(made["vol_rise"]), *_shares(made["credit_rise"])))
    parts = ("storyline", "memory", "desks")
    return markdown(("preset", "vol", *parts, "credit spread", *parts), lines)


def measured(made_up: Scenario) -> dict[str, RiseSpec]:
    """The same of a preset that no record stands behind, from a run of its own and its twin."""
    out = Path("runs/caused") / made_up.name
    run(made_up, paths=MADE_UP, witnesses=0, unhedged=False, out=out)
    return rises(made_up, made_up.storyline, read(out, ("actual", "price_taker")))


def _shares(rise: RiseSpec) -> tuple[str, ...]:
    whole = rise.total
    grown = f"x {math.exp(whole):.2f}"
    if whole < LEAST:
        return grown, "", "", ""
    told = _part(rise.storyline, None, whole)
    known = (rise.memory, rise.memory_error), (rise.feedback, rise.feedback_error)
    return grown, told, *(_part(part, error, whole) for part, error in known)


def _part(part: float, error: float | None, whole: float) -> str:
    return str(Number(value=part / whole, unit="share", label="share", error=error and error / whole))


def stopped(law: str) -> Run:
    """The covid crash with options that all expire at `STOP`, and the market going on to `END` with nobody to hedge."""
    tables = load("covid_crash_2020", LAWS[law]).to_dict()
    for position in tables["agents"]["hedger"]["book"]:
        position.pop("months")
        position |= {"expiry": STOP, "notional": BOOK * position["notional"]}
    tables["storyline"]["anchor"].append({"date": END})
    return run(from_dict(tables), paths=TRACED, witnesses=0, unhedged=False, out=Path("runs/caused") / law.split()[0])


def traces() -> pl.DataFrame:
    """law, day (closes after the stop), level, value, error, points: means over paths of actual against price taker.

    value: ln actual - ln price taker, %, with its standard error; points: the difference, in the level's own unit.
    """
    found = []
    for law in LAWS:
        closes = frames.asset_closes(stopped(law)).select("path", "time", "world", *LEVELS).collect()
        actual, taker = (closes.filter(world=w).sort("time", "path") for w in ("actual", "price_taker"))
        for level in LEVELS:
            apart = 100 * np.log(actual[level].to_numpy() / taker[level].to_numpy()).reshape(-1, TRACED)
            day = np.arange(len(apart)) - _closes_before_stop()
            value, error = apart.mean(axis=1), apart.std(axis=1, ddof=1) / math.sqrt(TRACED)
            points = (actual[level] - taker[level]).to_numpy().reshape(-1, TRACED).mean(axis=1)
            line = {"law": law, "day": day, "level": level, "value": value, "error": error, "points": points}
            found.append(pl.DataFrame(line))
    return pl.concat(found)


def _closes_before_stop() -> int:
    """Closes of the preset from its start to the stop."""
    days = make_clock(load("covid_crash_2020")).session_dates
    return days.index(STOP) - days.index(days[0])


def trace() -> str:
    """What is left of the spiral after the desk has stopped."""
    found = traces()
    draw(found)
    lines = []
    for law in LAWS:
        for level, label in LEVELS.items():
            line = found.filter(law=law, level=level).sort("day")
            gone = (_gone(line, share) for share in (0.5, 0.9)) if level != "mid" else ("", "")
            lines.append((law, label, *(_percent(line, day) for day in SHOWN), *gone))
    head = *(f"{day} closes after" for day in SHOWN), "half gone after (in points)", "nine tenths after (in points)"
    return markdown(("laws", "actual over price taker", *head), lines)


def _percent(line: pl.DataFrame, day: int) -> str:
    value, error = line.filter(day=day).select("value", "error").row(0)
    return f"{value:+.2f} ± {error:.2f} %"


def _gone(line: pl.DataFrame, share: float) -> str:
    """Closes after the stop until `share` of the trace at `SETTLED` is gone for the first time, in % and in points."""
    left = line.filter(pl.col("day") >= SETTLED)
    found = []
    for column in ("value", "points"):
        low = left.filter(pl.col(column) / left[column][0] <= 1 - share)
        found.append(f"{low['day'][0]}" if len(low) else f"over {left['day'][-1]}")
    return f"{found[0]} ({found[1]})"


def draw(found: pl.DataFrame) -> None:
    """The traces of vol and credit over time."""
    shown = found.filter(pl.col("level") != "mid", pl.col("day").is_between(-30, SHOWN[-1]))
    palette = dict(zip(LAWS, (theme.ACTUAL, theme.HEDGED), strict=True))
    charts = []
    for level in ("vol", "credit"):
        base = alt.Chart(rows(shown.filter(level=level).with_columns(series=pl.col("law"))))
        line = base.mark_line(strokeWidth=2).encode(
            x=alt.X("day:Q", axis=axis("closes after the desk has stopped")),
            y=alt.Y("value:Q", axis=axis(f"{LEVELS[level]}: actual over price taker, %")),
            color=colours(palette),
        )
        charts.append(theme.layer(line, width=340, height=220))
    chart = alt.hconcat(*charts, spacing=34)
    text = (
        "The covid crash, a quarter of the book, all options expiring on 9 April 2020 (day 0): what its hedging left."
    )
    save(theme.finish(chart, "How long a spiral's trace lasts", text), PICTURE, title="trace")


def frequency() -> str:
    """What a desk loses by how often it re-hedges, under both laws: presets as shipped."""
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
