"""Implied vol: storyline, noise, and a response to the price that the subclasses define."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.impact import Impact, grown
from markets.factors.key import VOL, FactorKey
from markets.factors.law import NO_CURVES, STILL, Law, Levels
from markets.factors.reversion import reversion
from markets.kernels.factors import implied_vols, stirred_vols

if TYPE_CHECKING:
    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]


class ImpliedVol(Law):
    """ln s = ln L_vol + n + a + p: outside level, noise n that reverts and is bridged to the anchors, response a.

    n <- keep (decay n) + xi sqrt(gathered keep) (rho z + sqrt(1 - rho^2) z_vol), z the main asset's shock.
    p is the impact of trades in options and in futures on vol.
    """

    keys = (VOL,)

    def __init__(self, setting: Setting) -> None:
        line, market, streams = setting.storyline.vol, setting.market, setting.streams
        paths, years = streams.paths, np.diff(setting.clock.variance_years, prepend=0.0)
        self.line: list[float] = line.level.tolist()  # ln, at every tick
        self.base = float(np.exp(self.line[0]))  # at the start, decimal
        self.noise = np.zeros(paths)  # ln s
        self.response = np.zeros(paths)  # ln s
        self.tick = 0
        self._stream, self._stirred = streams.stream("market/vol"), market.vol_noise != 0
        keep, stays = line.kept(market.dispersion), reversion(market.vol_reversion, years)
        self.decay: list[float] = stays.decay.tolist()
        scale: list[float] = np.sqrt(market.vol_noise**2 * stays.gathered * keep).tolist()
        weights = market.rho, float(np.sqrt(1 - market.rho**2))  # of the main asset's shock, and of its own
        terms = zip(self.decay, keep.tolist(), scale, self.line, strict=True)
        # of the step into each tick, as the kernel takes them
        self._step = [(left, kept, sd, *weights, level) for left, kept, sd, level in terms]
        self._moves_outside: list[bool] = (np.diff(line.level, prepend=np.nan) != 0).tolist()
        self._margin = setting.feedback.margin
        self._years: list[float] = years.tolist()
        self._days_a_year = setting.clock.days_a_year
        self.impact: dict[FactorKey, Impact] = {}

    @property
    @abstractmethod
    def answers(self) -> bool:
        """Whether there is any response."""

    @abstractmethod
    def respond(self, tick: int, now: Snapshot) -> None:
        """Carry the response into `tick`; the price has already been stepped."""

    @abstractmethod
    def elasticity(self, now: Snapshot) -> Vector:
        """Fall of ln s per unit of ln S now, (paths,)."""

    @property
    def moves(self) -> bool:
        """Whether anything but the storyline moves vol."""
        return self._stirred or self.answers or self._traded

    @property
    def _traded(self) -> bool:
        """Whether trades have ever moved vol."""
        return bool(self.impact) and self.impact[VOL].moved

    @property
    def led(self) -> Vector:
        """Response and impact together, (paths,) ln s."""
        impact = self.impact.get(VOL)
        return self.response if impact is None or not impact.moved else self.response + impact.total

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Levels:
        """Carry noise, response and impact into `tick`."""
        for impact in self.impact.values():
            impact.decay(self._years[tick])
        if self.answers:
            self.respond(tick, now)
        self.tick = tick
        if self._stirred:
            vol, shocks = np.empty(self.response.size), (noise.common, self._stream.normal())
            self.is_finite = stirred_vols(*self._step[tick], *shocks, self.noise, self.led, vol)
            return {VOL: vol}, NO_CURVES
        return self.levels() if self.moves or self._moves_outside[tick] else STILL

    def levels(self) -> Levels:
        """Implied vol."""
        vol = np.empty(self.response.size)
        self.is_finite = implied_vols(self.line[self.tick], self.noise, self.led, vol)
        return {VOL: vol}, NO_CURVES

    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades displace ln s."""
        rows = np.zeros((2, self.response.size))
        self.impact[key] = Impact(rows, permanent_share, resilience, self._days_a_year)

    def displace(self, key: FactorKey, move: Vector, level: Vector) -> Vector:
        """Move ln s."""
        self.impact[key].add(move)
        return grown(level, move)

    def margin(self, now: Snapshot) -> Vector:
        """Vol for initial margin, (paths,): the storyline's if the margin loop is cut."""
        line = self.line[self.tick]
        margin: Vector = np.exp(line + self._margin * (np.log(now.row(VOL)) - line))
        return margin
