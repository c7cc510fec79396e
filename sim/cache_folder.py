"""The folder for files kept between processes, machine code above all. Never a folder that another user can write to.

Loaded machine code is executed. So a folder is used only if it belongs to the user (or to the owner of the sources) and
nobody else can write there.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

OTHERS = stat.S_IWGRP | stat.S_IWOTH
# Files of this folder that decide how a kernel is compiled and stored.
# Other folders' kernels have those of the ledger's moves within them.
COMPILED_BY = ("cache_folder.py", "code_cache.py", "jit.py", "late_bitcode.py", "sealed_file.py", "kernels/moves.py")


@cache
def code_folder(sources: Path, given: str = "") -> Path | None:
    """The folder for the machine code of a folder's kernels, one per version; None if there is no safe place.

    The first safe one of: `given` (NUMBA_CACHE_DIR), the folder of the byte code, the user's cache, a private folder in
    the temporary folder. For the last, and for None, a note is printed to stderr, once a run.
    """
    name = f"numba-{version(sources)}"
    for place, private in _places(sources, given):
        if _usable(place, private) and _usable(place / name, private, like=sources):
            if private:
                _say(f"machine code cannot be kept beside the sources nor in your home: it is kept in {place}")
            return place / name
    _say("machine code can be kept nowhere: every process compiles anew, up to a minute; set NUMBA_CACHE_DIR")
    return None


@cache
def version(sources: Path) -> str:
    """Hash of everything that decides a kernel's machine code: the sources of its folder, and how they are compiled."""
    digest = hashlib.sha256()
    here, there = os.path.dirname(__file__), os.fspath(sources)
    names = sorted(name for name in os.listdir(there) if name.endswith(".py"))
    for source in [*(os.path.join(here, name) for name in COMPILED_BY), *(os.path.join(there, n) for n in names)]:
        with open(source, "rb", buffering=0) as file:
            digest.update(file.read())
    return digest.hexdigest()[:16]


def _places(sources: Path, given: str) -> Iterator[tuple[Path, bool]]:
    """Folders to try, each with whether it must be private (no access for other users)."""
    if given:
        yield Path(given), False
    yield sources / "__pycache__", False
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if os.path.isabs(home):  # a user may have no home
        yield Path(home) / "spiral", False
    import tempfile

    try:
        temporary = Path(tempfile.gettempdir())
    except OSError:
        return
    user = os.getuid() if hasattr(os, "getuid") else "user"
    yield temporary / f"spiral-code-{user}", True


def _usable(folder: Path, private: bool, like: Path | None = None) -> bool:
    """Whether the folder exists or can be made, can be written to, and is safe.

    private: it must belong to the user, with no access for others. like: machine code will be loaded from it, so others
    must not be able to write there, and it must belong to the user, to root, or to the owner of `like`.
    """
    try:
        folder.mkdir(parents=True, mode=0o700 if private else 0o755, exist_ok=True)
        _try_writing(folder)
        found = folder.lstat()
        owners = {0, like.stat().st_uid} if like is not None and not private else set()
    except OSError:
        return False
    if not hasattr(os, "geteuid"):  # Windows: the mode holds no rights; the temporary folder is private
        return True
    mine = {os.geteuid()} | owners
    if private or like is not None:
        forbidden = 0o077 if private else OTHERS
        return stat.S_ISDIR(found.st_mode) and found.st_uid in mine and not found.st_mode & forbidden
    return True


def _try_writing(folder: Path) -> None:
    """Make a file without a name in the folder. Raises OSError."""
    if hasattr(os, "O_TMPFILE"):
        with suppress(OSError):
            os.close(os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600))
            return
    import tempfile  # with what it needs 3 ms

    with tempfile.TemporaryFile(dir=folder):
        pass


@cache
def _say(text: str) -> None:
    """Print a note for the user, once; worker processes print none, as the process that started them does."""
    from multiprocessing import parent_process  # rarely needed, and slow to import

    if parent_process() is None and sys.stderr is not None:
        print(f"note: {text}", file=sys.stderr)
