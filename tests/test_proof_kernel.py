"""The proof of a P&L against sums by NumPy: its figures, and on which path it fails."""

from __future__ import annotations

import numpy as np
import pytest

from sim.kernels.proof import WORTH, explain

PATHS, GROSS, TOLERANCE = 1200, 10.0, 1e-9  # paths: more than two blocks
CASH, MARGIN, UNITS, NOTE, CAPITAL, COST, GAIN = range(7)  # rows


def account(claims=0.0, margin=True, book=True):
    """Rows of a ledger whose P&L adds up, and the arguments of `explain` but for its last."""
    rng = np.random.default_rng(7)
    rows, worth = rng.normal(size=(7, PATHS)), rng.normal(size=PATHS)
    scale, value = rng.normal(size=(2, PATHS))
    parts, owed = rng.normal(size=(2, PATHS)), np.full(PATHS, claims)
    balances = np.array([CASH, MARGIN] if margin else [CASH], dtype=np.int64)
    equity = rows[balances].sum(axis=0) + scale * value * book + owed
    rows[GAIN] = equity - rows[CAPITAL] - rows[COST] - parts.sum(axis=0)  # the hedge is on both sides
    none = np.empty(0)
    books = (scale, value) if book else (none, none)
    flows, ends = np.array([NOTE, CAPITAL, COST, GAIN], dtype=np.int64), np.array([1, 2, 4], dtype=np.int64)
    terms = (owed if claims else none, parts, GROSS, TOLERANCE)
    return rows, equity, (rows, balances, flows, ends, UNITS, worth, *books, *terms)


@pytest.mark.parametrize("claims", [0.0, 0.5])
@pytest.mark.parametrize("margin", [False, True])
@pytest.mark.parametrize("book", [False, True])
def test_figures_are_the_sums(claims, margin, book):
    rows, equity, given = account(claims, margin, book)
    out = np.empty((WORTH, PATHS))
    assert explain(*given, out) == -1
    equity += rows[UNITS] * given[5]
    np.testing.assert_allclose(out[0], equity, rtol=0, atol=1e-13)
    np.testing.assert_allclose(out[1], equity - rows[CAPITAL], rtol=0, atol=1e-13)
    np.testing.assert_allclose(out[2], out[1], rtol=0, atol=1e-13)
    assert explain(*given, np.empty((WORTH, 0))) == -1


@pytest.mark.parametrize("wrong", [3e-8, np.nan])
@pytest.mark.parametrize("path", [0, 600, PATHS - 1])
def test_the_first_path_that_does_not_add_up_is_named(wrong, path):
    rows, _, given = account()
    rows[COST, [path, PATHS - 1]] += wrong  # more than TOLERANCE x what the account holds and has moved
    assert explain(*given, np.empty((WORTH, 0))) == path


def test_what_an_account_has_moved_allows_for_more():
    rows, _, given = account()
    rows[NOTE, 600:] = 1e3
    rows[COST, 700] += 3e-8
    assert explain(*given, np.empty((WORTH, 0))) == -1
    rows[COST, 100] += 3e-8
    assert explain(*given, np.empty((WORTH, 0))) == 100


@pytest.mark.parametrize("row", [NOTE, CAPITAL, COST, GAIN, CASH])
@pytest.mark.parametrize("wrong", [np.inf, -np.inf])
def test_an_infinite_movement_does_not_allow_for_everything(wrong, row):
    """Of a size that is infinite every difference is a small share, and infinity less infinity is no number."""
    rows, _, given = account()
    rows[row, 700] = wrong
    rows[COST, 700] += 1.0  # what the proof passed over
    assert explain(*given, np.empty((WORTH, 0))) == 700
