"""A lock file: held by one process at a time, released when the process ends, removed when its work is done."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sim.owner import me, old, verdict

SIZE = 1024  # bytes of a record
PAUSE = 0.02  # seconds between two tries


class Lock:
    """An exclusive lock on a file, which also says who holds it and what for.

    The system releases it when the process ends, for whatever reason. If the file system has no locks, the owner that
    is written in the file decides.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._file: int | None = None

    def acquire(self, wait: float = 0.0) -> bool:
        """Try for at most `wait` seconds; True if the lock is now ours. Raises OSError if the file cannot be opened."""
        deadline = time.monotonic() + wait
        while not self._try():
            if time.monotonic() >= deadline:
                return False
            time.sleep(PAUSE)
        return True

    def read(self) -> dict[str, Any] | None:
        """The record of its last holder: {} in a new file, None in a file that is no lock of Spiral's."""
        assert self._file is not None
        os.lseek(self._file, 0, os.SEEK_SET)
        return _record(os.read(self._file, SIZE))

    def write(self, **record: Any) -> None:
        """Record who holds it and what for. One write, so that no reader finds half a record."""
        assert self._file is not None
        text = json.dumps({"spiral": "lock", "owner": me(), **record}).encode()
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, text.ljust(SIZE))

    def release(self, *, remove: bool = True) -> None:
        """Release. The file is removed first, so that a waiting process notices and makes a new one."""
        assert self._file is not None
        if remove:
            with suppress(OSError):
                os.unlink(self.place)
        os.close(self._file)
        self._file = None

    def _try(self) -> bool:
        file = os.open(self.place, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        try:
            ours = self._taken(file) and _same(file, self.place)
        except BaseException:
            os.close(file)
            raise
        if not ours:
            os.close(file)
            return False
        self._file = file
        return True

    def _taken(self, file: int) -> bool:
        known = lock_file(file)
        if known is not None:
            return known
        record = _record(os.read(file, SIZE)) or {}
        of = verdict(record.get("owner") or {}) if record else "gone"
        return of == "gone" or (of == "unknown" and old(self.place))


def lock_file(file: int) -> bool | None:
    """Try to lock an open file without waiting. True: locked; False: another holds it; None: locks are not
    supported."""
    try:
        import fcntl
    except ImportError:
        return _lock_bytes(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _lock_bytes(file: int) -> bool | None:
    """`lock_file` on Windows: locks a byte beyond the record."""
    import msvcrt

    os.lseek(file, SIZE, os.SEEK_SET)
    try:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    finally:
        os.lseek(file, 0, os.SEEK_SET)
    return True


def _same(file: int, place: Path) -> bool:
    """Whether the open file is still the one at `place`: its last holder may have removed it."""
    try:
        there = os.lstat(place)
    except FileNotFoundError:
        return False
    mine = os.fstat(file)
    return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)


def _record(text: bytes) -> dict[str, Any] | None:
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("spiral") == "lock" else None
