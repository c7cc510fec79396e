"""From what a job wants to a scenario. No class of a user's is imported."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from scenarios.desk.uploads import Uploads
from scenarios.desk.workspace import RUNS, Workspace
from sim.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.desk.jobs.wanted import Wanted
    from scenarios.desk.limits import Limits
    from scenarios.scenario import Scenario

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
NO_MODULES = "the desk imports no classes of your own: run this one with the command line"


def scenario_of(wanted: Wanted, folder: Path) -> Scenario:
    """The scenario that is meant, with its settings, files and size. Raises UserError, as `spiral check` would."""
    if sum(map(bool, (wanted.scenario, wanted.base, wanted.files.get("file"), wanted.files.get("history")))) != 1:
        remedy = "choose a preset, or upload a scenario or a history"
        raise UserError("one thing is run: a preset, a file, a history, or a variation", remedy=remedy)
    if wanted.name and not NAME.fullmatch(wanted.name):
        remedy = "letters, digits, - and _, beginning with a letter or digit"
        raise UserError("is no name of a run", value=wanted.name, place="name", remedy=remedy)
    found = _source(wanted, folder)
    found = _with_tables(found, wanted, Uploads(folder))
    found = replace(found, notes=tuple(note.replace(f"{folder}{os.sep}", "") for note in found.notes))
    return found.with_run(paths=wanted.paths, seed=wanted.seed, twin=wanted.twin)


def _source(wanted: Wanted, folder: Path) -> Scenario:
    from scenarios.parameters.unseen import unseen_in
    from scenarios.reading.loading import from_dict, load
    from scenarios.reading.shipped import catalogue
    from scenarios.studies.replay.history import from_history

    uploads, settings = Uploads(folder), wanted.settings
    if wanted.files.get("history"):
        record = uploads.get(wanted.files["history"])
        anchors = "exogenous" if wanted.exogenous else "observed"
        found = from_history(record, overrides=settings, dates=wanted.dates, anchors=anchors, trust=False)  # type: ignore[arg-type]
    elif wanted.base:
        tables = scenario_tables(wanted.base, folder)
        found = from_dict(tables, place=wanted.base, folder=folder / "uploads", overrides=settings, trust=False)
    elif wanted.files.get("file"):
        found = load(uploads.get(wanted.files["file"]), settings, trust=False)
    else:
        if wanted.scenario not in catalogue():
            raise UserError("there is no such preset", value=wanted.scenario, remedy="choose one of the list")
        found = load(wanted.scenario, settings, trust=False)
    if left := unseen_in(found.agents):
        raise UserError(NO_MODULES, value=", ".join(left), place=found.name)
    return found


def scenario_tables(run: str, folder: Path) -> dict[str, object]:
    """The scenario of a run of the desk's folder, as its manifest has it. Raises UserError."""
    manifest = manifest_of(run, folder)
    tables = manifest.get("scenario")
    if not isinstance(tables, dict):
        raise UserError("the run does not say its scenario", value=run, remedy="run it again")
    return tables


def manifest_of(run: str, folder: Path) -> dict[str, object]:
    """The manifest of a run of the desk's folder. Raises UserError."""
    from sim.manifest import read_manifest

    return read_manifest(Workspace(folder).get(RUNS, run).folder)


def _with_tables(scenario: Scenario, wanted: Wanted, uploads: Uploads) -> Scenario:
    """The scenario with the book and the curves that are given."""
    if wanted.files.get("book"):
        from scenarios.studies.replay.positions_csv import take_book

        scenario = take_book(scenario, uploads.get(wanted.files["book"]), dates=wanted.dates)
    if wanted.files.get("curves"):
        from scenarios.studies.curves.take_curves import take_curves

        scenario = take_curves(scenario, uploads.get(wanted.files["curves"]), dates=wanted.dates)
    return scenario


def check_size(scenario: Scenario, limits: Limits) -> None:
    """Lay the scenario out as a run does. Raises UserError for what cannot run, and for what is too large here."""
    from scenarios.worlds.blueprint import blueprint_of
    from scenarios.worlds.world_spec import worlds_of

    limits.check(scenario, ticks=1, worlds=1)
    clock = blueprint_of(scenario).clock
    limits.check(scenario, ticks=len(clock.ticks), worlds=len(worlds_of(scenario)))


def readable(text: str) -> object:
    """JSON of a line, None where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None
