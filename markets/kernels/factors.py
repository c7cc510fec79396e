"""One step of each family of factors, and its levels from noise and impact. Vectors are (paths,)."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import exp
from sim.jit import fma, kernel, kernel_inline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 256  # paths


@kernel_inline
def diffused(keep: float, left: float, years: float, sigma: float, shock: float, deviation: float) -> float:
    """What `diffuse` makes of one path's deviation."""
    return fma(keep, left * deviation, sqrt(sigma * sigma * years) * shock)


@kernel_inline
def price_at(log_level: float, flat: float, spot0: float, displacement: float) -> float:
    """One path's price, $: see `prices`. flat: the outside price, $."""
    return fma(spot0, displacement, flat) if spot0 != 0.0 else exp(log_level + displacement)


@kernel
def diffuse(keep: float, left: float, years: float, sigma: Floats, shock: Floats, deviation: Floats) -> None:
    """x <- keep left x + sigma sqrt(years) z: the noise of a price over one step.

    Args:
        keep, left: shares of x that the bridge and the reversion leave.
        years: in which variance gathers, times `keep`.
        sigma: vol of the step, decimal a year.
        shock: z, standard normals.
        deviation: x, ln S, changed.
    """
    for j in range(shock.shape[0]):
        deviation[j] = diffused(keep, left, years, sigma[j], shock[j], deviation[j])


@kernel
def diffused_prices(
    keep: float,
    left: float,
    years: float,
    ratio: float,
    vol: Floats,
    shock: Floats,
    deviation: Floats,
    log_level: float,
    spot0: float,
    out: Floats,
) -> bool:
    """`diffuse` with sigma = ratio x vol, then `prices` of the deviation, to their digits."""
    finite, flat = True, exp(log_level)
    for j in range(shock.shape[0]):
        moved = diffused(keep, left, years, ratio * vol[j], shock[j], deviation[j])
        found = price_at(log_level, flat, spot0, moved)
        deviation[j], out[j] = moved, found
        finite &= found - found == 0.0
    return finite


@kernel
def prices(log_level: float, spot0: float, displacement: Floats, out: Floats) -> bool:
    """Prices into `out`, $; returns whether all are finite.

    Args:
        log_level: of the outside price.
        spot0: $ by which a unit of displacement moves the price under the normal law; 0: the lognormal law.
        displacement: noise and impact, ln S.
    """
    finite, flat = True, exp(log_level)
    for j in range(out.shape[0]):
        found = price_at(log_level, flat, spot0, displacement[j])
        out[j] = found
        finite &= found - found == 0.0
    return finite


@kernel
def displaced_prices(
    log_level: float, spot0: float, noise: Floats, lasting: Floats, passing: Floats, displacement: Floats, out: Floats
) -> bool:
    """The same from the parts of the displacement, which is written: noise, lasting and passing impact."""
    finite, flat = True, exp(log_level)
    for j in range(out.shape[0]):
        whole = noise[j] + (lasting[j] + passing[j])
        found = price_at(log_level, flat, spot0, whole)
        displacement[j], out[j] = whole, found
        finite &= found - found == 0.0
    return finite


@kernel
def traded_prices(
    keep: float,
    left: float,
    years: float,
    ratio: float,
    vol: Floats,
    shock: Floats,
    deviation: Floats,
    fades: float,
    log_level: float,
    spot0: float,
    lasting: Floats,
    passing: Floats,
    displacement: Floats,
    out: Floats,
) -> bool:
    """`diffuse` with sigma = ratio x vol, passing impact times `fades`, then `displaced_prices`, to their digits."""
    finite, flat = True, exp(log_level)
    for j in range(shock.shape[0]):
        moved = diffused(keep, left, years, ratio * vol[j], shock[j], deviation[j])
        faded = passing[j] * fades
        whole = moved + (lasting[j] + faded)
        found = price_at(log_level, flat, spot0, whole)
        deviation[j], passing[j], displacement[j], out[j] = moved, faded, whole, found
        finite &= found - found == 0.0
    return finite


@kernel
def carry(
    left: Floats,
    scale: Floats,
    level: Floats,
    common: Floats,
    mixing: Floats,
    order: Ints,
    shock: Floats,
    fresh: Floats,
    x: Floats,
    impact: Floats,
    traded: bool,
    out: Floats,
) -> bool:
    """x_i <- left_i x_i + scale_i (common_i z + sum_k mixing_ik f_k): correlated mean-reverting noises over one step.

    Then `node_rates` of them, to its digits. Returns whether all are finite.

    Args:
        level, impact, traded, out: as for `node_rates`.
        left, scale, common: (noises,): what stays; standard deviation of the step; weight of the common shock.
        mixing: (noises, shocks): weights of the fresh shocks.
        order: (shocks,) in which they are added; it decides the last digit.
        shock: z, the common shock, standard normal.
        fresh: f, (shocks, paths) standard normals.
        x: (noises, paths), changed.
    """
    mixed, finite = np.empty(BLOCK), True
    for start in range(0, shock.shape[0], BLOCK):
        width = min(BLOCK, shock.shape[0] - start)
        block = slice(start, start + width)
        z = shock[block]
        for i in range(x.shape[0]):
            weight, row, noise = mixing[i, order[0]], fresh[order[0], block], x[i, block]
            for j in range(width):
                mixed[j] = weight * row[j]
            for k in range(1, order.shape[0]):
                weight, row = mixing[i, order[k]], fresh[order[k], block]
                for j in range(width):
                    mixed[j] = fma(weight, row[j], mixed[j])
            stays, spread, shared = left[i], scale[i], common[i]
            for j in range(width):
                noise[j] = fma(stays, noise[j], spread * fma(shared, z[j], mixed[j]))
            flat, rate = level[i], out[i, block]
            if traded:
                lasting, passing = impact[i, 0, block], impact[i, 1, block]
                for j in range(width):
                    rate[j] = flat + noise[j] + (lasting[j] + passing[j])
                    finite &= rate[j] - rate[j] == 0.0
            else:
                for j in range(width):
                    rate[j] = flat + noise[j] + 0.0
                    finite &= rate[j] - rate[j] == 0.0
    return finite


