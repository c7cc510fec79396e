"""Arbitrage in the strikes of options on one rate: prices that are not monotone or not convex, negative density."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.rate_vols.sabr import Sabr
from sim.named_tuple import NamedTuple

Floats = NDArray[np.float64]

SLACK = 1e-10  # of the annuity: rounding of prices
FAR = 4.0  # standard deviations around the forward in which densities are looked at
POINTS = 800  # strikes of a density
EDGE = 1e-4  # decimal: the lowest strike of a lognormal rate, above minus the shift

RISES, STEEP, BENT, NEGATIVE = "rises with the strike", "falls by more than the strike", "is not convex", "negative"


class Breach(NamedTuple):
    """A violation at strikes from `low` to `high`.

    amount: what the arbitrage pays per unit of annuity, decimal; of a negative density the probability there.
    """

    rule: str  # RISES, STEEP, BENT: of the price of calls; NEGATIVE: of the density
    low: float
    high: float
    amount: float


def strike_breaches(strikes: ArrayLike, calls: ArrayLike) -> list[Breach]:
    """Of prices of calls per unit of annuity, at strikes in any order and spacing.

    A call falls as the strike rises, by no more than the strike rises; and a call in the middle costs no more than the
    calls at both sides weighed by distance: C(K2) <= w C(K1) + (1 - w) C(K3), w = (K3 - K2) / (K3 - K1). For unequal
    spacing C(K1) - 2 C(K2) + C(K3) >= 0 would be another inequality, and a wrong one. Between expiries there is no such
    rule: options of two expiries into one end date are on different rates.
    """
    order = np.argsort(np.asarray(strikes, dtype=np.float64))
    k, c = np.asarray(strikes, dtype=np.float64)[order], np.asarray(calls, dtype=np.float64)[order]
    found = []
    for i in range(len(k) - 1):
        rise, gap = c[i + 1] - c[i], k[i + 1] - k[i]
        if rise > SLACK:
            found.append(Breach(RISES, float(k[i]), float(k[i + 1]), float(rise)))
        if -rise > gap + SLACK:
            found.append(Breach(STEEP, float(k[i]), float(k[i + 1]), float(-rise - gap)))
    for i in range(len(k) - 2):
        weight = (k[i + 2] - k[i + 1]) / (k[i + 2] - k[i])
        dear = c[i + 1] - weight * c[i] - (1 - weight) * c[i + 2]
        if dear > SLACK:
            found.append(Breach(BENT, float(k[i]), float(k[i + 2]), float(dear)))
    return found


def density_breaches(smile: Sabr, lowest: float, highest: float) -> list[Breach]:
    """Stretches of strikes where a smile's density is negative, between two strikes and around the forward."""
    money = float(smile.vol(smile.forward))
    width = FAR * money * np.sqrt(smile.years)
    if smile.kind == "lognormal":
        shifted = smile.forward + smile.shift
        low, high = EDGE - smile.shift, shifted * np.exp(width) - smile.shift
    else:
        low, high = smile.forward - width, smile.forward + width
    strikes = np.linspace(min(low, lowest), max(high, highest), POINTS)
    step = strikes[1] - strikes[0]
    density = smile.density(strikes, width=min(1e-5, step / 8))[1]
    negative = density < -1e-6 * np.nanmax(np.abs(density))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], negative, [False]]).astype(int)))
    found = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        mass = float(density[first:last].sum() * step)
        found.append(Breach(NEGATIVE, float(strikes[first]), float(strikes[last - 1]), mass))
    return found
