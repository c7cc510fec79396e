"""Factors of an asset's vol surface beside the vol at the money: parameters."""

from __future__ import annotations

from markets.plausible import SPEED, VOL_OF_VOL
from sim.dataclass import dataclass
from sim.params import param

RESPONSE = (-3.0, 3.0)  # plausible


@dataclass(frozen=True, kw_only=True)
class SurfaceSpec:
    """The slope of vols in time, and the skew of the smile, as factors that revert, with noise and responses.

    Defaults of the slope: daily changes of ln(VIX3M / VIX) on those of ln VIX in nine crises, 2013 to 2025 (519 days):
    -0.335, of which the term response makes -0.100, and what is left over has a vol of 0.27. Half of it is gone in
    five days. The skew is still by default. A further asset answers its own price and vol.
    """

    slope_response: float = param(
        -0.235, unit="per unit of ln vol", help="answer of the slope to vol at the money", plausible=RESPONSE
    )
    slope_reversion: float = param(
        35.0, unit="1/trading year", help="speed at which the slope forgets", ge=0, plausible=SPEED
    )
    slope_noise: float = param(
        0.27, unit="per sqrt(trading year)", help="noise of the slope", ge=0, plausible=VOL_OF_VOL
    )
    skew_vol_response: float = param(
        0.0, unit="per unit of ln vol", help="answer of the skew to vol at the money", plausible=RESPONSE
    )
    skew_spot_response: float = param(
        0.0, unit="per unit of ln S", help="answer of the skew to the price", plausible=(-10.0, 10.0)
    )
    skew_reversion: float = param(
        35.0, unit="1/trading year", help="speed at which the skew returns to its level", ge=0, plausible=SPEED
    )
    skew_noise: float = param(0.0, unit="per sqrt(trading year)", help="noise of the skew", ge=0, plausible=VOL_OF_VOL)
