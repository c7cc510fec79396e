"""Benchmarks: ratios inside one run, printed; not part of the normal tests."""
