"""Text that takes longer to make than to read, stored between processes beside the kernels' machine code, as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from sim.kept_folder import kept_folder
from sim.sealed_file import read_sealed, write_sealed


def kept_text(name: str, of: Sequence[object], compute: Callable[[], str]) -> str:
    """The text `name`: read if the one stored was made of the same inputs, else computed and stored in its place.

    of: all that the text depends on besides its name: stamp of the sources, versions, width. Errors of `compute` are
    raised. A file that is missing, changed or cannot be written costs the time to compute.
    """
    folder = kept_folder()
    if folder is None:
        return compute()
    place, inputs = folder / f"text-{hashlib.sha256(name.encode()).hexdigest()[:16]}.json", [str(each) for each in of]
    found = _read(place, inputs)
    if found is None:
        found = compute()
        write_sealed(place, json.dumps({"of": inputs, "text": found}).encode())
    return found


def _read(place: Path, inputs: list[str]) -> str | None:
    packed = read_sealed(place)
    if packed is None:
        return None
    try:
        found = json.loads(packed)
        text = found["text"] if found["of"] == inputs else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return text if isinstance(text, str) else None
