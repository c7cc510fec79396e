"""Sparse matrices of curves have SciPy's digits, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from markets.curves.sparse import Gathering, Sparse


@pytest.mark.parametrize(
    ("rows", "columns", "claims", "entries"), [(50, 30, 8, 300), (300, 70, 20, 900), (7, 5, 3, 90), (4, 3, 2, 0)]
)
def test_products_and_sums_of_rows_have_scipys_digits(rows: int, columns: int, claims: int, entries: int):
    rng = np.random.default_rng(entries)
    i, j = rng.integers(0, rows, entries), rng.integers(0, columns, entries)
    values = rng.choice([-1.0, 1.0, 2.0], entries)
    theirs = csr_array((values, (i, j)), shape=(rows, columns))
    ours = Sparse.of(values, i, j, (rows, columns))
    vector, matrix = rng.normal(size=columns), rng.normal(size=(columns, 6))
    into, weights = rng.integers(0, claims, rows), rng.normal(size=rows)
    product = csr_array((weights, (into, np.arange(rows))), shape=(claims, rows)) @ theirs
    gathered = Gathering(ours, into, claims).of(weights)
    for mine, other in ((ours, theirs), (gathered, product)):
        assert np.array_equal(mine @ vector, other @ vector) and np.array_equal(mine @ matrix, other @ matrix)
        assert np.array_equal(mine.full(), other.toarray())
        assert np.array_equal(mine.scaled(vector) @ vector, other.multiply(vector).tocsr() @ vector)
