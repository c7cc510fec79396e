"""Kernels of lenders against the same rules in NumPy, on paths with and without a book, calls and debts."""

from __future__ import annotations

import numpy as np

from markets.kernels.lending import NEVER, asset_exposure, call_outcomes, in_trouble, margin_of_moves

PATHS, LEAST, ROUNDING = 500, 0.05, 1e-9


def drawn(seed):
    """Amounts, days and masks at random, zeros among them."""
    noise = np.random.default_rng(seed)
    amounts = noise.normal(size=(6, PATHS)) * noise.integers(0, 2, (6, PATHS))
    return amounts, noise.integers(-1, 4, PATHS), noise.random((2, PATHS)) < 0.3


def test_outcomes_of_calls():
    (unmet, required, need, *_), deadline, (liquidated, _) = drawn(1)
    met, fresh, prompt = np.empty((3, PATHS), dtype=bool)
    until = np.empty(PATHS, dtype=np.int64)
    some = call_outcomes(unmet, required, need, deadline, liquidated, ROUNDING, LEAST, 9, met, fresh, prompt, until)
    scale, outstanding = np.maximum(np.abs(required), 1.0), deadline >= 0
    short = unmet > ROUNDING * scale
    assert (met == (outstanding & ~short)).all()
    assert (fresh == (short & ~outstanding & ~liquidated)).all()
    assert (prompt == ((need > 0) & ~short & ~outstanding & (need > LEAST * scale))).all()
    assert (until == np.where(fresh, 9, np.where(short, deadline, NEVER))).all()
    assert some and met.any() and fresh.any() and prompt.any()


def test_nothing_comes_of_nothing():
    nothing, never = np.zeros(3), np.full(3, NEVER)
    masks, until = np.empty((4, 3), dtype=bool), np.empty(3, dtype=np.int64)
    nobody = np.zeros(3, dtype=bool)
    assert not call_outcomes(nothing, nothing, nothing, never, nobody, ROUNDING, LEAST, 9, *masks[:3], until)
    assert not in_trouble(nothing, nobody, nobody, never, 5, *masks[:2])
    assert not masks[:2].any()


def test_who_is_in_trouble():
    (equity, *_), deadline, (failed, liquidated) = drawn(2)
    due, ruined = np.empty((2, PATHS), dtype=bool)
    assert in_trouble(equity, failed, liquidated, deadline, 2, due, ruined)
    assert (ruined == (((equity < 0) | failed) & ~liquidated)).all()
    assert (due == ((deadline >= 0) & (deadline <= 2) & ~liquidated)).all()


def test_parametric_margin_to_the_last_bit():
    (delta, gamma, rates, move, *_), *_ = drawn(3)
    spot, straight, bent = np.exp(delta), *np.empty((2, PATHS))
    asset_exposure(delta, gamma, spot, straight, bent)
    assert (straight == np.abs(delta) * spot).all()
    assert (bent == 0.5 * np.maximum(-gamma, 0.0) * spot**2).all()
    margin = np.empty(PATHS)
    margin_of_moves(move, straight, bent, rates, 0.01, 0.2, margin)
    assert (margin == move * (straight + bent * move + rates * 0.01 / 0.2)).all()
