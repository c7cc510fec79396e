"""Kernels of lenders: interest, margin calls, and who is reduced. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel, kernel_reading
from sim.kernels.moves import carry_out

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BLOCK = 1024  # paths
NEVER = -1  # day of a deadline where no call is outstanding


@kernel_reading(7)
def pay_interest(
    cash: Floats,
    posted: Floats,
    stock: Floats,
    overnight: Floats,
    loan: Floats,
    repo: Floats,
    entries: Ints,
    rows: Floats,
) -> None:
    """Interest of one borrower, carried out in the ledger: on balances to it, twice, then on loans from it.

    Args:
        cash, posted: $, the margin posted; they may be rows of the ledger itself. stock: $ that is financed in repo.
        overnight, loan, repo: interest on 1 $: on balances, on what is drawn from the line, and on repo; `repo` (0,)
            where there is none.
        entries: (3, ENTRY). rows: (rows, paths) of the ledger, changed.
    """
    amounts = np.empty((3, BLOCK))
    for start in range(0, cash.shape[0], BLOCK):
        stop = min(start + BLOCK, cash.shape[0])
        for j in range(stop - start):
            own, pledged = cash[start + j], stock[start + j]
            earned = (own + posted[start + j]) * overnight[start + j]
            amounts[0, j] = amounts[1, j] = earned
            drawn = -own - pledged
            amounts[2, j] = (drawn if drawn > 0.0 else 0.0) * loan[start + j]
        if repo.shape[0]:
            for j in range(stop - start):
                amounts[2, j] += stock[start + j] * repo[start + j]
        carry_out(amounts, np.int64(0), entries, rows, start, stop)


@kernel
def call_outcomes(
    unmet: Floats,
    required: Floats,
    need: Floats,
    deadline: Ints,
    liquidated: Bools,
    rounding: float,
    least: float,
    due: int,
    met: Bools,
    fresh: Bools,
    prompt: Bools,
    until: Ints,
) -> bool:
    """What becomes of calls at a close, after what could be paid has been.

    Args:
        unmet: $ not paid. required: margin, $. need: $ that was asked for now.
        deadline: day of an outstanding call, else NEVER. liquidated: no further call is made there.
        rounding: share of the requirement below which nothing is missing. least: below which a need is no call.
        due: day at whose close a fresh call falls due.
        met, fresh, prompt: written: outstanding calls that are met, new ones, and needs that are paid at once.
        until: written: deadline of what is outstanding now.

    Returns whether there is any of the three.
    """
    some = False
    for j in range(need.shape[0]):
        scale = max(abs(required[j]), 1.0)
        short, outstanding = unmet[j] > rounding * scale, deadline[j] >= 0
        met[j] = outstanding & (not short)
        fresh[j] = short & (not outstanding) & (not liquidated[j])
        prompt[j] = (need[j] > 0.0) & (not short) & (not outstanding) & (need[j] > least * scale)
        until[j] = due if fresh[j] else (deadline[j] if short else NEVER)
        some |= met[j] | fresh[j] | prompt[j]
    return some


@kernel
def in_trouble(
    equity: Floats, failed: Bools, liquidated: Bools, deadline: Ints, day: int, due: Bools, ruined: Bools
) -> bool:
    """Desks with an overdue call (`due`, written), and those without equity or with an unpaid debt (`ruined`, written).

    Args:
        equity: $. failed: where a debt is unpaid. liquidated: where nothing is left to do.
        deadline: day of an outstanding call, else NEVER; day: now.

    Returns whether there is any.
    """
    some = False
    for j in range(equity.shape[0]):
        ruined[j] = ((equity[j] < 0.0) | failed[j]) & (not liquidated[j])
        due[j] = (deadline[j] >= 0) & (day >= deadline[j]) & (not liquidated[j])
        some |= ruined[j] | due[j]
    return some


@kernel_reading(3)
def asset_exposure(delta: Floats, gamma: Floats, spot: Floats, straight: Floats, bent: Floats) -> None:
    """What a move of an asset by x times its price costs: `straight` x + `bent` x^2, written, $. Long gamma is free.

    delta: units, of either side. gamma: units per $. spot: $/unit.
    """
    for j in range(spot.shape[0]):
        short = -gamma[j]
        straight[j] = abs(delta[j]) * spot[j]
        bent[j] = 0.5 * (short if short > 0.0 else 0.0) * (spot[j] * spot[j])


@kernel
def margin_of_moves(
    move: Floats, straight: Floats, bent: Floats, rates: Floats, rate_vol: float, base: float, margin: Floats
) -> None:
    """Parametric margin, written, $: of a move to second order, and of rates, whose vol follows that of the asset.

    move: of the asset, share of its price. straight, bent: see `asset_exposure`. rates: $ per 1.00 of the nodes, all
    together. rate_vol: decimal a year, at a vol of `base`.
    """
    for j in range(move.shape[0]):
        margin[j] = move[j] * (straight[j] + bent[j] * move[j] + rates[j] * rate_vol / base)
