"""Numba's flags, set here for all kernels."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic

from sim.cache_folder import code_folder
from sim.code_cache import KernelCache

F = TypeVar("F", bound=Callable[..., Any])

_config: Any = numba.config  # its settings are made at run time

FLAGS: dict[str, Any] = {
    # NumPy's division: x / 0 is infinite, not an exception, so that loops hold no branch and vectorise.
    "error_model": "numpy",
    # No reordering or fusing of operations: a path's digits then depend neither on its place in a vector (the last
    # paths of a loop run in other instructions) nor on the processor. Multiply-adds are written out, as `fma`.
    "fastmath": False,
}


def _multiply_add(_: Any, x: Any, y: Any, z: Any) -> Any:
    double = numba.float64

    def emit(context: Any, builder: Any, signature: Any, numbers: Any) -> Any:
        return builder.fma(*numbers)

    return double(double, double, double), emit


_fma: Any = intrinsic(_multiply_add)


def kernel(function: F) -> F:
    """Compile a function on arrays. The GIL is released; machine code is stored on disk if possible.

    Numba's cache notices changes in the function's own file only, but a kernel calls functions of its whole folder. So
    the cache folder's name has a hash of all sources of the folder: any edit compiles anew.
    """
    compiled: F = numba.njit(nogil=True, **FLAGS)(function)
    folder = code_folder(Path(inspect.getfile(function)).parent, _config.CACHE_DIR)
    if folder is not None and isinstance(compiled, Dispatcher):
        vars(compiled)["_cache"] = KernelCache(function, folder)
    return compiled


def kernel_inline(function: F) -> F:
    """A scalar function that is always inlined into the kernels that call it."""
    compiled: F = numba.njit(forceinline=True, **FLAGS)(function)
    return compiled


@kernel_inline
def fma(x: float, y: float, z: float) -> float:
    """x * y + z, rounded once: one instruction, and the same number on every processor (slow on one without it)."""
    fused: float = _fma(x, y, z)
    return fused
