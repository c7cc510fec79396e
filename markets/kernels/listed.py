"""Value and sensitivities of listed options, whose strikes differ by path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.listed_leg import (
    add_bent,
    add_delta,
    add_rated,
    add_worth,
    bring,
    deviations,
    discounted,
    find_sides,
    grown_by,
    logs_of,
    on_block,
)
from markets.kernels.normal import log
from markets.kernels.options import BLOCK, CARRY, DELTA, GAMMA, INNER, NODE, OUTER, RESPONSE, VALUE, VANNA, VEGA
from markets.kernels.sides import WORK
from sim.jit import kernel, kernel_inline, kernel_reading

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
def write_gains(
    spots: tuple[Floats, Floats],
    before: Floats,
    here: tuple[Floats, Floats],
    values: tuple[Floats, Floats, Floats],
    out: tuple[Floats, Floats, Floats, Floats],
) -> None:
    """`split_gains` of a block, where the smile stays. out: its rows, in their order."""
    (old, new), (worth, delta), (bent, remarked, last) = spots, here, values
    by_time, by_gamma, by_vol, by_rates = out
    for j in range(by_time.shape[0]):
        by_time[j] = worth[j] - before[j]
        by_gamma[j] = bent[j] - worth[j] - delta[j] * (new[j] - old[j])
        by_vol[j] = remarked[j] - bent[j]
        by_rates[j] = last[j] - remarked[j]


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
    outer, inner, response, carry = int(term[OUTER]), int(term[INNER]), term[RESPONSE], term[CARRY]
    per_spot0, per_vol0, own = 1.0 / base[0], 1.0 / base[1], np.empty((14, BLOCK))
    values, work, room = np.empty((4, BLOCK)), np.empty((WORK, BLOCK)), np.empty((6, BLOCK))  # values: of the steps
    (with_here, with_now, still), some = known, among.shape[0] > 0
    done = still and with_now  # what vol makes is then the last step, and its end is known
    steps = (not with_here, True, not done, not with_now)  # worth then, spot moved, vol too, all: which must be found
    # row by row: an array that is unpacked has rows of any stride, and loops over these do not vectorise
    log0, log1, grown0, grown1, zts0, zts1 = own[0], own[1], own[2], own[3], own[4], own[5]
    discount0, discount1, sds0, sds1, pers0, pers1 = own[6], own[7], own[8], own[9], own[10], own[11]
    x, delta = own[12], own[13]
    worth, bent, remarked, last = values[0], values[1], values[2], values[3]
    for start in range(0, out.shape[1], BLOCK):
        width = min(BLOCK, out.shape[1] - start)
        s0, s1 = on_block(spot0, among, start, width, room[0]), on_block(spot1, among, start, width, room[1])
        then = on_block(before, among, start, width, room[2])
        logs_of(s0, per_spot0, 0 if with_here else width, log0)
        logs_of(s1, per_spot0, width, log1)
        grown_by(on_block(vol0, among, start, width, room[3]), per_vol0, response, width, grown0)
        if not done:
            grown_by(on_block(vol1, among, start, width, room[3]), per_vol0, response, width, grown1)
        far = on_block(nodes0[outer], among, start, width, room[3])
        near = on_block(nodes0[inner], among, start, width, room[4])
        discounted(far, near, term, width, zts0, discount0)
        if not with_now:
            far = on_block(nodes1[outer], among, start, width, room[3])
            near = on_block(nodes1[inner], among, start, width, room[4])
            discounted(far, near, term, width, zts1, discount1)
        for j in range(width):
            worth[j] = delta[j] = bent[j] = remarked[j] = last[j] = 0.0
        for i in range(signs.shape[0]):
            sign = signs[i]
            wide = on_block(multiples[i], among, start, width, room[3])
            paid = on_block(strikes[i], among, start, width, room[4])
            logged = on_block(logs[i], among, start, width, room[5])
            deviations(sign, wide, grown0, term, width, sds0, pers0)
            deviations(sign, wide, grown1, term, 0 if done else width, sds1, pers1)
            for step in range(4):
                if not steps[step]:
                    continue
                spot, log_spot = (s0, log0) if step == 0 else (s1, log1)
                spread = (sds0, pers0) if step < 2 else (sds1, pers1)
                rates = (zts0, discount0) if step < 3 else (zts1, discount1)
                find_sides(sign, spot, log_spot, (paid, logged), spread, rates, term, per_spot0, width, x, work)
                add_worth(sign, spot, carry, work, width, values[step])
                if step == 0:
                    add_delta(sign, carry, work, width, delta)
        if with_here:
            bring(here[0], among, start, width, worth)
            bring(here[1], among, start, width, delta)
        if with_now:
            bring(now, among, start, width, last)
        elif not some:
            now[start : start + width] = last[:width]
        if done:
            remarked[:width] = last[:width]
        block = slice(start, start + width)
        parts = out[THETA_GAIN, block], out[GAMMA_GAIN, block], out[VEGA_GAIN, block], out[RATES_GAIN, block]
        write_gains((s0, s1), then, (worth, delta), (bent, remarked, last), parts)


@kernel
def log_strikes(strikes: Floats, spot0: float, out: Floats) -> None:
    """Into `out` ln(K / spot0) of strikes, (legs, paths) $ both: once, when they are struck."""
    per_spot0 = 1.0 / spot0
    for i in range(strikes.shape[0]):
        for j in range(strikes.shape[1]):
            out[i, j] = log(strikes[i, j] * per_spot0)


@kernel_reading(10)
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
        out: (NODE, paths), written: as rows of `option_greeks`. Or (1, paths): the value alone. Or (NODE + nodes,
            paths): $ per 1.00 of each zero rate in the rows from NODE on, and the others are left as they are.
        own: (paths,), written with NODE rows: vega by the options' own vols, $ per 1.00.
    """
    paths, full, rated = spot.shape[0], out.shape[0] == NODE, out.shape[0] > NODE
    outer, inner, response, carry = int(term[OUTER]), int(term[INNER]), term[RESPONSE], term[CARRY]
    per_spot0, per_vol0, rows, work = 1.0 / base[0], 1.0 / base[1], np.empty((7, BLOCK)), np.empty((WORK, BLOCK))
    log_spot, grown, zts, discounts, sds, pers, x = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6]
    spread, rates = (sds, pers), (zts, discounts)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        block = slice(start, start + width)
        s, v = spot[block], vol[block]
        logs_of(s, per_spot0, width, log_spot)
        grown_by(v, per_vol0, response, width, grown)
        discounted(nodes[outer, block], nodes[inner, block], term, width, zts, discounts)
        for k in range(NODE if rated else 0, out.shape[0]):
            out[k, block] = 0.0
        own[start : start + width if full else start] = 0.0
        for i in range(signs.shape[0]):
            sign, leg = signs[i], (strikes[i, block], logs[i, block])
            deviations(sign, multiples[i, block], grown, term, width, sds, pers)
            find_sides(sign, s, log_spot, leg, spread, rates, term, per_spot0, width, x, work)
            if rated:
                add_rated(sign, term, work, width, out[NODE + outer, block], out[NODE + inner, block])
                continue
            add_worth(sign, s, carry, work, width, out[VALUE, block])
            if full:
                add_delta(sign, carry, work, width, out[DELTA, block])
                more = out[GAMMA, block], out[VEGA, block], out[VANNA, block], own[block]
                add_bent(sign, s, v, spread, term, root, work, more)
