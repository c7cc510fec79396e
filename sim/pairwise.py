"""NumPy's sum and standard error to the last bit, of few numbers and without NumPy, which takes 0.05 s to load.

NumPy adds up contiguous numbers in blocks of up to 128 with eight running sums, and blocks by halves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

BLOCK, WAYS = 128, 8


def total(numbers: Sequence[float]) -> float:
    """What `numpy.sum` gives for them as float64, 0 for none."""
    return 0.0 + _sum(numbers, 0, len(numbers))


def error_of_mean(numbers: Sequence[float]) -> float | None:
    """Standard error of their mean, as `sim.estimate.Estimate.mean` has it: s / sqrt(n); None for fewer than two."""
    n = len(numbers)
    if n < 2:
        return None
    pull = _less_mean(numbers)
    squares = [apart * apart for apart in _less_mean(pull)]
    return math.sqrt(total(squares) / (n - 1)) / math.sqrt(n)


def _less_mean(numbers: Sequence[float]) -> list[float]:
    mean = total(numbers) / len(numbers)
    return [number - mean for number in numbers]


def _sum(numbers: Sequence[float], begin: int, end: int) -> float:
    n = end - begin
    if n > BLOCK:
        half = n // 2
        middle = begin + half - half % WAYS
        return _sum(numbers, begin, middle) + _sum(numbers, middle, end)
    if n < WAYS:
        return _in_turn(0.0, numbers[begin:end])
    whole = end - n % WAYS
    a, b, c, d, e, f, g, h = (_in_turn(0.0, numbers[begin + i : whole : WAYS]) for i in range(WAYS))
    return _in_turn(((a + b) + (c + d)) + ((e + f) + (g + h)), numbers[whole:end])


def _in_turn(found: float, numbers: Sequence[float]) -> float:
    for number in numbers:
        found += number
    return found
