"""How worker processes start.

On Linux they are forked from a server that has imported what they need: the second worker of a session starts in a
hundredth of a second. The server has one thread and never works itself, so that no lock can be held at a fork; nothing
that starts threads (polars) may be imported in it. Elsewhere workers are spawned, and import everything themselves.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
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
        multiprocessing.get_context(START).set_forkserver_preload(list(modules))
        ensure_server()


def ensure_server() -> None:
    """Start the server of workers if there is none, deaf to Ctrl-C: while it imports, that would print its traceback.

    A signal meanwhile reaches this process behind the start.
    """
    if START != "forkserver":
        return
    from multiprocessing import forkserver, resource_tracker  # Windows has none

    resource_tracker.ensure_running()  # first: it opens what is closed here, and is deaf itself
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGHUP))
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def environment() -> dict[str, str]:
    """This process's environment, for workers: their server has that of its start."""
    return dict(os.environ)


def take_environment(given: dict[str, str]) -> None:
    """Replace the environment of this process."""
    os.environ.clear()
    os.environ.update(given)
