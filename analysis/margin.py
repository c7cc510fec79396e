"""Initial margin through a run: how far and how fast it rises, what it covers, and what is called.

The measures are those of Murphy, Vasios and Vause (2014), An investigation into the procyclicality of risk-based
initial margin models, Bank of England Financial Stability Paper 29.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from analysis import frames, numbers
from analysis.numbers import FloatArray, Number
from sim.dataset import Run
from sim.errors import UserError

LEAST = 0.01  # share of the book: with less left its margin says nothing
LABELS: dict[str, tuple[str, str]] = {  # unit and label by figure
    "first": ("$", "Margin at the first close"),
    "peak": ("$", "Largest margin"),
    "peak_over_first": ("multiple", "Largest margin over the first"),
    "peak_to_trough": ("multiple", "Largest margin over the least before it"),
    "largest_rise": ("$", "Largest rise of margin within the days given"),
    "called": ("$", "Margin called in all: sum of the days' rises"),
    "coverage": ("share", "Closes whose margin covers the loss of the days after it"),
}


def largest_rise(margin: FloatArray, days: int) -> FloatArray:
    """Largest rise within exactly `days` days, (closes, ...) -> (...); NaN where there are fewer closes."""
    if len(margin) <= days:
        return np.full(margin.shape[1:], np.nan)
    return np.asarray(np.fmax.reduce(margin[days:] - margin[:-days], axis=0))


def peak_over_first(margin: FloatArray) -> FloatArray:
    """Largest margin over that of the first close, (closes, ...) -> (...)."""
    return np.asarray(np.fmax.reduce(margin, axis=0) / margin[0])


def peak_to_trough(margin: FloatArray) -> FloatArray:
    """The largest ratio of a close's margin to the least one up to it, (closes, ...) -> (...)."""
    known = np.where(np.isnan(margin), np.inf, margin)
    least = np.minimum.accumulate(known, axis=0)
    return np.asarray(np.fmax.reduce(np.where(least > 0, margin / np.where(least > 0, least, 1.0), np.nan), axis=0))


def breaches(losses: FloatArray, margin: FloatArray) -> int:
    """How many losses exceed the margin that stood before each."""
    return int((losses > margin).sum())


def measures(run: Run, *, agent: str | None = None, world: str = "actual", days: int = 10) -> dict[str, Number]:
    """Figures of a desk's initial margin, means over the witnesses (`LABELS` has what each is).

    Margin and losses are those of the whole book: divided by the share that is left; a path counts while that is above
    1 %. Losses are the desk's own P&L, hedging meanwhile, over `days` days.

    Raises UserError for a desk that no lender margins, or fewer than one day.
    """
    if days < 1:
        raise UserError("a rise of margin is over a day or more", value=days, place="days", remedy="write 5")
    margin, pnl = paths(run, agent=agent, world=world)
    found = {
        "first": margin[0],
        "peak": np.fmax.reduce(margin, axis=0),
        "peak_over_first": peak_over_first(margin),
        "peak_to_trough": peak_to_trough(margin),
        "largest_rise": largest_rise(margin, days),
        "called": np.nansum(np.maximum(np.diff(margin, axis=0), 0.0), axis=0),
        "coverage": coverage(margin, pnl, days),
    }
    return {name: _mean(values, *LABELS[name]) for name, values in found.items()}


def paths(run: Run, *, agent: str | None = None, world: str = "actual") -> tuple[FloatArray, FloatArray]:
    """Initial margin and P&L of the whole book by close and witness, (closes, paths) $ each; NaN once it is gone."""
    desk = _desk(run, agent)
    funding = frames.table(run, "funding")
    assert funding is not None, "a run has a table of funding"
    mine = (pl.col("agent") == desk, pl.col("world") == frames.check_world(run, world))
    asked = funding.filter(*mine).select("time", "path", "initial_margin").collect()
    if asked.is_empty():
        rule, remedy = "no lender margins this desk, or there are no witnesses", "give it a FundingDesk, witnesses > 0"
        raise UserError(rule, value=desk, place=str(run.path), remedy=remedy)
    marks = run.marks.filter(*mine).select("time", "path", "pnl", "book_share").collect()
    both = asked.join(marks, on=["time", "path"]).sort("time", "path")
    shape = both["time"].n_unique(), both["path"].n_unique()
    margin, pnl, share = (both[name].to_numpy().reshape(shape) for name in ("initial_margin", "pnl", "book_share"))
    left = np.where(share > LEAST, share, np.nan)
    whole = np.diff(pnl, axis=0, prepend=pnl[:1]) / np.concatenate([left[:1], left[:-1]])
    return margin / left, np.cumsum(whole, axis=0)


def daily(run: Run, *, agent: str | None = None, world: str = "actual") -> pl.DataFrame:
    """Mean initial margin by close over the witnesses, $: time, margin, error."""
    funding = frames.table(run, "funding")
    assert funding is not None, "a run has a table of funding"
    mine = (pl.col("agent") == _desk(run, agent), pl.col("world") == frames.check_world(run, world))
    root = pl.len().sqrt()
    margin = pl.col("initial_margin")
    figures = (margin.mean().alias("margin"), (margin.std() / root).alias("error"))
    return funding.filter(*mine).group_by("time").agg(*figures).sort("time").collect()


def _desk(run: Run, agent: str | None) -> str:
    desks = frames.desks(run, agent)
    if not desks:
        raise UserError("a run has no hedging desk", place=str(run.path), remedy="choose one with a Hedger")
    return desks[0]


def coverage(margin: FloatArray, pnl: FloatArray, days: int) -> FloatArray:
    """Share of closes, a path, whose margin is not exceeded by the loss of the next `days` days; NaN without any."""
    if len(margin) <= days:
        return np.full(margin.shape[1], np.nan)
    loss, held = pnl[:-days] - pnl[days:], margin[:-days]
    known = np.isfinite(loss) & np.isfinite(held)
    count = known.sum(axis=0)
    covered = (known & (loss <= held)).sum(axis=0)
    return np.where(count > 0, covered / np.where(count > 0, count, 1), np.nan)


def _mean(values: FloatArray, unit: str, label: str) -> Number:
    known = values[np.isfinite(values)]
    if not known.size:
        return Number(value=math.nan, unit=unit, label=label)  # type: ignore[arg-type]
    return numbers.mean(known, unit, label)  # type: ignore[arg-type]
