"""The folder of a desk: which runs and sweeps lie in it, and the way to one by its name. Nothing outside is reached."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sim.errors import UserError
from sim.text import one_line

RUNS, SWEEPS = "runs", "sweeps"
CLASSES = ".desk/classes"  # folder of the classroom's
KINDS = {RUNS: "manifest.json", SWEEPS: "sweep.json"}  # folders of datasets, and the file that tells one


@dataclass(frozen=True)
class Found:
    """A dataset in the workspace: `kind` is 'runs' or 'sweeps', `name` its folder's."""

    kind: str
    name: str
    folder: Path
    changed: datetime  # UTC


class Workspace:
    """Datasets below a folder: `runs/NAME` and `sweeps/NAME`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def line(self, error: Exception) -> str:
        """What an error says, with places below the folder as they stand in it; a browser has no option `--set`."""
        return one_line(str(error)).replace(f"{self.folder}{os.sep}", "").removeprefix("--set ")

    def all(self, kind: str) -> list[Found]:
        """Datasets of a kind, the youngest first."""
        place = self.folder / kind
        names = [each.name for each in place.iterdir()] if place.is_dir() else []
        found = [each for name in names if (each := self._found(kind, name)) is not None]
        return sorted(found, key=lambda each: each.changed, reverse=True)

    def get(self, kind: str, name: str) -> Found:
        """The dataset of that name. Raises UserError if there is none."""
        found = self._found(kind, name) if kind in KINDS else None
        if found is None:
            raise UserError("there is no such dataset in the desk's folder", value=name, place=kind)
        return found

    def _found(self, kind: str, name: str) -> Found | None:
        """None for what is no dataset, is hidden, lies elsewhere (a link), or has a name that no file can have."""
        folder = self.folder / kind / name
        told = folder / KINDS[kind]
        with suppress(OSError, ValueError):  # too long; a NUL
            inside = not name.startswith(".") and folder.parent == self.folder / kind and folder.resolve() == folder
            if inside and told.is_file():
                return Found(kind, name, folder, datetime.fromtimestamp(told.stat().st_mtime, UTC))
        return None
