"""Correlated shocks of the further assets, each from a noise stream of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.correlation import mixing

if TYPE_CHECKING:
    from markets.spec import AssetSpec
    from sim.streams import Streams

Vector = NDArray[np.float64]
Edges = list[set[int]]  # by row of an asset: rows of others


class AssetNoise:
    """Shocks of the further assets: standard normals with the scenario's correlations, exactly.

    Invariant: a shock depends neither on the order of the declarations nor on assets that are not joined to it. Assets
    are joined by a correlation that the scenario gives. Asset j's shock is a sum of the main asset's, of its own normal
    and of those of the assets before it that are joined to it, directly or through others before it: the last row of
    the lower root of their correlations. An asset comes after those that its own table names; the fewer those are, the
    earlier, and then by name. So a newcomer whose table names others leaves these as they were.
    """

    def __init__(self, specs: tuple[AssetSpec, ...], correlations: NDArray[np.float64], streams: Streams) -> None:
        """correlations: (1 + n, 1 + n), the main asset first. Raises UserError where they are impossible."""
        self._streams = [streams.stream(f"market/asset/{spec.name}") for spec in specs]
        self._main = [0.0] * len(specs)  # how much of the main asset's shock is in each
        self._own: list[list[tuple[int, float]]] = [[] for _ in specs]  # whose normal is in each, and how much
        joined, order = _joined(specs), _order(specs)
        for place, row in enumerate(order):
            before = order[: place + 1]
            reached = _reached(row, joined, set(before))
            group = [k for k in before if k in reached]
            picked = [0, *(1 + k for k in group)]
            weights = mixing(correlations[np.ix_(picked, picked)], "assets.*.correlation")[-1].tolist()
            self._main[row], self._own[row] = weights[0], list(zip(group, weights[1:], strict=True))

    def step(self, main_shock: Vector) -> list[Vector]:
        """The next shock of each asset, (paths,), given that of the main one."""
        fresh = [stream.normal() for stream in self._streams]
        shocks = []
        for main, own in zip(self._main, self._own, strict=True):
            shock = main * main_shock
            for k, weight in own:
                shock += weight * fresh[k]
            shocks.append(shock)
        return shocks


def _order(specs: tuple[AssetSpec, ...]) -> list[int]:
    """Rows of the assets: after those that their own tables name, directly or through others, and then by name."""
    named: Edges = [{k for k, other in enumerate(specs) if other.name in spec.correlation} for spec in specs]
    everybody = set(range(len(specs)))
    needed = [len(_reached(row, named, everybody)) for row in range(len(specs))]
    return sorted(everybody, key=lambda row: (needed[row], specs[row].name))


def _joined(specs: tuple[AssetSpec, ...]) -> Edges:
    """With whom each asset has a correlation that one of the two tables gives."""
    found: Edges = [set() for _ in specs]
    for row, spec in enumerate(specs):
        for k, other in enumerate(specs):
            if other.name in spec.correlation:
                found[row].add(k)
                found[k].add(row)
    return found


def _reached(row: int, edges: Edges, among: set[int]) -> set[int]:
    """Who can be reached from one over the edges without leaving `among`, itself included."""
    found, fresh = {row}, [row]
    while fresh:
        new = (edges[fresh.pop()] & among) - found
        found |= new
        fresh += new
    return found
