"""The basis of a bond future: its price over that of the bond."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.impact import Impact
from markets.factors.key import FactorKey, basis_key
from markets.factors.law import Law, Moved
from markets.factors.reversion import reversion

if TYPE_CHECKING:
    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot
    from markets.spec import BondFutureSpec

Vector = NDArray[np.float64]


class BondBasis(Law):
    """x = start + n + impact, $ per $ of face value; n reverts to zero, with a stream of the future's name.

    n <- decay n + vol sqrt(gathered) z. Trades in the bond and in the future move it, see the two listings.
    """

    def __init__(self, setting: Setting, name: str, spec: BondFutureSpec) -> None:
        """name: of the future."""
        paths, self._years = setting.streams.paths, np.diff(setting.clock.variance_years, prepend=0.0)
        self.keys = (basis_key(name),)
        self._days_a_year = setting.clock.days_a_year
        stays = reversion(spec.basis_reversion, self._years)
        self._decay, self._scale = stays.decay, spec.basis_vol * np.sqrt(stays.gathered)
        self._stream = setting.streams.stream(f"market/basis/{name}")
        self._start, self._noise = spec.basis, np.zeros(paths)
        self._rows = np.zeros((2, paths))
        self.impact: dict[FactorKey, Impact] = {}

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        """Carry noise and impact into `tick`."""
        for impact in self.impact.values():
            impact.decay(float(self._years[tick]))
        self._noise = self._decay[tick] * self._noise + self._scale[tick] * self._stream.normal()
        return self.levels()

    def levels(self) -> Moved:
        """The basis."""
        level = self._start + self._noise + (self._rows[0] + self._rows[1])
        self.is_finite = bool(np.isfinite(level).all())
        return Moved({self.keys[0]: level})

    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades displace it."""
        self.impact[key] = Impact(self._rows, permanent_share, resilience, self._days_a_year)

    def displace(self, key: FactorKey, move: Vector, level: Vector) -> Vector:
        """Move it."""
        self.impact[key].add(move)
        return level + move
