"""`python -m scenarios`, and the command `spiral`: a process of its own, from its start to its end."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from typing import NoReturn

from scenarios.house import ROOMS
from sim.code_bundle import open_bundle
from sim.collector import rest


def start(name: str | None = None) -> NoReturn:
    """Run the command that the process was called with, and end the process."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C before a command begins is no traceback
    rest()
    bundle = open_bundle(ROOMS)
    from scenarios.cli import main  # from the bundle

    code: str | int | None = None
    try:
        main(prog_name=name, obj=True)
    except SystemExit as end:
        code = end.code
    if bundle is not None:
        bundle.keep()
    leave(code)


def leave(code: str | int | None) -> NoReturn:
    """End the process with an exit code, as Python would, but without freeing every object by itself first.

    That takes a tenth of a command's time. Python's own end is left to a code that is none, and to other threads.
    """
    from scenarios.commands.output import finish

    if not isinstance(code, int) or threading.active_count() > 1:
        sys.exit(code)
    atexit._run_exitfuncs()
    os._exit(finish(code))


if __name__ == "__main__":
    start("python -m scenarios")
