"""Bounds on the contents of a file or an override, checked before anything is interpreted.

A scenario is small: whatever is nested, long or large beyond these bounds is a mistake or an attack, and is told in one
line instead of exhausting the interpreter's stack, its limit on digits, or memory.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.errors import UserError

MOST_BYTES = 10_000_000  # of a TOML file: twenty thousand dated levels take 3 MB
DEEPEST = 32  # tables and lists inside one another
LONGEST_TEXT = 20_000  # characters
WHOLE = 2**63  # TOML's whole numbers are below this, and above its negative
# A key of too many parts, a.b.c...: tomllib would take the square of their number to read it.
TOO_DOTTED = re.compile(rf"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){{{DEEPEST}}}""")


def parse_toml(text: str, place: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises tomllib.TOMLDecodeError, and UserError for what is too deep or too long."""
    if TOO_DOTTED.search(text):
        raise _too_deep(place)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise _too_deep(place) from None
    except ValueError:  # the interpreter's own limit on the digits of a whole number
        raise _too_large(place, "a number of thousands of digits") from None


def read_text(path: Path) -> str:
    """The text of a file. Raises UserError if it cannot be read, is too large, or is not UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            rule = f"a file of settings has at most {MOST_BYTES // 1_000_000} MB"
            raise UserError(rule, place=str(path), remedy="decades of daily levels take less: is this the file?")
        return content.decode("utf-8-sig")  # a byte order mark is no part of the text
    except UnicodeDecodeError as error:
        raise UserError(
            f"is not UTF-8 text (byte {error.start})", place=str(path), remedy="save it as UTF-8"
        ) from error
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", place=str(path)) from error


def check_plain(value: Any, place: str) -> None:
    """Raise UserError for values nested deeper than `DEEPEST`, texts above `LONGEST_TEXT`, numbers beyond 64 bits."""
    waiting: list[tuple[Any, tuple[str, ...]]] = [(value, ())]
    while waiting:
        found, keys = waiting.pop()
        if len(keys) > DEEPEST:
            raise _too_deep(_at(place, keys))
        if isinstance(found, Mapping):
            waiting.extend((item, (*keys, _name(key, place, keys))) for key, item in found.items())
        elif isinstance(found, list | tuple):
            waiting.extend((item, (*keys, str(i + 1))) for i, item in enumerate(found))
        elif isinstance(found, str):
            _check_text(found, place, keys)
        elif isinstance(found, int) and not -WHOLE <= found < WHOLE:
            raise _too_large(_at(place, keys), f"about 10^{int(found.bit_length() * 0.30103)}")


def _name(key: Any, place: str, keys: tuple[str, ...]) -> str:
    text = str(key)
    _check_text(text, place, keys)
    return text


def _check_text(text: str, place: str, keys: tuple[str, ...]) -> None:
    if len(text) > LONGEST_TEXT:
        rule = f"a text has at most {LONGEST_TEXT:,} characters"
        raise UserError(rule, value=f"{len(text):,} characters", place=_at(place, keys), remedy="shorten it")


def _at(place: str, keys: tuple[str, ...]) -> str:
    """The file and the first few keys: of one nested too deeply all would bury the message."""
    return f"{place}: {'.'.join(keys[:6])}{'...' if len(keys) > 6 else ''}" if keys else place


def _too_deep(place: str) -> UserError:
    rule = f"tables and lists are nested at most {DEEPEST} deep"
    return UserError(rule, place=place, remedy="no key of a scenario is deeper than 6: is a bracket or a dot too many?")


def _too_large(place: str, value: str) -> UserError:
    remedy = "write a decimal (1e20) for a large amount"
    return UserError("a whole number has at most 64 bits", value=value, place=place, remedy=remedy)
