"""Sums that do not depend on the order and the parts of their numbers."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exact_sum import pieces

NUMBERS = st.lists(st.floats(-1e18, 1e18), max_size=30)


@given(NUMBERS, NUMBERS)
def test_pieces_of_parts_add_up_exactly(some, others):
    found = math.fsum([*pieces(some), *pieces(others)])
    assert Fraction(math.fsum([*others, *some])) == Fraction(found)
    assert sum(map(Fraction, pieces(some))) == sum(map(Fraction, some))


@pytest.mark.parametrize("numbers", [[], [0.0], [1.0, -1.0]])
def test_nothing_has_no_pieces(numbers):
    assert pieces(numbers) == []


def test_what_is_no_number_stays_none():
    assert math.isnan(math.fsum(pieces([1.0, math.nan])))
