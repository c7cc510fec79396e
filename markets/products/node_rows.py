"""Rows of the flow kernels for products of discount factors at several times, and at times before now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.flows import AMOUNT, FLOW_TERMS, OUTER

if TYPE_CHECKING:
    from markets.curves.curve import Curve

Floats = NDArray[np.float64]


def reach(curve: Curve, years: Floats) -> tuple[Floats, Floats]:
    """b (times, nodes) and e (times,) with -ln DF = b . nodes + e.

    A time before now is taken as minus the time after it: what has been earned since, at the rate of today.
    """
    sign, ahead = np.sign(years), np.abs(years)
    return sign[:, None] * curve.weights(ahead), sign * curve.excess(ahead)


def rows_of(amounts: Floats, weights: Floats) -> Floats:
    """Rows of flows amount x exp(-weights . nodes): (flows, FLOW_TERMS or more); weights (flows, nodes)."""
    wanted = weights != 0
    most = max(int(wanted.sum(axis=1).max(initial=0)), 2)
    order = np.argsort(~wanted, axis=1, kind="stable")[:, :most]  # columns with a weight first, in their order
    if order.shape[1] < 2:  # a curve of one node
        order = np.repeat(order, 2, axis=1)
    chosen = np.take_along_axis(weights, order, axis=1)
    if weights.shape[1] < 2:
        chosen[:, 1:] = 0.0
    out = np.empty((amounts.size, FLOW_TERMS + 2 * (order.shape[1] - 2)))
    out[:, AMOUNT] = amounts
    out[:, OUTER::2], out[:, OUTER + 1 :: 2] = order, chosen
    return out
