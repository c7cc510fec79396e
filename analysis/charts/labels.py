"""Makes users' labels safe for charts: limited in length, and never read as part of an expression.

Vega-Lite writes titles of axes, legends and tooltips into expressions, in quotes, and does not escape backslashes
before quotes. Vega's tooltip reads the titles `image` and `title` as commands.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any

import altair as alt

from sim.text import INSTEAD, one_line

LINES = 3  # of a title; what is longer is cut
BACKSLASH = "\N{SET MINUS}"  # looks like one
COMMANDS = ("image", "title")
VALUES = ("sort", "domain")
BEYOND = re.compile("[\U00010000-\U0010ffff]")


def tame(text: str) -> str:
    """Text that may stand between quotes in an expression, and be cut anywhere.

    Vega may cut long text inside a surrogate pair (a character beyond the first 65,536), which makes it invalid.
    """
    return BEYOND.sub(INSTEAD, one_line(text).replace("\\", BACKSLASH))


def harmless(title: str) -> str:
    """A title made safe likewise, and not readable as a command."""
    text = tame(title)
    return text.capitalize() if text in COMMANDS else text


def cut(text: str, most: int) -> str:
    """The text, or as much of it as `most` characters hold and an ellipsis."""
    return text if len(text) <= most else f"{text[: max(most - 1, 1)].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def wrapped(text: str, width: int, most: int = LINES) -> list[str]:
    """The text over lines of `width` characters, at most so many."""
    lines = textwrap.wrap(one_line(text), max(width, 1))
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
        if key == "title" and isinstance(value, str):
            part._kwds[key] = harmless(value)
        elif key in ("title", *VALUES) and isinstance(value, list):
            change = harmless if key == "title" else tame
            part._kwds[key] = [change(item) if isinstance(item, str) else item for item in value]
        elif key not in ("data", "datasets", "config"):
            make_harmless(value)
