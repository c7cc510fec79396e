"""Tables that a user writes: rows with their places, mistakes named by file and line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from scenarios.files.days import NotADate, check_years_last, has_time, is_day, order_of, parse_day
from scenarios.files.frames import Source, frame_lines, is_path
from scenarios.files.layout import Layout, plain
from scenarios.files.lines import Line, Lines, read_lines
from scenarios.files.numbers import currency_in, decimal_mark, in_full, is_missing, parse_number, split_unit
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.names import same_name
from sim.place import Place

TOTALS = frozenset(
    (
        "total", "totals", "grandtotal", "subtotal", "sum", "sums", "net", "average", "avg", "mean", "median", "stdev",
        "std", "count", "min", "max", "minimum", "maximum", "summe", "gesamt", "gesamtsumme", "mittelwert", "somme",
        "totale", "moyenne",
    )
)  # fmt: skip
UNMARKED = ("date", "kind")  # columns whose cells begin with no #: a line that does is a comment
ORDERS = ("mdy", "dmy", "iso")  # of day and month, where a file does not tell
LARGEST = 1e30  # of a number in a cell, so that squares and sums of them are finite


@dataclass(frozen=True)
class Style:
    """How a table writes numbers and dates: its decimal mark, and the order of day and month by column."""

    mark: str = "."
    orders: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class Row:
    """One line of a table: cells by column, and the place for messages."""

    cells: dict[str, str]
    place: Place
    style: Style = Style()

    def text(self, column: str) -> str | None:
        """The cell, or None if it is empty, says that nothing is there, or the column is missing."""
        text = self.cells.get(column, "").strip()
        return None if is_missing(text) else text

    def number(self, column: str, *, percent: float | None = None) -> float | None:
        """The cell as a finite number, None if it is empty.

        percent: 1 % in the column's unit (1 in a column of percent, 0.01 in one of decimals), for cells that
        say %, bp or decimal themselves; None: they may not.
        """
        text = self.text(column)
        if text is None:
            return None
        bare, unit = split_unit(text)
        value = parse_number(bare, self.style.mark)
        if value is None or (unit and percent is None):
            meant = None if "month" in column else in_full(text)
            remedy = f"write {meant}" if meant else "write 1234.5, or leave the cell empty"
            raise self.place.at(column).error("must be a number", value=text, remedy=remedy)
        self._check_size(column, value)
        if not unit or percent is None:
            return value
        return value * percent if unit == "%" else value * percent / 100 if unit == "bp" else value * percent * 100

    def numbers(self, column: str) -> tuple[float, ...] | None:
        """The numbers of a cell, '1 0.8 0.6' or '1/0.8/0.6', None if it is empty."""
        text = self.text(column)
        if text is None:
            return None
        found = [parse_number(each, self.style.mark) for each in text.replace("/", " ").replace("|", " ").split()]
        if None in found:
            raise self.place.at(column).error("must be numbers", value=text, remedy="write '1 0.8 0.6'")
        sizes = tuple(each for each in found if each is not None)
        for each in sizes:
            self._check_size(column, each)
        return sizes

    def _check_size(self, column: str, value: float) -> None:
        if not abs(value) <= LARGEST:
            rule = f"must lie between -{LARGEST:g} and {LARGEST:g}".replace("e+", "e")
            raise self.place.at(column).error(rule, value=f"{value:g}", remedy="are there digits too many?")

    def whole(self, column: str) -> int | None:
        """The cell as a whole number, None if it is empty."""
        value = self.number(column)
        if value is not None and not value.is_integer():  # nor is a number too large for the machine
            raise self.place.at(column).error("must be a whole number", value=self.text(column))
        return None if value is None else int(value)

    def day(self, column: str) -> date | None:
        """The cell as a date, None if it is empty."""
        text = self.text(column)
        try:
            return None if text is None else parse_day(text, dict(self.style.orders).get(column))
        except NotADate as wrong:
            raise self.place.at(column).error(wrong.rule, value=text, remedy=wrong.remedy) from None


@dataclass(frozen=True)
class Table:
    """A file or a frame as read: name, columns, rows, and assumptions."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    headings: tuple[str, ...] = ()  # the columns in the file's own words

    def check_case(self, *columns: str) -> None:
        """Raise UserError for two names of a column that differ in case only: each would be a thing of its own."""
        for column in columns:
            found: dict[str, str] = {}
            for row in self.rows:
                text = row.text(column)
                if text is not None and (other := found.setdefault(same_name(text), text)) != text:
                    rule = f"differs from {other} in upper and lower case only"
                    raise row.place.at(column).error(rule, value=text, remedy=f"write {other} on every line of it")


