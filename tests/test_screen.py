"""Text and tables for a terminal against rich, which lays them out the same way."""

from __future__ import annotations

import io
import random
import re

import pytest
from rich.cells import get_character_cell_size
from rich.console import Console
from rich.panel import Panel as RichPanel
from rich.table import Table as RichTable
from rich.text import Text as RichText

from scenarios.commands.screen import Screen, screen
from sim.screen.beside import Beside
from sim.screen.cells import ONE
from sim.screen.group import Group, Shown
from sim.screen.panel import Panel
from sim.screen.table import Table
from sim.screen.text import Text

WORDS = (
    "a", "spot", "3,386.15", "−$22.8m", "14.4%", "a longer word", "overnight", "", "x" * 30, "two\nlines and more",
    "the quick brown fox jumps over the lazy dog", "  lead", "trail   ", "日本語のテキスト", "naïve → ≤ 3", "tab\there",
    "é\u0301", " ", "line\n", "…", "[bold]no markup[/]", "steered\x1b[31m",
)  # fmt: skip
STYLES = ("", "bold", "italic", "dim", "bold cyan", "red", "bold green")
CODE = re.compile(r"\x1b\[([\d;]*)m|(.)", re.DOTALL)


def words(rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def of_rich(shown: object, width: int, *, encoding: str = "utf-8", terminal: bool = False) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace")
    system = "standard" if terminal else None
    out = Console(
        file=stream, width=width, markup=False, emoji=False, highlight=False, color_system=system,
        force_terminal=terminal, legacy_windows=False, no_color=False,
    )  # fmt: skip
    out.print(shown)
    stream.flush()
    return raw.getvalue().decode(encoding)


def ours(shown: Shown, width: int, monkeypatch: pytest.MonkeyPatch, *, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace")
    monkeypatch.setattr("sys.stdout", stream)
    Screen(width, styled=False, coloured=False).print(shown)
    stream.flush()
    return raw.getvalue().decode(encoding)


def replaced(text: str) -> str:
    return text.replace("\x1b", "\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize("seed", range(120))
def test_a_table_is_laid_out_as_rich_does(seed: int, monkeypatch: pytest.MonkeyPatch):
    rng = random.Random(seed)
    width, box, pad_edge = rng.choice([160, 80, 60, 40, 20, 10, 5, 3]), rng.random() < 0.5, rng.random() < 0.5
    title = rng.choice(["", "A title", "a title that is quite long and goes on for a while", "\nx"])
    how = {} if box else {"box": None}
    theirs = RichTable(title=title or None, title_justify="left", pad_edge=pad_edge, show_header=seed % 9 > 0, **how)
    mine = Table(title=title, box=box, pad_edge=pad_edge, show_header=seed % 9 > 0, whole=False)
    count = rng.randint(1, 6)
    for _ in range(count):
        heading, justify, no_wrap, fold = (
            words(rng),
            rng.choice(["left", "right"]),
            rng.random() < 0.3,
            rng.random() < 0.3,
        )
        least, most = rng.choice([None, None, 4, 10]), rng.choice([None, None, None, 12])
        theirs.add_column(
            replaced(heading), justify=justify, no_wrap=no_wrap, overflow="fold" if fold else "ellipsis",
            min_width=least, max_width=most,
        )  # fmt: skip
        mine.add_column(heading, justify=justify, no_wrap=no_wrap, fold=fold, min_width=least or 0, max_width=most)
    for _ in range(rng.randint(1, 4)):
        cells = [words(rng) for _ in range(count)]
        theirs.add_row(*map(replaced, cells)), mine.add_row(*cells)
    assert ours(mine, width, monkeypatch) == of_rich(theirs, width)


@pytest.mark.parametrize("seed", range(80))
def test_text_is_broken_as_rich_does(seed: int, monkeypatch: pytest.MonkeyPatch):
    rng = random.Random(seed)
    text, width = " ".join(words(rng) for _ in range(rng.randint(1, 8))), rng.choice([160, 80, 40, 20, 10, 5, 3])
    assert ours(Text(text), width, monkeypatch) == of_rich(replaced(text), width)


def styled(printed: str) -> list[tuple[str, tuple[str, ...]]]:
    """Each character with its codes; spaces have none."""
    found, codes = [], ()
    for match in CODE.finditer(printed):
        if match[2] is None:
            codes = () if match[1] in ("", "0") else tuple(match[1].split(";"))
        else:
            found.append((match[2], codes if match[2].strip() else ()))
    return found


def pieces(rng: random.Random) -> list[tuple[str, str]]:
    return [(replaced(words(rng)) + " ", rng.choice(STYLES)) for _ in range(rng.randint(1, 4))]


@pytest.mark.parametrize("seed", range(50))
def test_styles_are_those_of_rich(seed: int, monkeypatch: pytest.MonkeyPatch):
    rng = random.Random(seed)
    parts, style, width = pieces(rng), rng.choice(STYLES), rng.choice([80, 20, 7])
    theirs, mine = RichTable(title="so", title_justify="left"), Table(title="so")
    for table in (theirs, mine):
        table.add_column("first"), table.add_column("second")
    theirs.add_row("one", RichText.assemble(*parts), style=style)
    mine.add_row("one", Text.assemble(*parts), style=style)
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    Screen(width, styled=True, coloured=True).print(mine, Text.assemble(*parts))
    expected = of_rich(theirs, width, terminal=True) + of_rich(RichText.assemble(*parts), width, terminal=True)
    assert styled(stream.getvalue()) == styled(expected)


def test_a_console_of_rich_prints_them_too():
    table = Table("name", "value", title="Figures")
    table.add_row("one", Text("2", "red"), style="bold")
    theirs = RichTable("name", "value", title="Figures", title_justify="left")
    theirs.add_row("one", RichText("2", "red"), style="bold")
    whole = of_rich(theirs, 40, terminal=True) + of_rich(RichText("said", "dim"), 40, terminal=True)
    assert styled(of_rich(Group(table, Text("said", "dim")), 40, terminal=True)) == styled(whole)


def test_what_counts_as_one_cell_is_one():
    assert all(get_character_cell_size(character) == 1 for character in ONE)


def test_lines_are_typed_where_they_cannot_be_drawn(monkeypatch: pytest.MonkeyPatch):
    table = Table("name", "value")
    table.add_row("one", "2")
    theirs = RichTable("name", "value")
    theirs.add_row("one", "2")
    assert ours(table, 40, monkeypatch, encoding="ascii") == of_rich(theirs, 40, encoding="ascii")


def test_a_row_has_no_more_cells_than_columns():
    with pytest.raises(ValueError, match="3 cells in a table of 2 columns"):
        Table("name", "value").add_row("one", "2", "3")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, (160, False, False)),
        ({"FORCE_COLOR": "1", "COLUMNS": "70"}, (70, True, True)),
        ({"TTY_COMPATIBLE": "1", "COLUMNS": "70", "NO_COLOR": "1"}, (70, True, False)),
        ({"TTY_COMPATIBLE": "0", "FORCE_COLOR": "1"}, (160, False, False)),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, (80, False, True)),
        ({"FORCE_COLOR": ""}, (160, False, False)),
    ],
)
def test_the_environment_says_what_the_terminal_shows(
    told: dict[str, str], expected: tuple[int, bool, bool], monkeypatch: pytest.MonkeyPatch
):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", io.StringIO())
    found = screen()
    assert (found.width, found.styled, found.coloured) == expected


