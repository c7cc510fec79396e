"""The house: all of our packages must come from the folder that this one comes from."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

ROOMS = ("sim", "markets", "agents", "scenarios", "analysis")
HOUSE = Path(__file__).resolve().parents[1]


class ForeignPackageError(ImportError):
    """A package of another distribution is found in place of one of ours."""


def verify() -> None:
    """Check that every package is ours. Names like `agents` are common, and the first one on the path wins.

    Looks packages up without importing them. Raises ForeignPackageError, one line: which package, where it was found,
    where it was expected, the remedy.
    """
    for room in ROOMS:
        found = _folder(room)
        if found != HOUSE / room:
            raise ForeignPackageError(
                f"package {room!r} was found at {found or 'no place'}, expected at {HOUSE / room}: "
                "another distribution uses the same name; install Spiral in a virtual environment of its own "
                "(python -m venv .venv), or put its folder first in PYTHONPATH"
            )


def _folder(room: str) -> Path | None:
    module = sys.modules.get(room)
    spec = module.__spec__ if module is not None else find_spec(room)
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve()
    return Path(spec.origin).resolve() if spec.origin else None


def stamp() -> str:
    """Changes whenever a source file of the house does, or Python: a hash of names, sizes and times of change."""
    found = sorted(line for room in ROOMS for line in _stamps(str(HOUSE / room)))
    return hashlib.sha256("\n".join([sys.version, *found]).encode()).hexdigest()[:32]


def _stamps(folder: str) -> Iterator[str]:
    for entry in os.scandir(folder):
        if entry.name.endswith(".py"):
            seen = entry.stat()
            yield f"{entry.path} {seen.st_size} {seen.st_mtime_ns}"
        elif entry.is_dir() and entry.name != "__pycache__":
            yield from _stamps(entry.path)


def loaded() -> list[str]:
    """Source files of our modules that this process has imported."""
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] in ROOMS]
    return sorted(file for module in ours if (file := getattr(module, "__file__", None)) is not None)


def stamp_of(sources: list[str]) -> str:
    """As `stamp`, of these source files. Raises OSError where one is gone."""
    found = [(seen.st_size, seen.st_mtime_ns) for seen in map(os.stat, sources)]
    return hashlib.sha256(repr([sys.version, sources, found]).encode()).hexdigest()[:32]
