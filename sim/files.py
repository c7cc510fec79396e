"""Writing files that users name: whole or not at all, following links, with a one-line error if it is impossible."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.errors import SpiralError, UserError
from sim.lock import lock_file
from sim.seal import is_sealed

FULL = {
    errno.ENOSPC,
    errno.EFBIG,
    errno.EDQUOT,
    errno.EIO,
    errno.ENOMEM,
    errno.EMFILE,
    errno.ENFILE,
}  # not the user's mistake
REMEDY = "give a file in a folder that exists"


def unwritable(place: Path, number: int, why: str = "", remedy: str = REMEDY) -> SpiralError:
    """The error to raise for a system error: SpiralError if the disk is full, else UserError."""
    why = why or os.strerror(number)
    if number in FULL:
        return SpiralError(f"{place} cannot be written: {why}; what stood there before is kept")
    return UserError(f"cannot be written: {why}", place=str(place), remedy=remedy)


@contextmanager
def writing(place: Path, remedy: str = REMEDY) -> Iterator[None]:
    """A block that writes: turns a system error into one line. Raises SpiralError or UserError."""
    try:
        yield
    except (SpiralError, BrokenPipeError):
        raise
    except Exception as error:
        number, why = _number(error)
        if not number:
            raise
        raise unwritable(place, number, why, remedy) from None


def check_target(path: Path, *, remedy: str = REMEDY) -> None:
    """Check before the work whether `path` can be written; leaves no file behind. Raises UserError or SpiralError.

    A missing folder is accepted if it can be made.
    """
    with writing(path, remedy):
        place = _target(path)
        if not place.parent.exists():
            _check_ancestor(place.parent)
            return
        part = part_of(place)
        file = _open(part)
        os.unlink(part)
        os.close(file)


def check_new(path: Path, *, force: bool, remedy: str = REMEDY) -> None:
    """`check_target` for a file that must not exist yet, unless `force` allows to replace it. Raises UserError."""
    with writing(path, remedy):
        there = os.path.lexists(path) and not os.path.isdir(path) and os.path.exists(path)
    if there and not force:
        more = "give another name, or --force to replace it"
        raise UserError("the file is there already", value=str(path), remedy=more)
    check_target(path, remedy=remedy)
    if not path.parent.exists():
        raise unwritable(path, errno.ENOENT, remedy=remedy)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all. A link is followed to its target, whose mode is kept. Raises as `writing`."""
    data = content.encode() if isinstance(content, str) else content
    with writing(path):
        place = _target(path)
        part = part_of(place)
        file = _open(part)
        try:
            try:
                _fill(file, data)
            finally:
                os.close(file)
            with suppress(FileNotFoundError):
                os.chmod(part, stat.S_IMODE(place.stat().st_mode))
            os.replace(part, place)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(part)
            raise


def check_folder(folder: Path, page: str, *others: str) -> None:
    """`check_target` for a page and the files beside it in a folder, which need not exist. Raises UserError.

    Only files that Spiral has written are replaced: an earlier page proves itself and the files beside it (`sim.seal`).
    """
    there = [folder / name for name in (page, *others) if os.path.isfile(folder / name)]
    if there and not is_sealed(folder / page):
        rule = f"the file is there already, and no {page} as Spiral wrote it is beside it"
        raise UserError(rule, value=str(there[0]), remedy="give another --out, or move it away")
    for name in (page, *others):
        check_target(folder / name, remedy="give another --out")


def make_folder(folder: Path) -> None:
    """Make a folder for results, where there is none. Raises UserError or SpiralError."""
    with writing(folder, "give another --out"):
        folder.mkdir(parents=True, exist_ok=True)


def part_of(place: Path) -> Path:
    """The temporary name under which a file is written; always the same, so the next write replaces the rest of a
    kill."""
    return place.with_name(f".{place.name}.part")


def _target(path: Path) -> Path:
    """The file itself, links followed."""
    place = Path(os.path.realpath(path))
    with suppress(FileNotFoundError):
        mode = os.stat(place).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is no ordinary file")
    return place


def _open(part: Path) -> int:
    """A new file that only this process writes; replaces what a killed process has left. Raises OSError."""
    try:
        return _locked(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666))
    except FileExistsError:
        left = _locked(os.open(part, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)))
        os.unlink(part)
        os.close(left)
        return _locked(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666))


def _locked(file: int) -> int:
    if lock_file(file) is False:
        os.close(file)
        raise OSError(errno.EBUSY, "another process is writing it")
    return file


def _fill(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _check_ancestor(folder: Path) -> None:
    """Check that a missing folder can be made: its nearest existing ancestor must be a writable folder."""
    while True:
        try:
            os.stat(folder)
            break
        except FileNotFoundError:
            folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder should be")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _number(error: Exception) -> tuple[int, str]:
    """The system's error number and its text; 0 if there is none. (Some libraries have the number in the text only.)"""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno, error.strerror or ""
    found = re.search(r"\(os error (\d+)\)", str(error))
    return (int(found[1]), "") if found else (0, "")
