"""A listed option leg by leg, on a block of paths: what `markets.kernels.listed` adds up. Loops have one step each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.floors import FLOOR, TINY, at_least
from markets.kernels.normal import INV_SQRT_2PI, exp, log
from markets.kernels.options import CARRY, INNER_YEARS, LOG_STRIKE, OUTER_YEARS, RESPONSE, SD, STRIKE
from markets.kernels.sides import (
    BELL,
    D_1,
    D_2,
    LOWER_1,
    LOWER_2,
    SIDE_1,
    SIDE_2,
    both_tails,
    cash_side,
    find_distances,
    side,
)
from sim.jit import fma, kernel_inline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel_inline
def bring(row: Floats, among: Ints, start: int, width: int, out: Floats) -> None:
    """Into `out` the numbers of a row on the paths `among` from `start` on; (0,): on all paths from there on."""
    if among.shape[0]:
        for j in range(width):
            out[j] = row[among[start + j]]
    else:
        part = row[start : start + width]
        for j in range(width):
            out[j] = part[j]


@kernel_inline
def on_block(row: Floats, among: Ints, start: int, width: int, room: Floats) -> Floats:
    """The numbers of a row on a block: where they are; or, on the paths `among` from `start` on, in `room`."""
    if not among.shape[0]:
        return row[start : start + width]
    for j in range(width):
        room[j] = row[among[start + j]]
    return room


@kernel_inline
def logs_of(levels: Floats, per_base: float, width: int, out: Floats) -> None:
    """Into `out` logs of spot or vol over what it was at the start."""
    for j in range(width):
        out[j] = log(at_least(levels[j], FLOOR) * per_base)


@kernel_inline
def grown_by(vols: Floats, per_base: float, response: float, width: int, out: Floats) -> None:
    """Into `out` the factor on an expiry's vol that the market's makes: (s / s_base)^response. Not in place."""
    logs_of(vols, per_base, width, out)
    for j in range(width):
        out[j] = exp(response * out[j])


@kernel_inline
def discounted(far: Floats, near: Floats, term: Floats, width: int, zts: Floats, discounts: Floats) -> None:
    """Into `zts` z tau by the zero rates of two nodes, into `discounts` e^(-z tau)."""
    outer_years, inner_years = term[OUTER_YEARS], term[INNER_YEARS]
    for j in range(width):
        zts[j] = fma(outer_years, far[j], inner_years * near[j])
        discounts[j] = exp(-zts[j])


@kernel_inline
def deviations(sign: float, wide: Floats, grown: Floats, term: Floats, width: int, sds: Floats, pers: Floats) -> None:
    """Into `sds` standard deviations to the expiry of a leg, into `pers` its sign over them."""
    for j in range(width):
        sds[j] = wide[j] * term[SD] * grown[j]
        pers[j] = sign / at_least(sds[j], TINY)


@kernel_inline
def find_sides(
    sign: float,
    spot: Floats,
    log_spot: Floats,
    leg: tuple[Floats, Floats],
    spread: tuple[Floats, Floats],
    rates: tuple[Floats, Floats],
    term: Floats,
    per_spot0: float,
    width: int,
    x: Floats,
    work: Floats,
) -> None:
    """N(D_1), K' N(D_2), e^(-d1^2 / 2), D_1 and D_2 of one leg on a block's paths, into rows of `work` (WORK, BLOCK).

    Args:
        leg: strikes and their logs; spread: as `deviations` writes them; rates: as `discounted` does.
        x: (BLOCK,), written.
    """
    (paid, far), (sds, pers), (zts, discounts), carry = leg, spread, rates, term[CARRY]
    side1, side2, bells = work[SIDE_1], work[SIDE_2], work[BELL]
    d1, d2, lower1, lower2 = work[D_1], work[D_2], work[LOWER_1], work[LOWER_2]
    log_strike, per_strike = term[LOG_STRIKE], term[STRIKE] * per_spot0
    for j in range(width):
        x[j] = log_spot[j] - far[j] - log_strike + zts[j]
    find_distances(sign, x, sds, pers, work, width)
    for j in range(width):
        far1, far2 = both_tails(side1[j], lower1[j], side2[j], lower2[j], bells[j])
        side1[j] = side(d1[j], 1.0, far1)
        side2[j] = cash_side(d2[j], paid[j] * per_strike, discounts[j], carry * spot[j] * far2)


@kernel_inline
def add_worth(sign: float, spot: Floats, carry: float, work: Floats, width: int, out: Floats) -> None:
    """Add to `out` the worth of a leg whose sides are found."""
    side1, side2 = work[SIDE_1], work[SIDE_2]
    for j in range(width):
        out[j] += fma(carry * spot[j], sign * side1[j], -(sign * side2[j]))


@kernel_inline
def add_delta(sign: float, carry: float, work: Floats, width: int, out: Floats) -> None:
    """Add to `out` the delta of a leg whose sides are found."""
    side1 = work[SIDE_1]
    for j in range(width):
        out[j] = fma(carry, sign * side1[j], out[j])


@kernel_inline
def add_bent(
    sign: float,
    spot: Floats,
    vol: Floats,
    spread: tuple[Floats, Floats],
    term: Floats,
    root: float,
    work: Floats,
    rows: tuple[Floats, Floats, Floats, Floats],
) -> None:
    """Add a leg whose sides are found to a block's rows of gamma, vega, vanna and vega by its own vol."""
    (gamma, vega, vanna, own), (sds, pers), bells, d2 = rows, spread, work[BELL], work[D_2]
    by_bell, response = term[CARRY] * INV_SQRT_2PI, term[RESPONSE]
    for j in range(spot.shape[0]):
        density = by_bell * bells[j]
        gamma[j] += 0.0 if sds[j] < TINY else density * (sign * pers[j]) / at_least(spot[j], FLOOR)
    for j in range(spot.shape[0]):
        density = by_bell * bells[j]
        vega[j] = fma(density * spot[j] * response, sds[j] / at_least(vol[j], FLOOR), vega[j])
        vanna[j] = fma(-density * response, sign * d2[j], vanna[j])
        own[j] = fma(density * spot[j], root, own[j])


@kernel_inline
def add_rated(sign: float, term: Floats, work: Floats, width: int, by_outer: Floats, by_inner: Floats) -> None:
    """Add a leg whose sides are found to a block's rows of the two nodes that discount it."""
    side2 = work[SIDE_2]
    for j in range(width):
        by_outer[j] = fma(term[OUTER_YEARS], sign * side2[j], by_outer[j])
        by_inner[j] = fma(term[INNER_YEARS], sign * side2[j], by_inner[j])
