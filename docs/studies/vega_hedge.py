"""What would it have cost and saved to buy vega back in March 2020? Fills the tables of its page.

`make studies` runs it; `python docs/studies/vega_hedge.py shares` fills one table.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from tables import fill, markdown

from analysis.numbers import mean
from scenarios import from_dict, load, run
from sim.dataset import Run

PAGE = Path(__file__).with_name("vega_hedge.md")
PATHS = 400
SHARES = (0.0, 0.25, 0.5, 1.0)
Vector = NDArray[np.float64]

# Puts of three months, 5 % out of the money, struck anew once a week, and straddles of a month.
OPTIONS: dict[str, Any] = {
    "p3": {"kind": "put", "moneyness": 0.95, "expiry_months": 3, "roll_days": 5, "smile": "roll"},
    "s1": {"kind": "straddle", "expiry_months": 1, "roll_days": 5, "smile": "roll"},
}
DEALER = {"type": "OptionMaker", "capital": 3e9, "venues": ["p3", "s1"], "vega_limit": 1e8, "gamma_limit": 2e10}
PARTS = {
    "convexity": ("gamma", "hedge_gamma"),
    "carry": ("theta", "hedge_theta"),
    "slippage": ("delta", "hedge"),
    "re-marking": ("vega", "hedge_vega"),
    "rates": ("rates", "hedge_rates"),
    "liquidity tax": ("spread_cost_calm", "spread_cost_crisis", "impact_cost", "netting_gain"),
    "close-outs and funding": ("closeout_cost", "funding_overnight", "funding_credit"),
}


@cache
def made(share: float, target: str) -> Run:
    """The covid crash with listed options, of which the desk buys back a share of its risk."""
    tables = load("covid_crash_2020").to_dict()
    tables["market"]["options"] = OPTIONS
    venues = ["p3", "s1"] if target == "both" else ["p3"]
    tables["agents"]["dealer"] = DEALER
    tables["agents"]["hedger"]["option_leg"] = {"venues": venues, "target": target, "share": share}
    out = Path("runs/vega_hedge") / f"{target}-{share:g}"
    return run(from_dict(tables), paths=PATHS, witnesses=0, twin="none", unhedged=False, out=out, workers=1)


def last(of: Run, agent: str, columns: Sequence[str]) -> Vector:
    """The loss by columns of `marks` at the end, (paths,) $."""
    marks = of.marks.filter(pl.col("agent") == agent, pl.col("world") == "actual").sort("path", "time")
    ends = marks.group_by("path", maintain_order=True).last().select(columns).collect()
    found: Vector = -ends.to_numpy().astype(np.float64).sum(axis=1)
    return found


def losses(target: str) -> str:
    """Parts of the desk's loss at share 0, and by how much they differ on the same noise at the others."""
    rows = []
    for name, columns in {**PARTS, "loss": ("pnl",)}.items():
        bare = last(made(0.0, target), "hedger", columns)
        rows.append(
            (name, _told(bare), *(_told(last(made(s, target), "hedger", columns) - bare, "+") for s in SHARES[1:]))
        )
    return markdown(("", "nothing bought back", *(f"{share:.0%}" for share in SHARES[1:])), rows)


def outcomes() -> str:
    """Tail, force and the other side, by target and share."""
    rows = []
    for target in ("vega", "both"):
        for share in SHARES:
            of = made(share, target)
            loss = last(of, "hedger", ("pnl",))
            taken = last(of, "hedger", ("book_share",)) + 1.0
            dealer = last(of, "dealer", ("pnl",))
            tail = np.sort(loss)[-PATHS // 20 :]
            figures = _told(loss), f"{tail.mean() / 1e6:,.0f}m", _told(taken, unit="share"), _told(dealer)
            rows.append((target, f"{share:.0%}", *figures))
    head = (
        "target",
        "bought back",
        "mean loss",
        "ES 95 % of the loss, $",
        "book taken by the lender",
        "the dealer loses",
    )
    return markdown(head, rows)


def _told(sample: Vector, sign: str = "", unit: Any = "$") -> str:
    """The mean with its standard error."""
    found = mean(sample, unit, "")
    text = str(found)
    return f"+{text}" if sign and found.value > 0 else text


TABLES = {"shares": lambda: losses("vega"), "both": lambda: losses("both"), "outcomes": outcomes}

if __name__ == "__main__":
    fill(PAGE, TABLES, sys.argv[1:])
