"""Results of cells that were never run: what a sweep's folder does is told from them in no time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from agents.desk.loss import LOSS
from scenarios.studies.sweeps.cell_run import CellResult
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.fingerprint import fingerprint
from scenarios.studies.sweeps.loading import sweep_from_dict
from scenarios.studies.sweeps.spec import SweepSpec
from scenarios.studies.sweeps.store import Store
from sim.metric_names import metrics
from sim.sweep_dataset import open_sweep


def spec_of(cells: int, **tables: Any) -> SweepSpec:
    """A sweep of so many cells over the depth of a market."""
    axis = {"key": "venue.asset.depth", "low": 2e9, "high": 16e9, "scale": "log", "steps": cells}
    base = {"name": "made", "scenarios": ["covid_crash_2020"], "paths": 3, "settings": {"clock.tick_minutes": 390}}
    return sweep_from_dict({**base, "axes": {"depth": axis}, **tables})


def result_of(index: int, *, failed: bool = False, paths: int = 3, engine: str | None = None) -> CellResult:
    """What could have come out of cell `index`: figures from its number alone."""
    engine = engine or fingerprint()
    if failed:
        return CellResult(index, "failed", engine, 0.5, "RuntimeError: no price")
    noise = np.random.default_rng(index).standard_normal((4, 2 * paths))
    frame = pl.DataFrame({
        "world": ["actual"] * paths + ["price_taker"] * paths,
        "path": [*range(paths)] * 2,
        "pnl": noise[0],
        "unhedged_pnl": noise[1],
        "drawdown": np.abs(noise[2]),
        "capital_needed": 1 - noise[0],
        "reduced": noise[3] > 0,
        "liquidated": noise[3] > 1,
    })  # fmt: skip
    names = metrics(LOSS)
    figures = {f"{twin}{name}": (index + i / 64, 0.25) for twin in ("", "twin_") for i, name in enumerate(names)}
    figures["peak_vol"] = (float("nan"), None)
    labels = {name: {"label": f"The {name}", "unit": "$"} for name in names}
    return CellResult(index, "done", engine, index / 8, metrics=figures, labels=labels, paths=frame)


def store_of(folder: Any, spec: SweepSpec, **more: Any) -> Store:
    """A store for the sweep, whose cells are not checked."""
    return Store(folder, spec, Plan(spec), **more)


def to_first_layout(folder: Path, spec: SweepSpec) -> Path:
    """Keep a finished sweep as sweeps were kept at first: a file a cell, known by a hash of its scenario in full."""
    sweep = open_sweep(folder)
    rows, paths, ids = sweep.cells.collect(), sweep.paths.collect(), Plan(spec).first_layout_ids()
    manifest = {k: v for k, v in sweep.manifest.items() if k not in ("layout", "generation")} | {"ids": ids}
    for part in ("cells", "paths"):
        for place in (folder / part).iterdir():
            place.unlink()
    (folder / "journal-0").unlink()
    for number in rows["cell"]:
        name = f"{number:05d}-{ids[number]}.parquet"
        mine = rows.filter(pl.col("cell") == number).with_columns(id=pl.lit(ids[number]))
        mine.write_parquet(folder / "cells" / name)
        paths.filter(pl.col("cell") == number).write_parquet(folder / "paths" / name)
    (folder / "sweep.json").write_text(json.dumps(manifest))
    return folder
