"""Times that other work on the machine does not spoil: CPU seconds, taken in turns, every turn kept."""

from __future__ import annotations

import gc
import math
import operator
import time
from collections.abc import Callable
from statistics import median
from typing import Any

CONFIDENCE = 0.9  # of the interval of a median, where there are turns enough
most = 9  # turns at most; fewer with --quick


class Turns(float):
    """A figure, and what each turn says of it. It can be scaled, and divided by another, turn by turn."""

    turns: tuple[float, ...]

    def __new__(cls, value: float, turns: tuple[float, ...]) -> Turns:
        self = super().__new__(cls, value)
        self.turns = turns
        return self

    def _with(self, other: float, done: Callable[[float, float], float]) -> Turns:
        others = other.turns if isinstance(other, Turns) else (float(other),) * len(self.turns)
        if len(others) != len(self.turns):
            others = (float(other),) * len(self.turns)
        pairs = zip(self.turns, others, strict=True)
        return Turns(done(float(self), float(other)), tuple(done(a, b) for a, b in pairs))

    def __mul__(self, other: float) -> Turns:
        return self._with(other, operator.mul)

    def __truediv__(self, other: float) -> Turns:
        return self._with(other, operator.truediv)

    def __rtruediv__(self, other: float) -> Turns:
        return self._with(other, lambda mine, number: number / mine)

    def __sub__(self, other: float) -> Turns:
        return self._with(other, operator.sub)

    __rmul__ = __mul__

    @property
    def middle(self) -> float:
        """The median turn."""
        return median(self.turns)

    @property
    def interval(self) -> tuple[float, float]:
        """Within which the median lies: between two ranks with 90 % or more, or all of the turns if they are few."""
        ordered, left = sorted(self.turns), 0
        n = len(ordered)
        while 2 * (left + 1) < n and 2 * _below(left + 2, n) <= 1 - CONFIDENCE:
            left += 1
        return ordered[left], ordered[n - 1 - left]


def _below(rank: int, n: int) -> float:
    """P(fewer than `rank` of n turns lie below the median)."""
    return sum(math.comb(n, k) for k in range(rank)) / 2.0**n


def of_turns(times: list[float]) -> Turns:
    """The least of some times, with all of them."""
    return Turns(min(times), tuple(times))


def seconds(function: Callable[[], Any]) -> float:
    """CPU seconds of one call in this process, all its threads together."""
    gc.collect()
    begun = time.process_time()
    function()
    return time.process_time() - begun


def in_turns(repeats: int, measure: Callable[[Any], float], *jobs: Any) -> list[Turns]:
    """What `measure` says of each job; they take turns, so that a slow minute of the machine is everybody's."""
    rounds = [[measure(job) for job in jobs] for _ in range(min(repeats, most))]
    return [of_turns(list(times)) for times in zip(*rounds, strict=True)]


def least(repeats: int, *functions: Callable[[], Any]) -> list[Turns]:
    """Least CPU seconds of each, in turns."""
    return in_turns(repeats, seconds, *functions)
