"""A total that is split into parts, as data: declared once, carried in the manifest, read by whoever shows it.

Columns are gains and add up to the total's column, on every path. A part is `sign` times the sum of its columns; with
-1, costs are positive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from sim.columns import Column, Unit


@dataclass(frozen=True)
class Step(Column):
    """A column that adds, with others, to the total, $; gains positive.

    source: where its writer finds it. flow: in the ledger, under the reason of its name; held: there, and in the worth
    of what is held; book: in a row of its own that the marking of books fills.
    row: of a step from a book, the row that a kernel fills; None for one that no kernel knows.
    """

    unit: Unit | Literal[""] = "$"
    source: Literal["flow", "held", "book"] = "flow"
    row: int | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """A sub-total of parts, which may lie within another."""

    name: str
    label: str
    within: Group | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the total.

    label: in tables; short: in charts and sentences; said: what it is, in a few words.
    rare: most runs have none of it, so it is shown only where it is not zero.
    passing: a mark that may come back; the total is also given without such parts.
    colour: number in the palette of charts; None for the first that no other part has.
    """

    name: str
    columns: tuple[Column, ...]
    label: str
    short: str
    said: str
    within: Group | None = None
    rare: bool = False
    passing: bool = False
    colour: int | None = None


Item: TypeAlias = Part | Group


@dataclass(frozen=True, kw_only=True)
class Split:
    """A total, its parts in the order in which they are shown and stacked, and their sub-totals.

    column: what the columns of the parts add up to. lasting: the total without what is `passing`.
    """

    name: str
    label: str
    column: str
    lasting: Group
    parts: tuple[Part, ...]
    sign: int = -1

    def __post_init__(self) -> None:
        """Raises ValueError where two items, short names or columns are called alike."""
        items, shorts = [item.name for item in self.items], [part.short for part in self.parts]
        for names in (items, shorts, [column.name for column in self.columns]):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"{twice!r} is declared twice")

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Of all parts, in their order."""
        return tuple(column for part in self.parts for column in part.columns)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The sub-totals, each after what it is the sum of."""
        return tuple(item for item in self.walk() if isinstance(item, Group))

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """What a table of the split lists: parts, sub-totals, the total, and the total without what is passing."""
        return (*self.parts, *self.groups, Group(name=self.name, label=self.label), self.lasting)

    def inside(self, above: Group | None = None) -> list[Item]:
        """Parts and sub-totals directly within a sub-total, or within none."""
        found: dict[str, Item] = {}
        for part in self.parts:
            item: Item = part
            while item.within not in (above, None):
                item = item.within
            if item.within == above:
                found[item.name] = item
        return list(found.values())

    def walk(self, above: Group | None = None) -> Iterator[Item]:
        """Every part, and every sub-total after what it is the sum of."""
        for item in self.inside(above):
            if isinstance(item, Group):
                yield from self.walk(item)
            yield item

    def parts_of(self, name: str) -> tuple[Part, ...]:
        """The parts whose sum the item of that name is. Raises KeyError for a name that no item has."""
        if name not in {item.name for item in self.items}:
            raise KeyError(name)
        if name in (self.name, self.lasting.name):
            return tuple(part for part in self.parts if name == self.name or not part.passing)
        return tuple(part for part in self.parts if name in _lineage(part))


def _lineage(item: Item | None) -> Iterator[str]:
    """The item's own name, and those of the sub-totals it lies within."""
    while item is not None:
        yield item.name
        item = item.within
