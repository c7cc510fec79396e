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


@frames.told
def force(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Share of paths with a forced reduction, and share of the book taken by the end.

    Several desks together: paths on which any was reduced; the mean share of their books. NaN for a run of an older
    version, whose marks do not say.
    """
    held = int(np.count_nonzero(reduced(run, agent, world)))
    taken = frames.path_column(run, _left, "book_share", agent, world) if _told(run) else np.empty(0)
    if not taken.size:
        return {name: Number(value=math.nan, unit="share", label=label) for name, label in LABELS.items()}
    np.subtract(1.0, taken, out=taken)
    return {
        "reduced_rate": numbers.share(held, taken.size, LABELS["reduced_rate"]),
        "book_taken": numbers.mean(taken, "share", LABELS["book_taken"]),
        "book_taken_q50": numbers.quantile(taken, 0.5, "share", LABELS["book_taken_q50"]),
    }


def reduced(run: Run, agent: str | None, world: str) -> NDArray[np.bool_]:
    """(paths,) whether the lender took part of the book; of several desks, of any. Empty if marks do not say."""
    return frames.path_column(run, _left, "least", agent, world) < 1.0 if _told(run) else np.empty(0, dtype=np.bool_)


def left(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """path, book_share (mean over the desks), least, at the last close, sorted by path."""
    if not _told(run):
        return pl.DataFrame(schema={"path": pl.Int32, "book_share": pl.Float64, "least": pl.Float64})
    return frames.whole(run, _left, agent, world)


def _told(run: Run) -> bool:
    return "book_share" in run.table("marks").collect_schema()


def _left(run: Run, agent: str | None, world: str) -> pl.LazyFrame:
    desks, share = frames.desks(run, agent), pl.col("book_share")
    mine = run.table("marks", world).filter(pl.col("agent").is_in(desks), pl.col("time") == frames.last_close(run))
    if len(desks) == 1:
        return mine.select("path", "book_share", least=share)
    return mine.group_by("path").agg(share.mean(), least=share.min())
