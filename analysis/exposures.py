"""What a desk's counterparty owes through a run: expected and potential exposure, CVA, and what its default takes."""

from __future__ import annotations

import polars as pl

from analysis import frames, numbers
from analysis.numbers import Number, named
from sim.dataset import Run
from sim.errors import UserError
from sim.estimate import Estimate

TABLE, AHEAD = "exposure", "expected_exposure"
LEVEL = 0.975  # of potential exposure
LABELS = {
    "expected_exposure": "Expected exposure, mean over the run (EPE)",
    "potential_exposure": "Potential exposure (97.5 %), largest of a close",
    "cva_at_start": "CVA at the start",
    "counterparty_defaults": "Paths on which the counterparty defaults",
    "counterparty_lost": "Lost by its default, mean",
    "wrong_way": "Exposure met by a default over the mean exposure of its day",
}
DAYS = ("time", "paths", "expected", "expected_error", "potential", "potential_error", "cva", "cva_error", "defaults")


@frames.told
def counterparty(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """The figures of `LABELS`; empty where the desk's book has no counterparty.

    Exposures are over paths on which the counterparty lives. `wrong_way` is 1 where defaults do not depend on exposure.
    """
    mine = _mine(run, agent, world)
    if mine is None or not mine.height:
        return {}
    living = mine.filter(~pl.col("ended"))
    each = living.group_by("path").agg(pl.col("exposure").mean()).sort("path")["exposure"].to_numpy()
    first, last = (mine.filter(pl.col("time") == time) for time in (mine["time"].min(), mine["time"].max()))
    found = {
        "expected_exposure": numbers.mean(each, "$", LABELS["expected_exposure"]),
        "potential_exposure": _highest(living),
        "cva_at_start": Number(value=float(first["cva"][0]), unit="$", label=LABELS["cva_at_start"]),
        "counterparty_defaults": numbers.share(int(last["ended"].sum()), last.height, LABELS["counterparty_defaults"]),
        "counterparty_lost": numbers.mean(last["lost"].to_numpy(), "$", LABELS["counterparty_lost"]),
    }
    return found | _wrong_way(mine)


@frames.shown
def by_day(run: Run, *, agent: str | None = None, world: str = "actual", level: float = LEVEL) -> pl.DataFrame:
    """`DAYS` by close: expected exposure, the quantile of exposure at `level`, mean CVA, each with its standard error.

    Raises UserError for a level that is no probability, or a desk whose book has no counterparty.
    """
    if not 0.0 < level < 1.0:
        raise UserError("a level lies between 0 and 1", value=level, place="level", remedy="0.975 is usual")
    mine = _mine(run, agent, world)
    if mine is None or not mine.height:
        rule, remedy = "no counterparty of this desk in the run", 'give it one: counterparty = { credit = "acme" }'
        raise UserError(rule, value=frames.desk_name(run, agent), place=str(run.path), remedy=remedy)
    rows, size = [], mine["path"].n_unique()
    for (time,), day in mine.sort("time", "path").group_by("time", maintain_order=True):
        alive = day.filter(~pl.col("ended"))
        seen, cva = (alive[name].to_numpy() for name in ("exposure", "cva"))
        ee, pfe, cost = Estimate.mean(seen), Estimate.quantile(seen, level), Estimate.mean(cva)
        figures = (ee.value, ee.error, pfe.value, pfe.error, cost.value, cost.error)
        rows.append((time, alive.height, *figures, 1 - alive.height / size))
    return pl.DataFrame(rows, schema=list(DAYS), orient="row")


def ahead(run: Run, *, agent: str | None = None) -> pl.DataFrame:
    """Expected exposures as of the start, to the end of the book: years, expected (discounted $), died, cost ($)."""
    found = frames.table(run, AHEAD)
    if found is None:
        return pl.DataFrame(schema={"years": pl.Float64, "expected": pl.Float64})
    mine = found.filter(pl.col("agent").is_in(frames.desks(run, agent)), pl.col("world") == "actual")
    return mine.select("agent", "years", "expected", "died", "cost").sort("agent", "years").collect()


def _highest(living: pl.DataFrame) -> Number:
    """The largest quantile of a close, with the error of that close."""
    days = living.group_by("time").agg(pl.col("exposure").quantile(LEVEL, "linear")).sort("exposure", "time")
    if not days.height:
        return Number(value=0.0, unit="$", label=LABELS["potential_exposure"])
    seen = living.filter(pl.col("time") == days["time"][-1])["exposure"].to_numpy()
    return named(Estimate.quantile(seen, LEVEL), "$", LABELS["potential_exposure"])


def _wrong_way(mine: pl.DataFrame) -> dict[str, Number]:
    """Exposure met by each default over the mean of all that lived until then; left out where no default met any."""
    died = mine.filter("ended").group_by("path").agg(died=pl.col("time").min())
    all_ = mine.join(died, on="path", how="left").filter(pl.col("died").is_null() | (pl.col("time") <= pl.col("died")))
    open_ = pl.when("ended").then("met").otherwise("exposure")
    usual = all_.group_by("time").agg(usual=open_.mean())
    both = all_.filter("ended").join(usual, on="time").sort("path")
    met, mean = both["met"].to_numpy(), both["usual"].to_numpy()
    if met.size < 2 or not mean.sum() > 0:
        return {}
    return {"wrong_way": named(Estimate.ratio(met, mean), "multiple", LABELS["wrong_way"])}


def _mine(run: Run, agent: str | None, world: str) -> pl.DataFrame | None:
    """The table of the desk, for "all" added up, by path and time; None without it."""
    found, world = frames.table(run, TABLE), frames.check_world(run, world)
    if found is None:
        return None
    names = frames.desks(run, agent)
    chosen = found.filter(pl.col("agent").is_in(names), pl.col("world") == world)
    sums = frames.added(names, ("value", "exposure", "cva", "met", "lost"))
    return chosen.group_by("path", "time").agg(*sums, pl.col("ended").all()).sort("time", "path").collect()
