"""Answers about a finished run, stored between processes beside the kernels' machine code: finding them loads polars.

An answer is stored for the run's digest, so it is the same run's in any folder, and of no run that has changed. Tables
that were read to find it are compared with their checksums again, as if they were read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.kept_folder import answers_folder
from sim.sealed_file import read_sealed, write_sealed

if TYPE_CHECKING:
    from sim.dataset import Run

MOST = 1 << 26  # bytes of all of them; then the oldest go
LIBRARIES = ("numpy", "polars")  # that answers are computed with


def kept_answer(run: Run, question: Sequence[object], sources: str, find: Callable[[], Any]) -> Any:
    """An answer about a run: read if it is stored, else found and stored; as JSON gives it back in both cases.

    question: all that it depends on besides the run and `sources`, the stamp of the code. Errors of `find` are raised.
    A run whose manifest was changed, or has no checksums, is asked each time. Raises UserError for a table of it
    that is not as it was written.
    """
    digest = run.manifest.get("digest")
    sealed = digest is not None and not run.altered and all(file.sha256 for file in run.files.values())
    place = place_of([digest, *question]) if sealed else None
    if place is None:
        return json.loads(json.dumps(find()))
    known = read(place, sources, "tables")
    if known is not None:
        run.check_tables(known["tables"])
        return known["answer"]
    return json.loads(write(place, sources, answer=find(), tables=sorted(run.asked)))["answer"]


def place_of(question: Sequence[object]) -> Path | None:
    """The file of an answer; None where none can be stored."""
    folder = answers_folder()
    name = hashlib.sha256(json.dumps([*map(str, question)]).encode()).hexdigest()
    return None if folder is None else folder / f"{name[:32]}.json"


@cache
def _libraries() -> tuple[str, ...]:
    """What changes with the versions of libraries, without importing them."""
    places = [spec.origin for name in LIBRARIES if (spec := find_spec(name)) is not None and spec.origin is not None]
    return tuple(f"{place} {os.stat(place).st_mtime_ns}" for place in places)


def read(place: Path, sources: str, *parts: str) -> dict[str, Any] | None:
    """What is stored of code and libraries as they are: the answer, and these parts of it; None where nothing is."""
    packed = read_sealed(place)
    if packed is None:
        return None
    try:
        found: dict[str, Any] = json.loads(packed)
        return found if found["of"] == [sources, *_libraries()] and {"answer", *parts} <= found.keys() else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def write(place: Path, sources: str, **parts: Any) -> bytes:
    """Store an answer with other parts; as JSON."""
    packed = json.dumps({"of": [sources, *_libraries()], **parts}).encode()
    _prune(place.parent)
    write_sealed(place, packed)
    return packed


@cache
def _prune(folder: Path) -> None:
    """Remove the oldest answers where all together are too large; once a process."""
    with suppress(OSError):
        found = sorted((entry.stat().st_mtime_ns, entry.stat().st_size, entry.path) for entry in os.scandir(folder))
        left = sum(size for _, size, _ in found)
        for _, size, path in found:
            if left <= MOST:
                return
            os.unlink(path)
            left -= size
