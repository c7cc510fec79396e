"""Who made the crises of rates? Runs the study's presets and fills the tables of its page.

`make studies` runs it; `python docs/studies/rates.py gains` fills one table.

The page's tables stand between `<!-- NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from tables import fill, markdown

from analysis.numbers import Number, mean
from scenarios import from_dict, load, run
from scenarios.studies.worst_gains import worst_gains
from sim.dataset import Run

PAGE = Path(__file__).with_name("rates_crises.md")
PATHS = 40
OF_GAINS, OF_ANNOUNCEMENT = 100, 200  # paths
ANNOUNCED = "2022-09-28"
GILTS = ("ldi_a", "ldi_b", "ldi_c", "ldi_d")
BANK = "bank_of_england"
# Of each preset: who is forced, the node to look at, whether its high or its low is the worst, and a larger buffer.
PRESETS: dict[str, tuple[tuple[str, ...], str, str, dict[str, float]]] = {
    "gilt_ldi_2022": (
        GILTS,
        "gilt30y",
        "high",
        {f"agents.{n}.buffer": b for n, b in zip(GILTS, (0.5, 0.6, 0.5, 0.6), strict=True)},
    ),
    "svb_2023": (
        ("macro_a", "macro_b", "macro_c"),
        "us2y",
        "low",
        {"agents.macro_a.capital": 0.70e9, "agents.macro_b.capital": 0.90e9, "agents.macro_c.capital": 1.20e9},
    ),
    "taper_tantrum_2013": (("hedger",), "us10y", "high", {"agents.hedger.capital": 2e9}),
    "rate_hikes_2022": (("hedger",), "us10y", "high", {"agents.hedger.capital": 2e9}),
    "repo_crisis_2019": (
        ("basis_a", "basis_b"),
        "us10y",
        "high",
        {"agents.basis_a.buffer": 0.4, "agents.basis_b.buffer": 0.3},
    ),
    "treasury_dash_for_cash_2020": (
        ("basis_a", "basis_b", "basis_c"),
        "us10y",
        "high",
        {"agents.basis_a.buffer": 0.6, "agents.basis_b.buffer": 0.5, "agents.basis_c.buffer": 0.4},
    ),
}
Vector = NDArray[np.float64]


@cache
def made(name: str, changed: tuple[tuple[str, float], ...] = (), twin: bool = False, paths: int = PATHS) -> Run:
    """A run of a preset with all its trades; the twin as it is shipped, or none."""
    chosen = load(name, dict(changed)).with_run(paths=paths, witnesses=paths, twin=None if twin else "none")
    return _run(chosen, f"{name}-{len(changed)}-{paths}")


def _run(chosen: Any, folder: str) -> Run:
    return run(chosen, unhedged=False, out=Path("runs/rates") / folder)


def number(values: Vector, unit: str = "$") -> str:
    """Mean over the paths with its standard error."""
    return str(mean(values, unit, ""))  # type: ignore[arg-type]


def gains() -> str:
    """The matrix of loop gains at its worst close."""
    rows = []
    for name in PRESETS:
        found = worst_gains(load(name), paths=OF_GAINS)
        entries = sorted(found.gains.items(), key=lambda item: -abs(item[1].value))
        told = ", ".join(
            f"{at} by {moved} {Number(value=g.value, unit='gain', label='', error=g.error)}"
            for (at, moved), g in entries[:4]
            if abs(g.value) >= 0.005
        )
        radius = Number(value=found.radius.value, unit="gain", label="", error=found.radius.error)
        rows.append((name, str(found.day), str(radius), f"{found.above_one:.0%}", told or "none above 0.005"))
    return markdown(("preset", "worst close", "spectral radius", "1 or more", "trades at ... by a move of ..."), rows)


def sold() -> str:
    """Net purchases of the takers by venue, of the whole story, in $: what they sold has a minus."""
    rows = []
    for name in PRESETS:
        trades = made(name).trades.filter(pl.col("world") == "actual").collect()
        worth = pl.when(pl.col("venue").str.contains("^(us|sonia)")).then(1.0).otherwise(pl.col("mid"))
        each = trades.with_columns(spent=pl.col("quantity") * worth).group_by("taker", "venue", "path")
        sums = each.agg(pl.col("spent").sum()).filter(pl.col("venue") != "asset")
        for taker, venue in sorted(set(sums.select("taker", "venue").iter_rows())):
            mine = sums.filter(pl.col("taker") == taker, pl.col("venue") == venue)
            values = np.concatenate([mine["spent"].to_numpy(), np.zeros(PATHS - mine.height)])
            if abs(values.mean()) >= 1e8:
                rows.append((name, taker, venue, number(values)))
    return markdown(
        ("preset", "who", "venue", "bought, net ($ of bonds and futures, notional received of swaps)"), rows
    )


def announcement() -> str:
    """The gilt crisis as it was, without the purchases, and without their announcement either."""
    runs = {"as it was": made("gilt_ldi_2022", twin=True, paths=OF_ANNOUNCEMENT)}
    for told, kept in (("announced, but nothing bought", True), ("neither announced nor bought", False)):
        tables = load("gilt_ldi_2022").to_dict()
        del tables["agents"][BANK]
        if not kept:
            _unannounced(tables)
        runs[told] = _run(
            from_dict(tables).with_run(paths=OF_ANNOUNCEMENT, witnesses=0),
            f"gilts-{'without' if kept else 'unannounced'}",
        )
    rows = []
    for told, of in runs.items():
        cells = [_level(of, "gilt30y", day) for day in (date(2022, 9, 27), date(2022, 9, 28), date(2022, 9, 30))]
        highest, alone = (_highest(of, world) for world in ("actual", "price_taker"))
        left = sum((_last(of, fund, "equity") for fund in GILTS), np.zeros(OF_ANNOUNCEMENT))
        rows.append((told, *(_percent(c) for c in cells), _percent(highest), _percent(alone), number(left)))
    head = ("", "30Y on 27 September, %", "28 September", "30 September", "highest close", "the same in the twin")
    return markdown((*head, "equity left to the funds, of $36bn"), rows)


def _unannounced(tables: dict[str, Any]) -> None:
    """Take the fall of the announcement's day out of the outside levels, on it and after it."""
    rows = tables["storyline"]["anchor"]
    at = [str(row["date"]) for row in rows].index(ANNOUNCED)
    before, day = rows[at - 1], rows[at]
    falls = {n: day["outside_nodes"][n] - before["outside_nodes"][n] for n in day["outside_nodes"]}
    fall = day["outside_us10y"] - before["outside_us10y"]
    for row in rows[at:]:
        row["outside_nodes"] = {n: level - falls[n] for n, level in row["outside_nodes"].items()}
        row["outside_us10y"] -= fall


