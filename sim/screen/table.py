"""Tables in lines of a terminal's width: columns that do not fit are made narrower, the widest first.

No word or figure is cut for that: columns that have no room beside the others stand below, beside those that name the
rows again.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sim.screen.cells import width_of
from sim.screen.text import Fit, Justify, Line, Text, in_rich

PAD = 1  # cells left and right of a cell's text
HEAD = "bold"
LEAST = 16  # cells of text, to which a column of words is narrowed before others stand below


@dataclass(frozen=True)
class Box:
    """The lines of a table: left, between two cells and right of rows; the same with what the line is drawn with."""

    top: str = "┏━┳┓"
    bare: str = "┌─┬┐"  # the top of a table without headings
    head: str = "┃┃┃"
    below: str = "┡━╇┩"
    row: str = "│││"
    bottom: str = "└─┴┘"

    def ruled(self, line: str, widths: list[int]) -> Line:
        """A line across the table."""
        left, dash, between, right = tuple(line)
        return [(left + between.join(dash * width for width in widths) + right, "")]


DRAWN = Box()
TYPED = Box("+--+", "+--+", "|||", "|-+|", "|||", "+--+")  # where lines cannot be drawn


@dataclass
class Column:
    """A column's heading, and how its cells are shown."""

    heading: Text
    justify: Justify = "left"
    no_wrap: bool = False
    fold: bool = False  # words too long are broken; else cut, with an ellipsis
    min_width: int = 0  # cells, of the text
    max_width: int | None = None
    cells: list[Text] = field(default_factory=list)


class Table:
    """Headings and rows of text.

    box: whether lines are drawn. pad_edge: whether a space stands at both ends. whole: whether columns stand below
    others where words would be cut.
    """

    def __init__(
        self,
        *headings: str,
        title: str | Text = "",
        title_style: str = "italic",
        box: bool = True,
        pad_edge: bool = True,
        show_header: bool = True,
        whole: bool = True,
    ) -> None:
        self.title = title if isinstance(title, Text) else Text(title, title_style)
        self.box, self.pad_edge, self.show_header = box, pad_edge, show_header
        self.whole = whole
        self.columns: list[Column] = []
        self.styles: list[str] = []
        for heading in headings:
            self.add_column(heading)

    def add_column(self, heading: str | Text = "", **how: Any) -> None:
        """A further column, as `Column` has it."""
        self.columns.append(Column(as_text(heading), **how))

    def add_row(self, *cells: str | Text, style: str = "") -> None:
        """A further row; cells that are not given are empty."""
        if len(cells) > len(self.columns):
            raise ValueError(f"{len(cells)} cells in a table of {len(self.columns)} columns")
        self.styles.append(style)
        for i, column in enumerate(self.columns):
            column.cells.append(as_text(cells[i]) if i < len(cells) else Text())

    def lines(self, width: int, *, ascii_only: bool = False) -> Iterator[Line]:
        """The table in lines of at most `width` cells."""
        if not self.columns:
            yield [("", "")]
            return
        for part in self._parts(width):
            yield from part._lines(width, ascii_only=ascii_only)

    def _parts(self, width: int) -> list[Table]:
        """This table, or where words would be cut tables of some of its columns, each with the first."""
        needs = [self._least(i) + self.box for i in range(len(self.columns))]
        room = width - self.box
        if not self.whole or sum(needs) <= room or len(needs) < 3:
            return [self]
        names = self._names()
        while len(names) > 1 and sum(needs[: len(names)]) + max(needs[len(names) :]) > room:
            names.pop()
        groups = [[*names, len(names)]]
        for i in range(len(names) + 1, len(needs)):
            if sum(needs[k] for k in (*groups[-1], i)) <= room:
                groups[-1].append(i)
            else:
                groups.append([*names, i])
        return [self._of(group, title=number == 0) for number, group in enumerate(groups)]

    def _names(self) -> list[int]:
        """The columns that name the rows: the first, and words beside it where rows alike in it are told apart."""
        found, told = [0], _different(self.columns[:1])
        for i, column in enumerate(self.columns[1:-1], start=1):
            if column.justify == "right" or told == len(self.styles):
                break
            if (more := _different(self.columns[: i + 1])) > told:
                found, told = list(range(i + 1)), more
        return found

    def _of(self, columns: list[int], *, title: bool) -> Table:
        """A table of some of the columns."""
        part = copy.copy(self)
        part.columns = [self.columns[i] for i in columns]
        part.title = self.title if title else Text()
        return part

    def _lines(self, width: int, *, ascii_only: bool) -> Iterator[Line]:
        edges = len(self.columns) + 1 if self.box else 0
        widths = self._widths(width - edges)
        if self.title.plain:
            yield from self.title.fitted(Fit(sum(widths) + edges, "left"))
        yield from self._boxed(widths, TYPED if ascii_only else DRAWN) if self.box else self._bare(widths)

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        return in_rich(self.lines(options.max_width, ascii_only=options.ascii_only))

    def _boxed(self, widths: list[int], box: Box) -> Iterator[Line]:
        yield box.ruled(box.top if self.show_header else box.bare, widths)
        if self.show_header:
            yield from (_framed(cells, box.head) for cells in self._header(widths))
            yield box.ruled(box.below, widths)
        for cells in self._rows(widths):
            yield _framed(cells, box.row)
        yield box.ruled(box.bottom, widths)

    def _bare(self, widths: list[int]) -> Iterator[Line]:
        if self.show_header:
            yield from (_framed(cells, "") for cells in self._header(widths))
        yield from (_framed(cells, "") for cells in self._rows(widths))

    def _header(self, widths: list[int]) -> Iterator[list[Line]]:
        shown = [self._shown(i, column.heading, width) for i, (column, width) in enumerate(self._with(widths))]
        height = max(1, *map(len, shown))
        filled = [[[(" " * w, "")]] * (height - len(cell)) + cell for cell, w in zip(shown, widths, strict=True)]
        yield from ([_styled(line, HEAD) for line in lines] for lines in map(list, zip(*filled, strict=True)))

    def _rows(self, widths: list[int]) -> Iterator[list[Line]]:
        for row, style in enumerate(self.styles):
            shown = [self._shown(i, column.cells[row], width) for i, (column, width) in enumerate(self._with(widths))]
            for k in range(max(1, *map(len, shown))):
                lines = [cell[k] if k < len(cell) else [(" " * w, "")] for cell, w in zip(shown, widths, strict=True)]
                yield [_styled(line, style) for line in lines] if style else lines

    def _with(self, widths: list[int]) -> Iterator[tuple[Column, int]]:
        return zip(self.columns, widths, strict=True)

    def _shown(self, i: int, text: Text, width: int) -> list[Line]:
        """The lines of a cell in a column of so many cells."""
        column, (left, right) = self.columns[i], self._pads(i)
        inner = width - left - right
        if inner < 1:
            return []
        fit = Fit(inner, column.justify, column.fold, column.no_wrap)
        return [[(" " * left, ""), *line, (" " * right, "")] for line in text.fitted(fit)]

    def _pads(self, i: int) -> tuple[int, int]:
        """Spaces left and right of a column's text."""
        ends = i == 0, i == len(self.columns) - 1
        left, right = (0 if end and not self.pad_edge else PAD for end in ends)
        return left, right

    def _widths(self, most: int) -> list[int]:
        """Cells of each column, spaces included, together at most `most` if that can be."""
        wanted = [self._wanted(i, most) or 1 for i in range(len(self.columns))]
        if sum(wanted) <= most:
            return wanted
        least = [min(each, self._least(i)) for i, each in enumerate(wanted)]
        if self.whole and sum(least) <= most:
            return _filled(least, wanted, most)
        narrowed = _narrowed(wanted, [not column.no_wrap for column in self.columns], most)
        if sum(narrowed) > most:  # what must not be broken has to be cut
            narrowed = _lowered(narrowed, [i for i, wide in enumerate(narrowed) if wide], sum(narrowed) - most, 0)
        return [self._wanted(i, width) for i, width in enumerate(narrowed)]

    def _least(self, i: int) -> int:
        """Cells of a column, spaces included, in which no word is cut; a few more, so that a line has some words."""
        column, found = self.columns[i], 1
        for text in (column.heading, *column.cells) if self.show_header else column.cells:
            longest = text.longest()
            if longest > found:
                words = 0 if column.fold else max(map(width_of, text.plain.split()), default=0)
                found = max(found, longest if column.no_wrap else min(longest, max(words, LEAST)))
        return (found if column.max_width is None else min(found, column.max_width)) + sum(self._pads(i))

    def _wanted(self, i: int, most: int) -> int:
        """Cells that a column takes if it has no more than `most`."""
        if most < 1:
            return 0
        column, pads = self.columns[i], sum(self._pads(i))
        texts = [column.heading, *column.cells] if self.show_header else column.cells
        longest = max((text.longest() for text in texts), default=0)
        wide = min(longest + pads, most) if most > pads else most
        wide = max(wide, column.min_width + pads if column.min_width else 0)
        return wide if column.max_width is None else min(wide, column.max_width + pads)


