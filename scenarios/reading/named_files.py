"""Values of a scenario that stand in a file beside it: they are read with the scenario, and are a part of it then."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from agents.funding.models import MARGIN_MODELS
from scenarios.files.beside import BESIDE, beside
from sim.place import Place

Finder = Callable[[str, Place], Path]  # of the file that a key names


def with_files(agents: Any, place: Place, folder: Path | None, *, trust: bool) -> Any:
    """The agents' tables with the contents of the files that their margin models name. Raises UserError.

    folder: of the scenario's file; the working folder where there is none. trust: follow links out of the folder, and
    look in the working folder at all.
    """
    if not isinstance(agents, Mapping):
        return agents
    find = partial(_beside, folder=folder, trust=trust)
    return {name: _read(table, place.at(str(name)), find) for name, table in agents.items()}


def _read(table: Any, place: Place, find: Finder) -> Any:
    """A table, and those in it that are or have margin models, with the contents of their files."""
    if not isinstance(table, Mapping):
        return table
    inside = {key: _read(table[key], place.at(key), find) for key in ("margin_model", "of") if key in table}
    sets = table.get("netting_sets")
    if isinstance(sets, Mapping):
        here = place.at("netting_sets")
        inside["netting_sets"] = {name: _read(each, here.at(str(name)), find) for name, each in sets.items()}
    kind = table.get("kind")
    model = MARGIN_MODELS.get(kind) if isinstance(kind, str) else None
    for f in () if model is None else dataclasses.fields(model):
        if f.metadata.get("file") and isinstance(name := table.get(f.name), str):
            from scenarios.reading.margin_files import READERS  # few scenarios name a file

            inside[f.name] = READERS[f.metadata["file"]](find(name, place.at(f.name)))
    return {**table, **inside}


def _beside(name: str, place: Place, *, folder: Path | None, trust: bool) -> Path:
    if folder is None and not trust:
        remedy = "write its contents here, as Scenario.to_dict() does"
        raise place.error(f"{BESIDE}, and this one has no folder", value=name, remedy=remedy)
    return beside(name, place, folder or Path.cwd(), links=trust)
