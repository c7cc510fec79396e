"""How the noise of the curve's nodes is mixed from independent normals."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.correlation import contradiction, impossible, mixing
from markets.factors.declared_order import declared_order
from markets.specs.rates import SHOCK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markets.specs.rates import Node

Vector = NDArray[np.float64]
RATES = "market.rates"  # key of the scenario


def node_mixing(nodes: Sequence[Node]) -> Vector:
    """Weights of each node's shock: of the main asset's, of the joint nodes' normals, of the others' own normals.

    The joint nodes draw together, in the order of their declaration. Any other node's shock is explained by those that
    it is correlated with: it is their best linear forecast plus a normal of its own, so that a correlation that nobody
    gives follows from the others. It comes after the nodes that its own table names: what a scenario declares besides
    changes no shock.

    Returns: (nodes, 1 + nodes). Raises UserError where the correlations are not those of any variables.
    """
    joint, others = [n for n in nodes if n.joint], [n for n in nodes if not n.joint]
    column = {node.name: 1 + i for i, node in enumerate([*joint, *others])}
    rows = {SHOCK: np.eye(1, 1 + len(nodes))[0]}
    rows |= dict(zip([n.name for n in joint], np.pad(_joint(joint), ((0, 0), (0, len(others)))), strict=True))
    for k in declared_order([(node.name, node.correlation) for node in others]):
        node = others[k]
        given = {**_mirrored(node.name, nodes, rows), **{n: c for n, c in node.correlation.items() if n in rows}}
        rows[node.name] = _explained(node.name, given, rows, column[node.name])
    return np.array([rows[node.name] for node in nodes])


def _joint(nodes: Sequence[Node]) -> Vector:
    """Lower root of the correlations of the main asset's shock and the joint nodes, without its first row."""
    names = [SHOCK, *(node.name for node in nodes)]
    matrix = np.eye(len(names))
    for node in nodes:
        for other, value in node.correlation.items():
            i, j = names.index(node.name), names.index(other)
            matrix[i, j] = matrix[j, i] = value
    return mixing(matrix, RATES)[1:]


def _mirrored(name: str, nodes: Sequence[Node], known: Mapping[str, Vector]) -> dict[str, float]:
    """Correlations with a node that the tables of others give."""
    return {node.name: node.correlation[name] for node in nodes if name in node.correlation and node.name in known}


def _explained(name: str, given: Mapping[str, float], rows: Mapping[str, Vector], own: int) -> Vector:
    """Weights of a shock that has these correlations with others: their linear forecast, and its own normal.

    Sums are exact, so that the zeros of further nodes' columns change no digit.
    """
    others, wanted = np.array([rows[other] for other in given]), np.array(list(given.values()))
    row = np.zeros(len(rows[SHOCK]))
    left = 1.0
    if given:
        among = np.array([[fsum(a * b) for b in others] for a in others])
        least = impossible(np.block([[among, wanted[:, None]], [wanted[None, :], np.eye(1)]]))
        if least is not None:
            raise contradiction(least, RATES, value=name)
        forecast = np.linalg.lstsq(among, wanted, rcond=None)[0]
        row, left = np.array([fsum(forecast * weights) for weights in others.T]), 1.0 - fsum(forecast * wanted)
    row[own] = np.sqrt(max(left, 0.0))
    return row
