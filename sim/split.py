"""Declaration of a total and its parts: made once, stored in the manifest, used for display.

Columns are gains and add up to the total's column, on every path. A part is `sign` times the sum of its columns; with
-1, costs are positive.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal, TypeAlias

from sim.columns import Column, Unit
from sim.dataclass import dataclass


@dataclass(frozen=True)
class Step(Column):
    """A column that adds, with others, to the total, $; gains positive.

    source: where the writer finds it. flow: the ledger's flow of that name; held: that flow plus the value of what is
    held; book: a row of its own that the marking of books fills.
    row: for a step of the book, the row that a kernel fills; None if no kernel fills it.
    """

    unit: Unit | Literal[""] = "$"
    source: Literal["flow", "held", "book"] = "flow"
    row: int | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """A sub-total of parts; may be inside another sub-total."""

    name: str
    label: str
    within: Group | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the total.

    label: name in tables; short: name in charts and sentences; said: meaning in a few words.
    rare: zero in most runs, so shown only if it is not zero.
    passing: a mark-to-market loss that may come back; the total is also given without such parts.
    colour: number in the palette of charts; None: the first unused one.
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

    column: the total's column. lasting: the total without the `passing` parts.
    """

    name: str
    label: str
    column: str
    lasting: Group
    parts: tuple[Part, ...]
    sign: int = -1

    def __post_init__(self) -> None:
        """Raises ValueError if two items, short names or columns have the same name."""
        items, shorts = [item.name for item in self.items], [part.short for part in self.parts]
        for names in (items, shorts, [column.name for column in self.columns]):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"{twice!r} is declared twice")

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Columns of all parts, in order."""
        return tuple(column for part in self.parts for column in part.columns)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The sub-totals, each after its parts."""
        return tuple(item for item in self.walk() if isinstance(item, Group))

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Rows of a table of the split: parts, sub-totals, the total, and the total without passing parts."""
        return (*self.parts, *self.groups, Group(name=self.name, label=self.label), self.lasting)

    def inside(self, above: Group | None = None) -> list[Item]:
        """Parts and sub-totals directly inside a sub-total; those at the top for None."""
        found: dict[str, Item] = {}
        for part in self.parts:
            item: Item = part
            while item.within not in (above, None):
                item = item.within
            if item.within == above:
                found[item.name] = item
        return list(found.values())

    def walk(self, above: Group | None = None) -> Iterator[Item]:
        """Every part, and every sub-total after its parts."""
        for item in self.inside(above):
            if isinstance(item, Group):
                yield from self.walk(item)
            yield item

    def parts_of(self, name: str) -> tuple[Part, ...]:
        """The parts that add up to the item of that name. Raises KeyError for an unknown name."""
        if name not in {item.name for item in self.items}:
            raise KeyError(name)
        if name in (self.name, self.lasting.name):
            return tuple(part for part in self.parts if name == self.name or not part.passing)
        return tuple(part for part in self.parts if name in _lineage(part))


def _lineage(item: Item | None) -> Iterator[str]:
    """The item's own name, and those of the sub-totals around it."""
    while item is not None:
        yield item.name
        item = item.within