def book_table() -> Table:
    table = Table(title="The book")
    for i, heading in enumerate(("position", "quantity", "value of it all", "delta", "theta a day", "DV01", "meaning")):
        table.add_column(heading, justify="right" if i else "left", no_wrap=0 < i < 6)
    table.add_row("put 3,809.5 2022-07-02", "−498,753", "−$38.5m", "$564m", "$791k", "$9.90k", "a text of some words")
    table.add_row("swap par 2032-05-02", "2,000,000,000", "$0", "$0", "$66.4k", "−$1.70m", "unforeseeableness")
    return table


@pytest.mark.parametrize("width", [160, 100, 80, 60, 45])
def test_no_word_of_a_table_is_cut_while_two_columns_fit(width: int, monkeypatch: pytest.MonkeyPatch):
    table = book_table()
    printed = ours(table, width, monkeypatch)
    said = set(printed.split())
    for column in table.columns:
        for text in (column.heading, *column.cells):
            assert set(text.plain.split()) <= said
    lines = printed.splitlines()
    assert "…" not in printed and max(map(len, lines)) <= width
    assert printed.count("put 3,809.5") == printed.count("position") == {160: 1, 60: 3, 45: 5}.get(width, 2)
    assert sum(line.strip() == "The book" for line in lines) == 1


