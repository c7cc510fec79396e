"""What each chunk leaves beside its tables until the run is over: checksums of their files, and its profile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.files import writing

if TYPE_CHECKING:
    from sim.ensemble import Chunk

FILES, PROFILES = ".files", ".profiles"  # folders, a file a chunk


def leave(folder: Path, what: str, chunk: Chunk, content: Any) -> None:
    """Leave a chunk's content, as JSON. Raises SpiralError if the disk is full."""
    place = folder / what / f"{chunk.world}-{chunk.first:07d}.json"
    with writing(place):
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps(content))


def take(folder: Path, what: str) -> list[Any]:
    """What the chunks left; their files are removed."""
    places = sorted((folder / what).iterdir())
    found = [json.loads(place.read_text()) for place in places]
    for place in places:
        place.unlink()
    (folder / what).rmdir()
    return found
