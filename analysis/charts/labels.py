"""Makes users' labels safe for charts: limited in length, and harmless (`analysis.chart_words`)."""

from __future__ import annotations

import textwrap

from analysis.chart_words import harmless as harmless
from analysis.chart_words import tame as tame
from sim.text import one_line

LINES = 3  # of a title; what is longer is cut


def cut(text: str, most: int) -> str:
    """The text, or as much of it as `most` characters hold and an ellipsis."""
    return text if len(text) <= most else f"{text[: max(most - 1, 1)].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def wrapped(text: str, width: int, most: int = LINES) -> list[str]:
    """The text over lines of `width` characters, at most so many."""
    lines = textwrap.wrap(one_line(text), max(width, 1))
    return lines if len(lines) <= most else [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), width)]
