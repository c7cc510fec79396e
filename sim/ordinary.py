"""Ordinary files, read in bounded memory: a pipe or a device in a folder of somebody's has no end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

SMALL = 64 << 20  # bytes of a file of settings, a manifest
LARGE = 4 << 30  # bytes of a file of figures


def read_ordinary(place: Path, most: int = SMALL) -> bytes:
    """A regular file's bytes. Raises OSError: also for a folder, a pipe, a device, and for more than `most` bytes."""
    # NONBLOCK: opening a pipe that nobody writes to would wait for ever
    file = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(file, "rb") as stream:
        at = os.fstat(file)
        if not stat.S_ISREG(at.st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file", str(place))
        if at.st_size > most:
            raise OSError(errno.EFBIG, f"it is larger than {most >> 20:,} MB", str(place))
        return stream.read(most)


def is_ordinary(place: Path) -> bool:
    """Whether it is a regular file, links followed: no folder, pipe, socket or device."""
    try:
        return stat.S_ISREG(os.stat(place).st_mode)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return False


def is_inside(place: Path, folder: Path) -> bool:
    """Whether a file stands in the folder or below it, all links followed; not for links that go round."""
    try:
        return Path(os.path.realpath(place, strict=True)).is_relative_to(os.path.realpath(folder))
    except OSError:
        return False
