"""Benchmarks: `make bench`. One thread unless a row says otherwise, set before anything with threads is imported."""

import os

for _name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
