"""Names that a scenario may use, and the keys of the engine's own accounts and assets."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sim.named_tuple import NamedTuple

LONGEST = 64  # characters: a name becomes part of file names
FORM = "letters, digits, - and _"
ALL = "all"  # used instead of a name: all desks together
ACTUAL: Final = "actual"  # the run
PRICE_TAKER: Final = "price_taker"  # its twin: what agents do leaves no trace in the market
FROZEN: Final = "frozen"  # another twin: every loop cut
NO_TWIN: Final = "none"
UNHEDGED: Final = "unhedged"  # the run, had the desk not hedged
WORLDS = (ACTUAL, PRICE_TAKER, FROZEN, NO_TWIN, UNHEDGED)
LINES = ("storyline", "record")  # lines that charts draw beside the worlds
EVERY_ROW = ("time", "world", "path")  # columns of every table

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_DEVICES = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")  # no file may be called so on Windows


class Key(NamedTuple):
    """The name of an account or asset that belongs to the engine, not to a scenario.

    Invariant: no name of a scenario equals a key, as names are strings. So no agent or asset of a scenario can be cash,
    the clients' account, or another agent's margin.
    """

    name: str
    of: str = ""  # owner, if there is one account per owner: "margin" of an agent, "notional" of a venue

    def __str__(self) -> str:
        """Its name in tables. Names of scenarios have no dot, so "desk.margin" cannot be an agent."""
        return f"{self.of}.{self.name}" if self.of else self.name


Name = str | Key  # of an account or an asset: an agent's and an asset's own, or the engine's


def same_name(name: str) -> str:
    """A name in a form without case, character width and blanks: names with the same form would look alike."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def malformed(name: object) -> tuple[str, str] | None:
    """(rule, remedy) if this cannot be a name; None if it can."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "not a usable name", f"use {FORM}"
    if len(name) > LONGEST:
        return f"a name has at most {LONGEST} characters", f"{len(name)} are too many: shorten it"
    if _DEVICES.fullmatch(same_name(name)):
        return "not a usable name", "Windows keeps it for a device: use another"
    return None
