"""Forced reductions of a desk by its lender."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis import frames, numbers
from analysis.numbers import Number
from sim.dataset import Run

LABELS = {
    "reduced_rate": "Paths on which the lender took part of the book",
    "book_taken": "Share of the book taken by the end",
    "book_taken_q50": "Share of the book taken by the end, median",
}


def force(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Share of paths with a forced reduction, and share of the book taken by the end.

    Several desks together: paths on which any was reduced; the mean share of their books. NaN for a run of an older
    version, whose marks do not say.
    """
    kept = left(run, agent, world)
    if not kept.height:
        return {name: Number(value=math.nan, unit="share", label=label) for name, label in LABELS.items()}
    taken = 1.0 - kept["book_share"].to_numpy()
    return {
        "reduced_rate": numbers.share(int(np.count_nonzero(_reduced(kept))), taken.size, LABELS["reduced_rate"]),
        "book_taken": numbers.mean(taken, "share", LABELS["book_taken"]),
        "book_taken_q50": numbers.quantile(taken, 0.5, "share", LABELS["book_taken_q50"]),
    }


def reduced(run: Run, agent: str | None, world: str) -> NDArray[np.bool_]:
    """(paths,) whether the lender took part of the book; of several desks, of any. Empty if marks do not say."""
    return _reduced(left(run, agent, world))


def _reduced(left: pl.DataFrame) -> NDArray[np.bool_]:
    return np.asarray(left["least"].to_numpy() < 1.0)


@frames.once
def left(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """path, book_share (mean over the desks), least, at the last close, sorted by path."""
    marks = run.table("marks")
    if "book_share" not in marks.collect_schema():
        return pl.DataFrame(schema={"path": pl.Int32, "book_share": pl.Float64, "least": pl.Float64})
    mine = marks.filter(
        pl.col("agent").is_in(frames.desks(run, agent)),
        pl.col("world") == world,
        pl.col("time") == frames.last_close(run),
    )
    found = mine.group_by("path").agg(pl.col("book_share").mean(), least=pl.col("book_share").min())
    return found.sort("path").collect()
