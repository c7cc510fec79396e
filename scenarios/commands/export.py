"""`spiral export`: a finished run, a sweep or a frontier for a spreadsheet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.workbook import check_workbook, write_csv, write_sheets
from scenarios.commands.finished import opened
from scenarios.commands.output import say
from scenarios.commands.remembered import sheet_of
from sim.earlier_run import is_run
from sim.errors import UserError
from sim.sweep_manifest import MANIFEST as SWEEP

if TYPE_CHECKING:
    from analysis.sheets import Sheets
    from sim.dataset import Run


def export(folder: Path, file: Path, *, agent: str | None, sheet: str | None, force: bool) -> None:
    """Write what is in `folder` to `file`. Raises UserError."""
    if sheet is not None and file.suffix.lower() != ".csv":
        raise UserError("--sheet is for one .csv file", value=str(file), remedy="leave it out: all sheets are written")
    if sheet == "":
        raise UserError("a sheet has a name", value=sheet, place="--sheet", remedy="name one, or leave it out")
    of_sweep = os.path.isfile(folder / SWEEP)
    if of_sweep and agent is not None:
        raise UserError("--agent is for the folder of a run", value=agent, place=str(folder), remedy="leave it out")
    if is_run(file) or os.path.isfile(file / SWEEP) or folder.resolve().parent == file.resolve():
        remedy = "name a folder of its own, or a .xlsx file"
        raise UserError("tables are not exported into a folder of runs", value=str(file), remedy=remedy)
    check_workbook(file, force=force)
    if of_sweep:
        write_sheets(file, _of_sweep(folder), sheet=sheet or "cells", force=force)
    else:
        run = opened(folder)
        if file.suffix.lower() == ".csv":
            write_csv(file, sheet_of(run, sheet or "figures", agent).encode())
        else:
            write_sheets(file, _of_run(run, agent), force=force)
    say(file)


def _of_run(run: Run, agent: str | None) -> Sheets:
    from analysis.export import run_sheets

    return run_sheets(run, agent=agent)


def _of_sweep(folder: Path) -> Sheets:
    from scenarios.commands.finished_sweep import as_it_stands

    with as_it_stands(folder) as result:
        from analysis.sweeps.export import sweep_sheets

        return sweep_sheets(result)
