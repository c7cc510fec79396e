"""The smile of options on rates at one expiry into one length: parameters."""

from __future__ import annotations

from markets.plausible import YIELD_VOL
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class RateSmileSpec:
    """A normal SABR smile (beta 0) of a swaption cube, by its vol at the money."""

    expiry: float = param(unit="years", help="of the option", gt=0, le=100)
    tenor: float = param(unit="years", help="of its swap; of a cap the length of a period", gt=0, le=100)
    vol: float = param(unit="decimal per sqrt(trading year)", help="normal vol at the money", gt=0, plausible=YIELD_VOL)
    rho: float = param(0.0, help="correlation of the rate and its vol: the slope of the smile", gt=-1, lt=1)
    nu: float = param(0.0, unit="per sqrt(year)", help="vol of vol: the curvature of the smile", ge=0, le=10)
