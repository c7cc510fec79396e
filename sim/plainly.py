"""What is plainly right in JSON that others wrote. Only a yes is given here.

What is not plainly right may still be right: that, and the words for what is wrong, are pydantic's, which takes 0.08 s
of CPU to load and so is asked only then. A reader takes a value and returns it as its type has it, or raises Unsure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

Reader = Callable[[Any], Any]
LARGEST = 2**53  # whole numbers up to it are floats


class Unsure(Exception):
    """Not plainly right."""


def plainly(reader: Reader, value: Any) -> Any:
    """What a reader makes of a value; None if it is not plainly right."""
    try:
        return reader(value)
    except Unsure:
        return None


def anything(value: Any) -> Any:
    """Any value."""
    return value


def text(value: Any) -> str:
    """A text that can be written as UTF-8."""
    if type(value) is not str:
        raise Unsure
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Unsure from None
    return value


def flag(value: Any) -> bool:
    """True or False."""
    if type(value) is not bool:
        raise Unsure
    return value


def number(value: Any) -> Any:
    """A finite number."""
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is int and abs(value) <= LARGEST:
        return value
    raise Unsure


def whole(least: int, below: int = 2**63) -> Reader:
    """A whole number, `least` or more."""
    return partial(_whole, least, below)


def _whole(least: int, below: int, value: Any) -> int:
    if type(value) is not int or not least <= value < below:
        raise Unsure
    return value


def sized(least: int, most: int, reader: Reader) -> Reader:
    """A text, list or table of so many characters or items."""
    return partial(_sized, least, most, reader)


def _sized(least: int, most: int, reader: Reader, value: Any) -> Any:
    found = reader(value)
    if not least <= len(found) <= most:
        raise Unsure
    return found


def checked(check: Callable[[Any], object], reader: Reader) -> Reader:
    """What `check` raises no ValueError for."""
    return partial(_checked, check, reader)


def _checked(check: Callable[[Any], object], reader: Reader, value: Any) -> Any:
    found = reader(value)
    try:
        check(found)
    except ValueError:
        raise Unsure from None
    return found


def word(*among: Any) -> Reader:
    """One of these texts or whole numbers."""
    return partial(_word, among)


def _word(among: tuple[Any, ...], value: Any) -> Any:
    if type(value) not in (str, int) or value not in among:
        raise Unsure
    return value


def maybe(reader: Reader) -> Reader:
    """The same, or null."""
    return partial(_maybe, reader)


def _maybe(reader: Reader, value: Any) -> Any:
    return None if value is None else reader(value)


def listed(reader: Reader) -> Reader:
    """A list, as a tuple."""
    return partial(_listed, reader)


def _listed(reader: Reader, value: Any) -> tuple[Any, ...]:
    if type(value) is not list:
        raise Unsure
    return tuple(map(reader, value))


def by_name(reader: Reader, names: Reader = text) -> Reader:
    """A table whose keys are the file's own."""
    return partial(_by_name, reader, names)


def _by_name(reader: Reader, names: Reader, value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise Unsure
    return {names(key): reader(item) for key, item in value.items()}


def table(known: Mapping[str, Reader], *needed: str) -> Reader:
    """A table with these keys, of which some are needed; others are not looked at."""
    return partial(_table, known, frozenset(needed))


def _table(known: Mapping[str, Reader], needed: frozenset[str], value: Any) -> dict[str, Any]:
    if type(value) is not dict or not needed <= value.keys():
        raise Unsure
    return {key: reader(value[key]) for key, reader in known.items() if key in value}


def made(cls: Callable[..., Any], known: Mapping[str, Reader], *needed: str) -> Reader:
    """What `cls` makes of a table with these keys and no others."""
    return partial(_made, cls, table(known, *needed), known.keys())


def _made(cls: Callable[..., Any], reader: Reader, known: Any, value: Any) -> Any:
    found = reader(value)
    if not value.keys() <= known:
        raise Unsure
    try:
        return cls(**found)
    except ValueError:
        raise Unsure from None
