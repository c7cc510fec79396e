"""Inputs of the pricing kernels at one tick, per instrument: weights on the nodes, vol and time."""

from __future__ import annotations

from math import exp, expm1, sqrt

import numpy as np
from numpy.typing import NDArray

from markets.kernels.options import (
    CARRY,
    INNER,
    INNER_YEARS,
    LOG_STRIKE,
    OUTER,
    OUTER_YEARS,
    QUANTITY,
    RESPONSE,
    SD,
    SIGN,
    STRIKE,
)
from sim.jit import fma, kernel, kernel_inline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIXED_SIGN, FIXED_QUANTITY, FIXED_STRIKE, FIXED_LOG_STRIKE, FIXED_VOL, FIXED_VARIANCE, FIXED_CALENDAR = range(7)
FIXED_TERMS = 7  # of an option, whatever the tick: vol at base, years of trading and of calendar time at the start


@kernel_inline
def hat(years: float, nodes: Floats) -> tuple[int, float, int, float]:
    """The two nodes around `years` and the share of each in the zero rate there; the shares sum to 1.

    Linear between the nodes, flat outside. The odd one of the two neighbours comes last, at the inside of
    fma(share, rate, share * rate): on any pair a rate has the digits that it would have with a term for every node.

    Args:
        nodes: (nodes,) years, rising.
    """
    last = nodes.shape[0] - 1
    left = 0
    while left + 1 < last and years > nodes[left + 1]:
        left += 1
    right = min(left + 1, last)
    if years <= nodes[left]:
        share = 0.0
    elif years <= nodes[right]:
        share = (years - nodes[left]) / (nodes[right] - nodes[left])
    else:
        share = 1.0 if years == years else years
    if right == left:
        return left, 1.0 if years == years else years, left, 0.0
    return (left, 1.0 - share, right, share) if left % 2 == 0 else (right, share, left, 1.0 - share)


@kernel_inline
def response(years: float, reversion: float) -> float:
    """(1 - e^(-k tau)) / (k tau), 1 without reversion or time: see `markets.vols.smile.term_response`."""
    decay = reversion * max(years, 0.0)
    return -expm1(-decay) / decay if decay > 1e-12 else 1.0


@kernel
def hats(years: Floats, nodes: Floats, out: Floats) -> None:
    """Rows of `hat` at `years` (n,), times the years, into `out` (n, 4): of a flow at each, d(z tau) / d rate."""
    for i in range(years.shape[0]):
        outer, share, inner, other = hat(years[i], nodes)
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = outer, years[i] * share, inner, years[i] * other


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
    nodes: Floats,
    out: Floats,
) -> int:
    """Rows of `options.OPTION_TERMS` of options alive after `since` (with `due`: that expire by `now`) into `out`.

    An option that expires by `now` has no time left: its value is the payoff. Returns the number of rows.

    Args:
        fixed: (options, FIXED_TERMS).
        expiry: (options,) seconds, as `now` and `since`.
        variance_years, calendar_years: from the start to now.
        reversion, dividend: 1/year; see `markets.products.start.Start`.
        nodes: (nodes,) years of the curve's nodes.
        out: (options, OPTION_TERMS).
    """
    n = 0
    for i in range(expiry.shape[0]):
        over = expiry[i] <= now
        if expiry[i] <= since or (due and not over):
            continue
        variance = 0.0 if over else max(fixed[i, FIXED_VARIANCE] - variance_years, 0.0)
        calendar = 0.0 if over else max(fixed[i, FIXED_CALENDAR] - calendar_years, 0.0)
        outer, share, inner, other = hat(calendar, nodes)
        out[n, SIGN] = fixed[i, FIXED_SIGN]
        out[n, QUANTITY] = fixed[i, FIXED_QUANTITY]
        out[n, STRIKE] = fixed[i, FIXED_STRIKE]
        out[n, LOG_STRIKE] = fma(dividend, calendar, fixed[i, FIXED_LOG_STRIKE])
        out[n, SD] = fixed[i, FIXED_VOL] * sqrt(variance)
        out[n, RESPONSE] = response(variance, reversion)
        out[n, CARRY] = exp(-dividend * calendar)
        out[n, OUTER], out[n, OUTER_YEARS] = outer, calendar * share
        out[n, INNER], out[n, INNER_YEARS] = inner, calendar * other
        n += 1
    return n
