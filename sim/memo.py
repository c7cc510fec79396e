"""A value that is computed once for as long as what it was computed from stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
PLAIN = (int, float, str)


class Memo(Generic[Value]):
    """One remembered value, and what it was computed from.

    Inputs are compared one by one. Numbers and text must be equal: a version counter, a tick, a parameter. Anything
    else, arrays first of all, must be the same object: comparing contents would cost as much as computing. So an array
    that is written to in place needs a counter beside it that says so.

        memo: Memo[Vector] = Memo()
        delta = memo.get(lambda: expensive(spot, vol), spot, vol)
    """

    __slots__ = ("_inputs", "_value")

    def __init__(self) -> None:
        self._inputs: tuple[object, ...] | None = None
        self._value: Value

    def get(self, compute: Callable[[], Value], *inputs: object) -> Value:
        """The value, computed now if this is the first time or if an input differs from those of the last time.

        Where `compute` raises, the memo is as before. The inputs are held, so that no new object can be taken for one
        of them.
        """
        before = self._inputs
        if before is not None and len(before) == len(inputs):
            for one, other in zip(before, inputs):  # noqa: B905 - speed: lengths are equal, and this runs every tick
                if one is not other and not _equal(one, other):
                    break
            else:
                return self._value
        self._value = compute()
        self._inputs = inputs
        return self._value

    def forget(self) -> None:
        """Compute afresh at the next `get`."""
        self._inputs = None


def _equal(one: object, other: object) -> bool:
    return isinstance(one, PLAIN) and isinstance(other, PLAIN) and one == other
