"""The columns that a file may have, and the names that people give them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

from scenarios.files.numbers import unit_of
from sim.dataclass import dataclass

INDEX = ("", "index", "unnamed0", "price", "level0", "rownames")  # headings of an index column
NAMED = 12  # columns that a note names


UNIT_WORDS = r"(%|percent|pct|bps?|basis points|decimals?)"
UNIT = re.compile(rf"(?i)\s*[(\[]\s*(?:in )?{UNIT_WORDS}\s*[)\]]\s*$|[\s_,:-]+(?:in )?{UNIT_WORDS}\s*$")


def heading_unit(name: str) -> tuple[str, str]:
    """A heading without the unit behind it, and that unit as of `unit_of`: `IG OAS (bp)`, `Rate [%]`, `us2y_pct`."""
    found = UNIT.search(name)
    if found is None:
        return name, ""
    return name[: found.start()], unit_of(found[1] or found[2])


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A column's name without case, spaces, quotes and signs: `Adj Close`, `adj_close` and `"ADJ CLOSE"` are one."""
    return re.sub(r"[\W_]", "", name.casefold())


@dataclass(frozen=True)
class Layout:
    """The columns of a kind of file. aliases: other names by column, nearest first, as `plain` has them."""

    what: str  # the file's kind, for messages
    aliases: Mapping[str, Sequence[str]]
    needed: tuple[str, ...]  # must be there
    dates: tuple[str, ...]  # hold dates
    numbers: tuple[str, ...]
    remarks: tuple[str, ...] | None = None  # further columns that may stand there; None: any may

    def match(self, header: Sequence[str]) -> Columns:
        """Which cell of a line of names is which column."""
        known = self._known
        names = [name if (name := plain(cell)) in known else plain(heading_unit(cell)[0]) for cell in header]
        places = sorted(range(len(names)), key=lambda i: names[i] != plain(header[i]))  # us2y before us2y_bp: a change?
        found: dict[str, int] = {}
        passed: dict[str, list[int]] = {}
        for column, aliases in () if known.isdisjoint(names) else self.aliases.items():  # most lines are no header
            spots = [i for alias in (plain(column), *aliases) for i in places if names[i] == alias]
            spots = [i for i in spots if i not in found.values()]
            if spots:
                found[column], passed[column] = spots[0], spots[1:]
        self._date_in_index(names, found, passed)
        return Columns(self, tuple(header), found, passed)

    @cached_property
    def _known(self) -> set[str]:
        """Every name of a column."""
        return {alias for column, aliases in self.aliases.items() for alias in (plain(column), *aliases)}

    def _date_in_index(self, names: list[str], found: dict[str, int], passed: dict[str, list[int]]) -> None:
        """A frame's index of dates may have no name, or that of the columns."""
        free = len(names) > 1 and names[0] in INDEX and 0 not in found.values()
        if "date" in self.needed and "date" not in found and free:
            found["date"] = 0
            for others in passed.values():
                others[:] = [i for i in others if i != 0]


@dataclass(frozen=True)
class Columns:
    """A header read: the place of each known column, and of others that mean the same."""

    layout: Layout
    header: tuple[str, ...]
    at: dict[str, int]
    passed: dict[str, list[int]]

    @property
    def complete(self) -> bool:
        """Whether every needed column is there."""
        return all(column in self.at for column in self.layout.needed)

    def twice(self) -> str | None:
        """A name of the header that stands for one column twice."""
        for column, others in self.passed.items():
            name = plain(self.header[self.at[column]])
            for i in others:
                if plain(self.header[i]) == name:
                    return self.header[i].strip()
        return None

    def unknown(self) -> list[str]:
        """Names that the layout does not have, where it is strict."""
        if self.layout.remarks is None:
            return []
        return [name for name in self._others() if plain(name) not in (*self.layout.remarks, *INDEX)]

    def _others(self) -> list[str]:
        """Names of no column of the layout."""
        known = {*self.at.values(), *(i for others in self.passed.values() for i in others)}
        return [name.strip() for i, name in enumerate(self.header) if i not in known and name.strip()]

    def unit(self, column: str) -> str:
        """The unit in a column's heading, '' where the heading with it is a name of its own: `spread (bp)`."""
        heading = self.header[self.at[column]]
        bare, unit = heading_unit(heading)
        own = plain(heading) != plain(bare) and plain(heading) in (plain(column), *self.layout.aliases[column])
        return "" if own else unit

    def without(self, words: set[int]) -> Columns:
        """The same, where these cells of the header are labels: they hold words, not the numbers of their name."""
        spots = {name: [place, *self.passed.get(name, [])] for name, place in self.at.items()}
        for name in self.layout.numbers:
            if name in spots:
                spots[name] = [i for i in spots[name] if i not in words]
        at = {name: places[0] for name, places in spots.items() if places}
        return replace(self, at=at, passed={name: spots[name][1:] for name in at})

    def notes(self) -> list[str]:
        """Notes on columns that were taken for others: their names are not the layout's own."""
        renamed = [f"{self.header[i].strip() or 'the first column'} as {column}" for column, i in self.at.items()
                   if plain(self.header[i]) != plain(column)]  # fmt: skip
        said = [f"read: {', '.join(renamed)}"] if renamed else []
        unread = [name for name in self._others() if plain(name) not in INDEX] if self.layout.remarks is None else []
        if unread:
            said.append(f"not read: {', '.join(unread[:NAMED])}{', ...' if len(unread) > NAMED else ''}")
        for column, others in self.passed.items():
            taken = self.header[self.at[column]].strip()
            if plain(taken) != plain(column) and others:
                names = ", ".join(self.header[i].strip() for i in others)
                said.append(f"{taken} is taken for {column}, not {names}")
        return said
