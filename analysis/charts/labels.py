"""Makes users' labels safe for Altair's charts: limited in length, and harmless (`analysis.chart_words`)."""

from __future__ import annotations

import textwrap
from typing import Any

import altair as alt

from analysis.chart_words import OWN, label
from analysis.chart_words import harmless as harmless
from analysis.chart_words import tame as tame
from sim.figure_text import HELD, held
from sim.text import one_line

LINES = 3  # of a title; what is longer is cut


def cut(text: str, most: int) -> str:
    """The text, or as much of it as `most` characters hold and an ellipsis."""
    return text if len(text) <= most else f"{text[: max(most - 1, 1)].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def wrapped(text: str, width: int, most: int = LINES) -> list[str]:
    """The text over lines of `width` characters, at most so many."""
    wide = textwrap.wrap(held(one_line(text)), max(width, 1))
    lines = [line.replace(HELD, " ") for line in wide]
    return lines if len(lines) <= most else [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), width)]


def make_harmless(part: Any) -> None:
    """Make every title in a chart and its parts harmless, in place, and values that are names as `rows` does."""
    if isinstance(part, list | tuple):
        for item in part:
            make_harmless(item)
        return
    if not isinstance(part, alt.SchemaBase):
        return
    for key, value in part._kwds.items():
        if value is alt.Undefined:  # nine in ten
            continue
        changed = label(key, value)
        if changed is not None:
            part._kwds[key] = changed
        elif key not in OWN:
            make_harmless(value)
