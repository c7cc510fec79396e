"""What the form of the page Rates says. Nothing is kept: the page carries all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markets.curves.interpolation import INTERPOLATIONS
from markets.curves.stress import DEFAULTS
from markets.curves.tents import KEYS
from sim.errors import UserError
from sim.figure_text import tenor

QUOTE = "q:"  # before the curve and the number of a quote, in a form
TENTS = ("partition", "fixed")
SONIA, BOTH = "sonia", "dollars_and_euros"
EXAMPLES = {SONIA: "SONIA, a book of overnight swaps", BOTH: "SOFR, ESTR, Euribor, cross-currency"}
FILES = ("curves", "swaps_file", "positions")
MOST_SWAPS = 2_000  # of a page; the command line takes more


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The fields of the form.

    example: the curves that are shown before any are sent. curves, swaps_file, positions: uploads. typed: what stands
    at each quote, by curve and number. discounting, projecting: one more stress, of what discounts and what projects
    apart. drawn: the stress whose curves are shown.
    """

    example: str = SONIA
    curves: str = ""
    swaps_file: str = ""
    positions: str = ""
    day: str = ""
    convention: str = ""
    interpolation: str = ""
    dates: str = ""
    swaps: tuple[str, ...] = ()
    stress: tuple[str, ...] = ()
    discounting: str = ""
    projecting: str = ""
    drawn: str = ""
    tents: str = "partition"
    vol: str = ""
    typed: Mapping[tuple[str, int], str] = field(default_factory=dict)

    @property
    def apart(self) -> str:
        """The stress of both roles, "" where none is given. Raises UserError."""
        moves = {"discounting": self.discounting, "projecting": self.projecting}
        for role, move in moves.items():
            if ";" in move or " on " in move:
                raise UserError("is one move, of what has this role", value=move, place=role, remedy="parallel 50")
        return "; ".join(f"{move} on {role}" for role, move in moves.items() if move)

    @property
    def stresses(self) -> tuple[str, ...]:
        """All stresses in words, as the command line takes them. Raises UserError."""
        return (*self.stress, *([self.apart] if self.apart else []))

    def check(self) -> None:
        """Raise UserError where there is more than a page shows."""
        if len(self.swaps) > MOST_SWAPS:
            remedy = "send them as a file to the command line"
            raise UserError(f"the page takes at most {MOST_SWAPS:,} swaps", value=len(self.swaps), remedy=remedy)


def asked_of(form: Mapping[str, Any]) -> Asked:
    """What a form says. Raises UserError for a choice that is none."""
    said = {key: value.strip() for key, value in form.items() if isinstance(value, str)}
    example = said.get("example") or SONIA
    _among(example, EXAMPLES, "example")
    _among(said.get("interpolation") or "log_linear", INTERPOLATIONS, "interpolation")
    _among(said.get("tents") or TENTS[0], TENTS, "tents")
    _among(said.get("dates") or "iso", ("iso", "mdy", "dmy"), "dates")
    swaps = _lines(said.get("swaps", ""))
    names = ("curves", "swaps_file", "positions", "day", "convention", "interpolation", "dates", "discounting")
    kept = {name: said.get(name, "") for name in (*names, "projecting", "drawn", "vol")}
    stress = _lines(said.get("stress", ""))
    tents = said.get("tents") or TENTS[0]
    return Asked(example=example, swaps=swaps, stress=stress, tents=tents, typed=_typed(said), **kept)


def first_asked(example: str) -> Asked:
    """What the page shows before anything is typed."""
    _among(example, EXAMPLES, "example")
    swaps = () if example == SONIA else ("receive 3.5% 9Y 50m on sofr", "pay 2.5% 7Y 40m on euribor_6m")
    return Asked(example=example, swaps=swaps, stress=DEFAULTS)


def key_stresses(size: float = 25.0) -> list[tuple[str, str]]:
    """A stress a key rate, by its name: a tent of some basis points that falls to zero at the neighbouring keys."""
    names = [tenor(key) for key in KEYS]
    found = []
    for i, name in enumerate(names):
        around = [f"{other} {size if other == name else 0:g}" for other in names[max(i - 1, 0) : i + 2]]
        found.append((name, ", ".join(around)))
    return found


def _typed(said: Mapping[str, str]) -> dict[tuple[str, int], str]:
    found = {}
    for key, value in said.items():
        name, _, number = key.removeprefix(QUOTE).rpartition(":")
        if key.startswith(QUOTE) and number.isascii() and number.isdigit():
            found[name, int(number)] = value
    return found


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _among(value: str, known: Any, place: str) -> None:
    if value not in known:
        raise UserError("is none of these", value=value, place=place, remedy=", ".join(known))
