"""What agents would trade at a venue as prices move, and the loop gains that follow from it."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.kernels.loops import gain_of
from markets.kernels.trading import DEPTH
from markets.venues.loop_gain import CURVATURE, summed
from markets.venues.surroundings import Surroundings
from sim.errors import BugError

if TYPE_CHECKING:
    from markets.venues.quotes import Quotes

Vector = NDArray[np.float64]
ALL = slice(None)  # paths
Flow = tuple[Vector, tuple[str, ...], str]  # what somebody would trade here; see `Reactions.expose`: flow, moved, by


class Measuring(Surroundings, Protocol):
    """A market that knows where somebody would trade as prices move."""

    exposed: list[Reactions]  # there, in this tick


class Reactions:
    """The part of a venue that feedback goes through: flows of one tick.

    name: of the venue. impact: of the whole depth; 0: trades move nothing.
    """

    def __init__(self, market: Measuring, name: str, quotes: Quotes, impact: float) -> None:
        self._market, self.name, self._quotes, self._impact = market, name, quotes, impact
        self.flows: list[Flow] = []
        self._nothing = np.zeros(market.paths)

    @property
    def wanted(self) -> bool:
        """Whether anybody may read a loop gain of this venue: else no flow need be found for `expose`."""
        return self._impact != 0 and self._market.measures_gains

    def expose(self, flow: Vector, *, moved: str | tuple[str, ...], by: str) -> None:
        """Add a hedger's flow here per unit move of the price at the venue `moved`, or at each of those.

        Valid for one tick. flow: (paths,) $ notional, in the direction that raises ln S, or the rate. by: a channel of
        `loop_gain`.
        """
        if self.wanted:
            if not self.flows:
                self._market.exposed.append(self)
            self.flows.append((flow, (moved,) if isinstance(moved, str) else moved, by))

    def gain(self, moved: str, by: str, paths: slice = ALL) -> Vector:
        """Move of this price that one channel adds per unit move of the price at `moved`, (paths,): on all, or on some.

        impact x flow per unit move / depth. Raises BugError where loop gains are not found.
        """
        flows = [flow for flow, names, channel in self.flows if channel == by and moved in names]
        if not flows:
            self._require_measured()
            return self._nothing[paths]
        depth = self._quotes.book().levels[DEPTH][paths]
        gain = np.empty(depth.size)
        gain_of(self._impact, depth, reduce(np.add, [flow[paths] for flow in flows]), gain)
        return gain

    def gains(self, but: frozenset[str] = frozenset()) -> dict[tuple[str, str], Vector]:
        """This venue's row of the matrix of loop gains: (paths,) by (its name, the venue that moved).

        but: venues whose moves are left out. Raises BugError as `gain`.
        """
        if not self.flows:
            self._require_measured()
            return {}
        flows, names, channels = zip(*self.flows, strict=True)
        entries, sums = summed(self.name, names, channels, but)
        if not entries:
            return {}
        impact, depth = self._impact, self._quotes.book().levels[DEPTH]
        scaled = [add(impact, depth, flows) for add in sums]
        return {entry: scaled[i] for entry, i in entries}

    def _require_measured(self) -> None:
        if not self._market.measures_gains:
            raise BugError("loop gains are found only in worlds that write peaks, closes or market")

    @property
    def loop_gain(self) -> Vector:
        """The price's own loop: re-hedging of Gamma (asset) or convexity (swaps), (paths,)."""
        return self.gain(self.name, CURVATURE)
