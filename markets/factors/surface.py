"""The slope in time and the skew of an asset's vols as factors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN, SmileKeys
from markets.factors.law import Law, Moved
from markets.factors.reversion import reversion
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot
    from markets.specs.asset_vol import AssetVolSpec
    from markets.specs.surface import SurfaceSpec

Vector = NDArray[np.float64]
STEEPEST = 1.0  # of the slope: ln of 3-month over 30-day vol within +-1
BUTTERFLY = 0.54  # of skew x vol: SSVI with rho^2 = 1/2 has no negative probability up to 0.541, see markets.vols.smile


class SurfaceLine(NamedTuple):
    """What the outside tells of an asset's surface."""

    levels: tuple[Vector, Vector]  # slope and skew, (ticks,)
    starts: tuple[float, float]  # ln of price and vol
    moves: tuple[Vector, Vector]  # of ln of price and vol since the tick before, (ticks,)
    beyond: tuple[bool, bool] = (False, False)  # whether slope and skew answer what goes beyond these moves alone


class Surface(Law):
    """x <- keep (x + responses to moves) + noise sqrt(gathered) z, of slope and of skew less the outside's levels.

    Moves are those of the asset's ln S and ln vol up to the tick before, trades included; where anchors tell the
    factor, those beyond the storyline's. Each factor has a stream of its own name. The skew stays within +-`BUTTERFLY`
    over the higher of vol and vol at the start.
    """

    def __init__(self, setting: Setting, spec: SurfaceSpec, asset: str, base: float, line: SurfaceLine) -> None:
        """base: vol at the start."""
        self._from = SmileKeys.of(asset)
        self.keys = (self._from.slope, self._from.skew)
        paths, years = setting.streams.paths, np.diff(setting.clock.variance_years, prepend=0.0)
        own = ((spec.slope_reversion, spec.slope_noise), (spec.skew_reversion, spec.skew_noise))
        stays = [reversion(speed, years) for speed, _ in own]
        self._keeps = [each.decay for each in stays]
        self._scales = [noise * np.sqrt(each.gathered) for each, (_, noise) in zip(stays, own, strict=True)]
        place = "market/surface" if asset == MAIN else f"market/assets/{asset}"
        self._streams = [setting.streams.stream(f"{place}/{key.family}") for key in self.keys]
        self._spec, self._base, self._tick = spec, base, 0
        self._told, self._line, self._beyond = line.levels, line.moves, line.beyond
        self._off = [np.zeros(paths), np.zeros(paths)]
        self._seen = [np.full(paths, start) for start in line.starts]  # ln, up to which are answered
        self._vol = np.full(paths, base)

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        """Answer the moves up to `now`, and carry the noise into `tick`."""
        spec, logs = self._spec, [np.log(now.row(self._from.spot)), np.log(now.row(self._from.vol))]
        spot, vol = (new - old for new, old in zip(logs, self._seen, strict=True))
        self._seen, self._vol = logs, now.row(self._from.vol)
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
        slope, skew = (told[self._tick] + off for told, off in zip(self._told, self._off, strict=True))
        self.is_finite = bool(np.isfinite(slope).all() and np.isfinite(skew).all())
        return Moved(dict(zip(self.keys, bounded(slope, skew, self._vol, self._base), strict=True)))


def bounded(slope: Vector, skew: Vector, vol: Vector, base: float) -> tuple[Vector, Vector]:
    """Slope and skew within the bounds that every surface keeps to, same shape. base: vol at the start."""
    most = BUTTERFLY / np.maximum(vol, base)
    return np.clip(slope, -STEEPEST, STEEPEST), np.clip(skew, -most, most)


def surfaces(setting: Setting, base: float) -> Iterator[Surface]:
    """Of all assets whose surface moves, the main one first. base: vol of that at the start."""
    if setting.market.surface is not None:
        yield Surface(setting, setting.market.surface, MAIN, base, _storyline(setting))
    for spec in setting.assets:
        own = spec.implied
        if own is not None and own.surface is not None:
            yield Surface(setting, own.surface, spec.name, own.start, _still(spec.spot, own, len(setting.clock.ticks)))


def _still(spot: float, own: AssetVolSpec, ticks: int) -> SurfaceLine:
    """Of a further asset: nothing is told after the start."""
    slope, skew = (np.full(ticks, level) for level in own.surface_start)
    moves = np.zeros(ticks)
    return SurfaceLine((slope, skew), (float(np.log(spot)), float(np.log(own.start))), (moves, moves))


def _storyline(setting: Setting) -> SurfaceLine:
    """Of the main asset."""
    line = setting.storyline
    assert line.surface is not None
    slope, skew = line.surface
    spot, vol = line.spot.level, line.vol.level
    moves = np.diff(spot, prepend=spot[0]), np.diff(vol, prepend=vol[0])
    return SurfaceLine((slope.level, skew.level), (spot[0], vol[0]), moves, line.surface_told)
