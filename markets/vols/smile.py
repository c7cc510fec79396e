"""Implied vols of single options from the market's 30-day at-the-money vol: a sticky-strike skew with a term structure.

    vol_i = multiple_i * s_base * (s / s_base)^response_i

`multiple` is fixed when the book is made, so an option's vol does not slide along the smile as spot moves, and the
delta of the kernels is the full delta. `response` says how much of a move of s reaches a longer option.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.terms import responses

Floats = NDArray[np.float64]

SHORTEST = 1 / 12  # years: shorter options do not have a steeper skew
LEAST, MOST = 0.25, 4.0  # bounds of the multiple


def strike_multiple(strike: Floats, years: Floats | float, *, spot: float, skew: float) -> Floats:
    """Vol of a strike over the vol at the money, same shape: 1 - skew ln(K/S0) / sqrt(max(T, 1/12)), in [0.25, 4].

    Args:
        strike: $.
        years: trading years from the start to expiry.
        spot: $ at the start.
    """
    multiple = 1.0 - skew * np.log(strike / spot) / np.sqrt(np.maximum(years, SHORTEST))
    return np.asarray(np.clip(multiple, LEAST, MOST))


def strike_slopes(strike: Floats, years: Floats | float, *, spot: float, skew: float) -> tuple[Floats, Floats]:
    """First and second derivative of `strike_multiple` in the strike, 1/$ and 1/$^2, same shape; 0 where clipped."""
    steepness = skew / np.sqrt(np.maximum(years, SHORTEST))
    multiple = 1.0 - steepness * np.log(strike / spot)  # as in strike_multiple, before its bounds
    inside = (multiple > LEAST) & (multiple < MOST)
    slope = np.where(inside, -steepness / strike, 0.0)
    return slope, -slope / strike


def term_response(years: Floats, reversion: float) -> Floats:
    """d ln(option vol) / d ln(30-day vol), same shape: (1 - e^(-k tau)) / (k tau), 1 without reversion or time.

    The mean of a log-vol that reverts at rate k (1/year), over the life `years` of the option.
    """
    tau = np.asarray(years, dtype=np.float64)
    out = np.empty(tau.size)
    responses(tau.reshape(-1), float(reversion), out)
    return out.reshape(tau.shape)
