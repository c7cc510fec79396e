"""Pages that prove themselves: the last line holds a checksum of all before it.

So a page that Spiral wrote can be told from one that somebody has changed, and from any other file of its name.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

MARK = b"\n<!-- Written by Spiral. SHA-256 of all before this line: "
END = re.compile(rb"([0-9a-f]{64}) -->\n")


def sealed(text: str) -> bytes:
    """The page's bytes, with the line that proves it."""
    page = text.encode()
    return page + MARK + hashlib.sha256(page).hexdigest().encode() + b" -->\n"


def is_sealed(place: Path) -> bool:
    """Whether a file is a page as Spiral wrote it. False for a link, and for what cannot be read."""
    try:
        if place.is_symlink() or not place.is_file():
            return False
        page, mark, end = place.read_bytes().rpartition(MARK)
    except OSError:
        return False
    found = END.fullmatch(end)
    return bool(mark) and found is not None and hashlib.sha256(page).hexdigest().encode() == found[1]
