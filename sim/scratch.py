"""Temporary folders that last no longer than a command; those of killed processes are found and removed."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sim.files import writing
from sim.lock import lock_file
from sim.owner import me, old, verdict

OWNER = ".owner"  # says who made the folder, and is locked while it is in use
PURPOSES = (
    "job", "cell", "calibrate", "capital", "compare", "estimate", "facts", "look", "record", "validation", "predict",
)  # fmt: skip
NAMES = re.compile(rf"spiral-({'|'.join(PURPOSES)})-[a-z0-9_]{{8}}")
EMPTY = 60.0  # seconds after which an empty folder counts as abandoned

_cleared: set[str] = set()  # places where this process has already removed dead folders


@contextmanager
def scratch(purpose: str) -> Iterator[Path]:
    """A folder `spiral-PURPOSE-...` in the system's place for temporary files, removed with all that is in it.

    The first one of a process also removes those whose process is gone.
    """
    assert purpose in PURPOSES
    clear_once()
    with writing(Path(os.environ.get("TMPDIR", "/tmp")), "set TMPDIR to a folder with room"):
        folder, file = _made(purpose)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(file)


def clear_once() -> None:
    """`clear_dead`, once per process."""
    with suppress(OSError):
        place = tempfile.gettempdir()
        if place not in _cleared:
            _cleared.add(place)
            clear_dead()


def clear_dead() -> None:
    """Remove scratch folders of this user whose process has ended. A folder is left alone unless this is proved."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if NAMES.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    _clear(Path(entry.path))


def _made(purpose: str) -> tuple[Path, int]:
    """A new folder, and its open and locked owner's file."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"spiral-{purpose}-"))
        try:
            file = os.open(folder / OWNER, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(file, json.dumps({"spiral": "scratch", "owner": me()}).encode())
        except FileNotFoundError:  # another process took it for an abandoned one
            continue
        while lock_file(file) is False:  # another process checks whether it is abandoned
            time.sleep(0.01)
        if folder.is_dir():
            return folder, file
        os.close(file)


def _clear(folder: Path) -> None:
    status = folder.lstat()
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        return
    try:
        file = os.open(folder / OWNER, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        if time.time() - status.st_mtime > EMPTY:
            folder.rmdir()  # fails if it is not empty
        return
    try:
        if _left(folder, file):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(file)


def _left(folder: Path, file: int) -> bool:
    """Whether a folder is this user's and abandoned: its lock is free and its owner is not known to be alive."""
    free = lock_file(file)
    owner = _owner(os.read(file, 4096))
    if owner is None or free is False:
        return False
    of = verdict(owner)
    if of == "unknown":
        return time.time() - folder.lstat().st_mtime > EMPTY if free else old(folder)
    return of == "gone"


def _owner(text: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    ours = isinstance(found, dict) and found.get("spiral") == "scratch" and isinstance(found.get("owner"), dict)
    return found["owner"] if ours else None
