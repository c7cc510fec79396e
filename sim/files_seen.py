"""What a piece of work reads from disk, as Python's audit hook tells, and whether that is still as it was.

As a compiler's cache has it (ccache's manifests): the same question is answered from memory while every file that was
read has the same content, and every folder that was listed the same names.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR, S_ISREG

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LISTS = ("os.listdir", "os.scandir")
CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
OTHERS = ("subprocess.", "socket.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.startfile")
CODE = (".py", ".pyc", ".so")
STANDARD = 2  # the last of the descriptors that a process begins with
MARGIN = 0.1  # seconds by which a file is older than the work: the file system's clock has steps
MOST_FILES, MOST_BYTES = 2_000, 1 << 26  # beyond, comparing takes as long as working
Seen = dict[str, str | None]  # what a file or folder was, by its path


class FilesSeen:
    """Records what is read between `begin` and `end`."""

    def __init__(self, but: Iterable[str], code: Iterable[str]) -> None:
        """but: folders whose files need not be looked at, of libraries and caches. code: those whose code need not."""
        self._but, self._code = (tuple(os.path.join(folder, "") for folder in folders) for folders in (but, code))
        self._told: list[tuple[str, object, object]] = []
        self._works = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """A block whose reading is recorded. There is no way to take a hook out again: it is deaf afterwards."""
        sys.addaudithook(self._hear)
        self._begun, self._works = time.time(), True
        try:
            yield
        finally:
            self._works = False

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._works and (event == "open" or event in LISTS or event in CHANGES or event.startswith(OTHERS)):
            self._told.append((event, arguments[0] if arguments else None, arguments[-1] if arguments else None))

    def found(self) -> Seen | None:
        """What every file and folder that was read is; None where the work did more than read, or a file is new."""
        seen: Seen = {}
        for event, what, flags in self._told:
            if event == "open" and isinstance(what, int) and what > STANDARD:
                continue  # told by its path when it was opened, as Python does to write byte code
            path = _path(what)
            if path is None:
                return None
            if self._of_code(path) or path == os.devnull:
                continue
            writes = event == "open" and isinstance(flags, int) and flags & WRITES
            if writes or event not in ("open", *LISTS) or path.endswith(CODE):
                return None
            if path not in seen:
                if len(seen) >= MOST_FILES or not self._older(path):
                    return None
                seen[path] = state(path)
        return seen

    def _of_code(self, path: str) -> bool:
        """Whether a file or folder is one of libraries, caches or code."""
        within = os.path.join(path, "")
        ours = within.startswith(self._code) and (path.endswith(CODE) or "__pycache__" in path)
        return ours or within.startswith(self._but)

    def _older(self, path: str) -> bool:
        """Whether a file was there, as it is, when the work began."""
        with suppress(OSError):
            found = os.stat(path)
            if S_ISDIR(found.st_mode):
                return True
            small = S_ISREG(found.st_mode) and found.st_size < MOST_BYTES  # a pipe can be read only once
            return small and max(found.st_mtime, found.st_ctime) < self._begun - MARGIN
        return True


def state(path: str) -> str | None:
    """A hash of a file's content, or of a folder's names, and of where links lead; None if there is none."""
    digest = hashlib.sha256(os.path.realpath(path).encode(errors="surrogateescape"))
    try:
        if os.path.isdir(path):
            digest.update("\n".join(sorted(os.listdir(path))).encode(errors="surrogateescape"))
        elif S_ISREG(os.stat(path).st_mode):
            digest.update(Path(path).read_bytes())
        else:
            return None
        digest.update(str(os.stat(os.path.dirname(path)).st_mode).encode())  # whether others may write there
    except OSError:
        return None
    return digest.hexdigest()


def unchanged(seen: Seen) -> bool:
    """Whether everything is as it was."""
    return all(state(path) == was for path, was in seen.items())


def _path(what: object) -> str | None:
    """The path of an audited call, absolute; None of anything else."""
    try:
        named = os.fsdecode(os.fspath("." if what is None else what))  # type: ignore[call-overload]  # any object
        return os.path.abspath(named)
    except (TypeError, OSError):  # no path; the working folder is gone
        return None
