"""Makes users' labels safe for charts: never read as part of an expression. Altair is not needed.

Vega-Lite writes titles of axes, legends and tooltips into expressions, in quotes, and does not escape backslashes
before quotes. Vega's tooltip reads the titles `image` and `title` as commands.
"""

from __future__ import annotations

import re
from typing import Any

from sim.text import INSTEAD, one_line

BACKSLASH = "\N{SET MINUS}"  # looks like one
COMMANDS = ("image", "title")
VALUES = ("sort", "domain")
OWN = ("data", "datasets", "config")  # what no label stands in
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


def label(key: str, value: Any) -> Any:
    """A value of a chart's part: a title made harmless, and values that are names tame; None of another part."""
    if key == "title" and isinstance(value, str):
        return harmless(value)
    if key in ("title", *VALUES) and isinstance(value, list):
        change = harmless if key == "title" else tame
        return [change(item) if isinstance(item, str) else item for item in value]
    return None


def with_labels(spec: Any) -> Any:
    """A Vega-Lite specification with every label made so."""
    if isinstance(spec, list):
        return [with_labels(item) for item in spec]
    if not isinstance(spec, dict):
        return spec
    return {key: value if key in OWN else label(key, value) or with_labels(value) for key, value in spec.items()}