def read_table(source: Source, layout: Layout, *, dates: str | None = None) -> Table:
    """The rows of a CSV file, or of a frame, with a line of names; blank lines are skipped.

    dates: the order of day and month ('mdy', 'dmy', 'iso') where the file does not tell. Raises UserError.
    """
    if dates and dates not in ORDERS:
        raise UserError(f"must be one of {', '.join(ORDERS)}", value=dates, place="dates")
    lines = read_lines(Path(source), layout) if is_path(source) else frame_lines(source, layout)
    kept, notes = _data(lines, layout)
    if not kept:
        raise UserError("there is no row below the header", place=lines.name, remedy="write one row a line")
    at = lines.columns.at
    units = {column: lines.columns.unit(column) for column in at}
    rows = [
        Row({column: _with_unit(_cell(cells, i), units[column]) for column, i in at.items()}, Place(lines.place(n)))
        for n, cells in kept
    ]
    mark, said = _mark(rows, layout, lines.separator)
    orders, told = _orders(rows, layout, dates)
    style = Style(mark, orders)
    rows = [Row(row.cells, row.place, style) for row in rows]
    every = (*lines.notes, *lines.columns.notes(), *notes, *said, *told, *_currencies(rows, layout))
    headings = tuple(lines.columns.header[i].strip() for i in at.values())
    return Table(lines.name, tuple(at), tuple(rows), every, headings)


def _with_unit(text: str, unit: str) -> str:
    """A cell with the unit of its column's heading, unless it has one itself or says nothing."""
    return text if not unit or is_missing(text) or split_unit(text)[1] else f"{text} {unit}"


def _cell(cells: Sequence[str], i: int) -> str:
    return cells[i].strip() if i < len(cells) else ""


def _data(lines: Lines, layout: Layout) -> tuple[list[Line], list[str]]:
    """The lines that are rows; lines between the header and the first row, or after the last, are left out."""
    rows = [line for line in lines.below if not _is_comment(line[1], lines)]
    notes = []
    if comments := len(lines.below) - len(rows):
        notes.append(f"{comments} line{'s' * (comments > 1)} with # in front left out")
    first = 0
    while first < min(len(rows), 3) and _is_label(rows[first][1], lines, layout):
        first += 1
    last = len(rows)
    while last > first and (_is_footer(rows[last - 1][1], lines) or _is_total(rows[last - 1][1])):
        last -= 1
    for count, where in ((first, "below the header"), (len(rows) - last, "at the end")):
        if count:
            notes.append(f"{count} line{'s' * (count > 1)} {where} left out")
    width = max((i for i, name in enumerate(lines.columns.header, 1) if name.strip()), default=1)
    kept = [line for line in rows[first:last] if not _repeats(line[1], lines)]
    if (again := last - first - len(kept)) > 0:
        notes.append(f"{again} line{'s that repeat' if again > 1 else ' that repeats'} the header left out")
    for number, cells in kept:
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            rule = f"the header names {width} columns"
            remedy = "leave a cell empty, but keep its comma"
            if any("\n" in cell for cell in cells):
                remedy = "a quoted cell runs over several lines up to this one: close its quotes"
            elif len(cells) > width:
                remedy = "a cell that has a comma in it needs quotes, or another separator"
            raise UserError(rule, value=f"{len(cells)} cells", place=lines.place(number), remedy=remedy)
    return kept, notes


def _is_comment(cells: Sequence[str], lines: Lines) -> bool:
    """Whether a line begins with #, in a column that has no such cells or with nothing behind it."""
    first = cells[0].strip()
    if not first.startswith("#") or is_missing(first):
        return False
    unmarked = {lines.columns.at.get(column) for column in UNMARKED}
    return 0 in unmarked or not any(cell.strip() for cell in cells[1:])


def _repeats(cells: Sequence[str], lines: Lines) -> bool:
    """Whether a line is the header once more, as in files that were joined."""
    return cells[0].strip() == lines.columns.header[0].strip() and [cell.strip() for cell in cells] == [
        cell.strip() for cell in lines.columns.header
    ]


