"""Text that others wrote, made safe to show: names, titles and paths may hold what steers a terminal."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and line feed, marks and overrides of direction, line separators, byte order marks, and
# halves of surrogate pairs (what a file's name holds where its bytes are no text).
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
INSTEAD = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """The text with every character that steers a terminal or turns the direction of writing replaced."""
    return STEERING.sub(INSTEAD, text)


def one_line(text: str) -> str:
    """The same on one line, white space as single spaces."""
    return plain(" ".join(text.split()))
