"""Orders and the price that they move, solved together path by path."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.named_tuple import NamedTuple

Vector = NDArray[np.float64]

STEPS = 100  # of the iteration, before bisection
HALVINGS = 60
CLOSE = 1e-13  # ln S or decimal rate
STEEP = 0.95  # slope of the map above which a step is not extrapolated


class Agreement(NamedTuple):
    """The result of the iteration, (paths,) each."""

    asked: Vector  # displacement at which orders were last computed
    rounds: NDArray[np.int64]  # revisions made


def agree(respond: Callable[[Vector], Vector], paths: int, *, limit: float, rounds: int = 0) -> Agreement:
    """Find the displacement m (paths,) with m = respond(m), starting from none, |m| <= limit.

    `rounds` > 0: that many plain revisions m <- respond(m), as if agents resized their orders round by round. 0:
    iterate to convergence, with revisions extrapolated by their slope (Wegstein 1958); the limit is that of plain
    revisions if those converge. Paths whose orders jump, or react to the price more than 1 for 1, are bisected, or end
    at the limit. Every path is iterated on its own.
    """
    asked = np.zeros(paths)
    count = np.zeros(paths, dtype=np.int64)
    if rounds:
        for _ in range(rounds):
            asked = respond(asked)
        return Agreement(asked, count + rounds)
    answer = respond(asked)
    before, before_answer = asked, answer
    active = np.abs(answer - asked) > CLOSE
    for _ in range(STEPS):
        if not active.any():
            return Agreement(asked, count)
        guess = np.where(active, np.clip(_extrapolated(asked, answer, before, before_answer), -limit, limit), asked)
        before, before_answer, asked = asked, answer, guess
        answer = np.where(active, respond(asked), answer)
        count += active
        active &= np.abs(answer - asked) > CLOSE
    return Agreement(_bisected(respond, asked, active, limit), count + HALVINGS * active)


def _extrapolated(asked: Vector, answer: Vector, before: Vector, before_answer: Vector) -> Vector:
    step = asked - before
    slope = np.where(step != 0, (answer - before_answer) / np.where(step != 0, step, 1.0), 0.0)
    slope = np.where(slope < STEEP, slope, 0.0)
    return np.asarray((answer - slope * asked) / (1 - slope))


def _bisected(respond: Callable[[Vector], Vector], asked: Vector, active: NDArray[np.bool_], limit: float) -> Vector:
    """A sign change of respond(m) - m between -limit and limit, on the active paths."""
    low, high = np.full_like(asked, -limit), np.full_like(asked, limit)
    for _ in range(HALVINGS):
        middle = np.where(active, 0.5 * (low + high), asked)
        above = respond(middle) > middle
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(active, 0.5 * (low + high), asked)