def _is_label(cells: Sequence[str], lines: Lines, layout: Layout) -> bool:
    """Whether a line below the header belongs to it: no date in a column of dates, and no number anywhere."""
    at = lines.columns.at
    if not {"date"} & set(layout.needed):
        return False
    numbers = [_cell(cells, at[column]) for column in layout.numbers if column in at]
    return not is_day(_cell(cells, at["date"])) and all(parse_number(text) is None for text in numbers)


def _is_footer(cells: Sequence[str], lines: Lines) -> bool:
    """Whether a line behind the rows is a remark: words in its first cell, and no number in the others."""
    words, width = cells[0].strip(), len(lines.columns.header)
    if " " not in words or is_day(words) or width == 1:
        return False
    others = [cell for cell in cells[1:] if cell.strip()]
    return not others or (len(cells) < width and all(parse_number(cell) is None for cell in others))


def _is_total(cells: Sequence[str]) -> bool:
    """Whether a line behind the rows adds them up: one word for it, and beside it numbers only."""
    words = [cell for cell in cells if not is_missing(cell) and not _is_number(cell)]
    return len(words) == 1 and plain(words[0]) in TOTALS


def _is_number(cell: str) -> bool:
    bare = split_unit(cell)[0]
    return any(parse_number(bare, mark) is not None for mark in ".,")


def _mark(rows: Sequence[Row], layout: Layout, separator: str) -> tuple[str, list[str]]:
    """The decimal mark of a table's numbers; UserError if they contradict each other, or nothing tells."""
    told: dict[str, Place] = {}
    open_: dict[str, tuple[Place, str]] = {}
    for place, text in _numbers(rows, layout):
        mark = decimal_mark(text)
        if mark in (".", ","):
            told.setdefault(mark, place)
        elif mark is not None:
            open_.setdefault(mark[1], (place, text))
    if len(told) == 2:
        remedy = f"write all numbers alike, with a decimal point (see {told['.']})"
        raise told[","].error("decimal commas and decimal points in one table", remedy=remedy)
    if told:
        mark = next(iter(told))
        return mark, ["numbers have decimal commas"] if mark == "," else []
    if not open_ or (set(open_) == {"."} and separator != ";"):
        return ".", []
    if set(open_) == {","} and separator == ",":
        return ".", [f"commas stand between thousands ({open_[','][1]})"]
    place, text = next(iter(open_.values()))
    raise place.error(
        "may be a decimal or a thousands separator", value=text, remedy="write it without thousands separators, 1234.5"
    )


def _currencies(rows: Sequence[Row], layout: Layout) -> list[str]:
    """A note on the currency of a table's amounts; UserError where there are two, for nothing is converted."""
    told: dict[str, Place] = {}
    for place, text in _numbers(rows, layout):
        if (code := currency_in(text)) is not None:
            told.setdefault(code, place)
    if len(told) > 1:
        (first, where), (second, place) = list(told.items())[:2]
        remedy = "write all amounts in one: nothing is converted"
        raise place.error(f"amounts in {second}, and in {first} ({where})", remedy=remedy)
    return [f"amounts in {code} are taken as they stand: nothing is converted" for code in told if code != "USD"]


def _numbers(rows: Sequence[Row], layout: Layout) -> Iterator[tuple[Place, str]]:
    for row in rows:
        for column in layout.numbers:
            if (text := row.text(column)) is not None:
                yield row.place.at(column), text


def _orders(
    rows: Sequence[Row], layout: Layout, dates: str | None
) -> tuple[tuple[tuple[str, str | None], ...], list[str]]:
    """The order of day and month in each column of dates, and the assumptions made."""
    orders: list[tuple[str, str | None]] = []
    notes: list[str] = []
    for column in layout.dates:
        texts = [(row, text) for row in rows if (text := row.text(column)) is not None]
        if not texts:
            continue
        try:
            order, by = order_of(text for _, text in texts)
            if not dates:
                check_years_last(text for _, text in texts)
        except NotADate as wrong:
            raise texts[0][0].place.at(column).error(wrong.rule, remedy=wrong.remedy) from None
        if dates is None and order is not None:
            notes.append(f"dates are {'day' if order == 'dmy' else 'month'} first ({by})")
        if any(has_time(text) for _, text in texts):
            notes.append("times of day are dropped")
        orders.append((column, dates or order))
    return tuple(orders), notes
