"""Files of what can be computed again: each whole, with its digest before it, or as if it were not there."""

from __future__ import annotations

import hashlib
import os
import uuid
from contextlib import suppress
from pathlib import Path

DIGEST = 32  # bytes of SHA-256


def read_sealed(place: Path) -> bytes | None:
    """What was written, None where the file is not there, cannot be read, was cut short or changed."""
    try:
        content = place.read_bytes()
    except OSError:
        return None
    digest, packed = content[:DIGEST], content[DIGEST:]
    return packed if hashlib.sha256(packed).digest() == digest else None


def write_sealed(place: Path, packed: bytes) -> None:
    """Write it so that a reader finds all of it or nothing; what cannot be written is left."""
    part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}")
    try:
        part.write_bytes(hashlib.sha256(packed).digest() + packed)
        os.replace(part, place)
    except OSError:
        with suppress(OSError):
            part.unlink()
