"""How much of the gilt crisis and of March 2020 was margin? Fills the tables of its page.

`make studies` runs it; `python docs/studies/margin.py clearing` fills one table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rates import GILTS
from tables import fill, markdown

from analysis.numbers import mean
from scenarios import load, run
from sim.dataset import Run

PAGE = Path(__file__).with_name("margin.md")
PATHS = 100
DASH, GILT, REPO = "treasury_dash_for_cash_2020", "gilt_ldi_2022", "repo_crisis_2019"
RECEIVERS = ("fund_a", "fund_b", "fund_c", "fund_d", "fund_e", "fund_f")
BASIS = ("basis_a", "basis_b", "basis_c")
FLAT = {"market.rates.repo.usd.haircut.power": 0.0, "market.rates.futures.ty.margin.power": 0.0}
CLEARED = {"market.rates.repo.usd.cleared.share": 0.8}
CROSS = {**CLEARED, "market.rates.repo.usd.cleared.offset": 0.5}
MARCH, APRIL, TICKS = date(2020, 3, 1), date(2020, 4, 1), 3200.0  # 32nds of a point of 100 $
FROZEN = {"feedback.margin": 0.0}
Changes = Mapping[str, Any]
Vector = NDArray[np.float64]
GILT_CASES: dict[str, Changes] = {
    "as it was": {},
    "margin frozen: it follows the told vol": FROZEN,
    "half as much margin on rates": {"agents.clearing_bank.margin_multiple": 1.5},
    "buffers half as large again": {
        f"agents.{n}.buffer": b for n, b in zip(GILTS, (0.45, 0.6, 0.45, 0.6), strict=True)
    },
}
DASH_CASES: dict[str, Changes] = {
    "as it was": {},
    "margin frozen: it follows the told vol": FROZEN,
    "haircut and margin stay as they were in February": FLAT,
    "buffers of 0.6, 0.5 and 0.4 of equity": {
        f"agents.{n}.buffer": b for n, b in zip(BASIS, (0.6, 0.5, 0.4), strict=True)
    },
}
CLEARING_CASES: dict[str, Changes] = {
    "bilateral, as it was": {},
    "80 % cleared": CLEARED,
    "80 % cleared, half off for bond and future together": CROSS,
}
Figure = Callable[[Run], Vector]


@cache
def made(name: str, changed: tuple[tuple[str, Any], ...] = ()) -> Run:
    """A run of a preset with some keys changed, all its trades kept."""
    chosen = load(name, dict(changed)).with_run(paths=PATHS, witnesses=PATHS, twin="none")
    return run(chosen, unhedged=False, out=Path("runs/margin") / f"{name}-{crc32(repr(changed).encode()):x}")


def last(of: Run, agent: str, column: str) -> Vector:
    """What a column of `marks` says at the end, (paths,)."""
    marks = of.marks.filter(pl.col("agent") == agent, pl.col("world") == "actual").sort("path", "time")
    found: Vector = marks.group_by("path", maintain_order=True).last().collect()[column].to_numpy()
    return found


def lost(*agents: str) -> Figure:
    """Loss of all of them, $."""
    return lambda of: -np.sum([last(of, agent, "pnl") for agent in agents], axis=0)


def highest(column: str, since: date, until: date, scale: float = 1e4) -> Figure:
    """Highest close of a column between two days, by default a yield in bp."""

    def found(of: Run) -> Vector:
        day = pl.col("time").dt.date()
        rows = of.closes.filter(pl.col("venue") == "asset", pl.col("world") == "actual", day.is_between(since, until))
        by_path = rows.sort("path", "time").group_by("path", maintain_order=True).agg(pl.col(column).max()).collect()
        return np.asarray(scale * by_path[column].to_numpy())

    return found


def sold(venues: tuple[str, ...], *agents: str) -> Figure:
    """What they sold of these bonds, without what they bought back, $ of face value."""

    def found(of: Run) -> Vector:
        trades = of.trades.filter(
            pl.col("world") == "actual", pl.col("venue").is_in(venues), pl.col("taker").is_in(agents)
        )
        sales = trades.filter(pl.col("quantity") < 0).group_by("path").agg(-pl.col("quantity").sum()).collect()
        out = np.zeros(PATHS)
        out[sales["path"].to_numpy()] = sales["quantity"].to_numpy()
        return out

    return found


def compared(name: str, cases: Mapping[str, Changes], figures: Mapping[str, tuple[str, Figure]]) -> str:
    """Figures of the first case, and by how much the others differ on the same noise."""
    rows, first = [], made(name, ())  # as the first case asks for it, so that it runs once
    for told, changed in cases.items():
        of = made(name, tuple(changed.items()))
        cells = []
        for unit, figure in figures.values():
            values = figure(of) - (0.0 if not changed else figure(first))
            cells.append(_told(values, unit, sign=bool(changed)))
        rows.append((told, *cells))
    return markdown(("", *figures), rows)


def _told(values: Vector, unit: str, *, sign: bool) -> str:
    if unit != "$":
        error = float(values.std(ddof=1)) / np.sqrt(values.size)
        return f"{float(values.mean()):{'+' if sign else ''}.1f} ± {error:.1f} {unit}".replace("-", "−")
    text = str(mean(values, "$", ""))
    return f"+{text}" if sign and values.mean() > 0 else text


def gilts() -> str:
    """The gilt crisis with other margins and buffers."""
    figures = {
        "30Y, highest close": ("bp", highest("gilt30y", date(2022, 9, 20), date(2022, 10, 14))),
        "gilts sold by the funds, face value": ("$", sold(("bond20y", "bond30y"), *GILTS)),
        "lost by the funds": ("$", lost(*GILTS)),
        "lost by the receivers of fixed": ("$", lost(*RECEIVERS)),
    }
    return compared(GILT, GILT_CASES, figures)


def dash() -> str:
    """The dash for cash with other margins and buffers."""
    return compared(DASH, DASH_CASES, _of_basis(BASIS))


def clearing() -> str:
    """The dash for cash with cleared repo."""
    return compared(DASH, CLEARING_CASES, _of_basis(BASIS))


def as_large() -> str:
    """The same with funds that hold no more than before: what is not asked for stays free."""
    holdings = {f"agents.{n}.holding": float(_held(n)) for n in BASIS}
    cases = {told: ({**changed, **holdings} if changed else {}) for told, changed in CLEARING_CASES.items()}
    return compared(DASH, cases, _of_basis(BASIS))


def _held(fund: str) -> float:
    """Face value of the bonds that a fund of the dash for cash holds at the start, $."""
    agent: Any = {each.name: each for each in load(DASH).agents}[fund]
    rates = load(DASH).market.rates
    first = load(DASH).storyline.anchor[0]
    price = float(np.exp(-10.0 * float(first.us10y or 0.0)))
    asked = rates.repo["usd"].haircut.base * price + rates.futures["ty"].margin.base
    return (1 - agent.buffer) * agent.capital / asked


def september() -> str:
    """The repo crisis with cleared repo."""
    funds = ("basis_a", "basis_b")
    figures = {
        "paid for repo over the overnight rate": ("$", lambda of: -sum(last(of, n, "funding_credit") for n in funds)),
        "lost by the funds": ("$", lost(*funds)),
        "sold by the funds, face value": ("$", sold(("note",), *funds)),
        "10Y, highest close from the 16th to the 20th": ("bp", highest("us10y", date(2019, 9, 16), date(2019, 9, 20))),
    }
    return compared(REPO, CLEARING_CASES, figures)


def _of_basis(funds: tuple[str, ...]) -> dict[str, tuple[str, Figure]]:
    return {
        "future over bond, highest close in March": ("32nds", highest("basis_ty", MARCH, APRIL, TICKS)),
        "notes sold by the funds, face value": ("$", sold(("note",), *funds)),
        "lost by the funds": ("$", lost(*funds)),
        "lost by the desk": ("$", lost("hedger")),
    }


TABLES: dict[str, Callable[[], str]] = {
    "gilts": gilts,
    "dash": dash,
    "clearing": clearing,
    "as_large": as_large,
    "september": september,
}


if __name__ == "__main__":
    fill(PAGE, TABLES, sys.argv[1:])
