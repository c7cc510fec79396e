"""Run a preset and print what numba compiled and what it loaded, as JSON; run as a script with a NUMBA_CACHE_DIR."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from scenarios import run
from sim.jit import Kernel


def kernels() -> list[Any]:
    """The compiled function of every kernel of our packages that was called."""
    ours = [m for n, m in sys.modules.items() if n.split(".")[0] in ("sim", "markets", "agents")]
    found = [value for module in ours for value in vars(module).values() if isinstance(value, Kernel)]
    return [value.compiled for value in found if "compiled" in vars(value)]


if __name__ == "__main__":
    run("covid_crash_2020", paths=int(sys.argv[2]), workers=1, out=Path(sys.argv[1]))
    unique = {id(each): each for each in kernels() if each.signatures}
    misses = sum(sum(each.stats.cache_misses.values()) for each in unique.values())
    hits = sum(sum(each.stats.cache_hits.values()) for each in unique.values())
    print(json.dumps({"compiled": misses, "loaded": hits}))
