"""Calendars from the library `exchange_calendars`; a calendar that it does not have is a one-line error."""

from __future__ import annotations

import os
import warnings
from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.errors import UserError


def library_calendar(name: str, start: date, end: date) -> Any | None:
    """The library's calendar object from `start` to `end`, cut to the years that its exchange has published.

    None if the library fails to build these years. The library is imported here because it imports pandas (half a
    second). Raises UserError for a calendar that does not exist or is not known in these years at all.
    """
    import exchange_calendars as library
    from exchange_calendars.errors import CalendarError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the library's own use of pandas
        try:
            return library.get_calendar(name, start=start, end=end)
        except CalendarError:
            rule = "no such exchange calendar"
            raise UserError(rule, value=name, place="clock.calendar", remedy=_nearest(name)) from None
        except NotImplementedError:  # raised by the library for calendars whose holidays it lacks
            rule = "this exchange calendar does not know its own holidays"
            raise UserError(rule, value=name, place="clock.calendar", remedy="use XNYS") from None
        except ValueError:
            return _within_bounds(library, name, start, end)


@lru_cache
def _bounds(name: str) -> tuple[date | None, date | None] | None:
    """First and last day that the exchange has published, each None if there is no end; None if the library fails."""
    import exchange_calendars as library

    try:
        kind = type(library.get_calendar(name))
    except ValueError:
        return None
    low, high = (None if bound is None else bound.date() for bound in (kind.bound_min(), kind.bound_max()))
    return low, high


def _within_bounds(library: Any, name: str, start: date, end: date) -> Any | None:
    if (bounds := _bounds(name)) is None:
        return None
    first, last = max(start, bounds[0] or start), min(end, bounds[1] or end)
    if (first, last) == (start, end):
        return None
    if first > last:
        rule = f"the exchange calendar {name} is not known for these years"
        remedy = f"it is known to {bounds[1]}" if last < start else f"it begins in {first.year}"
        raise UserError(rule, place="clock.calendar", remedy=remedy)
    start, end = first, last
    try:
        return library.get_calendar(name, start=start, end=end)
    except ValueError:
        return None


@lru_cache
def library_version(package: str = "exchange_calendars") -> str:
    """Changes with a library: its version's folder, else the size and time of its first file; "" without it."""
    found = find_spec(package)
    if found is None or found.origin is None:
        return ""
    home = Path(found.origin)
    beside = (name for name in os.listdir(home.parent.parent) if name.endswith(".dist-info"))
    told = sorted(name for name in beside if name.lower().startswith(f"{package.lower()}-"))
    return told[0] if told else f"{home.stat().st_size} {home.stat().st_mtime_ns}"


def _nearest(name: str) -> str:
    import difflib

    import exchange_calendars as library

    names = {n.upper(): n for n in ("continuous", *library.get_calendar_names(include_aliases=True))}
    near = [names[key] for key in difflib.get_close_matches(name.upper(), names, n=3)] or ["XNYS"]
    return f"did you mean {' or '.join(near)}?"
