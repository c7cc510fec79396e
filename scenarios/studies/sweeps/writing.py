"""Writing into a sweep's folder: aside, flushed to the disk, renamed; and appending to its journal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import SpiralError
from sim.sweep_folder import ASIDE, digest

if TYPE_CHECKING:
    import polars as pl

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """A block that writes: turns a system error into one line. Raises SpiralError."""
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        raise SpiralError(f"{place} cannot be written ({why}); the same command goes on from here") from None


def replace(folder: Path, place: Path, data: bytes) -> None:
    """Put a file of the sweep in place, whole. Raises SpiralError."""
    aside = place.name if place.parent == folder else f"{place.parent.name}-{place.name}"
    part = folder / ASIDE / (f"top-{aside}" if place.parent == folder else aside)
    with writing(place):
        with suppress(FileNotFoundError):
            part.unlink()
        try:
            stream = os.open(part, NEW, 0o666)
            try:
                put(stream, data)
                os.fsync(stream)
            finally:
                os.close(stream)
            os.replace(part, place)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise
        sync(place.parent)


def put(stream: int, data: bytes) -> None:
    """Write all of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(stream, view) :]


def sync(folder: Path) -> None:
    """Flush a folder's names to the disk, where the system can."""
    with suppress(OSError):
        stream = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(stream)
        finally:
            os.close(stream)


def parquet(frame: pl.DataFrame) -> bytes:
    """A frame as a Parquet file."""
    stream = BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def arrow(frame: pl.DataFrame) -> bytes:
    """A frame as an Arrow file."""
    stream = BytesIO()
    frame.write_ipc(stream, compression="zstd")
    return stream.getvalue()


def put_segment(folder: Path, part: str, number: int, frame: pl.DataFrame) -> str:
    """Write rows of many cells to a file that is named by its content; its name. Raises SpiralError."""
    data = parquet(frame)
    name = f"segment-{number:05d}-{digest(data)}.parquet"
    replace(folder, folder / part / name, data)
    return name


class Tail:
    """A journal that is added to. Nobody else writes it: its process holds the folder's lock."""

    def __init__(self, place: Path, end: int) -> None:
        """Open it and cut off an incomplete last record. Raises SpiralError."""
        self.place, self.end = place, end
        with writing(place):
            self._stream = os.open(place, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
            os.ftruncate(self._stream, end)
            os.lseek(self._stream, end, os.SEEK_SET)

    def add(self, record: bytes) -> None:
        """Append a record and flush it; if the disk is full, the partial record is cut off. Raises SpiralError."""
        with writing(self.place):
            here, there = os.fstat(self._stream), os.stat(self.place)  # moved away or deleted meanwhile?
            if (here.st_ino, here.st_dev) != (there.st_ino, there.st_dev):
                raise OSError(0, "another file has taken its place")
            try:
                put(self._stream, record)
                os.fsync(self._stream)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._stream, self.end)
                    os.lseek(self._stream, self.end, os.SEEK_SET)
                raise
        self.end += len(record)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._stream)