def _closes(of: Run, column: str, world: str = "actual") -> pl.DataFrame:
    rows = of.closes.filter(pl.col("venue") == "asset", pl.col("world") == world)
    return rows.select("path", pl.col("time").dt.date().alias("day"), column).sort("path", "day").collect()


def _level(of: Run, column: str, day: date) -> Vector:
    found: Vector = _closes(of, column).filter(pl.col("day") == day)[column].to_numpy()
    return found


def _highest(of: Run, world: str, column: str = "gilt30y", side: str = "high") -> Vector:
    level = pl.col(column).max() if side == "high" else pl.col(column).min()
    found: Vector = _closes(of, column, world).group_by("path", maintain_order=True).agg(level)[column].to_numpy()
    return found


def _last(of: Run, agent: str, column: str) -> Vector:
    marks = of.marks.filter(pl.col("agent") == agent, pl.col("world") == "actual").sort("path", "time")
    found: Vector = marks.group_by("path", maintain_order=True).last().collect()[column].to_numpy()
    return found


def _percent(values: Vector) -> str:
    error = 100 * float(values.std(ddof=1)) / np.sqrt(values.size)
    return f"{100 * float(values.mean()):.2f} ± {max(error, 0.005):.2f}"


def buffers() -> str:
    """What a larger buffer saves, path by path on the same noise, and what it costs to hold."""
    rows = []
    for name, (forced, node, side, larger) in PRESETS.items():
        before, after = made(name), made(name, tuple(larger.items()))
        loss, less = (-sum((_last(of, agent, "pnl") for agent in forced), np.zeros(PATHS)) for of in (before, after))
        level, then = (_highest(of, "actual", node, side) for of in (before, after))
        more = _more(name, larger)
        first, last = _span(before)
        spread = float(load(name).storyline.anchor[0].credit or 0.0)
        cost = more * spread * (last - first).days / 365
        rows.append(
            (
                name,
                str(Number(value=more, unit="$", label="")),
                str(Number(value=cost, unit="$", label="")),
                number(loss),
                number(loss - less),
                f"{node} {_percent(level)}",
                _bp(then - level),
            )
        )
    head = (
        "preset",
        "more collateral",
        "cost of holding it",
        "loss of the forced",
        "saved",
        "worst close, %",
        "moved, bp",
    )
    return markdown(head, rows)


def _more(name: str, larger: dict[str, float]) -> float:
    """$ of collateral more: shares of equity for buffers, $ for capital."""
    agents = {agent.name: agent for agent in load(name).agents}
    total = 0.0
    for key, value in larger.items():
        _, agent, field = key.split(".")
        mine: Any = agents[agent]
        total += value - mine.capital if field == "capital" else (value - mine.buffer) * mine.capital
    return total


def _span(of: Run) -> tuple[date, date]:
    days = _closes(of, "mid")["day"]
    return days.min(), days.max()  # type: ignore[return-value]


def _bp(values: Vector) -> str:
    return f"{1e4 * float(values.mean()):+.1f} ± {1e4 * float(values.std(ddof=1)) / np.sqrt(values.size):.1f}"


TABLES: dict[str, Callable[[], str]] = {
    "gains": gains,
    "sold": sold,
    "announcement": announcement,
    "buffers": buffers,
}


if __name__ == "__main__":
    fill(PAGE, TABLES, sys.argv[1:])
