"""Text that others wrote, made safe to show: names, titles and paths may hold what steers a terminal."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and line feed, marks and overrides of direction, line separators, characters that nobody
# sees (soft hyphen, zero-width ones, byte order marks, tags), and halves of surrogate pairs (what a file's name holds
# where its bytes are no text).
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0001-\U000e007f]"
)
COLOURS = re.compile(r"\x1b\[[\d;]*m")  # as libraries put into messages
INSTEAD = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """The text with every character that steers a terminal or turns the direction of writing replaced."""
    return STEERING.sub(INSTEAD, text)


def one_line(text: str) -> str:
    """The same on one line, white space as single spaces, without colours."""
    return plain(" ".join(COLOURS.sub("", text).split()))
