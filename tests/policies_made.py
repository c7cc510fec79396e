"""Sweeps over hedging policies whose every path is given: what frontiers and crowding are tested on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from agents.policies import Policy, Situation, Vector
from sim.params import param
from sim.sweep_dataset import SweepResult, open_sweep
from tests.sweeps_made import POLICY, SIZE, listed, write_sweep

Paths = Mapping[str, Sequence[float]]  # pnl, dead: one value a path
DESKS = {**SIZE, "name": "desks", "keys": ["agents.hedger.count"], "apply": "set", "label": "Desks", "unit": ""}
EVERY, LOOSE, NEVER = {"kind": "every", "interval": "tick"}, {"kind": "band", "width": 0.3}, {"kind": "never"}
TIGHT = {"kind": "band", "width": 0.01}
MILLION = 1e6


@dataclass(frozen=True, kw_only=True)
class HalfHedge(Policy):
    """A policy of a user's own: hold a share of the neutral position."""

    share: float = param(0.5, help="of the neutral position", ge=0)

    def desired(self, at: Situation) -> Vector:
        return self.share * at.target


def lives(loss: float, *, dead: int = 0, paths: int = 100, wide: float = 1.0, seed: int = 1) -> Paths:
    """Paths with this mean loss in $m, a deviation of `wide` $m about it that all share, and the first `dead` dead."""
    noise = np.random.default_rng(seed).standard_normal(paths)
    noise = wide * (noise - noise.mean()) / noise.std()
    down = (np.arange(paths) < dead).astype(float)
    return {"pnl": list((-loss - noise) * MILLION), "dead": list(down)}


def write_policies(
    folder: Path,
    policies: Sequence[tuple[dict[str, Any], Paths]],
    *,
    twin: Sequence[Paths] | None = None,
    desks: Mapping[int, Sequence[Paths]] | None = None,
    scenarios: tuple[str, ...] = ("covid_crash_2020",),
    **more: Any,
) -> SweepResult:
    """A sweep of these policies with these paths; with `desks` the paths of each policy by number of desks instead.

    `twin`: the paths of each policy in the twin, where None those of the first policy; the same for every scenario.
    """
    tables = [table for table, _ in policies]
    axes = [listed(POLICY, tables)] + ([listed(DESKS, [float(n) for n in desks])] if desks else [])
    paths = len(policies[0][1]["pnl"])
    write_sweep(folder, axes, scenarios=scenarios, paths=paths, **more)
    given = (
        [by_desk[i] for i in range(len(tables)) for by_desk in desks.values()] if desks else [p for _, p in policies]
    )
    still = [twin[i] if twin else policies[0][1] for i in range(len(tables)) for _ in (desks or [1])]
    for place in (folder / "paths").glob("*.parquet"):
        cell = int(place.name[:5])
        worlds = {"actual": given[cell % len(given)], "price_taker": still[cell % len(given)]}
        pl.concat([_frame(cell, world, of) for world, of in worlds.items()]).write_parquet(place)
    return open_sweep(folder)


def _frame(cell: int, world: str, of: Paths) -> pl.DataFrame:
    columns = {
        "path": np.arange(len(of["pnl"])),
        "pnl": np.array(of["pnl"], dtype=float),
        "unhedged_pnl": np.zeros(len(of["pnl"])),
        "drawdown": np.maximum(-np.array(of["pnl"], dtype=float), 0.0),
        "capital_needed": 2e9 - np.array(of["pnl"], dtype=float),
        "reduced": np.array(of["dead"]) > 0,
        "liquidated": np.array(of["dead"]) > 0,
    }
    named = pl.DataFrame(columns).with_columns(cell=pl.lit(cell, pl.Int32), world=pl.lit(world))
    return named.select("cell", "world", *columns)
