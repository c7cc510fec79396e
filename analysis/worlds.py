"""The worlds of a run, by its manifest alone."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

from sim.errors import UserError
from sim.names import FROZEN, PRICE_TAKER

if TYPE_CHECKING:
    from sim.dataset import Run


OURS = ("analysis", "sim")


def paths_of(run: Run) -> int:
    """Number of paths."""
    return int(run.manifest["paths"])


def twin_name(run: Run) -> str | None:
    """Name of the twin world, None for a run without one."""
    twin = run.manifest.get("twin")
    return None if twin is None else str(twin)


def check_world(run: Run, world: str) -> str:
    """The world's name; UserError if the run has no such world.

    "frozen" was the default twin of earlier versions: in a run whose twin is the price takers' it stands for that one,
    with a FutureWarning, so that scripts go on working.
    """
    worlds = list(run.manifest["worlds"])
    if world == FROZEN and world not in worlds and twin_name(run) == PRICE_TAKER:
        said = f"this run's twin is {PRICE_TAKER!r}: ask for that, or run it with twin={FROZEN!r}"
        warnings.warn(said, FutureWarning, stacklevel=_depth())
        return PRICE_TAKER
    if world not in worlds:
        raise UserError(
            "a run has no such world", value=world, place=str(run.path), remedy=f"worlds: {', '.join(worlds)}"
        )
    return world


def _depth() -> int:
    """How many frames above its caller the user's own code stands, for `stacklevel`."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in OURS:
        depth, frame = depth + 1, frame.f_back
    return depth
