"""A listed option on a smile that moves: its vols, value and sensitivities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SMILE_SKEW, SPOT, VOL, VOL_SLOPE
from markets.kernels.options import NODE, SIGN, SLOPES
from markets.kernels.smiles import multiples
from markets.kernels.surface import LOADING, STEEPNESS, surface_greeks
from markets.vols.moving_smile import MovingSmile
from sim.named_tuple import NamedTuple
from sim.vectors import on_some

if TYPE_CHECKING:
    from markets.factors.snapshot import Block, Paths, Snapshot

Floats = NDArray[np.float64]
NO_SURFACE, NO_OWN = np.empty((0, 0)), np.empty(0)


class Valued(NamedTuple):
    """One unit."""

    rows: Floats  # (NODE + nodes, paths), as of `option_greeks`
    by: Floats  # (2, paths) $ per 1.00 of slope and skew; (0, 0) where they are no factors
    by_sd: Floats  # (paths,) $ per unit of the standard deviations


class OptionOnSurface(NamedTuple):
    """The options of one unit, struck at a roll."""

    smile: MovingSmile
    signs: Floats  # (legs,)
    strikes: Floats  # (legs, paths) $
    origins: Floats  # (paths,) $ to which the smile refers
    steepness: float  # 1 / sqrt(max(T, 1/12))

    def take(self, paths: Paths) -> OptionOnSurface:
        """Those on some of the paths."""
        return self._replace(strikes=on_some(self.strikes, paths), origins=self.origins[paths])

    def multiples(self, market: Snapshot, term: Floats) -> Floats:
        """Vol of each leg over the vol at the money of a flat term structure, (legs, paths)."""
        seen = self.smile.seen(market)
        slope, skew = seen.surface
        away = np.log(self.strikes / self.origins) - seen.slides[0] * np.log(seen.reference / self.origins)
        z, out = skew * self.steepness * away, np.empty((3, away.size))
        multiples(seen.form, z.reshape(-1), out)
        return np.asarray(out[0].reshape(away.shape) * np.exp(term[LOADING] * slope))

    def valued(self, market: Snapshot, block: Block, base: Floats, term: Floats) -> Valued:
        """At the terms of an option with strike spot0 and multiple 1."""
        out, own = np.zeros((NODE + len(market.block(block)), market.paths)), np.zeros(market.paths)
        by = np.zeros((2, market.paths)) if VOL_SLOPE in market.keys else NO_SURFACE
        self._add(market, block, base, term, out, by, own)
        return Valued(out, by, own)

    def slopes(self, market: Snapshot, block: Block, base: Floats, term: Floats) -> Floats:
        """Value and its first two derivatives by spot alone, (SLOPES, paths)."""
        out = np.zeros((SLOPES, market.paths))
        self._add(market, block, base, term, out, NO_SURFACE, NO_OWN)
        return out

    def _add(
        self, market: Snapshot, block: Block, base: Floats, term: Floats, out: Floats, by: Floats, own: Floats
    ) -> None:
        """What `surface_greeks` finds, to `out`, `by` and `own`."""
        nodes, seen = market.block(block), self.smile.seen(market)
        terms = np.repeat(term[None], len(self.signs), axis=0)
        terms[:, SIGN], terms[:, STEEPNESS] = self.signs, self.steepness
        surface_greeks(
            market.row(SPOT),
            market.row(VOL),
            nodes,
            np.ones(market.paths),
            seen.reference,
            seen.surface,
            base,
            seen.form,
            seen.slides,
            terms,
            self.strikes,
            self.origins,
            out,
            by,
            own,
        )


FACTORS = (VOL_SLOPE, SMILE_SKEW)  # in the order of `Valued.by`
