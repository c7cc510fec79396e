"""The implied vol of a further asset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.impact import Impact, grown
from markets.factors.key import VOL, FactorKey
from markets.factors.law import Law, Moved
from markets.factors.reversion import reversion
from markets.factors.storyline import LEAST_VOL
from markets.kernels.factors import lever

if TYPE_CHECKING:
    from collections.abc import Callable

    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot
    from markets.specs.asset import AssetSpec

Vector = NDArray[np.float64]


class AssetVol(Law):
    """ln s = ln s0 + vol_power ln(s_main / s_main0) + n + a + p, s_main that of the tick before.

    n <- decay n + xi sqrt(gathered) z, from a stream of its own name;
    da = -kappa a dt - beta (s0 / s) (d ln S - d ln L), s there not below s0 / 4;
    p is what trades in options on the asset have moved.
    """

    def __init__(self, setting: Setting, spec: AssetSpec, moved: Callable[[], Vector], main_base: float) -> None:
        """moved: noise and impact of the asset's price, (paths,) ln S. main_base: the main asset's vol at the start."""
        own = spec.implied
        assert own is not None
        self.key = FactorKey("vol", spec.name)
        self.keys = (self.key,)
        self.base, self.surface_start = own.start, own.surface_start
        self.power, self._main_base, self._moved = spec.vol_power, main_base, moved
        paths, years = setting.streams.paths, np.diff(setting.clock.variance_years, prepend=0.0)
        stays = reversion(own.kappa, years)
        self._decay: list[float] = stays.decay.tolist()
        self._scale: list[float] = (own.xi * np.sqrt(stays.gathered)).tolist()
        self._years: list[float] = years.tolist()
        self._stream = setting.streams.stream(f"market/assets/{spec.name}/vol") if own.xi else None
        self._at_unit_vol = setting.feedback.leverage * own.beta * own.start
        self._noise, self._response, self._led = np.zeros(paths), np.zeros(paths), np.zeros(paths)
        self._followed = np.zeros(paths)  # ln
        self._days_a_year = setting.clock.days_a_year
        self.impact: dict[FactorKey, Impact] = {}

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        """Carry noise, response and impact into `tick`; the price has already been stepped."""
        for impact in self.impact.values():
            impact.decay(self._years[tick])
        if self._stream is not None:
            self._noise = self._decay[tick] * self._noise + self._scale[tick] * self._stream.normal()
        if self._at_unit_vol:
            moved, least = self._moved(), LEAST_VOL * self.base
            lever(self._decay[tick], self._at_unit_vol, least, now.row(self.key), moved, self._led, self._response)
        if self.power:
            self._followed = self.power * np.log(now.row(VOL) / self._main_base)
        return self.levels()

    def levels(self) -> Moved:
        """Implied vol."""
        vol = self.base * np.exp(self._followed + self._noise + self._response)
        if self.impact:
            vol = vol * np.exp(self.impact[self.key].total)
        self.is_finite = bool(np.isfinite(vol).all())
        return Moved({self.key: vol})

    def told(self, main: float) -> float:
        """What it would be if nothing but the storyline moved it, decimal. main: ln of the main vol since the start."""
        return float(self.base * np.exp(self.power * main))

    def elasticity(self, now: Snapshot) -> Vector:
        """Fall of ln s per unit of ln S, (paths,)."""
        found: Vector = self._at_unit_vol / np.maximum(now.row(self.key), LEAST_VOL * self.base)
        return found

    def realised_ratio(self, now: Snapshot) -> Vector:
        """Of realised vol to that at the start, (paths,): what trades in options add is the price of vol, not vol."""
        ratio = now.row(self.key) / self.base
        return ratio * np.exp(-self.impact[self.key].total) if self.impact else ratio

    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades displace ln s."""
        rows = np.zeros((2, self._noise.size))
        self.impact[key] = Impact(rows, permanent_share, resilience, self._days_a_year)

    def displace(self, key: FactorKey, move: Vector, level: Vector) -> Vector:
        """Move ln s."""
        self.impact[key].add(move)
        return grown(level, move)
