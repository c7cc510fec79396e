"""Pages with a checksum of themselves in the last line.

So a page as Spiral wrote it can be told from a changed one, and from any other file of that name.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

MARK = b"\n<!-- Written by Spiral. SHA-256 of all before this line: "
END = re.compile(rb"([0-9a-f]{64}) -->\n")


def sealed(text: str) -> bytes:
    """The page's bytes, with the line of its checksum."""
    page = text.encode()
    return page + MARK + hashlib.sha256(page).hexdigest().encode() + b" -->\n"


def is_sealed(place: Path) -> bool:
    """Whether a file is a page as Spiral wrote it. False for links and unreadable files."""
    try:
        if place.is_symlink() or not place.is_file():
            return False
        page, mark, end = place.read_bytes().rpartition(MARK)
    except OSError:
        return False
    found = END.fullmatch(end)
    return bool(mark) and found is not None and hashlib.sha256(page).hexdigest().encode() == found[1]
