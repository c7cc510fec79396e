"""A listed option leg by leg, on a block of paths: what `markets.kernels.listed` adds up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import INV_SQRT_2PI, exp, log
from markets.kernels.options import (
    CARRY,
    FLOOR,
    INNER_YEARS,
    LOG_STRIKE,
    OUTER_YEARS,
    RESPONSE,
    SD,
    STRIKE,
    TINY,
    at_least,
    sides,
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
def logs_of(spots: Floats, per_base: float, width: int, out: Floats) -> None:
    """Into `out` ln(S / spot0)."""
    for j in range(width):
        out[j] = log(at_least(spots[j], FLOOR) * per_base)


@kernel_inline
def grown_by(vols: Floats, per_base: float, response: float, width: int, out: Floats) -> None:
    """Into `out` the factor on an expiry's vol that the market's makes: (s / s_base)^response. Not in place."""
    for j in range(width):
        out[j] = exp(response * log(at_least(vols[j], FLOOR) * per_base))


@kernel_inline
def discounted(far: Floats, near: Floats, term: Floats, width: int, zts: Floats, discounts: Floats) -> None:
    """Into `zts` z tau by the zero rates of two nodes, into `discounts` e^(-z tau)."""
    outer_years, inner_years = term[OUTER_YEARS], term[INNER_YEARS]
    for j in range(width):
        zts[j] = fma(outer_years, far[j], inner_years * near[j])
        discounts[j] = exp(-zts[j])


@kernel_inline
def deviations(wide: Floats, grown: Floats, term: Floats, width: int, sds: Floats, pers: Floats) -> None:
    """Into `sds` standard deviations to the expiry of a leg, into `pers` one over them."""
    for j in range(width):
        sds[j] = wide[j] * term[SD] * grown[j]
        pers[j] = 1.0 / at_least(sds[j], TINY)


@kernel_inline
def sides_of(
    sign: float,
    log_spot: float,
    asset: float,
    leg: tuple[float, float],
    spread: tuple[float, float],
    rates: tuple[float, float],
    term: Floats,
    per_spot0: float,
) -> tuple[float, float, float, float]:
    """`sides` of one leg on one path. asset: what the asset itself pays, $; the tuples as for `add_worth`, a path's."""
    (paid, far), (sd, per), (zt, discount) = leg, spread, rates
    x = log_spot - far - term[LOG_STRIKE] + zt
    return sides(sign, x, sd, per, asset, paid * (term[STRIKE] * per_spot0), discount)


@kernel_inline
def add_worth(
    sign: float,
    spot: Floats,
    log_spot: Floats,
    leg: tuple[Floats, Floats],
    spread: tuple[Floats, Floats],
    rates: tuple[Floats, Floats],
    term: Floats,
    per_spot0: float,
    width: int,
    out: Floats,
) -> None:
    """Add to `out` the worth of one leg on a block's paths, from what is known of them.

    Args:
        leg: strikes and their logs; spread: as `deviations` writes them; rates: as `discounted` does.
    """
    (paid, far), (sds, pers), (zts, discounts), carry = leg, spread, rates, term[CARRY]
    for j in range(width):
        asset, at = carry * spot[j], ((paid[j], far[j]), (sds[j], pers[j]), (zts[j], discounts[j]))
        n1, rho, _, _ = sides_of(sign, log_spot[j], asset, *at, term, per_spot0)
        out[j] += fma(asset, n1, -rho)


@kernel_inline
def add_sloped(
    sign: float,
    spot: Floats,
    log_spot: Floats,
    leg: tuple[Floats, Floats],
    spread: tuple[Floats, Floats],
    rates: tuple[Floats, Floats],
    term: Floats,
    per_spot0: float,
    width: int,
    out: Floats,
    delta: Floats,
) -> None:
    """`add_worth`, and add to `delta` the leg's own."""
    (paid, far), (sds, pers), (zts, discounts), carry = leg, spread, rates, term[CARRY]
    for j in range(width):
        asset, at = carry * spot[j], ((paid[j], far[j]), (sds[j], pers[j]), (zts[j], discounts[j]))
        n1, rho, _, _ = sides_of(sign, log_spot[j], asset, *at, term, per_spot0)
        out[j] += fma(asset, n1, -rho)
        delta[j] = fma(carry, n1, delta[j])


@kernel_inline
def add_greeks(
    sign: float,
    spot: Floats,
    vol: Floats,
    log_spot: Floats,
    leg: tuple[Floats, Floats],
    spread: tuple[Floats, Floats],
    rates: tuple[Floats, Floats],
    term: Floats,
    per_spot0: float,
    root: float,
    slopes: tuple[Floats, Floats, Floats],
    more: tuple[Floats, Floats, Floats],
) -> None:
    """Add one leg to a block's rows of `listed_greeks`, but for those of rates. Arguments as for `add_worth`.

    Args:
        slopes: rows of value, delta and gamma; more: of vega, vanna and vega by its own vol.
    """
    (paid, far), (sds, pers), (zts, discounts) = leg, spread, rates
    (value, delta, gamma), (vega, vanna, own) = slopes, more
    carry, response = term[CARRY], term[RESPONSE]
    for j in range(spot.shape[0]):
        price, level = at_least(spot[j], FLOOR), at_least(vol[j], FLOOR)
        sd, per, asset = sds[j], pers[j], carry * spot[j]
        at = (paid[j], far[j]), (sd, per), (zts[j], discounts[j])
        n1, rho, bell, d2 = sides_of(sign, log_spot[j], asset, *at, term, per_spot0)
        density = carry * INV_SQRT_2PI * bell
        value[j] += fma(asset, n1, -rho)
        delta[j] = fma(carry, n1, delta[j])
        gamma[j] += 0.0 if sd < TINY else density * per / price
        vega[j] = fma(density * spot[j] * response, sd / level, vega[j])
        vanna[j] = fma(-density * response, d2, vanna[j])
        own[j] = fma(density * spot[j], root, own[j])


@kernel_inline
def add_rated(
    sign: float,
    spot: Floats,
    log_spot: Floats,
    leg: tuple[Floats, Floats],
    spread: tuple[Floats, Floats],
    rates: tuple[Floats, Floats],
    term: Floats,
    per_spot0: float,
    by_outer: Floats,
    by_inner: Floats,
) -> None:
    """Add one leg to a block's rows of the two nodes that discount it. Arguments as for `add_worth`."""
    (paid, far), (sds, pers), (zts, discounts), carry = leg, spread, rates, term[CARRY]
    for j in range(spot.shape[0]):
        at = (paid[j], far[j]), (sds[j], pers[j]), (zts[j], discounts[j])
        _, rho, _, _ = sides_of(sign, log_spot[j], carry * spot[j], *at, term, per_spot0)
        by_outer[j] = fma(term[OUTER_YEARS], rho, by_outer[j])
        by_inner[j] = fma(term[INNER_YEARS], rho, by_inner[j])
