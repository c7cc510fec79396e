"""How worker processes start.

On Linux they are forked from a server that has imported what they need: the second worker of a session starts in a
hundredth of a second. The server has one thread and never works itself, so that no lock can be held at a fork; nothing
that starts threads (polars) may be imported in it. Elsewhere workers are spawned, and import everything themselves.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.context import BaseContext

START = "forkserver" if sys.platform == "linux" else "spawn"


def context() -> BaseContext:
    """Where processes, locks and shared memory of workers come from."""
    return multiprocessing.get_context(START)


def warm_up(*modules: str) -> None:
    """Start the server now, if there is none, so that it imports these modules while this process does other things.

    Returns at once. The first call of a session decides what is imported.
    """
    if START == "forkserver":
        from multiprocessing import forkserver  # Windows has none

        multiprocessing.get_context(START).set_forkserver_preload(list(modules))
        forkserver.ensure_running()


def environment() -> dict[str, str]:
    """This process's environment, for workers: their server has that of its start."""
    return dict(os.environ)


def take_environment(given: dict[str, str]) -> None:
    """Replace the environment of this process."""
    os.environ.clear()
    os.environ.update(given)
