"""Variables of the environment that libraries read as they are imported, looked at before they are."""

from __future__ import annotations

import os

from sim.errors import UserError

THREADS = ("NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")  # numba raises its own error for 0, polars panics
NO_COMPILER = "NUMBA_DISABLE_JIT"


def check_environment() -> None:
    """Raise UserError for a number of threads that is none, and where kernels may not be compiled."""
    for name in THREADS:
        given = os.environ.get(name, "1")
        if not (given.isascii() and given.isdigit() and int(given) > 0):
            remedy = "set it to 1 or more, or unset it"
            raise UserError("must be a whole number > 0", value=given, place=name, remedy=remedy)
    given = os.environ.get(NO_COMPILER, "0")
    if given not in ("", "0"):
        raise UserError(
            "kernels are compiled: Python cannot run them", value=given, place=NO_COMPILER, remedy="unset it"
        )
