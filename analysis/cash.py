"""Liquidity during the run: free cash, use of the credit line, margin part by part, and the capital needed."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl

from analysis import frames, numbers
from analysis.numbers import FloatArray, Number
from analysis.parts import schema_of
from sim.columns import Unit
from sim.dataset import Run
from sim.estimate import REACH, pulls_kept
from sim.figure_text import percent

TABLE = "liquidity"
FULL = 1 - 1e-9  # share of the line beyond which it counts as used up, because of rounding
MARGIN = ("initial_margin", "variation_margin", "short_sale_proceeds")
LEVELS = (0.95, 0.99)
QUANTILES = (  # figure, column of the table `liquidity`, quantile over paths
    ("low_free_cash", "low_free_cash", 0.5),
    ("low_free_cash_q05", "low_free_cash", 0.05),
    ("peak_line_share", "peak_line_share", 0.5),
    ("peak_line_share_q95", "peak_line_share", 0.95),
    *((f"peak_{name}", f"peak_{name}", 0.5) for name in MARGIN),
)
USED_UP = "line_used_up_rate"


def worst(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """The table `liquidity` of the desk, one row a path, sorted; empty if nobody lends to it.

    Of several desks, each figure is that of the worst desk on the path: the lowest free cash, the largest
    share of its line, the largest part of a margin, the largest capital needed.
    """
    return frames.whole(run, _worst, agent, world) if TABLE in run.tables else pl.DataFrame()


def _worst(run: Run, agent: str | None, world: str) -> pl.LazyFrame:
    desks = frames.desks(run, agent)
    mine = run.table(TABLE, world).filter(pl.col("agent").is_in(desks))
    high = ("peak_line_share", *(f"peak_{name}" for name in MARGIN), "capital_needed")
    low, day = pl.col("low_free_cash"), pl.col("low_free_cash_time")
    if len(desks) == 1:
        return mine.select("path", low, *high, day=day.dt.date())
    return mine.group_by("path").agg(low.min(), pl.col(*high).max(), day=day.get(low.arg_min()).dt.date())


def _values(run: Run, agent: str | None, world: str, column: str) -> FloatArray:
    """(paths,) of `worst`; empty without a lender."""
    return frames.path_column(run, _worst, column, agent, world) if TABLE in run.tables else np.empty(0)


@frames.told
def liquidity(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Lowest free cash, use of the line and peaks of the margin's parts, each path's worst close, then over paths.

    Free cash is cash and repo left after margin; a negative amount is drawn from the line. `survival_capital_95`:
    the capital at which 95 % of the paths would never be reduced by force, to first order: with the market and the P&L
    of the whole book as in this run. `scenarios.survival_capital` runs the desk with that capital instead. Infinite
    (written n/a) if too many paths lose their whole book to tell. NaN for a desk without a lender, and for a run of an
    older version.
    """
    schema = schema_of(run)
    values = partial(_values, run, agent, world)

    figures = {}
    for name, source, share in QUANTILES:
        column = schema.column("liquidity", source)
        label = f"{column.label}, {numbers.quantile_name(share)}"
        figures[name] = numbers.quantile(values(source), share, column.unit or "number", label)
        if name == "peak_line_share_q95":
            figures[USED_UP] = _used_up(values(source))
    needed = schema.column("liquidity", "capital_needed")
    for level in LEVELS:
        label = f"{needed.label} {percent(level, 0)}, first order"
        figures[f"survival_capital_{level * 100:.0f}"] = known_quantile(values(needed.name), level, "$", label)
    return figures


def known_quantile(values: FloatArray, share: float, unit: Unit, label: str) -> Number:
    """The `share` quantile of values, some of which are infinite (unknown, but large).

    Infinite if it is one of these. Its error is None if an order statistic used for it is infinite.
    """
    finite = np.isfinite(values)
    if finite.all() or np.isnan(values).any():
        return numbers.quantile(values, share, unit, label)
    told, unknown = float(finite.mean()), np.full(values.size if pulls_kept() else 0, math.nan)
    if told < share:
        return Number(value=math.inf, unit=unit, label=label, pull=unknown)
    number = numbers.quantile(np.where(finite, values, values.max(where=finite, initial=-math.inf)), share, unit, label)
    near = share + REACH * math.sqrt(share * (1 - share) / values.size)
    return number if near <= told else replace(number, error=None, pull=unknown)


def _used_up(share_of_line: FloatArray) -> Number:
    label = "Paths on which the credit line is used up"
    if not share_of_line.size:
        return Number(value=math.nan, unit="share", label=label)
    return numbers.share(int((share_of_line >= FULL).sum()), share_of_line.size, label)


@frames.shown
def usual_day(run: Run, *, agent: str | None = None, world: str = "actual") -> str:
    """The date on which free cash is most often lowest, as YYYY-MM-DD; the first where several are; "" for none."""
    if TABLE not in run.tables:
        return ""
    parts = [_worst(part, agent, world).group_by("day").len("paths").collect() for part in frames.chunks_of(run)]
    days = pl.concat(parts).group_by("day").agg(pl.col("paths").sum()).sort(-pl.col("paths").cast(pl.Int64), "day")
    return str(days["day"][0]) if days.height else ""


def capital_needed(run: Run, agent: str | None, world: str) -> FloatArray:
    """(paths,) $: the capital with which each path would never be reduced by force, first order; NaN without a lender.

    Infinite for a path that loses its whole book. See `liquidity`.
    """
    found = _values(run, agent, world, "capital_needed")
    return found if found.size else np.full(frames.paths_of(run), np.nan)


@frames.once
def daily(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """time, and `<column>_q05` ... `_q95` over the witnesses of free_cash, line and the margin's parts, at closes.

    Several desks are added up. Empty if the run keeps no such rows: no lender, no witnesses, an older version.
    """
    table = frames.table(run, "funding", world)
    if table is None or "free_cash" not in table.collect_schema():
        return pl.DataFrame()
    columns = ("free_cash", "line", *MARGIN)
    names = frames.desks(run, agent)
    mine = table.filter(pl.col("agent").is_in(names))
    of_desks = mine.group_by("time", "path").agg(frames.added(names, columns))
    return of_desks.group_by("time").agg(frames.quantiles(columns)).sort("time").collect()
