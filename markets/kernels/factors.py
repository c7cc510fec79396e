"""The factors' step from one tick to the next, and the levels that are observed; vectors are (paths,)."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import exp
from sim.jit import fma, kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NODES = 3
# What a step is made of, a row a tick: what the step leaves of each noise, what the bridge leaves, variance gathered
# (years, for rates and vol times variance a year), and the vol of the spot's noise in the step (NaN: implied x ratio).
SPOT_DECAY, SPOT_KEEP, SPOT_YEARS, REALISED = range(4)
VOL_DECAY, VOL_KEEP, VOL_VARIANCE = range(4, 7)
RATE_DECAY = 7
RATE_KEEP, RATE_VARIANCE = (8, 9, 10), (11, 12, 13)
STEP_TERMS = 14
# Outside levels, a row a tick: spot and vol in ln.
LOG_SPOT, LOG_VOL, OVERNIGHT, US2Y, US10Y, CREDIT = range(6)
LEVELS = 6


@kernel
def carry(
    moves: Bools,
    terms: Floats,
    mixing: Floats,
    spot_shock: Floats,
    vol_shock: Floats,
    rate_shocks: Floats,
    jumps: Floats,
    impact: Floats,
    old_vol: Floats,
    ratio: float,
    elasticity: float,
    least_vol: float,
    deviation: Floats,
    vol_noise: Floats,
    vol_response: Floats,
    led: Floats,
    rate_noise: Floats,
) -> None:
    """Carry every noise that moves over one step; see `markets.factors.factors.Factors` for the laws.

    Args:
        moves: (LEVELS,) whether the noise of vol and of each node moves at all (and is not zero for ever).
        terms: (STEP_TERMS,).
        mixing: (1 + NODES, 1 + NODES): row 0 mixes spot and fresh shock into vol's, the others into the rates'.
        spot_shock, vol_shock: standard normals; rate_shocks: (NODES, paths).
        jumps: centred and bridged, ln S; empty where there are none.
        impact: (2, paths) ln S: lasting and passing displacement, decayed.
        old_vol: implied vol at the start of the step.
        ratio: realised over implied vol.
        elasticity: fall of ln s per unit of ln S, times s.
        least_vol: below it the elasticity grows no more.
        deviation, vol_noise, vol_response, led: changed; rate_noise: (NODES, paths), changed.
    """
    realised, implied = terms[REALISED], terms[REALISED] != terms[REALISED]
    keep, left, years = terms[SPOT_KEEP], terms[SPOT_DECAY], terms[SPOT_YEARS] * terms[SPOT_KEEP]
    vol_keep, decay, scale = terms[VOL_KEEP], terms[VOL_DECAY], sqrt(terms[VOL_VARIANCE] * terms[VOL_KEEP])
    own, other = mixing[0, 0], mixing[0, 1]
    lasting, passing = impact[0], impact[1]
    for j in range(spot_shock.shape[0]):
        sigma = old_vol[j] * ratio if implied else realised
        deviation[j] = fma(keep, left * deviation[j], sqrt(sigma * sigma * years) * spot_shock[j])
    for j in range(jumps.shape[0]):
        deviation[j] += jumps[j]
    if moves[LOG_VOL]:
        for j in range(spot_shock.shape[0]):
            shock = fma(own, spot_shock[j], other * vol_shock[j])
            vol_noise[j] = fma(vol_keep, decay * vol_noise[j], scale * shock)
            displaced = deviation[j] + (lasting[j] + passing[j])
            answer = elasticity / max(old_vol[j], least_vol)
            vol_response[j] = fma(decay, vol_response[j], -answer * (displaced - led[j]))
            led[j] = displaced
    for i in range(NODES):
        if not moves[OVERNIGHT + i]:
            continue
        keep, node = terms[RATE_KEEP[i]], rate_noise[i]
        left, scale = keep * terms[RATE_DECAY], sqrt(terms[RATE_VARIANCE[i]] * keep)
        m0, m1, m2, m3 = mixing[1 + i, 0], mixing[1 + i, 1], mixing[1 + i, 2], mixing[1 + i, 3]
        z1, z2, z3 = rate_shocks[0], rate_shocks[1], rate_shocks[2]
        for j in range(spot_shock.shape[0]):
            shock = fma(m0, spot_shock[j], fma(m3, z3[j], fma(m1, z1[j], m2 * z2[j])))
            node[j] = fma(left, node[j], scale * shock)


@kernel
def observe(
    rows: Ints,
    levels: Floats,
    spot0: float,
    impacts: Floats,
    stress: Floats,
    credit_terms: Floats,
    credit_response: Floats,
    deviation: Floats,
    vol_noise: Floats,
    vol_response: Floats,
    rate_noise: Floats,
    out: Floats,
) -> bool:
    """Observed levels from outside levels, noise and impact; returns whether spot, vol and rates are finite.

    Args:
        rows: (LEVELS,) where in `out` each level goes; one that still stands goes nowhere (-1).
        levels: (LEVELS,) outside levels.
        spot0: $ a unit of displacement moves the price under the normal law; 0: the lognormal law.
        impacts: (1 + NODES, 2, paths): lasting and passing displacement of spot and nodes.
        stress: of the lenders.
        credit_terms: (2,): answer of ln credit to ln vol above the outside level and to stress.
        credit_response: ln credit by the path-dependent law; zeros where there is none.
        deviation, vol_noise, vol_response: ln S, ln s, ln s; rate_noise: (NODES, paths).
        out: (rows, paths), written: of spot, vol, overnight, us2y, us10y, credit those that moved.
    """
    finite, paths = True, stress.shape[0]
    log_spot, log_vol, level = levels[LOG_SPOT], levels[LOG_VOL], levels[CREDIT]
    if rows[LOG_SPOT] >= 0:
        spot, flat, lasting, passing = out[rows[LOG_SPOT]], exp(log_spot), impacts[0, 0], impacts[0, 1]
        for j in range(paths):
            displacement = deviation[j] + (lasting[j] + passing[j])
            price = fma(spot0, displacement, flat) if spot0 != 0.0 else exp(log_spot + displacement)
            spot[j] = price
            finite &= price - price == 0.0
    if rows[LOG_VOL] >= 0:
        vol = out[rows[LOG_VOL]]
        for j in range(paths):
            vol[j] = exp(log_vol + (vol_noise[j] + vol_response[j]))
            finite &= vol[j] - vol[j] == 0.0
    if rows[CREDIT] >= 0:
        credit, to_vol, to_stress = out[rows[CREDIT]], credit_terms[0], credit_terms[1]
        for j in range(paths):
            answer = fma(to_vol, vol_noise[j] + vol_response[j], fma(to_stress, stress[j], credit_response[j]))
            credit[j] = level * exp(answer)
    for i in range(NODES):
        if rows[OVERNIGHT + i] < 0:
            continue
        node, noise, level = out[rows[OVERNIGHT + i]], rate_noise[i], levels[OVERNIGHT + i]
        lasting, passing = impacts[1 + i, 0], impacts[1 + i, 1]
        for j in range(paths):
            node[j] = level + noise[j] + (lasting[j] + passing[j])
            finite &= node[j] - node[j] == 0.0
    return finite


@kernel
def displace(move: Floats, share: float, lasting: Floats, passing: Floats) -> None:
    """Book a displacement: `share` of it lasts, the rest passes."""
    for j in range(move.shape[0]):
        lasting[j] = fma(share, move[j], lasting[j])
        passing[j] = fma(1.0 - share, move[j], passing[j])
