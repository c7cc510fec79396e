"""Errors: the user's mistakes, in one line each; failures of a run; bugs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sim.text import one_line

LONGEST_VALUE = 300  # characters of a value in a message


class SpiralError(Exception):
    """A run could not be finished."""


class BugError(SpiralError):
    """An invariant does not hold: never the user's fault. Says where and when."""


class NotFinite(BugError):
    """A number is infinite or NaN; the message says which, on which path, where and when."""

    def __init__(self, what: str, path: int, where: str) -> None:
        self.what, self.path, self.where = what, path, where
        super().__init__(what, path, where)

    def __str__(self) -> str:
        return f"{self.what} is not finite on path {self.path} at {self.where}"


class UserError(SpiralError):
    """A mistake that the user can correct: rule, value that breaks it, place and remedy, on one line."""

    def __init__(self, rule: str, *, value: Any = None, place: str | None = None, remedy: str | None = None) -> None:
        self.rule, self.value, self.place, self.remedy = rule, value, place, remedy
        super().__init__(rule)

    def __str__(self) -> str:
        text = f"{self.place}: {self.rule}" if self.place else self.rule
        if self.value is not None:
            text += f", got {_shown(self.value)}"
        if self.remedy:
            text += f"; {self.remedy}"
        return one_line(text)

    def __reduce__(self) -> Any:
        return (_rebuild, (self.rule, self.value, self.place, self.remedy))


@contextmanager
def placed(place: str | None) -> Iterator[None]:
    """A block whose mistakes stand at this place, where they do not say another one."""
    try:
        yield
    except UserError as error:
        if error.place is not None:
            raise
        raise UserError(error.rule, value=error.value, place=place, remedy=error.remedy) from None


def _shown(value: Any) -> str:
    """A value as Python writes it, cut if it is too long for the message."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits; deeply nested lists
        return f"a {type(value).__name__} too long to show"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _rebuild(rule: str, value: Any, place: str | None, remedy: str | None) -> UserError:
    return UserError(rule, value=value, place=place, remedy=remedy)
