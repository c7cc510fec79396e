"""The vol of rates on a storyline: what its law says of the told moves and the noise around them, and the anchors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.memory.path_memory import settlements
from markets.factors.memory.rates_memory import RatesMemory
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.factors.level import Level
    from markets.factors.node_noise import NodeNoise
    from markets.spec import RatesVolSpec
    from sim.clock import Clock

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RatesVolLine:
    """start: level at the first tick, decimal a year. law, told: (ticks,) ln of the law's level on the storyline, and
    of that with the anchors' residual. pull: (ticks,) of the bridge to the anchors; None where only the start is told.
    """

    start: float
    law: Vector
    told: Vector
    pull: Vector | None = None


def rates_vol_line(
    spec: RatesVolSpec, start: float, clock: Clock, ln_spot: Vector, nodes: Vector, noise: NodeNoise
) -> Vector:
    """ln of the law's level at every tick, (ticks,), of the told moves up to the tick before.

    ln_spot: (ticks,). nodes: (ticks, nodes) beyond overnight, decimal; noise: theirs. The squared move of a node is the
    told one plus the variance of the noise's move, E (n' - n)^2 = V' + V - 2 C.
    """
    memory, years, ends = RatesMemory(spec, start, 1), clock.variance_years, settlements(clock, "closes")
    now = at_end = common = np.zeros(nodes.shape[1])  # variances of the noise, and its covariance between the two
    since, level = 0, [start]
    for tick in range(1, len(years)):
        last = tick - 1
        if last:
            now = noise.left[last] ** 2 * now + noise.scale[last] ** 2
            common = noise.left[last] * common
        square = (nodes[last] - nodes[since]) ** 2 + now + at_end - 2 * common
        fall, ended = np.array([ln_spot[last] - ln_spot[since]]), bool(ends[last])
        passed, mean = float(years[last] - years[since]), np.add.reduce(square, keepdims=True) / square.size
        level.append(float(memory.level(passed, fall, mean, ends=ended)[0]))
        if ended:
            since, at_end, common = last, now, now
    return np.asarray(np.log(level))


def told_line(law: Vector, knots: Vector, values: Vector, years: Vector, level: Level | None) -> RatesVolLine:
    """The law's level times the anchors' residual, log-linear between them and constant after the last.

    knots: (anchors,) trading years of the anchors that tell the vol, the first one at the start; values: decimal.
    """
    residual = np.log(values) - np.interp(knots, years, law)
    told = law + np.interp(years, knots, residual)
    return RatesVolLine(float(values[0]), law, told, None if level is None else level.pull)
