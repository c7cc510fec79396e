"""What a lender took from a desk by force."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from analysis import frames, numbers
from analysis.numbers import Number
from sim.dataset import Run

LABELS = {
    "reduced_rate": "Paths on which the lender took part of the book",
    "book_taken": "Share of the book taken by the end",
    "book_taken_q50": "Share of the book taken by the end, median",
}


def force(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Share of paths on which part of the book was taken by force, and how much of it was gone at the end.

    Several desks together: paths on which any was reduced; the mean share of their books. NaN for a run of an older
    version, whose marks do not say.
    """
    names, last = frames.desks(run, agent), frames.last_close(run)
    marks = run.table("marks")
    if "book_share" not in marks.collect_schema():
        return {name: Number(value=math.nan, unit="share", label=label) for name, label in LABELS.items()}
    mine = marks.filter(pl.col("agent").is_in(names), pl.col("world") == world, pl.col("time") == last)
    left = mine.group_by("path").agg(pl.col("book_share").mean(), least=pl.col("book_share").min()).collect()
    taken = 1.0 - left["book_share"].to_numpy()
    reduced = int(np.count_nonzero(left["least"].to_numpy() < 1.0))
    return {
        "reduced_rate": numbers.share(reduced, taken.size, LABELS["reduced_rate"]),
        "book_taken": numbers.mean(taken, "share", LABELS["book_taken"]),
        "book_taken_q50": numbers.quantile(taken, 0.5, "share", LABELS["book_taken_q50"]),
    }
