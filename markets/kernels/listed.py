"""Value and sensitivities of listed options, whose strikes differ by path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import INV_SQRT_2PI, exp, log
from markets.kernels.options import (
    BLOCK,
    CARRY,
    DELTA,
    FLOOR,
    GAMMA,
    INNER,
    INNER_YEARS,
    LOG_STRIKE,
    NODE,
    OUTER,
    OUTER_YEARS,
    RESPONSE,
    SD,
    SLOPES,
    STRIKE,
    TINY,
    VALUE,
    VANNA,
    VEGA,
    at_least,
    sides,
)
from sim.jit import fma, kernel, kernel_inline

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


THETA_GAIN, GAMMA_GAIN, VEGA_GAIN, RATES_GAIN, SMILE_GAIN = range(5)


@kernel
def split_gains(
    before: Floats,
    later: Floats,
    delta: Floats,
    held: Floats,
    values: tuple[Floats, Floats, Floats, Floats],
    spots: tuple[Floats, Floats],
    out: Floats,
) -> None:
    """What a unit has made since the last look, but for its delta, by time, spot, vol and rates, and by the smile.

    Args:
        before: worth then; later, delta: worth and delta in the market of then, now. All (paths,).
        held: delta with the smile held where spot was.
        values: worth as one thing after the other moves: spot with the smile held, the smile, vol, all the rest.
        spots: then and now.
        out: (SMILE_GAIN + 1, paths), written; or one row less: the smile does not move.
    """
    (bent, turned, remarked, now), (old, new) = values, spots
    for j in range(before.shape[0]):
        out[THETA_GAIN, j] = later[j] - before[j]
        out[GAMMA_GAIN, j] = bent[j] - later[j] - held[j] * (new[j] - old[j])
        out[VEGA_GAIN, j] = remarked[j] - turned[j]
        out[RATES_GAIN, j] = now[j] - remarked[j]
    if out.shape[0] > SMILE_GAIN:
        for j in range(before.shape[0]):
            out[SMILE_GAIN, j] = turned[j] - bent[j] - (delta[j] - held[j]) * (new[j] - old[j])


@kernel_inline
def bring(row: Floats, among: Ints, start: int, width: int, out: Floats) -> None:
    """Into `out` the numbers of a row on the paths `among` from `start` on; (0,): on all paths from there on."""
    if among.shape[0]:
        for j in range(width):
            out[j] = row[among[start + j]]
    else:
        for j in range(width):
            out[j] = row[start + j]


@kernel
def listed_split(
    old: tuple[Floats, Floats, Floats],
    new: tuple[Floats, Floats, Floats],
    base: Floats,
    term: Floats,
    legs: tuple[Floats, Floats, Floats, Floats],
    before: Floats,
    known: tuple[bool, bool, bool],
    here: tuple[Floats, Floats],
    now: Floats,
    among: Ints,
    out: Floats,
) -> None:
    """`split_gains` of one unit on a smile that stays, with all the values that it needs, to their digits.

    The values share what they have in common: logarithms, discount factors and standard deviations.

    Args:
        old, new: spot and vol, (paths,), and zero rates, (nodes, paths), in the market of then and now.
        base, term: as for `listed_greeks`; legs: its signs, strikes, logs and multiples.
        before: worth then, (paths,) $.
        known: whether `here` and `now` are given, and whether rates are as they were then.
        here: worth and delta in the market of then at this tick, (paths,) each.
        now: (paths,) worth in the market of now; written where it is not given and all paths are looked at.
        among: paths that are looked at; or (0,): all.
        out: (SMILE_GAIN, paths that are looked at), written.
    """
    (spot0, vol0, nodes0), (spot1, vol1, nodes1), (signs, strikes, logs, multiples) = old, new, legs
    outer, inner, outer_years, inner_years = int(term[OUTER]), int(term[INNER]), term[OUTER_YEARS], term[INNER_YEARS]
    response, carry, per_spot0, per_vol0 = term[RESPONSE], term[CARRY], 1.0 / base[0], 1.0 / base[1]
    (with_here, with_now, still), some, own = known, among.shape[0] > 0, np.empty((22, BLOCK))
    done = still and with_now  # what vol makes is then the last step, and its end is known
    log0, log1, grown0, grown1, zts0, zts1, discount0, discount1 = own[:8]
    worth, delta, bent, remarked, last, sd = own[8:14]
    s0, s1, near, then, v, wide, paid, far = own[14:]
    for start in range(0, out.shape[1], BLOCK):
        width = min(BLOCK, out.shape[1] - start)
        block = slice(start, start + width)
        bring(spot0, among, start, width, s0)
        bring(spot1, among, start, width, s1)
        bring(before, among, start, width, then)
        for j in range(0 if with_here else width):
            log0[j] = log(at_least(s0[j], FLOOR) * per_spot0)
        for j in range(width):
            log1[j] = log(at_least(s1[j], FLOOR) * per_spot0)
        bring(vol0, among, start, width, v)
        for j in range(width):
            grown0[j] = exp(response * log(at_least(v[j], FLOOR) * per_vol0))
        if not done:
            bring(vol1, among, start, width, v)
            for j in range(width):
                grown1[j] = exp(response * log(at_least(v[j], FLOOR) * per_vol0))
        bring(nodes0[outer], among, start, width, far)
        bring(nodes0[inner], among, start, width, near)
        for j in range(width):
            zts0[j] = fma(outer_years, far[j], inner_years * near[j])
            discount0[j] = exp(-zts0[j])
        if not with_now:
            bring(nodes1[outer], among, start, width, far)
            bring(nodes1[inner], among, start, width, near)
            for j in range(width):
                zts1[j] = fma(outer_years, far[j], inner_years * near[j])
                discount1[j] = exp(-zts1[j])
        for j in range(width):
            worth[j] = delta[j] = bent[j] = remarked[j] = last[j] = 0.0
        for i in range(signs.shape[0]):
            sign = signs[i]
            bring(multiples[i], among, start, width, wide)
            bring(strikes[i], among, start, width, paid)
            bring(logs[i], among, start, width, far)
            for j in range(width):
                sd[j] = wide[j] * term[SD] * grown0[j]
            if not with_here:
                for j in range(width):
                    asset, strike = carry * s0[j], paid[j] * (term[STRIKE] * per_spot0)
                    x = log0[j] - far[j] - term[LOG_STRIKE] + zts0[j]
                    n1, rho, _, _ = sides(sign, x, sd[j], 1.0 / at_least(sd[j], TINY), asset, strike, discount0[j])
                    worth[j] += fma(asset, n1, -rho)
                    delta[j] = fma(carry, n1, delta[j])
            add_worth(sign, s1, log1, far, paid, sd, zts0, discount0, term, per_spot0, width, bent)
            if not done:
                for j in range(width):
                    sd[j] = wide[j] * term[SD] * grown1[j]
                add_worth(sign, s1, log1, far, paid, sd, zts0, discount0, term, per_spot0, width, remarked)
            if not with_now:
                add_worth(sign, s1, log1, far, paid, sd, zts1, discount1, term, per_spot0, width, last)
        if with_here:
            bring(here[0], among, start, width, worth)
            bring(here[1], among, start, width, delta)
        if with_now:
            bring(now, among, start, width, last)
        elif not some:
            now[block] = last[:width]
        if done:
            remarked[:width] = last[:width]
        by_time, by_gamma, by_vol, by_rates = (
            out[THETA_GAIN, block],
            out[GAMMA_GAIN, block],
            out[VEGA_GAIN, block],
            out[RATES_GAIN, block],
        )
        for j in range(width):
            by_time[j] = worth[j] - then[j]
            by_gamma[j] = bent[j] - worth[j] - delta[j] * (s1[j] - s0[j])
            by_vol[j] = remarked[j] - bent[j]
            by_rates[j] = last[j] - remarked[j]


@kernel_inline
def add_worth(
    sign: float,
    spot: Floats,
    log_spot: Floats,
    far: Floats,
    paid: Floats,
    sds: Floats,
    zts: Floats,
    discounts: Floats,
    term: Floats,
    per_spot0: float,
    width: int,
    out: Floats,
) -> None:
    """Add to `out` the worth of one leg on a block's paths, from what is known of them."""
    for j in range(width):
        asset, strike = term[CARRY] * spot[j], paid[j] * (term[STRIKE] * per_spot0)
        x = log_spot[j] - far[j] - term[LOG_STRIKE] + zts[j]
        n1, rho, _, _ = sides(sign, x, sds[j], 1.0 / at_least(sds[j], TINY), asset, strike, discounts[j])
        out[j] += fma(asset, n1, -rho)


