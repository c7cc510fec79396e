"""Execution schedules: what share of an order is traded at each of several equally spaced times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def even(trades: int) -> Vector:
    """The same at every time, (trades,)."""
    return np.full(trades, 1.0 / trades)


def almgren_chriss(trades: int, *, step: float, risk_aversion: float, sigma: float, cost: float) -> Vector:
    """Shares of the order that minimise expected cost + risk_aversion x variance, (trades,).

    What is left after trade k is sinh(kappa (T - k step)) / sinh(kappa T) with T = trades x step and
    2 (cosh(kappa step) - 1) = risk_aversion sigma^2 step^2 / cost (Almgren and Chriss 2001, equations 15 to 18).

    Args:
        step: time between trades, days.
        risk_aversion: 1/$.
        sigma: $ per unit per square root of a day.
        cost: $ per unit^2 and per trade beyond what stays: eta / step - gamma / 2, times step for eta's own unit.
    """
    if risk_aversion == 0 or sigma == 0:
        return even(trades)
    rate = np.arccosh(1 + 0.5 * risk_aversion * sigma**2 * step**2 / cost) / step
    left = np.sinh(rate * step * np.arange(trades, -1, -1)) / np.sinh(rate * step * trades)
    return np.asarray(-np.diff(left))


def obizhaeva_wang(trades: int, *, step: float, resilience: float) -> Vector:
    """Shares of the order that cost least in a book that refills at `resilience`, (trades,).

    The first and the last are 1 / ((n - 2)(1 - a) + 2) of the order, those between (1 - a) as much, with
    a = exp(-resilience step) and n trades (Obizhaeva and Wang 2013, proposition 1).
    """
    if trades == 1:
        return np.ones(1)
    kept = float(np.exp(-resilience * step))
    first = 1.0 / ((trades - 2) * (1 - kept) + 2)
    shares = np.full(trades, first * (1 - kept))
    shares[[0, -1]] = first
    return shares