def test_columns_below_others_share_the_rows_and_styles(monkeypatch: pytest.MonkeyPatch):
    table = Table("name", *"abcdefgh", box=False)
    table.add_row("the sum", *(f"{i},000,000.00" for i in range(8)), style="bold")
    printed = ours(table, 40, monkeypatch).splitlines()
    assert printed[0].split() == ["name", "a", "b"]
    assert [line.split()[2:] for line in printed[1::2]] == [
        [f"{i},000,000.00" for i in pair] for pair in ((0, 1), (2, 3), (4, 5), (6, 7))
    ]


@pytest.mark.parametrize(("width", "repeated"), [(40, ["level", "law"]), (26, ["level"])])
def test_columns_below_others_stand_beside_all_words_that_name_the_rows(
    width: int, repeated: list[str], monkeypatch: pytest.MonkeyPatch
):
    """The second column too where rows are alike in the first, unless figures had to be cut for it."""
    table = Table("level", "law", box=False, pad_edge=False)
    for heading in ("record", "predicted", "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    for level in ("vol", "credit"):
        for law in ("of the path", "one factor"):
            table.add_row(level, law, "123,456.78 %", "234,567.89 %", "0.61")
    heads = [line.split() for line in ours(table, width, monkeypatch).splitlines()[::5]]
    assert all(head[: len(repeated)] == repeated for head in heads) and len(heads) > 1
    assert [name for head in heads for name in head if name not in ("level", "law")] == ["record", "predicted", "ratio"]
    assert ("law" in heads[-1]) == ("law" in repeated)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("seed", range(40))
def test_a_panel_is_that_of_rich(seed: int, encoding: str, monkeypatch: pytest.MonkeyPatch):
    rng = random.Random(seed)
    text = " ".join(rng.choice(("a", "spot", "3,386.15", "a longer word")) for _ in range(rng.randint(1, 60)))
    width, title, subtitle = rng.choice([100, 80, 40]), rng.choice(["", "Some title"]), rng.choice(["", "of it"])
    theirs = RichPanel(RichText(text), title=title, subtitle=subtitle, title_align="left", border_style="dim")
    mine = Panel(Text(text), title=title, subtitle=subtitle)
    assert ours(mine, width, monkeypatch, encoding=encoding) == of_rich(theirs, width, encoding=encoding)
    shown = styled(of_rich(mine, width, terminal=True))
    assert [codes for each, codes in shown if each in "╭╮╯╰│"] == [("2",)] * sum(each in "╭╮╯╰│" for each, _ in shown)


def test_a_title_without_room_is_cut(monkeypatch: pytest.MonkeyPatch):
    above, _, below = ours(Panel(Text("said"), title="a " * 40, subtitle=""), 20, monkeypatch).splitlines()
    assert (above, below) == (f"╭─ {'a ' * 6}a… ─╮", f"╰{'─' * 18}╯")


def test_tables_stand_beside_one_another_where_there_is_room(monkeypatch: pytest.MonkeyPatch):
    tables = []
    for name in ("spot", "vol", "credit"):
        table = Table("date", "record", title=name, box=False, pad_edge=False)
        table.add_row("2020-03-16", "1.0")
        tables.append(table)
    tables[0].add_row("2020-03-17", "2.0")
    printed = [line.rstrip() for line in ours(Beside(*tables), 40, monkeypatch).splitlines()]
    assert printed == [
        "spot                 vol",
        "date        record   date        record",
        "2020-03-16  1.0      2020-03-16  1.0",
        "2020-03-17  2.0",
        "credit",
        "date        record",
        "2020-03-16  1.0",
    ]
    assert ours(Beside(), 40, monkeypatch) == ""
