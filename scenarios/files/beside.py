"""Files that are named by a file: they stand beside it, or below, and are ordinary ones."""

from __future__ import annotations

import os
from pathlib import Path, PurePath, PureWindowsPath

from sim.errors import UserError
from sim.ordinary import is_inside, is_ordinary
from sim.place import Place

BESIDE = "a file of a scenario stands beside it"
PUT_THERE = "put the file there, and give its name"


def beside(name: str, place: Place, folder: Path, *, links: bool = True) -> Path:
    """The file called `name` in the folder or below it.

    links: follow those that lead out of the folder. Raises UserError: also for a folder, a device or a pipe, which
    might have no end.
    """
    path = PurePath(name)
    rooted = path.is_absolute() or PureWindowsPath(name).drive or name.startswith("\\")
    if rooted or ".." in path.parts or not name.strip() or "\0" in name:
        raise place.error(BESIDE, value=name, remedy=PUT_THERE)
    file = folder / path
    if os.path.lexists(file) and not links and not is_inside(file, folder):
        raise place.error(f"{BESIDE}; this is a link to elsewhere", value=name, remedy="put the file itself there")
    if os.path.exists(file) and not is_ordinary(file):
        raise place.error("is no ordinary file", value=name, remedy=PUT_THERE)
    return file


def check_inside(folder: Path) -> None:
    """Raise UserError for what stands in a folder as a link to elsewhere."""
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not is_inside(file, folder):
            raise UserError("is a link to elsewhere", place=str(file), remedy="put the file itself there")
