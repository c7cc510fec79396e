"""The folder of what is kept between processes besides the machine code of kernels, which is beside it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from sim.cache_folder import code_folder

ANSWERS = "answers"


def kept_folder() -> Path | None:
    """One for each version of the sources of `sim`, and for this user alone; None if there is no safe place."""
    return code_folder(Path(__file__).parent, os.environ.get("NUMBA_CACHE_DIR", ""))


def answers_folder() -> Path | None:
    """The folder in it of what is known of runs and files: `sim.kept_answers` removes the oldest."""
    folder = kept_folder()
    if folder is None:
        return None
    with suppress(OSError):
        (folder / ANSWERS).mkdir(exist_ok=True)
    return folder / ANSWERS
