"""JSON that others wrote: read in bounded memory, and no deeper than what reads it on can follow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sim.ordinary import SMALL, read_ordinary

DEEPEST = 64  # lists and tables inside one another; ours have at most 40
LONGEST = 1_000_000  # characters of a text; our longest is a description of 20,000


def read_json(place: Path, most: int = SMALL, *, finite: bool = True) -> Any:
    """What a file holds. Raises OSError as `read_ordinary`; ValueError if it is no JSON, too deep, or a text too long.

    finite: NaN and infinity are no JSON.
    """
    try:
        constant = _refused if finite else float
        found = json.loads(read_ordinary(place, most).decode(), parse_constant=constant)
    except RecursionError:
        raise _too_deep() from None
    _check(found)
    return found


def _check(found: Any) -> None:
    """Raise ValueError for what is deeper or longer than anything that we write."""
    level, depth = [found], 0
    while level:
        if depth > DEEPEST:
            raise _too_deep()
        if any(isinstance(each, str) and len(each) > LONGEST for each in level):
            raise ValueError(f"a text has at most {LONGEST:,} characters")
        below = [each for part in level if isinstance(part, dict) for pair in part.items() for each in pair]
        level = below + [each for part in level if isinstance(part, list) for each in part]
        depth += 1


def _too_deep() -> ValueError:
    return ValueError(f"tables and lists are nested at most {DEEPEST} deep")


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number of JSON")
