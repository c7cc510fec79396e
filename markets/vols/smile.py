"""Implied vols of single options from the market's 30-day at-the-money vol: a skew with a term structure.

    vol_i = multiple_i * s_base * (s / s_base)^response_i

With `stickiness` 1 (sticky strike) `multiple` is fixed when the book is made, so an option's vol does not slide along
the smile as spot moves, and the delta of the kernels is the full delta. Below 1 the smile slides with spot, see
`markets.kernels.surface`. `response` says how much of a move of s reaches a longer option.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from markets.kernels.smiles import LEAST, LINEAR, MOST, SSVI, multiples, ssvi
from markets.kernels.terms import responses
from sim.jit import plain

Floats = NDArray[np.float64]
Form = Literal["linear", "ssvi"]
FORMS: dict[Form, int] = {"linear": LINEAR, "ssvi": SSVI}

SHORTEST = 1 / 12  # years: shorter options do not have a steeper skew
NEAREST, FARTHEST = 1 / 52, 2.0  # years, between which the slope of the term structure goes on


def steepness(years: Floats | float) -> Floats:
    """1 / sqrt(max(T, 1/12)), same shape."""
    return np.asarray(1.0 / np.sqrt(np.maximum(years, SHORTEST)))


def slope_loading(years: Floats | float) -> Floats:
    """d ln(option vol) / d slope, same shape: ln(12 T) / ln 3, so 0 at a month and 1 at three, T within a week and two
    years.
    """
    return np.asarray(np.log(12 * np.clip(years, NEAREST, FARTHEST)) / np.log(3.0))


def strike_multiple(
    strike: Floats, years: Floats | float, *, spot: float, skew: float, form: Form = "linear"
) -> Floats:
    """Vol of a strike over the vol at the money, same shape; see `markets.kernels.smiles.multiple`.

    Args:
        strike: $.
        years: trading years from the start to expiry.
        spot: $ at the start.
    """
    if form != "linear":
        return np.asarray(_shape(strike, years, spot, skew, form)[0])
    multiple = 1.0 - skew * np.log(strike / spot) / np.sqrt(np.maximum(years, SHORTEST))
    return np.asarray(np.clip(multiple, LEAST, MOST))


def strike_slopes(
    strike: Floats, years: Floats | float, *, spot: float, skew: float, form: Form = "linear"
) -> tuple[Floats, Floats]:
    """First and second derivative of `strike_multiple` in the strike, 1/$ and 1/$^2, same shape; 0 where clipped."""
    _, slope, bend = _shape(strike, years, spot, skew, form)
    by_log = skew / np.sqrt(np.maximum(years, SHORTEST))  # dz / d ln K
    first = by_log * slope
    return first / strike, (by_log * by_log * bend - first) / (strike * strike)


def _shape(strike: Floats, years: Floats | float, spot: float, skew: float, form: Form) -> Floats:
    """The multiple and its derivatives by z, (3, ...)."""
    z = np.asarray(skew * np.log(strike / spot) / np.sqrt(np.maximum(years, SHORTEST)))
    if form == "ssvi":
        return np.array(plain(ssvi)(z))  # type: ignore[arg-type]  # a kernel of one number
    out = np.empty((3, z.size))
    multiples(FORMS[form], z.reshape(-1), out)
    return out.reshape(3, *z.shape)


def term_response(years: Floats, reversion: float) -> Floats:
    """d ln(option vol) / d ln(30-day vol), same shape: (1 - e^(-k tau)) / (k tau), 1 without reversion or time.

    The mean of a log-vol that reverts at rate k (1/year), over the life `years` of the option.
    """
    tau = np.asarray(years, dtype=np.float64)
    out = np.empty(tau.size)
    responses(tau.reshape(-1), float(reversion), out)
    return out.reshape(tau.shape)
