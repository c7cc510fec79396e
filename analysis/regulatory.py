"""Required capital of a desk against its equity, close by close."""

from __future__ import annotations

import polars as pl

from analysis import frames, numbers
from analysis.numbers import Number
from sim.dataset import Run

TABLE = "capital"
LABELS = {
    "capital_required": "Peak of capital required, median",
    "capital_use": "Peak of requirement over equity, median",
    "capital_short": "Paths on which equity was below the capital required",
}


@frames.told
def capital(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """`capital_required`: peak of each path, median; `capital_use`: largest requirement over equity, median;
    `capital_short`: share of paths on which equity was ever too little. Empty where nobody limits the desk's capital.
    """
    mine = _mine(run, agent, world)
    if mine is None:
        return {}
    use = pl.when(pl.col("equity") > 0).then(pl.col("required") / pl.col("equity")).otherwise(float("inf"))
    worst = mine.group_by("path").agg(pl.col("required").max(), use=use.max(), short=(use > 1).any()).sort("path")
    paths = worst.collect()
    if not paths.height:
        return {}
    required, most = (paths[name].to_numpy() for name in ("required", "use"))
    return {
        "capital_required": numbers.quantile(required, 0.5, "$", LABELS["capital_required"]),
        "capital_use": numbers.quantile(most, 0.5, "share", LABELS["capital_use"]),
        "capital_short": numbers.share(int(paths["short"].sum()), paths.height, LABELS["capital_short"]),
    }


@frames.shown
def daily(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """time, and quantiles `equity_q05` ... `required_q95` over paths; no rows where there is no limit."""
    mine = _mine(run, agent, world)
    if mine is None:
        return pl.DataFrame()
    return mine.group_by("time").agg(frames.quantiles(("equity", "required"))).sort("time").collect()


def _mine(run: Run, agent: str | None, world: str) -> pl.LazyFrame | None:
    """path, time, required, equity of the desk, for "all" added up; None without the table."""
    found = frames.table(run, TABLE)
    if found is None:
        return None
    names = frames.desks(run, agent)
    chosen = found.filter(pl.col("agent").is_in(names) & (pl.col("world") == world))
    return chosen.group_by("path", "time").agg(frames.added(names, ("required", "equity")))
