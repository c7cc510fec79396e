"""The one place that owns numba's flags."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])

_config: Any = numba.config  # its settings are made at run time

FLAGS: dict[str, Any] = {
    # NumPy's division: x / 0 is infinite, not an exception, so that loops hold no branch and vectorise.
    "error_model": "numpy",
    # Every operation is rounded as it is written, so that a path's digits depend on neither its place in a vector
    # (a loop's last paths run in other instructions) nor the processor. Where a multiply-add saves time: `fma`.
    "fastmath": False,
}


@intrinsic
def _fma(_: Any, x: Any, y: Any, z: Any) -> Any:
    double = numba.float64

    def emit(context: Any, builder: Any, signature: Any, numbers: Any) -> Any:
        return builder.fma(*numbers)

    return double(double, double, double), emit


_fused: Any = _fma  # as kernels call it


def kernel(function: F) -> F:
    """Compile a function on arrays; the GIL is released and machine code is kept on disk.

    Numba's cache of a function notices a change in the function's own file only. A kernel is made of functions of
    its whole folder, so the cache folder bears a hash of the folder's sources: an edit anywhere compiles anew.
    """
    outside = _config.CACHE_DIR
    if not outside:
        _config.CACHE_DIR = str(_cache_folder(Path(inspect.getfile(function)).parent))
    try:
        compiled: F = numba.njit(cache=True, nogil=True, **FLAGS)(function)
    finally:
        _config.CACHE_DIR = outside
    return compiled


def kernel_inline(function: F) -> F:
    """A scalar function that is always inlined into the kernels that call it: no call is left in their loops."""
    compiled: F = numba.njit(forceinline=True, **FLAGS)(function)
    return compiled


@kernel_inline
def fma(x: float, y: float, z: float) -> float:
    """x * y + z, rounded once: one instruction, and the same number on every processor (slow on one without it)."""
    fused: float = _fused(x, y, z)
    return fused


@cache
def _cache_folder(sources: Path) -> Path:
    """Where the machine code of a folder's kernels is kept: beside the byte code, one folder per version."""
    digest = hashlib.sha256()
    for source in [Path(__file__), *sorted(sources.glob("*.py"))]:
        digest.update(source.read_bytes())
    return sources / "__pycache__" / f"numba-{digest.hexdigest()[:16]}"
