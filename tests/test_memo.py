"""A memo computes once for as long as its inputs stand, and never hands out what is stale."""

from __future__ import annotations

import numpy as np
import pytest

from sim.memo import Memo


class Counted:
    """A computation that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        return self.calls


def test_computed_once_while_numbers_and_text_are_equal() -> None:
    memo, compute = Memo[int](), Counted()
    large = 10**6
    assert [memo.get(compute, large, 0.5, "spot"), memo.get(compute, int("1000000"), 0.5, "spot")] == [1, 1]


@pytest.mark.parametrize("changed", [(2, 0.5, "a"), (1, 0.25, "a"), (1, 0.5, "b"), (1, 0.5), (1, 0.5, "a", 3)])
def test_computed_again_when_any_input_differs(changed: tuple[object, ...]) -> None:
    memo, compute = Memo[int](), Counted()
    memo.get(compute, 1, 0.5, "a")
    assert memo.get(compute, *changed) == 2
    assert memo.get(compute, 1, 0.5, "a") == 3  # only the last value is kept


def test_arrays_stand_while_they_are_the_same_object() -> None:
    memo, compute, levels = Memo[int](), Counted(), np.ones(3)
    assert [memo.get(compute, levels), memo.get(compute, levels)] == [1, 1]
    assert memo.get(compute, levels.copy()) == 2


def test_an_input_is_held_so_that_its_memory_is_not_mistaken_for_it() -> None:
    """Without the reference the second list takes the address of the first."""
    memo, compute = Memo[int](), Counted()
    assert [memo.get(compute, [0]) for _ in range(5)] == [1, 2, 3, 4, 5]


def test_none_and_nan_are_inputs_like_others() -> None:
    memo, compute, nan = Memo[int](), Counted(), float("nan")
    assert [memo.get(compute, None, nan), memo.get(compute, None, nan)] == [1, 1]
    assert memo.get(compute, 0, nan) == 2
    assert Memo[int]().get(compute) == 3


def test_a_failed_computation_leaves_the_memo_as_it_was() -> None:
    memo = Memo[int]()
    memo.get(lambda: 1, "a")
    with pytest.raises(ZeroDivisionError):
        memo.get(lambda: 1 // 0, "b")
    assert memo.get(lambda: 2, "a") == 1


def test_what_is_known_is_told_and_nothing_is_computed() -> None:
    memo, compute, array = Memo[int](), Counted(), np.zeros(2)
    assert memo.known(1, array) is None
    memo.get(compute, 1, array)
    assert memo.known(1, array) == 1
    others = ((2, array), (1, array.copy()), (1,))
    assert [memo.known(*inputs) for inputs in others] == [None] * 3


def test_forget() -> None:
    memo, compute = Memo[int](), Counted()
    memo.get(compute, 1)
    memo.forget()
    assert memo.get(compute, 1) == 2


def test_the_value_of_one_object() -> None:
    memo, array = Memo[int](), np.zeros(2)
    assert memo.of(array) is None
    memo.get(lambda: 3, array)
    assert memo.of(array) == 3
    assert memo.of(array.copy()) is None
    memo.forget()
    assert memo.of(array) is None