@kernel
def stirred_vols(
    decay: float,
    keep: float,
    scale: float,
    shared: float,
    own: float,
    log_level: float,
    shock: Floats,
    fresh: Floats,
    noise: Floats,
    response: Floats,
    out: Floats,
) -> bool:
    """The noise of ln s over one step, x <- keep (decay x) + scale (shared z + own f), then `implied_vols`.

    Args:
        decay: what stays by reversion. keep: of that, by the bridge. scale: standard deviation of the step.
        shared, own: weights of the shocks. shock, fresh: z and f, standard normals. noise: x, changed.
        log_level, response, out: as for `implied_vols`, to whose digits it is.
    """
    finite = True
    for j in range(out.shape[0]):
        stirred = fma(keep, decay * noise[j], scale * fma(shared, shock[j], own * fresh[j]))
        found = exp(log_level + (stirred + response[j]))
        noise[j], out[j] = stirred, found
        finite &= found - found == 0.0
    return finite


@kernel
def answers_of(elasticity: float, least: float, vol: Floats, out: Floats) -> None:
    """Fall of ln s per unit of ln S into `out`: elasticity / max(s, least), as in `lever`."""
    for j in range(vol.shape[0]):
        out[j] = elasticity / max(vol[j], least)


@kernel
def lever(
    decay: float, elasticity: float, least: float, vol: Floats, displacement: Floats, led: Floats, response: Floats
) -> None:
    """The leverage effect over one step: a <- decay a - elasticity / max(s, least) (x - x seen before).

    Args:
        decay: what stays of the answer. elasticity: fall of ln s per unit of ln S, times s. least: vol, decimal.
        vol: s at the start of the step, decimal.
        displacement: x, noise and impact of the price, ln S.
        led: x seen before, changed to x.
        response: a, ln s, changed.
    """
    for j in range(vol.shape[0]):
        answer = elasticity / max(vol[j], least)
        response[j] = fma(decay, response[j], -answer * (displacement[j] - led[j]))
        led[j] = displacement[j]


@kernel
def implied_vols(log_level: float, noise: Floats, response: Floats, out: Floats) -> bool:
    """Implied vol into `out`, decimal, from ln s: outside level, noise, response. Returns whether all are finite."""
    finite = True
    for j in range(out.shape[0]):
        out[j] = exp(log_level + (noise[j] + response[j]))
        finite &= out[j] - out[j] == 0.0
    return finite


@kernel
def node_rates(level: Floats, noise: Floats, impact: Floats, traded: bool, out: Floats) -> bool:
    """Zero rates into `out`, (nodes, paths) decimal; returns whether all are finite.

    Args:
        level: (nodes,) outside. noise: (nodes, paths). impact: (nodes, 2, paths) lasting and passing.
        traded: whether there is any impact.
    """
    finite = True
    for i in range(out.shape[0] if not traded else 0):
        flat, drawn, rate = level[i], noise[i], out[i]
        for j in range(rate.shape[0]):
            rate[j] = flat + drawn[j] + 0.0
            finite &= rate[j] - rate[j] == 0.0
    for i in range(out.shape[0] if traded else 0):
        flat, drawn, rate, lasting, passing = level[i], noise[i], out[i], impact[i, 0], impact[i, 1]
        for j in range(rate.shape[0]):
            rate[j] = flat + drawn[j] + (lasting[j] + passing[j])
            finite &= rate[j] - rate[j] == 0.0
    return finite


@kernel
def credit_spreads(
    level: float,
    to_vol: float,
    to_stress: float,
    noise: Floats,
    response: Floats,
    stress: Floats,
    by_path: Floats,
    out: Floats,
) -> None:
    """Credit spreads into `out`, decimal: level exp(to_vol ln(s / L_vol) + to_stress stress + the path's answer).

    Args:
        noise, response: of ln vol; their sum is ln(s / L_vol). stress: of the lenders. by_path: ln credit.
    """
    for j in range(out.shape[0]):
        answer = fma(to_vol, noise[j] + response[j], fma(to_stress, stress[j], by_path[j]))
        out[j] = level * exp(answer)


@kernel
def displace(move: Floats, share: float, lasting: Floats, passing: Floats) -> None:
    """Book a displacement: `share` of it lasts, the rest passes."""
    for j in range(move.shape[0]):
        lasting[j] = fma(share, move[j], lasting[j])
        passing[j] = fma(1.0 - share, move[j], passing[j])