def _different(columns: list[Column]) -> int:
    """How many rows of these columns differ."""
    return len(set(zip(*([text.plain for text in column.cells] for column in columns), strict=True)))


def as_text(text: str | Text) -> Text:
    """A cell's text."""
    return text if isinstance(text, Text) else Text(text)


def _framed(cells: list[Line], edges: str) -> Line:
    """The cells of a row in one line."""
    if not edges:
        return [piece for cell in cells for piece in cell]
    left, between, right = tuple(edges)
    line: Line = [(left, "")]
    for i, cell in enumerate(cells):
        line += [(between, "")] if i else []
        line += cell
    return [*line, (right, "")]


def _styled(line: Line, style: str) -> Line:
    """A line whose pieces have a further style."""
    return [(text, f"{style} {own}".strip()) for text, own in line]


def _filled(least: list[int], wanted: list[int], most: int) -> list[int]:
    """Widths between the least and those wanted that share the room: the narrowest grow first."""
    widths = list(least)
    for _ in range(most - sum(least)):
        grows = min((i for i in range(len(widths)) if widths[i] < wanted[i]), key=widths.__getitem__)
        widths[grows] += 1
    return widths


def _narrowed(widths: list[int], breakable: list[bool], most: int) -> list[int]:
    """Widths that fit, if they can: the widest columns that may be broken come down together to the next widest."""
    places = [i for i, may in enumerate(breakable) if may]
    while (excess := sum(widths) - most) > 0:
        top = max((widths[i] for i in places), default=0)
        if top == 0:
            break
        floor = max((widths[i] for i in places if widths[i] < top), default=0)
        widths = _lowered(widths, [i for i in places if widths[i] == top], excess, floor)
    return widths


def _lowered(widths: list[int], places: list[int], excess: int, floor: int) -> list[int]:
    """Widths of which the columns at `places` bear an excess in even steps, none below the floor."""
    found = list(widths)
    for done, i in enumerate(places):
        step = min(round(excess / (len(places) - done)), found[i] - floor)
        found[i] -= step
        excess -= step
    return found
