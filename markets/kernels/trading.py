"""Clearing of one venue's orders of one instant: order book and netting. (Its fills are in `fills`.)

Vectors are (paths,) unless said; loops that read rows twice take blocks of paths, which stay in the first-level cache.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import exp, log
from sim.jit import fma, kernel, kernel_inline, kernel_reading

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BLOCK = 1024  # paths
HALF_SPREAD, SKEW, DEPTH = range(3)  # rows of a quote
QUOTE_ROWS = 3


@kernel
def gather(quotes: Floats, floor: Floats, rule: Floats, book: Floats, shares: Floats) -> bool:
    """Makers' quotes in one order book, with outside investors, who add depth up to `floor` behind them.

    Args:
        quotes: (makers, QUOTE_ROWS, paths).
        floor: $ notional that is always shown; (1,) where it is the same on all paths.
        rule: half-spread of the investors' quote.
        book: (QUOTE_ROWS, paths), written: spreads weighted by depth, and depth.
        shares: (makers + 1, paths), written: of the depth that each maker shows, then the investors.

    Returns whether investors show anything on any path.
    """
    makers, anything = quotes.shape[0], False
    half, lean, shown, behind = book[HALF_SPREAD], book[SKEW], book[DEPTH], shares[makers]
    each, least = floor.shape[0] > 1, floor[0]
    for j in range(rule.shape[0]):
        shown[j] = quotes[0, DEPTH, j] if makers > 0 else 0.0
    for m in range(1, makers):
        depth = quotes[m, DEPTH]
        for j in range(rule.shape[0]):
            shown[j] += depth[j]
    for j in range(rule.shape[0]):
        gap = (floor[j] if each else least) - shown[j]
        gap = 0.0 if gap < 0.0 else gap
        anything |= gap > 0.0
        shown[j] += gap
        behind[j] = gap / shown[j]
        half[j] = behind[j] * rule[j]
        lean[j] = 0.0
    for m in range(makers):
        half_spread, skew, depth, share = quotes[m, HALF_SPREAD], quotes[m, SKEW], quotes[m, DEPTH], shares[m]
        for j in range(rule.shape[0]):
            share[j] = depth[j] / shown[j]
            half[j] = fma(share[j], half_spread[j], half[j])
            lean[j] = fma(share[j], skew[j], lean[j])
    return anything


@kernel_inline
def filled_share(side: float, other: float, limit: float) -> float:
    """Share of one side's orders that is filled when only `limit` may remain net."""
    most = other + limit
    return most / side if side > most else 1.0


@kernel_inline
def net_one(
    order: Floats, unit: Floats, shown: Floats, until: Floats, now: float, capacity: float, filled: Floats
) -> tuple[bool, bool]:
    """`net` of one order alone: its fill; whether it wants anything on any path, and has all of something on each."""
    some, whole = False, True
    for j in range(order.shape[0]):
        part = filled_share(abs(order[j]), 0.0, capacity * shown[j] / unit[j])
        filled[j] = (0.0 if until[j] > now else part) * order[j]
        some |= order[j] != 0.0
        whole &= (filled[j] == order[j]) & (order[j] != 0.0)
    return some, whole


