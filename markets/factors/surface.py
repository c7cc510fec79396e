"""The slope in time and the skew of the asset's vols as factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SMILE_SKEW, SPOT, VOL, VOL_SLOPE
from markets.factors.law import Law, Moved
from markets.factors.reversion import reversion

if TYPE_CHECKING:
    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot
    from markets.specs.surface import SurfaceSpec

Vector = NDArray[np.float64]
STEEPEST = 1.0  # of the slope: ln of 3-month over 30-day vol within +-1
BUTTERFLY = 0.54  # of skew x vol: SSVI with rho^2 = 1/2 has no negative probability up to 0.541, see markets.vols.smile


class Surface(Law):
    """x <- keep (x + responses to moves) + noise sqrt(gathered) z, of slope and of skew less the storyline's levels.

    Moves are those of ln S and ln vol up to the tick before, trades included; where anchors tell the factor, those
    beyond the storyline's. Each factor has a stream of its own name. The skew stays within +-`BUTTERFLY` over the
    higher of vol and vol at the start.
    """

    keys = (VOL_SLOPE, SMILE_SKEW)

    def __init__(self, setting: Setting, spec: SurfaceSpec, base: float) -> None:
        """base: vol at the start."""
        paths, years = setting.streams.paths, np.diff(setting.clock.variance_years, prepend=0.0)
        own = ((spec.slope_reversion, spec.slope_noise), (spec.skew_reversion, spec.skew_noise))
        stays = [reversion(speed, years) for speed, _ in own]
        self._keeps = [each.decay for each in stays]
        self._scales = [noise * np.sqrt(each.gathered) for each, (_, noise) in zip(stays, own, strict=True)]
        self._streams = [setting.streams.stream(f"market/surface/{key.family}") for key in self.keys]
        line = setting.storyline
        assert line.surface is not None
        self._spec, self._base, self._tick = spec, base, 0
        self._told = [level.level for level in line.surface]
        self._line = [np.diff(told.level, prepend=told.level[0]) for told in (line.spot, line.vol)]  # a tick
        self._beyond = line.surface_told
        self._off = [np.zeros(paths), np.zeros(paths)]
        self._seen = [np.full(paths, told.level[0]) for told in (line.spot, line.vol)]  # ln, up to which are answered
        self._vol = np.full(paths, base)

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        """Answer the moves up to `now`, and carry the noise into `tick`."""
        spec, logs = self._spec, [np.log(now.row(SPOT)), np.log(now.row(VOL))]
        spot, vol = (new - old for new, old in zip(logs, self._seen, strict=True))
        self._seen, self._vol = logs, now.row(VOL)
        responses = ((0.0, spec.slope_response), (spec.skew_spot_response, spec.skew_vol_response))
        self._tick = tick
        for i, (stream, (by_spot, by_vol)) in enumerate(zip(self._streams, responses, strict=True)):
            move = by_spot * spot + by_vol * vol
            if self._beyond[i]:
                move = move - (by_spot * self._line[0][tick - 1] + by_vol * self._line[1][tick - 1])
            self._off[i] = self._keeps[i][tick] * (self._off[i] + move) + self._scales[i][tick] * stream.normal()
        return self.levels()

    def levels(self) -> Moved:
        """Slope and skew within their bounds."""
        most = BUTTERFLY / np.maximum(self._vol, self._base)
        slope, skew = (told[self._tick] + off for told, off in zip(self._told, self._off, strict=True))
        self.is_finite = bool(np.isfinite(slope).all() and np.isfinite(skew).all())
        return Moved({VOL_SLOPE: np.clip(slope, -STEEPEST, STEEPEST), SMILE_SKEW: np.clip(skew, -most, most)})
