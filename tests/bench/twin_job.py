"""Say "ready", wait for a line, simulate PATHS of the covid preset in this process, print wall seconds; a script."""

from __future__ import annotations

import sys
import time

from tests.bench.worlds import covid, run_all

if __name__ == "__main__":
    run_all(covid(), 16)
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.perf_counter()
    run_all(covid(), int(sys.argv[1]), tables=("peaks",))
    print(time.perf_counter() - begun)
