"""What Spiral keeps in a sweep's folder, and what it must not touch there."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from sim.errors import UserError
from sim.sweep_manifest import MANIFEST

LOCK, ASIDE, CELLS, PATHS_FOLDER, RUNS = ".lock", ".aside", "cells", "paths", "runs"
JOURNAL = re.compile(r"journal-(\d+)")
SEGMENT = re.compile(r"segment-(\d{5,})-([0-9a-f]{16})\.parquet")
SINGLE = re.compile(r"(\d{5,})-([0-9a-f]{12})\.parquet")  # of the first layout: one cell, by number and id
_ROWS = r"(?:cells|paths)-(?:segment-\d{5,}-[0-9a-f]{16}|\d{5,}-[0-9a-f]{12})\.parquet"
PART = re.compile(rf"{_ROWS}|[^/]*-sweep\.json|top-journal-\d+")  # what is being written


def journal_name(generation: int) -> str:
    """The journal's file; a new generation begins where cells change their numbers or columns."""
    return f"journal-{generation}"


def digest(data: bytes) -> str:
    """Sixteen hex digits of a segment's content, which are part of its name."""
    return hashlib.sha256(data).hexdigest()[:16]


def as_named(place: Path) -> bool:
    """Whether a segment has the content that its name says."""
    found = SEGMENT.fullmatch(place.name)
    return found is not None and not place.is_symlink() and digest(place.read_bytes()) == found[2]


def check_links(folder: Path) -> None:
    """Raises UserError where something of the sweep is a link: what it leads to is not the sweep's."""
    journals = [p.name for p in listed(folder) if JOURNAL.fullmatch(p.name)]
    for name in (MANIFEST, LOCK, ASIDE, CELLS, PATHS_FOLDER, RUNS, *journals):
        place = folder / name
        if place.is_symlink():
            remedy = "put what it leads to in its place, or give another folder"
            value = f"a link to {os.readlink(place)}"
            raise UserError("a sweep's folder holds its own files", place=str(place), value=value, remedy=remedy)


def listed(folder: Path) -> list[Path]:
    """What stands in a folder, by name; nothing where there is none."""
    try:
        return sorted(folder.iterdir(), key=lambda place: place.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
