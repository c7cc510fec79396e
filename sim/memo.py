"""A value that is computed again only when its inputs change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
PLAIN = (int, float, str)


class Memo(Generic[Value]):
    """One remembered value, and the inputs it was computed from.

    Inputs are compared one by one. Numbers and text (a version counter, a tick, a parameter) must be equal. Anything
    else, such as an array, must be the same object: comparing contents would cost as much as computing. So an array
    that is changed in place needs a version counter as a further input.

        memo: Memo[Vector] = Memo()
        delta = memo.get(lambda: expensive(spot, vol), spot, vol)
    """

    __slots__ = ("_first", "_inputs", "_value")

    def __init__(self) -> None:
        self._inputs: tuple[object, ...] | None = None
        self._first: object = None  # of the inputs, for `of`
        self._value: Value

    def get(self, compute: Callable[[], Value], *inputs: object) -> Value:
        """The value: computed at the first call and whenever an input differs from the last call's.

        If `compute` raises, the memo is unchanged. The memo holds references to the inputs, so that no new object can
        get the identity of an old one.
        """
        before = self._inputs
        if before is not None and len(before) == len(inputs):
            for one, other in zip(before, inputs):  # noqa: B905 - speed: lengths are equal, and this runs every tick
                if one is not other and not _equal(one, other):
                    break
            else:
                return self._value
        self._value = compute()
        self._inputs, self._first = inputs, inputs[0] if inputs else None
        return self._value

    def put(self, value: Value, one: object) -> Value:
        """Remember a value that was computed from one object, for `of`; returns it."""
        self._value, self._first, self._inputs = value, one, (one,)
        return value

    def known(self, *inputs: object) -> Value | None:
        """The value if `get` with these inputs would compute nothing; else None."""
        before = self._inputs
        if before is None or len(before) != len(inputs):
            return None
        for one, other in zip(before, inputs):  # noqa: B905 - speed, as above
            if one is not other and not _equal(one, other):
                return None
        return self._value

    def of(self, one: object) -> Value | None:
        """The value if its only input was this very object; else None. For what is read several times a tick."""
        return self._value if self._first is one else None

    def forget(self) -> None:
        """Compute again at the next `get`."""
        self._inputs = self._first = None


def _equal(one: object, other: object) -> bool:
    return isinstance(one, PLAIN) and isinstance(other, PLAIN) and one == other
