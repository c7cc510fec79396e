"""Heston's law of an asset's variance: parameters, for what is valued by it."""

from __future__ import annotations

from markets.plausible import SPEED, VOL_OF_VOL, YIELD_VOL
from sim.dataclass import dataclass
from sim.params import param

VARIANCE = (9e-4, 4.0)  # decimal a year: vols of 3 to 200 %


@dataclass(frozen=True, kw_only=True)
class HestonSpec:
    """Terms of the positions that say `model = "heston"`; the market itself moves by its own laws.

    On a path the variance is v0 times the square of the implied vol over that of the start.
    """

    v0: float | None = param(
        None,
        unit="decimal a year",
        help="variance at the start (default: the square of the implied vol there)",
        gt=0,
        plausible=VARIANCE,
    )
    kappa: float = param(1.8, unit="1/trading year", help="reversion of the variance", gt=0, plausible=SPEED)
    theta: float = param(0.045, unit="decimal a year", help="long-run variance", gt=0, plausible=VARIANCE)
    xi: float = param(0.6, unit="per sqrt(trading year)", help="vol of the variance", gt=0, plausible=VOL_OF_VOL)
    rho: float = param(-0.7, help="correlation of the asset and its variance", gt=-1, lt=1)
    rates_vol: float = param(
        0.0,
        unit="decimal per sqrt(year)",
        help="vol of a Hull-White short rate that moves independently of the asset",
        ge=0,
        plausible=YIELD_VOL,
    )
    rates_reversion: float = param(0.05, unit="1/year", help="its reversion", ge=0, plausible=SPEED)
