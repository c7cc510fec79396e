"""Jumps of ln S: Merton (1976) and Kou (2002)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markets.spec import JumpSpec
    from sim.streams import Streams

Vector = NDArray[np.float64]


class Jumps:
    """Compound Poisson jumps, centred so that they do not change the mean.

    At most one jump per tick, with P = 1 - exp(-intensity dt): exact in the limit of short ticks, else to an error of
    (intensity dt)^2 / 2.
    """

    def __init__(self, spec: JumpSpec, streams: Streams) -> None:
        self._spec, self.any = spec, spec.kind != "none" and spec.intensity != 0
        self._when = streams.stream("jump/when")
        self._side = streams.stream("jump/side")
        self._size = streams.stream("jump/size")
        self._normal = streams.stream("jump/normal")

    @property
    def mean(self) -> float:
        """Mean size of a jump in ln S."""
        spec = self._spec
        if spec.kind == "merton":
            return spec.mean
        return spec.up_probability * spec.up_mean - (1 - spec.up_probability) * spec.down_mean

    def step(self, years: float) -> Vector | None:
        """Centred jumps of a step of `years` of trading time, (paths,) in ln S; None if the scenario has no jumps."""
        spec = self._spec
        if not self.any:
            return None
        chance = 1 - np.exp(-spec.intensity * years)
        hit = self._when.uniform() < chance
        if spec.kind == "merton":
            size = spec.mean + spec.sd * self._normal.normal()
        else:
            tail = -np.log1p(-self._size.uniform())
            up = self._side.uniform() < spec.up_probability
            size = np.where(up, spec.up_mean * tail, -spec.down_mean * tail)
        centred: Vector = np.where(hit, size, 0.0) - chance * self.mean
        return centred
