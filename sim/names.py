"""Names: what a scenario may call things, and the keys under which the engine keeps its own."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

LONGEST = 64  # characters: a name becomes part of a file's
FORM = "letters, digits, - and _"
ALL = "all"  # in place of a name: all desks together
ACTUAL: Final = "actual"  # the run
PRICE_TAKER: Final = "price_taker"  # its twin: what agents do leaves no trace in the market
FROZEN: Final = "frozen"  # another twin: every loop cut
NO_TWIN: Final = "none"
UNHEDGED: Final = "unhedged"  # the run, had the desk not hedged
WORLDS = (ACTUAL, PRICE_TAKER, FROZEN, NO_TWIN, UNHEDGED)
LINES = ("storyline", "record")  # what charts draw beside the worlds
EVERY_ROW = ("time", "world", "path")  # columns of every table

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_DEVICES = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")  # no file may be called so on Windows


class Key(NamedTuple):
    """What the engine itself keeps an account or an asset under.

    Invariant: no name of a scenario equals a key, for names are strings. So whatever a scenario calls its agents and
    assets, none of them is cash, the clients' account, or another's margin.
    """

    name: str
    of: str = ""  # whose, where there is one of each: "margin" of an agent, "notional" of a venue

    def __str__(self) -> str:
        """What tables call it. A name has no dot, so "desk.margin" is not the name of an agent either."""
        return f"{self.of}.{self.name}" if self.of else self.name


Name = str | Key  # of an account or an asset: an agent's and an asset's own, or the engine's


def same_name(name: str) -> str:
    """What two names have in common that a reader, or a file system, takes for one: case, width and blanks apart."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def malformed(name: object) -> tuple[str, str] | None:
    """Why this cannot be a name, and what to do; None where it can: (rule, remedy)."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "not a usable name", f"use {FORM}"
    if len(name) > LONGEST:
        return f"a name has at most {LONGEST} characters", f"{len(name)} are too many: shorten it"
    if _DEVICES.fullmatch(same_name(name)):
        return "not a usable name", "Windows keeps it for a device: use another"
    return None
