"""Vol as a function of the traded path (Guyon and Lekeufack 2023): implied and realised vol from one memory."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.memory.path_line import LEAST_REALISED, PathLine
from markets.factors.memory.path_memory import Memory, vol_start
from markets.kernels.memory import (
    VOL_ACTIVITY,
    VOL_NOISE,
    VOL_REALISED,
    VOL_RESPONSE,
    VOL_STATE,
    VOL_TREND,
    elasticities,
    vol_answers,
)
from sim.vectors import lined_up

if TYPE_CHECKING:
    from markets.specs.memory import MemorySpec
    from sim.clock import Clock
    from sim.streams import Streams

Vector = NDArray[np.float64]


class VolLaw:
    """ln s = ln L_vol + leverage (ln f(R1, R2) - ln f on the storyline) + noise; realised vol the same with its own f.

    f = base + trend R1 + activity sqrt(R2), not below `base` (realised vol: 2 %) and not above `most`. The noise of ln
    realised vol is an Ornstein-Uhlenbeck process that starts at 0, centred so that it does not change the mean
    variance.
    """

    def __init__(
        self,
        spec: MemorySpec,
        line: PathLine,
        vol0: float,
        power: float,
        clock: Clock,
        streams: Streams,
        running: Vector,
    ) -> None:
        """vol0: implied vol at the start. power: the loop's switch `leverage`. running: see `PathLaws`."""
        paths = streams.paths
        self._stirred = spec.realised_noise > 0
        self._memory = Memory(spec.returns, spec.squares, vol_start(spec, vol0), paths)
        self._implied = np.array([spec.base, spec.trend, spec.activity, spec.base, spec.most])
        self._realised = np.array(
            [spec.realised_base, spec.realised_trend, spec.realised_activity, LEAST_REALISED, spec.most]
        )
        self._answers = *self._memory.gains, power
        self._noise = streams.stream("market/realised")
        noise = _noise_terms(spec, clock.variance_years)
        told = np.column_stack([line.implied, line.realised, *noise, line.sigma])
        self._at = np.hstack([self._memory.stays(running), told])  # (ticks, VOL_TICK), as the kernel reads it
        fixed = self._memory.speed, self._memory.weight, self._implied, self._realised, [power]
        self._terms = np.concatenate(fixed)
        self._state = self._memory.within(lined_up(VOL_STATE, paths))
        self.noise = self._state[VOL_NOISE]  # of ln realised vol
        self.response = self._state[VOL_RESPONSE]  # ln s above the storyline's, by the path
        self.realised: Vector = self._state[VOL_REALISED]  # vol of the spot's noise from this tick on, decimal
        self.realised[:] = line.sigma[0]
        self._trend, self._activity = self._state[VOL_TREND], self._state[VOL_ACTIVITY]
        self._move = np.zeros(paths)
        self._trend[:], self._activity[:] = self._memory.recall(0.0, self._move)

    def settle(self, years: float, move: Vector) -> None:
        """End of a return (paths,) over `years`."""
        self._memory.settle(years, move)

    def step(self, tick: int, move: Vector) -> None:
        """Respond to the running return."""
        self._move = move
        shock = self._noise.normal() if self._stirred else move
        vol_answers(move, shock, self._at[tick], self._terms, self._state)

    @property
    def elasticity(self) -> Vector:
        """Fall of ln s per unit of ln S now, (paths,): the effect of a small move through R1 and sqrt(R2)."""
        out = np.empty(self._move.size)
        elasticities(self._implied, *self._answers, self._move, self._trend, self._activity, out)
        return out


def _noise_terms(spec: MemorySpec, years: Vector) -> tuple[list[float], list[float], list[float]]:
    """Of the noise of ln realised vol at every tick: what stays in the step, the step's sd, and the centre.

    years: trading years since the start, (ticks,).
    """
    left: list[float] = np.exp(-spec.realised_reversion * np.diff(years, prepend=0.0)).tolist()
    centre: list[float] = (spec.realised_noise**2 * -np.expm1(-2 * spec.realised_reversion * years)).tolist()
    if spec.realised_noise <= 0:
        return [1.0] * len(left), [0.0] * len(left), centre
    return left, [spec.realised_noise * sqrt(1 - each**2) for each in left], centre
