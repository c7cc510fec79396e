"""Fields of a form, checked: each mistake is one line that names its field."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from sim.errors import UserError
from sim.nearest import nearest
from sim.text import STEERING

MOST_LINES, LONGEST_LINE = 100, 500
LONGEST_NAME = 40  # characters of a student's name


def number(place: str, value: Any, least: float, most: float, *, whole: bool = False) -> float:
    """A finite number within limits. Raises UserError."""
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not least <= found <= most or (whole and found != int(found)):
        kind = "a whole number" if whole else "a number"
        raise UserError(f"is {kind} from {least:g} to {most:g}", value=value, place=place)
    return found


def one_of(place: str, value: Any, known: Iterable[str]) -> str:
    """One of the texts known. Raises UserError."""
    names = list(known)
    if not isinstance(value, str) or value not in names:
        raise UserError("there is no such choice", value=value, place=place, remedy=nearest(str(value), names))
    return value


def lines_of(place: str, text: Any) -> list[str]:
    """The lines of a text field that say something. Raises UserError."""
    found = [line.strip() for line in str(text).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if len(found) > MOST_LINES or any(len(line) > LONGEST_LINE for line in found):
        raise UserError(f"has at most {MOST_LINES} lines of {LONGEST_LINE} characters", place=place)
    return found


def person(place: str, value: Any) -> str:
    """A name to be called by: one line that can be read. Raises UserError."""
    found = " ".join(value.split()) if isinstance(value, str) else ""
    if not 1 <= len(found) <= LONGEST_NAME or STEERING.search(found) or not any(c.isalnum() for c in found):
        rule = f"a name has 1 to {LONGEST_NAME} characters that can be read, a letter among them"
        raise UserError(rule, value=value if isinstance(value, str) else None, place=place)
    return found
