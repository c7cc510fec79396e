"""Correlated shocks of the further assets, each from a noise stream of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.correlation import mixing
from markets.factors.declared_order import Edges, declared_order, reached
from markets.factors.key import MAIN

if TYPE_CHECKING:
    from markets.spec import AssetSpec
    from sim.streams import Streams

Vector = NDArray[np.float64]


def correlation_matrix(assets: tuple[AssetSpec, ...]) -> NDArray[np.float64]:
    """Correlations of the main asset, then the others, (1 + n, 1 + n)."""
    names = [MAIN, *(asset.name for asset in assets)]
    with_main = np.array([1.0, *(asset.correlation.get(MAIN, 0.0) for asset in assets)])
    matrix = np.outer(with_main, with_main)
    for row, asset in enumerate(assets, 1):
        for other, value in asset.correlation.items():
            matrix[row, names.index(other)] = matrix[names.index(other), row] = value
    np.fill_diagonal(matrix, 1.0)
    return matrix


class AssetNoise:
    """Shocks of the further assets: standard normals with the scenario's correlations, exactly.

    Invariant: a shock depends neither on the order of the declarations nor on assets that are not joined to it. Two
    assets are joined if the scenario gives their correlation. Asset j's shock is a weighted sum of the main asset's
    shock, its own normal, and the normals of earlier assets joined to it, directly or through other earlier ones; the
    weights are the last row of the Cholesky root of their correlations. Order: an asset comes after those that its own
    table names; otherwise by name. So a new asset whose table names others does not change these.
    """

    def __init__(self, specs: tuple[AssetSpec, ...], correlations: NDArray[np.float64], streams: Streams) -> None:
        """correlations: (1 + n, 1 + n), the main asset first. Raises UserError if they are impossible."""
        self._streams = [streams.stream(f"market/asset/{spec.name}") for spec in specs]
        self._main = [0.0] * len(specs)  # weight of the main asset's shock in each
        self._own: list[list[tuple[int, float]]] = [[] for _ in specs]  # for each: (asset whose normal is used, weight)
        joined = _joined(specs)
        order = declared_order([(spec.name, spec.correlation) for spec in specs])
        for place, row in enumerate(order):
            before = order[: place + 1]
            linked = reached(row, joined, set(before))
            group = [k for k in before if k in linked]
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


def _joined(specs: tuple[AssetSpec, ...]) -> Edges:
    """For each asset, those with which one of the two tables gives a correlation."""
    found: Edges = [set() for _ in specs]
    for row, spec in enumerate(specs):
        for k, other in enumerate(specs):
            if other.name in spec.correlation:
                found[row].add(k)
                found[k].add(row)
    return found
