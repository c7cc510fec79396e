"""Liquidity on the way: free cash, use of the credit line, margin part by part, and the capital that it takes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl

from analysis import frames, numbers
from analysis.numbers import FloatArray, Number, Unit
from sim.dataset import Run

FULL = 1 - 1e-9  # share of the line beyond which it is used up; what is paid is rounded
MARGIN = {
    "initial_margin": "initial margin",
    "variation_margin": "variation margin (debt of the book and its swaps)",
    "short_sale_proceeds": "proceeds of short sales, kept by the lender",
}
LEVELS = (0.95, 0.99)
# Figure: column of the table `liquidity`, quantile over paths, unit, label.
_QUANTILES: dict[str, tuple[str, float, Unit, str]] = {
    "low_free_cash": ("low_free_cash", 0.5, "$", "Lowest free cash, median"),
    "low_free_cash_q05": ("low_free_cash", 0.05, "$", "Lowest free cash, 5 % quantile"),
    "peak_line_share": ("peak_line_share", 0.5, "share", "Peak use of the credit line, median"),
    "peak_line_share_q95": ("peak_line_share", 0.95, "share", "Peak use of the credit line, 95 % quantile"),
    **{f"peak_{n}": (f"peak_{n}", 0.5, "$", f"Peak {said.partition(' (')[0]}, median") for n, said in MARGIN.items()},
    **{
        f"survival_capital_{level * 100:.0f}": (
            "capital_needed",
            level,
            "$",
            f"Survival capital {level * 100:.0f} %, first order",
        )
        for level in LEVELS
    },
}
USED_UP = "line_used_up_rate"


@frames.once
def worst(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """The table `liquidity` of the desk, one row a path, sorted; empty where nobody lends to it.

    Of several desks, each figure is that of the desk that is worst off on the path: the lowest free cash, the largest
    share of its line, the largest part of a margin, the largest capital needed.
    """
    table = frames.table(run, "liquidity")
    if table is None:
        return pl.DataFrame()
    mine = table.filter(pl.col("agent").is_in(frames.desks(run, agent)), pl.col("world") == world)
    high = ("peak_line_share", *(f"peak_{name}" for name in MARGIN), "capital_needed")
    low = pl.col("low_free_cash")
    day = pl.col("low_free_cash_time").get(low.arg_min()).dt.date()
    return mine.group_by("path").agg(low.min(), pl.col(*high).max(), day=day).sort("path").collect()


def liquidity(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Lowest free cash, use of the line and peaks of the margin's parts, each path's worst close, then over paths.

    Free cash is cash and repo that are left after margin; below zero it is drawn from the line. `survival_capital_95`:
    the capital at which 95 % of the paths would never be reduced by force, first order: the market, and the P&L of the
    whole book, as they were in this run. `scenarios.survival_capital` runs the desk with that capital instead.
    Infinite (written n/a) where so many paths lose their whole book that the run does not say.
    NaN for a desk without a lender, and for a run of an older version.
    """
    found = worst(run, agent, world)
    figures = {}
    for name, (column, share, unit, label) in _QUANTILES.items():
        values = found[column].to_numpy() if found.height else np.empty(0)
        how = known_quantile if column == "capital_needed" else numbers.quantile
        figures[name] = how(values, share, unit, label)
        if name == "peak_line_share_q95":
            figures[USED_UP] = _used_up(found)
    return figures


def known_quantile(values: FloatArray, share: float, unit: Unit, label: str) -> Number:
    """The `share` quantile of values of which some are only known to be large (infinite).

    Infinite where it lies among these. Its error is None where one of the order statistics that give it is infinite.
    """
    finite = np.isfinite(values)
    if finite.all() or np.isnan(values).any():
        return numbers.quantile(values, share, unit, label)
    told = float(finite.mean())
    if told < share:
        return Number(value=math.inf, unit=unit, label=label)
    number = numbers.quantile(np.where(finite, values, values[finite].max()), share, unit, label)
    near = share + math.sqrt(share * (1 - share) / values.size)
    return number if near <= told else replace(number, error=None)


def _used_up(found: pl.DataFrame) -> Number:
    label = "Paths on which the credit line is used up"
    if not found.height:
        return Number(value=math.nan, unit="share", label=label)
    return numbers.share(int((found["peak_line_share"] >= FULL).sum()), found.height, label)


def usual_day(run: Run, *, agent: str | None = None, world: str = "actual") -> str:
    """The date on which free cash is most often lowest, as YYYY-MM-DD; the first where several are; "" for none."""
    found = worst(run, agent, world)
    return str(found["day"].mode().sort()[0]) if found.height else ""


def capital_needed(run: Run, agent: str | None, world: str) -> FloatArray:
    """(paths,) $: the capital with which each path would never be reduced by force, first order; NaN without a lender.

    Infinite for a path that loses its whole book. See `liquidity`.
    """
    found = worst(run, agent, world)
    if not found.height:
        return np.full(int(run.manifest["paths"]), np.nan)
    return found["capital_needed"].to_numpy()


@frames.once
def daily(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """time, and `<column>_q05` ... `_q95` over the witnesses of free_cash, line and the margin's parts, at closes.

    Several desks are added up. Empty where the run keeps no such rows: no lender, no witnesses, an older version.
    """
    table = frames.table(run, "funding")
    if table is None or "free_cash" not in table.collect_schema():
        return pl.DataFrame()
    columns = ("free_cash", "line", *MARGIN)
    mine = table.filter(pl.col("agent").is_in(frames.desks(run, agent)), pl.col("world") == world)
    of_desks = mine.group_by("time", "path").agg(pl.col(*columns).sum())
    return of_desks.group_by("time").agg(frames.quantiles(columns)).sort("time").collect()
