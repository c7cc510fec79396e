"""How a zero curve moves over a period if it follows the short rate of a Hull-White model from today on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.curves.curve import Curve

Floats = NDArray[np.float64]

STEP = 1e-4  # years, of the difference that gives the rate of no maturity


class CurveMove(NamedTuple):
    """Nodes after the period as a line in the short rate: start + slope x, (nodes, paths) and (nodes, 1) decimal.

    From today's curve P(.), after d years, with x = r(d) - f(0, d) and y the variance of r,
        -ln P(d, d + u) = ln P(d) - ln P(d + u) + B(u) x + B(u)^2 y / 2,   B(u) = (1 - e^(-a u)) / a,
    a node moves by as much as this does from what today's curve has at u. Each path's own curve is today's: it is
    met exactly, whatever twists it has had.
    """

    start: Floats
    slope: Floats
    centre: Floats  # (paths,) mean of x: sigma^2 B(d)^2 / 2
    sd: Floats  # (paths,) of x

    def at(self, z: float) -> Floats:
        """Nodes where the short rate is z standard deviations off its mean, (nodes, paths) decimal."""
        return np.asarray(self.start + self.slope * (self.centre + self.sd * z))


def curve_move(curve: Curve, rates: Floats, *, reversion: float, sigma: Floats, years: float) -> CurveMove:
    """The move of a curve of `rates` (nodes, paths) decimal over `years`.

    Args:
        reversion: a > 0, 1/year.
        sigma: (paths,) of the short rate, decimal per sqrt(year).
    """
    variance = sigma**2 * -np.expm1(-2 * reversion * years) / (2 * reversion)
    slopes, starts, paid = [], [], curve.zero(years, rates)
    for k, tenor in enumerate(curve.years):
        if tenor == 0:
            later = (curve.zero(years + STEP, rates) - paid) / STEP
            starts.append(rates[k] + later - curve.zero(STEP, rates) / STEP)
            slopes.append(1.0)
            continue
        loading = -np.expm1(-reversion * tenor) / reversion
        gone = curve.zero(years + tenor, rates) - paid - curve.zero(tenor, rates)
        starts.append(rates[k] + (gone + 0.5 * loading**2 * variance) / tenor)
        slopes.append(loading / tenor)
    centre = 0.5 * (sigma * -np.expm1(-reversion * years) / reversion) ** 2
    return CurveMove(np.stack(starts), np.array(slopes)[:, None], centre, np.sqrt(variance))
