"""`spiral export`: a finished run, a sweep or a frontier for a spreadsheet."""

from __future__ import annotations

import os
from pathlib import Path

from analysis.export import Sheets, run_sheets
from analysis.sweeps.export import sweep_sheets
from analysis.workbook import check_workbook, write_sheets
from scenarios.commands.finished import opened
from scenarios.commands.finished_sweep import as_it_stands
from scenarios.commands.output import say
from sim.earlier_run import is_run
from sim.errors import UserError
from sim.sweep_manifest import MANIFEST as SWEEP


def export(folder: Path, file: Path, *, agent: str | None, sheet: str | None, force: bool) -> None:
    """Write what is in `folder` to `file`. Raises UserError."""
    if sheet is not None and file.suffix.lower() != ".csv":
        raise UserError("--sheet is for one .csv file", value=str(file), remedy="leave it out: all sheets are written")
    of_sweep = os.path.isfile(folder / SWEEP)
    if of_sweep and agent is not None:
        raise UserError("--agent is for the folder of a run", value=agent, place=str(folder), remedy="leave it out")
    if is_run(file) or os.path.isfile(file / SWEEP) or folder.resolve().parent == file.resolve():
        remedy = "name a folder of its own, or a .xlsx file"
        raise UserError("tables are not exported into a folder of runs", value=str(file), remedy=remedy)
    check_workbook(file, force=force)
    sheets, first = (_of_sweep(folder), "cells") if of_sweep else (run_sheets(opened(folder), agent=agent), "figures")
    write_sheets(file, sheets, sheet=sheet or first, force=force)
    say(file)


def _of_sweep(folder: Path) -> Sheets:
    with as_it_stands(folder) as result:
        return sweep_sheets(result)
