"""P&L of a desk: attribution totals, hedged against unhedged, tail risk, survival."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import polars as pl

from analysis import frames, numbers, parts
from analysis.horizon import OVER_THE_RUN
from analysis.numbers import FloatArray, Number
from sim.dataset import Run
from sim.estimate import Estimate, pulls_kept
from sim.figure_text import percent
from sim.ranks import quantiles

TAILS = (0.95, 0.99)


def column(run: Run, agent: str | None, world: str, name: str) -> FloatArray:
    """(paths,) the desk's value of a `marks` column at the last close."""
    return frames.path_column(run, frames.last_marks, name, agent, world)


def cost(run: Run, agent: str | None, world: str, name: str) -> FloatArray:
    """(paths,) $, costs positive: a part of the loss, a sub-total, or the cost of survival, see `analysis.parts`."""
    return column(run, agent, world, parts.column_of(name))


def attribution(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Mean over paths of each component of the P&L in all, gains positive; the components add up to `pnl`."""
    names = _components(run)
    return {c: numbers.mean(column(run, agent, world, c), "$", names[c]) for c in frames.gains(run)}


@frames.shown
def attribution_table(run: Run, *, agent: str | None = None, world: str = "actual") -> pl.DataFrame:
    """Component, mean, its standard error, and the 5, 50 and 95 % quantiles over paths, all in $."""
    rows = []
    for c, label in _components(run).items():
        rows.append((c, label, *_told(column(run, agent, world, c))))
    return pl.DataFrame(rows, schema=["component", "label", "mean", "error", "q05", "q50", "q95"], orient="row")


def _told(values: FloatArray) -> tuple[float | None, ...]:
    """Mean, its error, and the 5, 50 and 95 % quantiles."""
    mean = Estimate.mean(values)
    return mean.value, mean.error, *quantiles(values, (0.05, 0.5, 0.95))


def _components(run: Run) -> dict[str, str]:
    """Labels of the components, of the P&L and of that of the whole book, by column of `marks`."""
    schema = parts.schema_of(run)
    labels = {column.name: column.label for column in schema.loss.columns}
    return labels | {c: schema.column("marks", c).label for c in (schema.loss.column, "unhedged_pnl")}


def value_at_risk(pnl: FloatArray, level: float, label: str = "") -> Number:
    """Loss exceeded with probability 1 - level: minus the (1 - level) quantile of the P&L, $ (a loss is positive)."""
    low = numbers.quantile(pnl, 1 - level, "$", label or f"VaR {percent(level, 0)}")
    return Number(value=-low.value, unit="$", label=low.label, error=low.error)


def expected_shortfall(pnl: FloatArray, level: float, label: str = "") -> Number:
    """Average loss in the worst 1 - level of the paths, $ (losses positive); the path at the boundary counts in part.

    Acerbi and Tasche (2002), "On the coherence of expected shortfall", J. Banking & Finance 26. The influence of a path
    is (loss - VaR)^+ / (1 - level) less its mean: Rockafellar and Uryasev (2000), J. Risk 2, give ES as VaR + mean of
    (loss - VaR)^+ / (1 - level), which is flat in VaR, so the VaR's own error adds nothing. The error is
    sqrt((var of the tail + level (ES - VaR)^2) / (n (1 - level))), Manistre and Hancock (2005), NAAJ 9: that of the
    influence, but with the sample variance (ddof 1) of the few paths in the tail.
    """
    label = label or f"ES {percent(level, 0)}"
    if pnl.size == 0:
        return Number(value=math.nan, unit="$", label=label)
    weight = (1 - level) * pnl.size  # number of paths in the tail, perhaps fractional
    whole = min(int(weight + 1e-9), pnl.size)
    losses = _largest(-pnl, min(whole + 1, pnl.size))
    edge, part = losses[-1], max(weight - whole, 0.0)
    value = float((losses[:whole].sum() + part * edge) / weight)
    pull = _centred(np.maximum(-pnl - edge, 0.0) / (1 - level)) if pulls_kept() else np.empty(0)
    if whole < 2:
        return Number(value=value, unit="$", label=label, pull=pull)
    error = math.sqrt((float(losses[:whole].var(ddof=1)) + level * (value - float(edge)) ** 2) / weight)
    return Number(value=value, unit="$", label=label, error=error, pull=pull)


def _centred(values: FloatArray) -> FloatArray:
    return np.asarray(values - values.mean())


def _largest(losses: FloatArray, many: int) -> FloatArray:
    """So many of the largest losses, descending; the others are put in another order."""
    losses.partition(losses.size - many)
    return np.sort(losses[-many:])[::-1]


@frames.told
def risk(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """VaR and ES at 95 and 99 % of the desk's P&L over the run, hedged and unhedged."""
    found: dict[str, Number] = {}
    for prefix, name, what in (("", "pnl", "hedged"), ("unhedged_", "unhedged_pnl", "whole book unhedged")):
        found |= _tails(column(run, agent, world, name), prefix, what)
    return found


def _tails(pnl: FloatArray, prefix: str, what: str) -> dict[str, Number]:
    found: dict[str, Number] = {}
    for level in TAILS:
        tail = percent(level, 0)
        found[f"{prefix}var_{level * 100:.0f}"] = value_at_risk(pnl, level, f"VaR {tail} {OVER_THE_RUN}, {what}")
        label = f"ES {tail} {OVER_THE_RUN}, {what}"
        found[f"{prefix}es_{level * 100:.0f}"] = expected_shortfall(pnl, level, label)
    return found


@frames.shown
def distribution(run: Run, agent: str | None, world: str, other: str | None, bins: int) -> pl.DataFrame:
    """low, high, hedged, unhedged: shares of paths by the P&L at the end, in equal bins from the lowest to the highest.

    Unhedged is the same desk in the world `other`; the whole book marked alone where that is None.
    """
    mine = column(run, agent, world, "pnl")
    bare = column(run, agent, world, "unhedged_pnl") if other is None else column(run, agent, other, "pnl")
    low, high = float(min(mine.min(), bare.min())), float(max(mine.max(), bare.max()))
    if high - low < 1e-9 * max(abs(low), abs(high), 1.0):
        low, high = low - 0.5, high + 0.5  # one bin of $1 around a single value
    edges = np.linspace(low, high, bins + 1)
    shares = {name: np.histogram(v, edges)[0] / v.size for name, v in (("hedged", mine), ("unhedged", bare))}
    return pl.DataFrame({"low": edges[:-1], "high": edges[1:], **shares})


@frames.told
def survival(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Share of paths on which the desk was never liquidated, and share on which it defaulted."""
    flagged = frames.first_falls(run, agent).filter(pl.col("world") == world)
    paths = int(run.manifest["paths"])
    fallen = flagged.height
    defaulted = int(flagged["defaulted"].sum())
    return {
        "survival_rate": numbers.share(paths - fallen, paths, "Survival rate"),
        "default_rate": numbers.share(defaulted, paths, "Default rate"),
    }


def liquidation(run: Run, *, agent: str | None = None, world: str = "actual") -> Number:
    """Share of paths on which the desk is liquidated: 1 - survival rate, with the same error."""
    alive = survival(run, agent=agent, world=world)["survival_rate"]
    return Number(value=1 - alive.value, unit="share", label="Liquidation rate", error=alive.error)


@frames.shown
def survival_curve(run: Run, *, agent: str | None = None, world: str = "actual") -> pl.DataFrame:
    """time, alive: share of paths not liquidated up to and including each close."""
    flagged = frames.first_falls(run, agent).filter(pl.col("world") == world)
    times = frames.mark_times(run, world)
    first = np.sort(flagged["time"].to_numpy())
    fallen = np.searchsorted(first, times.to_numpy(), side="right")
    return pl.DataFrame({"time": times, "alive": 1.0 - fallen / int(run.manifest["paths"])})


@frames.shown
def of_cast(run: Run, world: str) -> pl.DataFrame:
    """agent, pnl, error, q05, q95, equity, fallen: every agent at the last close, one row each, $.

    Mean, its error and quantiles of the P&L; the median equity; on how many paths it was ever liquidated or in default.
    """
    down, rows = _fallen(run, world), []
    for name in frames.cast(run):
        mean, error, low, _, high = _told(frames.path_column(run, _ends, "pnl", world, name))
        equity = float(np.median(frames.path_column(run, _ends, "equity", world, name), overwrite_input=True))
        rows.append((name, mean, error, low, high, equity, down.get(name, 0)))
    return pl.DataFrame(rows, schema=["agent", "pnl", "error", "q05", "q95", "equity", "fallen"], orient="row")


def _ends(run: Run, world: str, name: str) -> pl.LazyFrame:
    """path, pnl, equity of an agent at the last close."""
    mine = (pl.col("time") == frames.last_close(run), pl.col("agent") == name)
    return run.table("marks", world).filter(*mine).select("path", "pnl", "equity")


def _fallen(run: Run, world: str) -> dict[str, int]:
    """By agent: paths on which it was ever flagged as liquidated or in default."""
    flagged = run.chunks(frames.DESKS if frames.DESKS in run.tables else "marks", world)  # only desks are
    down: Counter[str] = Counter()
    for rows in flagged:
        fallen = rows.filter(pl.col("liquidated") | pl.col("defaulted"))
        down.update(dict(fallen.group_by("agent").agg(pl.col("path").n_unique()).collect().iter_rows()))
    return down
