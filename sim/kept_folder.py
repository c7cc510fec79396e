"""The folder of what is kept between processes besides the machine code of kernels, which is beside it."""

from __future__ import annotations

import os
from pathlib import Path

from sim.cache_folder import code_folder


def kept_folder() -> Path | None:
    """One for each version of the sources of `sim`, and for this user alone; None if there is no safe place."""
    return code_folder(Path(__file__).parent, os.environ.get("NUMBA_CACHE_DIR", ""))
