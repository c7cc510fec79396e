"""Tables in a folder without a page, which have no place for a proof of their own: a list of checksums stands beside.

So files as Spiral wrote them can be told from changed ones, and from any other file of their names.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from sim.errors import UserError
from sim.files import check_target, make_folder, write_whole

LISTED = "written.json"
WRITER = "spiral"
REMEDY = "give another --out"


def check_listed(folder: Path, names: list[str]) -> None:
    """`check_target` for files in a folder, which need not exist. Raises UserError for one that is not ours."""
    for place in (folder / name for name in (*names, LISTED)):
        if os.path.isfile(place) and not is_listed(place):
            rule = f"the file is there already, and not as {LISTED} beside it says that Spiral wrote it"
            raise UserError(rule, value=str(place), remedy=f"{REMEDY}, or move it away")
        check_target(place, remedy=REMEDY)


def write_listed(folder: Path, files: Mapping[str, bytes], listed: str = LISTED, writer: str = WRITER) -> None:
    """Write files and their list into a folder; the check comes before. Raises UserError or SpiralError.

    Unchanged tables of an earlier list that are no longer needed are removed.
    """
    make_folder(folder)
    for place in folder.glob("*.csv"):
        if place.name not in files and is_listed(place, listed, writer):
            place.unlink()
    for name, content in files.items():
        write_whole(folder / name, content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    write_whole(folder / listed, json.dumps({"written_by": writer, "files": digests}, indent=1))


def is_listed(place: Path, listed: str = LISTED, writer: str = WRITER) -> bool:
    """Whether a file is as the list beside it says, or is the list of that writer."""
    try:
        found = json.loads((place.parent / listed).read_bytes())
        if place.name == listed:
            return bool(found["written_by"] == writer)
        return bool(hashlib.sha256(place.read_bytes()).hexdigest() == found["files"][place.name])
    except (OSError, ValueError, LookupError, TypeError):
        return False
