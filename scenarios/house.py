"""The house: all of our packages must come from the folder that this one comes from."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

ROOMS = ("sim", "markets", "agents", "scenarios", "analysis")


class ForeignPackageError(ImportError):
    """A package of another distribution is found in place of one of ours."""


def verify() -> None:
    """Check that every package is ours. Names like `agents` are common, and the first one on the path wins.

    Looks packages up without importing them. Raises ForeignPackageError, one line: which package, where it was found,
    where it was expected, the remedy.
    """
    house = Path(__file__).resolve().parents[1]
    for room in ROOMS:
        found = _folder(room)
        if found != house / room:
            raise ForeignPackageError(
                f"package {room!r} was found at {found or 'no place'}, expected at {house / room}: "
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
