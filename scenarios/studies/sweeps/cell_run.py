"""Running one cell: the same code in this process, in a worker of the pool, and on a cluster."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.studies.sweeps.cells import Cell
from scenarios.studies.sweeps.fingerprint import fingerprint
from sim.errors import SpiralError
from sim.sweep_manifest import PATHS

if TYPE_CHECKING:
    import polars as pl

    from sim.dataset import Run

DONE, FAILED = "done", "failed"
MEASURED = ("marks", "peaks", "margin_calls", "liquidity")  # the tables that a summary reads
PER_PATH = ("pnl", "unhedged_pnl", "drawdown")  # one number a path, beside the figures
Share = Callable[[float], None]  # called with the share of the cell that is done


@dataclass(frozen=True)
class CellResult:
    """The result of a cell: its metrics by world with their standard errors, and the desk's result on every path."""

    index: int
    status: str
    engine: str  # fingerprint
    seconds: float
    error: str | None = None
    metrics: dict[str, tuple[float, float | None]] = field(default_factory=dict)  # the twin's begin with `twin_`
    labels: dict[str, dict[str, str]] = field(default_factory=dict)  # of each metric: label and unit
    paths: pl.DataFrame | None = None  # world, path, pnl, unhedged_pnl, drawdown, capital_needed, reduced, liquidated


def run_cell(cell: Cell, keep: Path | None = None, share_done: Share | None = None) -> CellResult:
    """Run a cell in this process, on one core, and measure it; an error of any kind is its result.

    keep: folder for the cell's own dataset. share_done: called with the share of the cell that is done.
    """
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    begun = time.perf_counter()
    try:
        metrics, labels, paths = _measured(cell, keep, share_done)
    except Exception as error:
        if os.environ.get("SPIRAL_TRACEBACK"):
            traceback.print_exc()
        told = str(error) if isinstance(error, SpiralError) else f"{type(error).__name__}: {error}"
        said = " ".join(told.split())
        return CellResult(cell.index, FAILED, fingerprint(), time.perf_counter() - begun, said)
    return CellResult(
        cell.index,
        DONE,
        fingerprint(),
        time.perf_counter() - begun,
        metrics=metrics,
        labels=labels,
        paths=as_kept(paths, cell.index),  # here, as this process is one of many and the one that writes is not
    )


def as_kept(paths: pl.DataFrame | None, index: int) -> pl.DataFrame | None:
    """A cell's paths with its number, in the columns and types of a sweep's folder; None if there are none."""
    import polars as pl

    if paths is None or paths.is_empty() or "cell" in paths.columns:
        return None if paths is None or paths.is_empty() else paths
    kinds: Any = {name: getattr(pl, kind) for name, kind in PATHS.items()}
    number = {"cell": pl.lit(index)}
    return paths.select(number.get(name, pl.col(name)).cast(kind).alias(name) for name, kind in kinds.items())


def _measured(cell: Cell, keep: Path | None, share_done: Share | None) -> tuple[Any, Any, pl.DataFrame]:
    from scenarios.studies.aside import run_aside
    from scenarios.studies.run import run

    def progress(done: int, total: int) -> None:
        if share_done is not None:
            share_done(done / total)

    if keep is not None:
        return _read(run(cell.scenario, out=keep, workers=1, progress=progress), cell.agent)
    with run_aside(cell.scenario, tables=MEASURED, progress=progress) as found:
        return _read(found, cell.agent)


def _read(run: Run, agent: str | None) -> tuple[Any, Any, pl.DataFrame]:
    """Metrics of both worlds, their labels and units, and the desk's paths."""
    import polars as pl

    from analysis import frames
    from analysis.summary import summarise
    from sim.estimate import without_pulls

    metrics, labels = {}, {}
    parts = []
    twin = frames.twin_name(run)
    worlds = {"actual": ""} | ({twin: "twin_"} if twin else {})
    with without_pulls():
        for world, prefix in worlds.items():
            for name, number in summarise(run, agent=agent, world=world).items():
                metrics[prefix + name] = (number.value, number.error)
                labels[name] = {"label": number.label, "unit": number.unit}
            if frames.desks(run, agent):
                parts.append(_paths(run, agent, world))
    return metrics, labels, pl.concat(parts) if parts else pl.DataFrame()


def _paths(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    import polars as pl

    from analysis import cash, force, frames, way

    fallen = frames.first_falls(run, agent).filter(pl.col("world") == world)["path"]
    return (
        frames.final(run, agent, world)
        .join(way.worst(run, agent, world), on="path")
        .select(pl.lit(world).alias("world"), "path", *PER_PATH)
        .with_columns(pl.col("path").is_in(fallen.implode()).alias("liquidated"))
        .sort("path")
        .with_columns(
            capital_needed=pl.Series(cash.capital_needed(run, agent, world)),
            reduced=pl.Series(force.reduced(run, agent, world)),
        )
    )
