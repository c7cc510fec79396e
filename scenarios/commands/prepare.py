"""What a command that reads little has set before it imports what reads: it has no use for threads."""

from __future__ import annotations

import os
import sys

SMALL = 1 << 26  # bytes that one thread has read before several have started


def prepare(size: int) -> None:
    """Have polars and BLAS start no threads for so few bytes, unless the user has said how many.

    Both are told before they are imported. Where that is done already nothing is set: a program of the user's.
    """
    if size >= SMALL or "polars" in sys.modules:
        return
    blas_alone()
    os.environ.setdefault("POLARS_MAX_THREADS", "1")


def blas_alone() -> None:
    """Have BLAS start no threads, unless the user has said how many: they take 0.02 s of CPU as NumPy is imported."""
    if "numpy" not in sys.modules:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
