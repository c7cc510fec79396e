"""Kernels of hedging desks: targets, orders, exposure, attribution. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import exp
from sim.jit import fma, kernel, kernel_inline, kernel_reading

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

SHORT = 256  # paths of a block
GAMMA_FLOW, VANNA_FLOW = range(2)
DELTA_PART, GAMMA_PART, THETA_PART, VEGA_PART, RATES_PART, FX_PART, CREDIT_PART, DEFAULT_PART, CVA_PART, SMILE_PART = (
    range(10)
)
PARTS = 10  # and what a desk adds


@kernel_reading(2)
def product(units: Floats, one: Floats, out: Floats) -> None:
    """Into `out` what `add_product` makes of zeros: never -0."""
    for j in range(out.shape[0]):
        out[j] = 0.0 + units[j] * one[j]


@kernel
def add_product(units: Floats, one: Floats, out: Floats) -> None:
    """Add units x what one of them has."""
    for j in range(out.shape[0]):
        out[j] += units[j] * one[j]


@kernel_reading(4)
def two_products(units: Floats, one: Floats, others: Floats, other: Floats, out: Floats) -> None:
    """Into `out` what `product` of the first and `add_product` of the second leave."""
    for j in range(out.shape[0]):
        out[j] = 0.0 + units[j] * one[j] + others[j] * other[j]


@kernel
def with_listed(
    scale: Floats, gamma: Floats, vanna: Floats, listed_gamma: Floats, listed_vanna: Floats, out: Floats
) -> None:
    """Into `out` (2, paths) gamma and vanna of `scale` books with those of listed options."""
    for j in range(scale.shape[0]):
        out[0, j] = scale[j] * gamma[j] + listed_gamma[j]
        out[1, j] = scale[j] * vanna[j] + listed_vanna[j]


@kernel
def flow_by_vol(vanna: Floats, spot: Floats, base: float, out: Floats) -> None:
    """Into `out` $ that a hedge of vanna trades per unit of implied vol, at the level `base` of the start."""
    for j in range(spot.shape[0]):
        out[j] = -vanna[j] * spot[j] / base


@kernel
def leg_flow(
    before: Floats,
    after: Floats,
    one: Floats,
    part: Floats,
    rise: float,
    unit: float,
    few: bool,
    there: Ints,
    out: Floats,
) -> None:
    """$ that a leg buys at one venue per unit of rise of a price, into `out` (paths,).

    Args:
        before, after: units held against one book before and after the rise, on the paths of the leg.
        one: $ notional of a unit; part: books. Both (paths,).
        unit: further factor, $ there over $ here.
        few: whether the leg is on the paths `there`, and nothing is traded elsewhere; else on all.
    """
    if few:
        out[:] = 0.0
        for i in range(there.shape[0]):
            j = there[i]
            out[j] = part[j] * (unit * ((after[i] - before[i]) * one[j] / rise))
    else:
        for j in range(out.shape[0]):
            out[j] = part[j] * (unit * ((after[j] - before[j]) * one[j] / rise))


@kernel
def leg_order(
    wanted: Floats,
    target: Floats,
    held: Floats,
    looks: Bools,
    forced: Floats,
    liquidated: Bools,
    out: Floats,
) -> None:
    """Units to trade at a venue of a leg, into `out`: to what is wanted where the desk looks, all if it is liquidated.

    Of what is left then beyond the target the share `forced` is closed.
    """
    for j in range(out.shape[0]):
        order = wanted[j] - held[j] if looks[j] else 0.0
        order = -held[j] if liquidated[j] else order
        net = held[j] + order - target[j]
        out[j] = order - (0.0 if liquidated[j] else forced[j] * net)


@kernel
def neutral(scale: Floats, delta: Floats, target: Floats) -> None:
    """Into `target` the units that neutralise `scale` books of `delta` units each."""
    for j in range(scale.shape[0]):
        target[j] = -scale[j] * delta[j]


@kernel
def to_neutral(scale: Floats, delta: Floats, held: Floats, order: Floats) -> None:
    """Into `order` the units that bring a holding to `neutral`."""
    for j in range(scale.shape[0]):
        order[j] = -scale[j] * delta[j] - held[j]


@kernel
def discounts(rate: Floats, years: float, factor: Floats) -> None:
    """Into `factor` the present value of 1 paid in `years`."""
    for j in range(rate.shape[0]):
        factor[j] = exp(-rate[j] * years)


@kernel_reading(7)
def asset_order(
    desired: Floats,
    held: Floats,
    delta: Floats,
    scale: Floats,
    forced: Floats,
    looks: Bools,
    liquidated: Bools,
    out: Floats,
) -> None:
    """Units to trade, into `out`: from held to desired on paths where the desk looks; all units if it is liquidated. Of
    the net delta left after that, the share `forced` is closed.

    Args:
        desired, held: units; delta: of one book, units; scale: books.
    """
    for j in range(held.shape[0]):
        order = desired[j] - held[j] if looks[j] else 0.0
        order = -held[j] if liquidated[j] else order
        out[j] = fma(-forced[j], fma(scale[j], delta[j], held[j]) + order, order)


@kernel
def answered(ordered: Floats, quantity: Floats, spot: Floats, last_spot: Floats, left: Bools, out: Floats) -> None:
    """Into `left` the paths with an unfilled remainder; into `out` the spot of the last order filled in full.

    Args:
        ordered, quantity: units ordered and filled, signed; spot: $/unit, now; last_spot: before this order.
    """
    for j in range(quantity.shape[0]):
        whole = abs(ordered[j])
        remains = abs(ordered[j] - quantity[j]) > 1e-9 * (1.0 if whole < 1.0 else whole)
        left[j] = remains
        out[j] = spot[j] if (quantity[j] != 0.0) & (not remains) else last_spot[j]


@kernel
def flows(
    scale: Floats,
    liquidated: Bools,
    spot: Floats,
    gamma: Floats,
    vanna: Floats,
    leverage: Floats,
    out: Floats,
) -> None:
    """$ that a hedge trades per unit of ln S, into `out` (2, paths): by Gamma, and by vanna through vol.

    Args:
        scale: books, counted as 0 if `liquidated`; gamma, vanna: of one, units per $ and per unit of ln s.
        leverage: fall of ln s per unit of ln S.
    """
    by_gamma, by_vanna = out[GAMMA_FLOW], out[VANNA_FLOW]
    for j in range(spot.shape[0]):
        part = 0.0 if liquidated[j] else scale[j]
        by_gamma[j] = -part * gamma[j] * spot[j] * spot[j]
        by_vanna[j] = part * spot[j] * vanna[j] * leverage[j]


NO_ROW, VEGA_ROW, GAMMA_ROW = range(3)  # what a row of slopes says of an option


@kernel
def hedge_slopes(
    vega: Floats, gamma: Floats, in_vega: Floats, usual: Floats, least: float, kinds: Ints, out: Floats
) -> None:
    """Slopes of a unit of an option by the rows of a hedge, written; nothing where their length is below least x usual.

    Args:
        vega: (paths,) $ per 1.00 of vol; gamma: units per $; in_vega: vega for a unit of gamma.
        usual: (paths,) vega of a unit that is of use.
        kinds: (rows,) vega, gamma in units of vega, or nothing.
        out: (rows, paths).
    """
    for i in range(kinds.shape[0]):
        row = out[i]
        if kinds[i] == VEGA_ROW:
            for j in range(usual.shape[0]):
                row[j] = vega[j]
        elif kinds[i] == GAMMA_ROW:
            for j in range(usual.shape[0]):
                row[j] = gamma[j] * in_vega[j]
        else:
            for j in range(usual.shape[0]):
                row[j] = 0.0
    square = np.empty(SHORT)
    for start in range(0, usual.shape[0], SHORT):
        width = min(SHORT, usual.shape[0] - start)
        square[:] = 0.0
        for i in range(kinds.shape[0]):
            row = out[i, start : start + width]
            for j in range(width):
                square[j] += row[j] * row[j]
        for j in range(width):
            square[j] = 1.0 if not np.sqrt(square[j]) < least * usual[start + j] else 0.0
        for i in range(kinds.shape[0]):
            row = out[i, start : start + width]
            for j in range(width):
                row[j] = row[j] if square[j] > 0.0 else 0.0


@kernel_inline
def of_spot(
    before: float, value: float, delta: float, old_spot: float, new_spot: float, spot_moved: float
) -> tuple[float, float, float]:
    """The steps of time and of spot, that by delta and that beyond it. Arguments as for `attribute`."""
    straight = delta * (new_spot - old_spot)
    bent = spot_moved - value - straight
    return value - before, straight, bent


@kernel_reading(7)
def attribute(
    scale: Floats,
    before: Floats,
    value: Floats,
    delta: Floats,
    old_spot: Floats,
    new_spot: Floats,
    spot_moved: Floats,
    totals: Floats,
    unhedged: Floats,
) -> None:
    """Add the steps of time and spot of one mark, $ of one book, to `unhedged`, and of `scale` books to `totals`.

    Args:
        before: value at the last mark; value, delta: of the same market at this tick.
        spot_moved: value when spot has moved too.
        totals: (PARTS or more, paths).
    """
    theta, slope, bend = totals[THETA_PART], totals[DELTA_PART], totals[GAMMA_PART]
    for j in range(scale.shape[0]):
        passed, straight, bent = of_spot(before[j], value[j], delta[j], old_spot[j], new_spot[j], spot_moved[j])
        theta[j] = fma(scale[j], passed, theta[j])
        slope[j] = fma(scale[j], straight, slope[j])
        bend[j] = fma(scale[j], bent, bend[j])
        unhedged[j] = unhedged[j] + passed + straight + bent


@kernel_reading(9)
def attribute_few(
    scale: Floats,
    before: Floats,
    value: Floats,
    delta: Floats,
    old_spot: Floats,
    new_spot: Floats,
    spot_moved: Floats,
    vol_moved: Floats,
    end: Floats,
    totals: Floats,
    unhedged: Floats,
) -> None:
    """`attribute`, then `add_step` for vol and for the curve, of a mark that has no other steps.

    Args:
        vol_moved: value when vol has moved after spot; end: when all has, cash paid included.
    """
    theta, slope, bend = totals[THETA_PART], totals[DELTA_PART], totals[GAMMA_PART]
    vega, rates = totals[VEGA_PART], totals[RATES_PART]
    for j in range(scale.shape[0]):
        passed, straight, bent = of_spot(before[j], value[j], delta[j], old_spot[j], new_spot[j], spot_moved[j])
        by_vol, by_curve = vol_moved[j] - spot_moved[j], end[j] - vol_moved[j]
        theta[j] = fma(scale[j], passed, theta[j])
        slope[j] = fma(scale[j], straight, slope[j])
        bend[j] = fma(scale[j], bent, bend[j])
        vega[j] = fma(scale[j], by_vol, vega[j])
        rates[j] = fma(scale[j], by_curve, rates[j])
        unhedged[j] = unhedged[j] + passed + straight + bent + by_vol + by_curve


@kernel
def add_step(scale: Floats, before: Floats, after: Floats, total: Floats, unhedged: Floats) -> None:
    """Add a step, $ of one book, to `unhedged`, and of `scale` books to `total`."""
    for j in range(scale.shape[0]):
        step = after[j] - before[j]
        total[j] = fma(scale[j], step, total[j])
        unhedged[j] += step