@kernel
def net(
    orders: Floats,
    reference: Floats,
    depth: Floats,
    halted_until: Floats,
    now: float,
    capacity: float,
    impact: float,
    slope: float,
    filled: Floats,
    displacement: Floats,
    walk: Floats,
    said: Bools,
) -> None:
    """Fill of each order, the displacement of the price by all of them, and how far they walk it.

    Args:
        orders: (orders, paths) signed quantities.
        reference: $ notional of one unit of quantity.
        depth: $ notional.
        halted_until, now: seconds; nothing is filled where a halt is in force.
        capacity: share of the depth that may remain net.
        impact: displacement by the whole depth.
        slope: share of the displacement by which their own price is worse.
        filled: (orders, paths), written.
        displacement, walk: written, but where `impact` is zero.
        said: (2, orders), written: whether the order wants anything on any path; and whether it wants something on
            every path and gets all of it.
    """
    number, paths = orders.shape
    active, whole = said[0], said[1]
    active[:] = False
    whole[:] = True
    buys, sells, net_bought = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        stop = min(start + BLOCK, paths)
        width = stop - start
        unit, shown, until = reference[start:stop], depth[start:stop], halted_until[start:stop]
        move, worse = displacement[start:stop], walk[start:stop]
        if number == 1:  # no other side
            order, got = orders[0, start:stop], filled[0, start:stop]
            some, every = net_one(order, unit, shown, until, now, capacity, got)
            active[0] |= some
            whole[0] &= every
            for j in range(width if impact != 0.0 else 0):  # what is sold where nothing is filled is -0.0
                pushed = impact * ((filled[0, start + j] + 0.0) * unit[j] / shown[j])
                move[j], worse[j] = pushed, slope * pushed
            continue
        buys[:width] = 0.0
        sells[:width] = 0.0
        for i in range(number):
            order, some = orders[i, start:stop], False
            for j in range(width):
                some |= order[j] != 0.0
                buys[j] += order[j] if order[j] > 0.0 else 0.0
                sells[j] += -order[j] if order[j] < 0.0 else 0.0
            active[i] |= some
        for j in range(width):
            limit = capacity * shown[j] / unit[j]
            buying, selling = buys[j], sells[j]
            closed = until[j] > now
            buys[j] = 0.0 if closed else filled_share(buying, selling, limit)
            sells[j] = 0.0 if closed else filled_share(selling, buying, limit)
            net_bought[j] = fma(buys[j], buying, -(sells[j] * selling))
        for j in range(width if impact != 0.0 else 0):
            pushed = impact * (net_bought[j] * unit[j] / shown[j])
            move[j], worse[j] = pushed, slope * pushed
        for i in range(number):
            order, got, every = orders[i, start:stop], filled[i, start:stop], True
            for j in range(width):
                got[j] = (buys[j] if order[j] > 0.0 else sells[j]) * order[j]
                every &= (got[j] == order[j]) & (order[j] != 0.0)
            whole[i] &= every


@kernel_reading(4)
def drop_dust(quantity: Floats, reference: Floats, dust: float, most: float, order: Floats) -> bool:
    """Into `order` the quantity, or 0 if it is worth less than `dust` $ at `reference` $ per unit.

    Returns whether it is a number and worth at most `most` $ on all paths.
    """
    sound = True
    for j in range(order.shape[0]):
        asked = quantity[j]
        worth = abs(asked * reference[j])
        sound &= worth <= most
        order[j] = 0.0 if worth < dust else asked
    return sound


@kernel_reading(6)
def rules(
    vol: Floats,
    base: float,
    half_spread: float,
    spread_power: float,
    depth: Floats,
    depth_power: float,
    by_vol: Floats,
    shown: Floats,
) -> None:
    """A venue's half-spread and depth at the present vol.

    Args:
        vol: implied vol; base: at the start.
        half_spread: at base vol; it grows with (vol / base)^spread_power.
        depth: $ notional at base vol, (1,) where it is the same on all paths; it falls with (vol / base)^-depth_power.
        by_vol, shown: written: half-spread and depth.
    """
    per_base, each, alike, level = 1.0 / base, depth.shape[0] > 1, depth[0], np.empty(BLOCK)
    for start in range(0, vol.shape[0], BLOCK):
        stop = min(start + BLOCK, vol.shape[0])
        now, wide, deep = vol[start:stop], by_vol[start:stop], shown[start:stop]
        for j in range(stop - start):  # short loops: the numbers of each fit the registers
            level[j] = log(now[j] * per_base)
        for j in range(stop - start):
            wide[j] = half_spread * exp(spread_power * level[j])
        for j in range(stop - start):
            deep[j] = exp(-depth_power * level[j])
        for j in range(stop - start):
            deep[j] *= depth[start + j] if each else alike
