"""The width of text in a terminal: most characters take one cell, others are rich's to measure."""

from __future__ import annotations

import re

PLAIN = (
    *((0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x2FF), (0x370, 0x482)),
    *((0x2010, 0x2027), (0x2190, 0x22FF), (0x2500, 0x25FC)),
)
ONE = frozenset(chr(code) for first, last in PLAIN for code in range(first, last + 1))
WORD = re.compile(r"\s*\S+(?: ± \S+)?(?: (?:%|bp)(?!\w)\S*)?\s*")  # a figure is not parted from its error and its unit


def is_plain(text: str) -> bool:
    """Whether each character takes one cell."""
    return ONE.issuperset(text)


def width_of(text: str) -> int:
    """Cells that a line of text takes."""
    if is_plain(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def cropped(text: str, width: int) -> str:
    """The beginning of a line that takes no more than `width` cells; of half a wide character a space is left."""
    if is_plain(text):
        return text[: max(width, 0)]
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else set_cell_size(text, width)


def breaks(line: str, width: int, *, fold: bool) -> list[int]:
    """Where a line is broken so that its parts take no more than `width` cells: before words, and in words too long for
    any line if they are folded.
    """
    found: list[int] = []
    used = 0
    for match in WORD.finditer(line):
        start, word = match.start(), match[0]
        needs = width_of(word.rstrip())
        if needs <= width - used:
            used += width_of(word)
        elif needs > width and fold:
            for part in _folded(word, width):
                found += [start] if start else []
                start, used = start + len(part), width_of(part)
        elif start and (used or needs > width):
            found.append(start)
            used = width_of(word)
        elif needs > width:
            used = width_of(word)
    return found


def _folded(word: str, width: int) -> list[str]:
    """A word in parts of `width` cells."""
    if is_plain(word):
        return [word[i : i + width] for i in range(0, len(word), max(width, 1))]
    from rich.cells import chop_cells

    return chop_cells(word, width=width)
