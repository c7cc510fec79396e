"""Checks of the arguments of public functions, as strict as the command line's; `takes` names a rule for each."""

from __future__ import annotations

import functools
import inspect
import operator
import os
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from sim.errors import UserError

P = ParamSpec("P")
T = TypeVar("T")
Rule = Callable[[str, Any], Any]  # (argument's name, value given) -> value to use; raises UserError


def takes(**rules: Rule) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Check a function's arguments by rules, given by name; omitted arguments keep their defaults. Raises UserError."""

    def held(function: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                given = signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{function.__name__}(): {error}") from None
            for name, value in given.arguments.items():
                if name in rules:
                    given.arguments[name] = rules[name](name, value)
            return function(*given.args, **given.kwargs)

        return checked

    return held


def maybe(rule: Rule) -> Rule:
    """The same rule, or None."""
    return lambda name, value: None if value is None else rule(name, value)


def whole(least: int) -> Rule:
    """A whole number, `least` or more; numpy's integers are accepted, True and False are not."""

    def check(name: str, value: Any) -> int:
        try:
            number = operator.index(value)
        except TypeError:
            number = None
        if number is None or isinstance(value, bool) or number < least:
            raise UserError(f"must be a whole number >= {least}", value=value, place=name)
        return number

    return check


def number(name: str, value: Any) -> float:
    """A number that is finite."""
    if isinstance(value, bool | str | bytes):
        raise UserError("must be a number", value=value, place=name)
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise UserError("must be a number", value=_short(value), place=name) from None
    if found - found != 0:
        raise UserError("must be a finite number", value=found, place=name)
    return found


def path(name: str, value: Any) -> Any:
    """A file or folder: text or a path, `~` for the user's home."""
    if not isinstance(value, str | os.PathLike) or "\0" in os.fspath(value):
        raise UserError("must be a path: text or a pathlib.Path", value=_short(value), place=name)
    return at_home(value)


def at_home(value: Any) -> Any:
    """A path with the user's home for a `~` in front, as a shell has it; any other as it is."""
    text = os.fspath(value)
    return type(value)(os.path.expanduser(text)) if isinstance(text, str) and text[:2] in ("~", "~/") else value


def text(name: str, value: Any) -> str:
    """Text."""
    if not isinstance(value, str):
        raise UserError("must be text", value=_short(value), place=name)
    return value


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if value is True or value is False or type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    raise UserError("must be True or False", value=_short(value), place=name)


def called(name: str, value: Any) -> Any:
    """Something to call."""
    if not callable(value):
        raise UserError("must be a function", value=_short(value), place=name)
    return value


def one_of(*known: str) -> Rule:
    """One of these words."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            rule = f"must be one of {', '.join(known)}"
            raise UserError(rule, value=_short(value), place=name, remedy=near(value, known))
        return value

    return check


def several(rule: Rule) -> Rule:
    """Several of a kind: a list or a tuple, not a text."""

    def check(name: str, value: Any) -> tuple[Any, ...]:
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            raise UserError("must be a list", value=_short(value), place=name, remedy=f"write ({value!r},) for one")
        return tuple(rule(name, item) for item in value)

    return check


def one_or_several(rule: Rule) -> Rule:
    """One of a kind, or several."""
    many = several(rule)
    return lambda name, value: rule(name, value) if isinstance(value, str | bytes | os.PathLike) else many(name, value)


def made(cls: type | tuple[type, ...], words: str) -> Rule:
    """An instance of a class; `words` say in the message what it is and how to get one."""

    def check(name: str, value: Any) -> Any:
        if not isinstance(value, cls):
            raise UserError(f"must be {words}", value=_short(value), place=name)
        return value

    return check


def near(value: Any, known: Iterable[str]) -> str | None:
    """The nearest known word, as a remedy; None if none is near."""
    from difflib import get_close_matches

    close = get_close_matches(value, list(known), 1) if isinstance(value, str) else []
    return f"did you mean '{close[0]}'?" if close else None


def _short(value: Any) -> Any:
    """A value as messages show it: a long one is replaced by the name of its type."""
    if isinstance(value, str | int | float | type(None)) or len(repr(value)) <= 60:
        return value
    return type(value).__name__
