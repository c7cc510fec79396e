"""Files of a sweep's folder: names that belong to Spiral; all others are not touched."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from sim.errors import UserError
from sim.ordinary import LARGE, read_ordinary
from sim.sweep_manifest import MANIFEST

LOCK, ASIDE, CELLS, PATHS_FOLDER, RUNS = ".lock", ".aside", "cells", "paths", "runs"
JOURNAL = re.compile(r"journal-(\d+)")
SEGMENT = re.compile(r"segment-(\d{5,})-([0-9a-f]{16})\.parquet")
SINGLE = re.compile(r"(\d{5,})-([0-9a-f]{12})\.parquet")  # first layout: one file per cell, by number and id
_ROWS = r"(?:cells|paths)-(?:segment-\d{5,}-[0-9a-f]{16}|\d{5,}-[0-9a-f]{12})\.parquet"
PART = re.compile(rf"{_ROWS}|[^/]*-sweep\.json|top-journal-\d+")  # files being written


def journal_name(generation: int) -> str:
    """The journal's file; a new generation begins when numbers or columns of the cells change."""
    return f"journal-{generation}"


def digest(data: bytes) -> str:
    """Sixteen hex digits of a segment's content, which are part of its name."""
    return hashlib.sha256(data).hexdigest()[:16]


def as_named(place: Path) -> bool:
    """Whether a segment's content matches the digest in its name."""
    found = SEGMENT.fullmatch(place.name)
    if found is None or place.is_symlink():
        return False
    try:
        return digest(read_ordinary(place, LARGE)) == found[2]
    except FileNotFoundError:
        raise
    except OSError:
        return False


def check_links(folder: Path) -> None:
    """Raises UserError if a file of the sweep is a link: its target does not belong to the sweep."""
    journals = [p.name for p in listed(folder) if JOURNAL.fullmatch(p.name)]
    for name in (MANIFEST, LOCK, ASIDE, CELLS, PATHS_FOLDER, RUNS, *journals):
        place = folder / name
        if place.is_symlink():
            remedy = "put what it leads to in its place, or give another folder"
            value = f"a link to {os.readlink(place)}"
            raise UserError("a sweep's folder holds its own files", place=str(place), value=value, remedy=remedy)


def listed(folder: Path) -> list[Path]:
    """Entries of a folder, by name; empty if there is no folder."""
    try:
        return sorted(folder.iterdir(), key=lambda place: place.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
