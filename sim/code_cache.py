"""The machine code of kernels, stored on disk between processes (where: `sim.cache_folder`).

Loaded machine code is executed: a file is used only if its content matches the digest at its beginning.
"""

from __future__ import annotations

import hashlib
import inspect
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba
from numba.core import caching, serialize

from sim.late_bitcode import read_late, stored
from sim.sealed_file import read_sealed, write_sealed

FunctionCache: Any = caching.FunctionCache
CodeOf: Any = FunctionCache._impl_class
dumps: Any = serialize.dumps


class KernelCache(FunctionCache):  # type: ignore[misc]  # numba has no types
    """Numba's cache of one function. Truncated, changed or unwritable files do no harm."""

    def __init__(self, function: Any, folder: Path) -> None:
        self._name, self._py_func, self._cache_path = repr(function), function, str(folder)
        self._impl = _CodeOf(function)
        name = function.__qualname__.replace("<", "").replace(">", "")  # Windows allows neither in a file's name
        stem = f"{Path(inspect.getfile(function)).stem}.{name}-py{sys.version_info[0]}{sys.version_info[1]}"
        self._cache_file = _SealedFiles(folder, stem)
        self.enable()


class _CodeOf(CodeOf):  # type: ignore[misc]
    """How numba packs and unpacks a function's machine code; its choice of place is not used."""

    def __init__(self, function: Any) -> None:
        self._lineno = function.__code__.co_firstlineno
        self._locator = SimpleNamespace(_py_file=inspect.getfile(function), ensure_cache_path=lambda: None)

    def reduce(self, result: Any) -> Any:
        code, *rest = super().reduce(result)
        return stored(code), *rest

    def rebuild(self, target_context: Any, payload: Any) -> Any:
        read_late(target_context.codegen())
        return super().rebuild(target_context, payload)


class _SealedFiles:
    """One file per signature: a digest of the rest, then signature and machine code.

    If a file is incomplete, unreadable or from another numba version, the function is compiled again. If it cannot be
    written, nothing is stored.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.folder, self.stem = folder, stem

    def load(self, key: Any) -> Any:
        """The machine code of a signature; None if there is no valid file."""
        packed = read_sealed(self._place(key))
        if packed is None:
            return None
        try:
            of, code = pickle.loads(packed)
        except Exception:  # unpickling fails if a library is gone
            return None
        return code if of == (numba.__version__, key) else None

    def save(self, key: Any, code: Any) -> None:
        """Store the machine code of a signature; a reader finds the whole file or none."""
        write_sealed(self._place(key), dumps(((numba.__version__, key), code)))

    def flush(self) -> None:
        """Delete this function's machine code."""
        for place in self.folder.glob(f"{self.stem}.*.nbc"):
            place.unlink(missing_ok=True)

    def _place(self, key: Any) -> Path:
        return self.folder / f"{self.stem}.{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.nbc"
