"""A sweep as sheets for a spreadsheet: its axes, a row a cell, and of policies their frontier."""

from __future__ import annotations

import polars as pl

from analysis.sheets import Sheets, about
from sim.sweep_dataset import SweepResult
from sim.sweep_manifest import POLICY


def sweep_sheets(sweep: SweepResult) -> Sheets:
    """Sheets by name: `about`, `axes`, `metrics` with their units, `cells`; of policies also `frontier`.

    `cells`: parameters, status, metrics and standard errors of every cell that has finished. `frontier`: mean loss and
    ES 95 % of every policy, in each scenario and world and for each number of desks.
    """
    manifest = sweep.manifest
    said = {key: manifest.get(key) for key in ("title", "name", "kind", "paths", "seed", "cells", "engine", "command")}
    sheets = {"about": about({**said, "cells finished": sweep.done})}
    axes = [{key: str(axis[key]) for key in ("name", "label", "unit", "values") if key in axis} for axis in sweep.axes]
    sheets["axes"] = pl.DataFrame(axes) if axes else pl.DataFrame(schema={"name": pl.String})
    known = manifest.get("metrics") or {}
    described = [{"name": name, **{key: str(value) for key, value in of.items()}} for name, of in known.items()]
    if described:
        sheets["metrics"] = pl.DataFrame(described)
    sheets["cells"] = sweep.cells.collect()
    if POLICY in [axis["name"] for axis in sweep.axes]:
        sheets |= _of_policies(sweep)
    return sheets


def _of_policies(sweep: SweepResult) -> Sheets:
    from analysis.sweeps import outcomes
    from analysis.sweeps.frontier import frontier

    if not outcomes.has_frontier(sweep):
        return {}
    return {
        "frontier": pl.concat(
            frontier(sweep, world=world, scenario=scenario, desks=desks)
            for scenario in outcomes.scenarios(sweep)
            for world in outcomes.worlds(sweep)
            for desks in outcomes.desk_numbers(sweep)
        )
    }
