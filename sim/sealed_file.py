"""Cache files with a digest at the beginning: one that is incomplete or changed is treated as missing."""

from __future__ import annotations

import hashlib
import os
import uuid
from contextlib import suppress
from pathlib import Path

DIGEST = 32  # bytes of SHA-256


def read_sealed(place: Path) -> bytes | None:
    """The content as it was written; None if the file is missing, unreadable, truncated or changed."""
    try:
        content = place.read_bytes()
    except OSError:
        return None
    digest, packed = content[:DIGEST], content[DIGEST:]
    return packed if hashlib.sha256(packed).digest() == digest else None


def write_sealed(place: Path, packed: bytes) -> None:
    """Write so that a reader finds the whole content or none. An error is ignored: nothing is stored then."""
    part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}")
    try:
        part.write_bytes(hashlib.sha256(packed).digest() + packed)
        os.replace(part, place)
    except OSError:
        with suppress(OSError):
            part.unlink()
