"""What the pricing kernels need of each instrument at one tick: its weights on the nodes, its vol and its time."""

from __future__ import annotations

from math import exp, expm1, sqrt

import numpy as np
from numpy.typing import NDArray

from markets.kernels.options import (
    CARRY,
    LOG_STRIKE,
    OVERNIGHT,
    QUANTITY,
    RESPONSE,
    SD,
    SIGN,
    STRIKE,
    US2Y,
    US10Y,
)
from sim.jit import fma, kernel, kernel_inline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NODE_YEARS = (0.0, 2.0, 10.0)  # overnight, 2Y, 10Y
FIXED_SIGN, FIXED_QUANTITY, FIXED_STRIKE, FIXED_LOG_STRIKE, FIXED_VOL, FIXED_VARIANCE, FIXED_CALENDAR = range(7)
FIXED_TERMS = 7  # of an option, whatever the tick: vol at base, years of trading and of calendar time at the start


@kernel_inline
def weights(years: float) -> tuple[float, float, float]:
    """Share of each node in the zero rate at `years`: linear between the nodes, flat outside; they sum to 1."""
    if years <= NODE_YEARS[0]:
        return 1.0, 0.0, 0.0
    if years <= NODE_YEARS[1]:
        share = years / NODE_YEARS[1]
        return 1.0 - share, share, 0.0
    if years <= NODE_YEARS[2]:
        share = (years - NODE_YEARS[1]) / (NODE_YEARS[2] - NODE_YEARS[1])
        return 0.0, 1.0 - share, share
    return (0.0, 0.0, 1.0) if years == years else (years, years, years)


@kernel_inline
def response(years: float, reversion: float) -> float:
    """(1 - e^(-k tau)) / (k tau), 1 without reversion or time: see `markets.vols.smile.term_response`."""
    decay = reversion * max(years, 0.0)
    return -expm1(-decay) / decay if decay > 1e-12 else 1.0


@kernel
def node_weights(years: Floats, out: Floats) -> None:
    """Weights of the nodes at `years` (n,) into `out` (n, 3)."""
    for i in range(years.shape[0]):
        out[i, 0], out[i, 1], out[i, 2] = weights(years[i])


@kernel
def responses(years: Floats, reversion: float, out: Floats) -> None:
    """Responses at `years` (n,) into `out` (n,)."""
    for i in range(years.shape[0]):
        out[i] = response(years[i], reversion)


@kernel
def option_terms(
    fixed: Floats,
    expiry: Ints,
    now: int,
    since: int,
    due: bool,
    variance_years: float,
    calendar_years: float,
    reversion: float,
    dividend: float,
    out: Floats,
) -> int:
    """Rows of `options.OPTION_TERMS` of what was alive after `since` (with `due`: and expires by `now`) into `out`.

    What expires by `now` has no time left: its value is the payoff. Returns the number of rows.

    Args:
        fixed: (options, FIXED_TERMS).
        expiry: (options,) seconds, as `now` and `since`.
        variance_years, calendar_years: from the start to now.
        reversion, dividend: 1/year; see `markets.products.start.Start`.
        out: (options, OPTION_TERMS).
    """
    n = 0
    for i in range(expiry.shape[0]):
        over = expiry[i] <= now
        if expiry[i] <= since or (due and not over):
            continue
        variance = 0.0 if over else max(fixed[i, FIXED_VARIANCE] - variance_years, 0.0)
        calendar = 0.0 if over else max(fixed[i, FIXED_CALENDAR] - calendar_years, 0.0)
        w0, w1, w2 = weights(calendar)
        out[n, SIGN] = fixed[i, FIXED_SIGN]
        out[n, QUANTITY] = fixed[i, FIXED_QUANTITY]
        out[n, STRIKE] = fixed[i, FIXED_STRIKE]
        out[n, LOG_STRIKE] = fma(dividend, calendar, fixed[i, FIXED_LOG_STRIKE])
        out[n, SD] = fixed[i, FIXED_VOL] * sqrt(variance)
        out[n, RESPONSE] = response(variance, reversion)
        out[n, CARRY] = exp(-dividend * calendar)
        out[n, OVERNIGHT], out[n, US2Y], out[n, US10Y] = calendar * w0, calendar * w1, calendar * w2
        n += 1
    return n
