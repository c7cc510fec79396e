"""Weights that make the correlated noise of the curve's nodes from independent normals."""

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
    """Weights of each node's shock: on the main asset's shock, the joint nodes' normals, the other nodes' own normals.

    The joint nodes draw together, in the order of their declaration. Any other node's shock is the best linear forecast
    from the nodes it is correlated with, plus a normal of its own. Correlations that are not given follow from this. A
    node comes after those that its own table names, so further declarations change no shock.

    Returns: (nodes, 1 + nodes). Raises UserError if the correlations are impossible.
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
    """Correlations with a node that are given in other nodes' tables."""
    return {node.name: node.correlation[name] for node in nodes if name in node.correlation and node.name in known}


def _explained(name: str, given: Mapping[str, float], rows: Mapping[str, Vector], own: int) -> Vector:
    """Weights of a shock with these correlations to others: their linear forecast, and its own normal.

    Sums are exact, so that zero weights on further nodes change no digit.
    """
    weights, left = explained(name, given, rows)
    row = np.zeros(len(rows[SHOCK]))
    if given:
        forecast, others = np.array(list(weights.values())), np.array([rows[other] for other in given])
        row = np.array([fsum(forecast * column) for column in others.T])
    row[own] = left
    return row


def explained(name: str, given: Mapping[str, float], rows: Mapping[str, Vector]) -> tuple[dict[str, float], float]:
    """The linear forecast of a shock from others with these correlations, and the weight of a normal of its own.

    rows: weights of the others' shocks on independent normals. Raises UserError if the correlations are impossible.
    """
    if not given:
        return {}, 1.0
    others, wanted = np.array([rows[other] for other in given]), np.array(list(given.values()))
    among = np.array([[fsum(a * b) for b in others] for a in others])
    least = impossible(np.block([[among, wanted[:, None]], [wanted[None, :], np.eye(1)]]))
    if least is not None:
        raise contradiction(least, RATES, value=name)
    forecast = np.linalg.lstsq(among, wanted, rcond=None)[0]
    left = 1.0 - fsum(forecast * wanted)
    return dict(zip(given, forecast.tolist(), strict=True)), float(np.sqrt(max(left, 0.0)))
