"""Clearing: payments between debtors when not all can pay in full."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import UserError
from sim.vectors import total

Array = NDArray[np.float64]
ROUNDING = 1e-12  # of what is owed: less than this short is paid in full


@dataclass(frozen=True)
class Clearing:
    """The result of a settlement.

    payments: (n, paths) $, total payment of each debtor.
    received: (n, paths) $, total receipt of each creditor.
    round: (n, paths), the round in which each defaults; 0: it pays in full. Round 1: those who would be short even if
    everybody else paid in full; round 2: those short because of the defaults of round 1; and so on.
    """

    payments: Array
    received: Array
    round: NDArray[np.int64]


def clearing_payments(liabilities: Array, resources: Array, senior: Array | None = None) -> Clearing:
    """The greatest clearing vector: the largest payments that are consistent with one another.

        p_i = min(pbar_i, max(e_i + sum_j share_ji p_j - s_i, 0)),   pbar_i = sum_j L_ij,   share_ji = L_ji / pbar_j

    Limited liability (nobody pays more than it has), priority (owners get nothing before creditors are paid in full),
    pro rata (a debtor pays all its creditors the same share). Algorithm of fictitious defaults (Eisenberg and Noe 2001,
    section 3): assume that all pay in full; those who cannot are in default; solve for their payments; repeat, at most
    n rounds. They have no senior claims; ours amount to allowing `e - s` to be negative.

    liabilities: (n, n) or (n, n, paths) $, row owes column, the diagonal 0.
    resources: (n, paths) $, e: cash of each, without payments from the others.
    senior: (n, paths) $, s: what each must pay outside first.
    Raises UserError for negative amounts and for shapes that do not fit.
    """
    e = np.asarray(resources, dtype=np.float64)
    owed, s = _checked(liabilities, e, senior)
    pbar = total(np.moveaxis(owed, 2, 0))  # (paths, n)
    share = owed / np.where(pbar > 0, pbar, 1.0)[:, :, None]
    free = e.T - s.T
    payments, rounds = pbar.copy(), np.zeros(pbar.shape, dtype=np.int64)
    for number in range(1, len(e) + 1):
        able = free + _inflow(share, payments)
        short = (rounds == 0) & (pbar > 0) & (able < pbar - ROUNDING * (pbar + np.abs(free)))
        if not short.any():
            break
        rounds = np.where(short, number, rounds)
        some = short.any(axis=1)  # the paths on which something changed
        payments[some] = _paid(share[some], free[some], pbar[some], rounds[some] > 0)
    return Clearing(payments.T.copy(), _inflow(share, payments).T.copy(), rounds.T.copy())


def _checked(liabilities: Array, e: Array, senior: Array | None) -> tuple[Array, Array]:
    """Liabilities as (paths, n, n) and senior claims as (n, paths)."""
    owed = np.asarray(liabilities, dtype=np.float64)
    if e.ndim != 2 or owed.ndim not in (2, 3) or owed.shape[:2] != (len(e), len(e)):
        remedy = "liabilities are (n, n) or (n, n, paths), resources (n, paths)"
        raise UserError("liabilities and resources must fit", value=f"{owed.shape} and {e.shape}", remedy=remedy)
    s = np.zeros_like(e) if senior is None else np.asarray(senior, dtype=np.float64)
    for what, values in (("liabilities", owed), ("resources", e), ("senior claims", s)):
        if not (values >= 0).all():
            remedy = "a negative liability is a liability of the other side; a lack of resources is a senior claim"
            raise UserError(f"{what} must be >= 0", value=float(np.min(values)), remedy=remedy)
    if np.einsum("ii...->i...", owed).any():
        raise UserError("nobody owes itself", value=f"diagonal {np.einsum('ii...->i...', owed).max():g}")
    owed = owed[:, :, None] if owed.ndim == 2 else owed
    return np.broadcast_to(owed, (*owed.shape[:2], e.shape[1])).transpose(2, 0, 1), s


def _inflow(share: Array, payments: Array) -> Array:
    """Receipts (paths, n) from payments (paths, n)."""
    return total(share[:, debtor] * payments[:, debtor, None] for debtor in range(share.shape[1]))


def _paid(share: Array, free: Array, pbar: Array, defaulted: NDArray[np.bool_]) -> Array:
    """Payments (paths, n) if those in default pay all they have and the others pay in full.

    A defaulter whose senior claim takes everything pays 0. Start with all defaulters paying 0; let those pay who can,
    and solve the linear system for them; repeat until no further one can pay.
    """
    n = pbar.shape[1]
    payments = np.where(defaulted, 0.0, pbar)
    outside = free + _inflow(share, payments)  # receipts from those who pay in full
    paying = np.zeros_like(defaulted)
    for _ in range(n + 1):
        more = defaulted & (free + _inflow(share, payments) > 0)
        if not (more & ~paying).any():
            break
        paying |= more
        among = share.transpose(0, 2, 1) * (paying[:, :, None] & paying[:, None, :])
        solved = np.linalg.solve(np.eye(n) - among, np.where(paying, outside, 0.0)[:, :, None])[:, :, 0]
        payments = np.where(paying, np.minimum(solved, pbar), payments)
    return payments