@kernel
def log_strikes(strikes: Floats, spot0: float, out: Floats) -> None:
    """Into `out` ln(K / spot0) of strikes, (legs, paths) $ both: once, when they are struck."""
    per_spot0 = 1.0 / spot0
    for i in range(strikes.shape[0]):
        for j in range(strikes.shape[1]):
            out[i, j] = log(strikes[i, j] * per_spot0)


@kernel
def listed_greeks(
    spot: Floats,
    vol: Floats,
    nodes: Floats,
    base: Floats,
    term: Floats,
    signs: Floats,
    strikes: Floats,
    logs: Floats,
    multiples: Floats,
    root: float,
    out: Floats,
    own: Floats,
) -> None:
    """Value and sensitivities of one unit: of one option of each sign, all of one expiry.

    A path's digits depend neither on the others nor on how many rows are asked for.

    Args:
        spot, vol: (paths,); nodes: (nodes, paths), zero rates.
        base: (2,) spot0 and s_base.
        term: (OPTION_TERMS,) of an option with strike spot0 and multiple 1; see `markets.kernels.options`.
        signs: (legs,) +1 call, -1 put; strikes, multiples: (legs, paths) $ and vol over the vol at the money.
        logs: (legs, paths), see `log_strikes`.
        root: square root of the variance time left, trading years.
        out: (NODE + nodes, paths), written: as rows of `option_greeks`. Or (SLOPES, paths): the first three alone; or
            (1, paths): the value alone.
        own: (paths,), written with all rows: vega by the options' own vols, $ per 1.00.
    """
    paths, full, sloped = spot.shape[0], out.shape[0] > SLOPES, out.shape[0] > 1
    outer, inner = int(term[OUTER]), int(term[INNER])
    outer_years, inner_years = term[OUTER_YEARS], term[INNER_YEARS]
    response, carry, per_spot0, per_vol0 = term[RESPONSE], term[CARRY], 1.0 / base[0], 1.0 / base[1]
    log_spot, grown, zts, discounts = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        block = slice(start, start + width)
        s, v, own_vega = spot[block], vol[block], own[block]
        value, delta, gamma = out[VALUE, block], out[DELTA if sloped else 0, block], out[GAMMA if sloped else 0, block]
        vega, vanna = out[VEGA if full else 0, block], out[VANNA if full else 0, block]
        by_outer, by_inner = out[NODE + outer if full else 0, block], out[NODE + inner if full else 0, block]
        rate, near = nodes[outer, block], nodes[inner, block]
        for k in range(out.shape[0]):
            out[k, block] = 0.0
        for j in range(width if full else 0):
            own_vega[j] = 0.0
        for j in range(width):
            log_spot[j] = log(at_least(s[j], FLOOR) * per_spot0)
            grown[j] = exp(response * log(at_least(v[j], FLOOR) * per_vol0))
            zts[j] = fma(outer_years, rate[j], inner_years * near[j])
            discounts[j] = exp(-zts[j])
        for i in range(signs.shape[0]):
            sign, wide, paid, far = signs[i], multiples[i, block], strikes[i, block], logs[i, block]
            if not sloped:
                for j in range(width):
                    sd = wide[j] * term[SD] * grown[j]
                    per, asset = 1.0 / at_least(sd, TINY), carry * s[j]
                    x = log_spot[j] - far[j] - term[LOG_STRIKE] + zts[j]
                    strike = paid[j] * (term[STRIKE] * per_spot0)
                    n1, rho, _, _ = sides(sign, x, sd, per, asset, strike, discounts[j])
                    value[j] += fma(asset, n1, -rho)
                continue
            if not full:
                for j in range(width):
                    sd = wide[j] * term[SD] * grown[j]
                    per, asset = 1.0 / at_least(sd, TINY), carry * s[j]
                    x = log_spot[j] - far[j] - term[LOG_STRIKE] + zts[j]
                    strike = paid[j] * (term[STRIKE] * per_spot0)
                    n1, rho, bell, _ = sides(sign, x, sd, per, asset, strike, discounts[j])
                    density = carry * INV_SQRT_2PI * bell
                    value[j] += fma(asset, n1, -rho)
                    delta[j] = fma(carry, n1, delta[j])
                    gamma[j] += 0.0 if sd < TINY else density * per / at_least(s[j], FLOOR)
                continue
            for j in range(width):
                price, level = at_least(s[j], FLOOR), at_least(v[j], FLOOR)
                sd = wide[j] * term[SD] * grown[j]
                per, asset = 1.0 / at_least(sd, TINY), carry * s[j]
                x = log_spot[j] - far[j] - term[LOG_STRIKE] + zts[j]
                strike = paid[j] * (term[STRIKE] * per_spot0)
                n1, rho, bell, d2 = sides(sign, x, sd, per, asset, strike, discounts[j])
                density = carry * INV_SQRT_2PI * bell
                value[j] += fma(asset, n1, -rho)
                delta[j] = fma(carry, n1, delta[j])
                gamma[j] += 0.0 if sd < TINY else density * per / price
                vega[j] = fma(density * s[j] * response, sd / level, vega[j])
                vanna[j] = fma(-density * response, d2, vanna[j])
                by_outer[j] = fma(outer_years, rho, by_outer[j])
                by_inner[j] = fma(inner_years, rho, by_inner[j])
                own_vega[j] = fma(density * s[j], root, own_vega[j])
