"""Where the machine code of kernels is kept between processes: in whole files only, and in no folder of a stranger.

Machine code that is loaded is run. A folder is used only if it belongs to the user (or to whom the sources belong),
and nobody else can write there; a file is used only if its content has the digest that stands before it.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import pickle
import stat
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from multiprocessing import parent_process
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba
from numba.core import caching, serialize

DIGEST = 32  # bytes of SHA-256
OTHERS = stat.S_IWGRP | stat.S_IWOTH


FunctionCache: Any = caching.FunctionCache
CodeOf: Any = FunctionCache._impl_class
dumps: Any = serialize.dumps


class KernelCache(FunctionCache):  # type: ignore[misc]  # numba has no types
    """Numba's cache of one function; its files can be cut short, changed, or refused by the disk without harm."""

    def __init__(self, function: Any, folder: Path) -> None:
        self._name, self._py_func, self._cache_path = repr(function), function, str(folder)
        self._impl = _CodeOf(function)
        name = function.__qualname__.replace("<", "").replace(">", "")  # Windows takes neither in a file's name
        stem = f"{Path(inspect.getfile(function)).stem}.{name}-py{sys.version_info[0]}{sys.version_info[1]}"
        self._cache_file = _SealedFiles(folder, stem)
        self.enable()


class _CodeOf(CodeOf):  # type: ignore[misc]
    """How numba packs and unpacks a function's machine code; it is not asked where to put it."""

    def __init__(self, function: Any) -> None:
        self._lineno = function.__code__.co_firstlineno
        self._locator = SimpleNamespace(_py_file=inspect.getfile(function), ensure_cache_path=lambda: None)


class _SealedFiles:
    """One file a signature: the digest of what follows, then signature and machine code.

    What is not whole, of another numba, or not readable is compiled again; what cannot be written is not kept.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.folder, self.stem = folder, stem

    def load(self, key: Any) -> Any:
        """The machine code of a signature, None where there is none to be trusted."""
        try:
            content = self._place(key).read_bytes()
        except OSError:
            return None
        digest, packed = content[:DIGEST], content[DIGEST:]
        if hashlib.sha256(packed).digest() != digest:
            return None
        try:
            of, code = pickle.loads(packed)
        except Exception:  # of a library that is no longer there
            return None
        return code if of == (numba.__version__, key) else None

    def save(self, key: Any, code: Any) -> None:
        """Keep the machine code of a signature; a reader finds all of it or nothing."""
        packed = dumps(((numba.__version__, key), code))
        place = self._place(key)
        part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}")
        try:
            part.write_bytes(hashlib.sha256(packed).digest() + packed)
            os.replace(part, place)
        except OSError:
            with suppress(OSError):
                part.unlink()

    def flush(self) -> None:
        """Forget this function's machine code."""
        for place in self.folder.glob(f"{self.stem}.*.nbc"):
            place.unlink(missing_ok=True)

    def _place(self, key: Any) -> Path:
        return self.folder / f"{self.stem}.{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.nbc"


@cache
def code_folder(sources: Path, given: str = "") -> Path | None:
    """The folder of the machine code of a folder's kernels, None where there is no safe place; one per version.

    The first that will do: `given` (NUMBA_CACHE_DIR), beside the byte code, the user's cache, a folder in the temporary
    one that nobody else may enter. For the last, and for none, a line is said on stderr, once a run.
    """
    name = f"numba-{_version(sources)}"
    for place, private in _places(sources, given):
        if _usable(place, private) and _usable(place / name, private, like=sources):
            if private:
                _say(f"machine code cannot be kept beside the sources nor in your home: it is kept in {place}")
            return place / name
    _say("machine code can be kept nowhere: every process compiles anew, up to a minute; set NUMBA_CACHE_DIR")
    return None


def _version(sources: Path) -> str:
    """Hash of all that a kernel's machine code is made of: the sources of its folder, and how they are compiled."""
    digest = hashlib.sha256()
    for source in [Path(__file__), Path(__file__).with_name("jit.py"), *sorted(sources.glob("*.py"))]:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _places(sources: Path, given: str) -> Iterator[tuple[Path, bool]]:
    """Folders to try, and whether each must be closed to everybody else."""
    if given:
        yield Path(given), False
    yield sources / "__pycache__", False
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if os.path.isabs(home):  # a user may have none
        yield Path(home) / "spiral", False
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError:
        return
    user = os.getuid() if hasattr(os, "getuid") else "user"
    yield temporary / f"spiral-code-{user}", True


def _usable(folder: Path, private: bool, like: Path | None = None) -> bool:
    """Whether the folder is there, or can be made, and can be written to; and is safe.

    private: it must be the user's own, closed to others. like: what it holds may be loaded: others cannot write there,
    and it belongs to the user, to root, or to the owner of `like`.
    """
    try:
        folder.mkdir(parents=True, mode=0o700 if private else 0o755, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        found = folder.lstat()
        owners = {0, like.stat().st_uid} if like is not None and not private else set()
    except OSError:
        return False
    if not hasattr(os, "geteuid"):  # Windows: rights are not in the mode, and the temporary folder is the user's
        return True
    mine = {os.geteuid()} | owners
    if private or like is not None:
        forbidden = 0o077 if private else OTHERS
        return stat.S_ISDIR(found.st_mode) and found.st_uid in mine and not found.st_mode & forbidden
    return True


@cache
def _say(text: str) -> None:
    """A line for the user, once; worker processes leave it to the process that started them."""
    if parent_process() is None and sys.stderr is not None:
        print(f"note: {text}", file=sys.stderr)
