"""Python's collector of cycles, which has nothing to do while a command starts: imports leave nothing to free."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

USUAL = gc.get_threshold()
RARE = 300_000  # objects made since the last time; a command that looks at a scenario makes about as many


def rest() -> None:
    """Collect rarely from now on."""
    gc.set_threshold(RARE, *USUAL[1:])


def work() -> None:
    """Collect as often as Python usually does: what simulates makes cycles that hold large arrays."""
    gc.set_threshold(*USUAL)


@contextmanager
def at_rest() -> Iterator[None]:
    """A block that makes many objects, none of which can be freed before its end: collect behind it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
