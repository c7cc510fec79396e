"""Kernels of the liquidity record: the worst figures of one desk over its closes. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel, kernel_inline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Rows of the record.
LOW_CASH, LINE_SHARE, HIGH_PROCEEDS, HIGH_VARIATION, HIGH_INITIAL, MISSING = range(6)  # extremes so far
EQUITY, WHOLE_EQUITY, SCALE, REQUIRED = range(
    6, 10
)  # at the last close; of the whole book, if none had been closed out
RECORD = 10
NO_LINE = 1e-9  # $: for a smaller line no share used is computed


@kernel_inline
def whole_equity(record: Floats, j: int, equity: float, alive: bool) -> float:
    """Equity of path j if none of the book had been closed out, $."""
    whole: float = record[WHOLE_EQUITY, j] + (equity - record[EQUITY, j]) / (record[SCALE, j] if alive else 1.0)
    return whole


@kernel_inline
def whole_lacking(
    record: Floats, j: int, lacking: float, equity: float, funded: float, scale: float, alive: bool
) -> float:
    """Funding that the whole book would have lacked on path j, to first order, $; none without a book.

    A reduced desk needs less than one with its whole book. So its P&L since the last close is divided by the share of
    the book that it had then, and what is `funded` (initial margin, long stock) by the share that it has now: same
    prices, P&L and margin in proportion.
    """
    if not alive:
        return -np.inf
    return lacking - (whole_equity(record, j, equity, alive) - equity) + (funded / scale - funded)


@kernel
def note_close(
    record: Floats,
    calls: Floats,
    known: int,
    now: int,
    low_time: Ints,
    proceeds: Floats,
    variation: Floats,
    initial: Floats,
    credit: Floats,
    free_cash: Floats,
    line: Floats,
    lacking: Floats,
    equity: Floats,
    unfinanced: Floats,
    scale: Floats,
) -> None:
    """At a close, after margin has been paid: extremes, and the calls that are still unmet.

    Args:
        record: (RECORD, paths), changed.
        calls: (closes, paths), changed: extra capital below which a call of so many closes ago is still unmet, the
            first `known` of them.
        now: seconds. low_time: seconds of the lowest free cash, changed.
        proceeds, variation, initial: the requirement, $. credit: what options stand for in it, $; (0,): nothing.
        free_cash: cash and repo left, $; a negative amount is drawn from the line. line: $.
        lacking: requirement less margin posted, free cash and line, before any payment, $.
        equity: $. unfinanced: long stock that no repo pays for, $. scale: share of the book that is left.
    """
    kept = min(known, calls.shape[0] - 1)
    for j in range(equity.shape[0]):
        if free_cash[j] < record[LOW_CASH, j]:
            record[LOW_CASH, j], low_time[j] = free_cash[j], now
        drawn = max(-free_cash[j], 0.0)
        share = drawn / line[j] if line[j] > NO_LINE else (1.0 if drawn > 0.0 else 0.0)
        record[LINE_SHARE, j] = max(record[LINE_SHARE, j], share)
        record[HIGH_PROCEEDS, j] = max(record[HIGH_PROCEEDS, j], proceeds[j])
        record[HIGH_VARIATION, j] = max(record[HIGH_VARIATION, j], variation[j])
        record[HIGH_INITIAL, j] = max(record[HIGH_INITIAL, j], initial[j])
        alive = (record[SCALE, j] > 0.0) & (scale[j] > 0.0)
        counted = credit[j] if credit.shape[0] else 0.0
        required = (proceeds[j] + variation[j] + initial[j] - counted) / (scale[j] if alive else 1.0)
        funded = initial[j] + unfinanced[j] - counted
        whole = whole_lacking(record, j, lacking[j], equity[j], funded, scale[j], alive)
        more = required - record[REQUIRED, j]
        less = min(more, 0.0)
        fresh = whole if more > 0.0 else -np.inf
        if known > 0:
            fresh = max(fresh, min(whole, calls[0, j] + less))
        for i in range(kept, 0, -1):
            calls[i, j] = min(whole, calls[i - 1, j] + less)
        calls[0, j] = fresh
        record[WHOLE_EQUITY, j] = whole_equity(record, j, equity[j], alive)
        record[EQUITY, j], record[SCALE, j], record[REQUIRED, j] = equity[j], scale[j], required


@kernel
def note_force(
    record: Floats,
    due: Floats,
    owed: bool,
    proceeds: Floats,
    variation: Floats,
    initial: Floats,
    credit: Floats,
    lacking: Floats,
    equity: Floats,
    unfinanced: Floats,
    scale: Floats,
) -> None:
    """Before TRADE of a close, when the lender looks for overdue calls and negative equity: what is missing.

    Args: as for `note_close`; `due`: the call that falls due now, if one can be `owed`.
    """
    for j in range(equity.shape[0]):
        alive = (record[SCALE, j] > 0.0) & (scale[j] > 0.0)
        if not alive:
            continue
        missing = -whole_equity(record, j, equity[j], alive)
        if owed:
            counted = credit[j] if credit.shape[0] else 0.0
            required = (proceeds[j] + variation[j] + initial[j] - counted) / scale[j]
            called = due[j] + min(required - record[REQUIRED, j], 0.0)
            funded = initial[j] + unfinanced[j] - counted
            whole = whole_lacking(record, j, lacking[j], equity[j], funded, scale[j], alive)
            missing = max(missing, min(whole, called))
        record[MISSING, j] = max(record[MISSING, j], missing)


@kernel
def short_of(record: Floats, required: Floats, scale: Floats, short: Floats) -> None:
    """Into `short` the capital that the whole book lacks at a close. required: equity that is asked for, $."""
    for j in range(scale.shape[0]):
        alive = (record[SCALE, j] > 0.0) & (scale[j] > 0.0)
        short[j] = required[j] / (scale[j] if alive else 1.0) - record[WHOLE_EQUITY, j]


@kernel
def note_capital_force(record: Floats, least: Floats, required: Floats, equity: Floats, scale: Floats) -> None:
    """Before TRADE of a close: a desk short at every close of the period is reduced. least: lacking at all of them, $.

    required, equity: now, $.
    """
    for j in range(equity.shape[0]):
        alive = (record[SCALE, j] > 0.0) & (scale[j] > 0.0)
        if alive:
            missing = required[j] / scale[j] - whole_equity(record, j, equity[j], alive)
            record[MISSING, j] = max(record[MISSING, j], min(missing, least[j]))
