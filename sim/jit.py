"""The one place that owns numba's flags."""

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
    # Every operation is rounded as it is written, so that a path's digits depend on neither its place in a vector
    # (a loop's last paths run in other instructions) nor the processor. Where a multiply-add saves time: `fma`.
    "fastmath": False,
}


def _multiply_add(_: Any, x: Any, y: Any, z: Any) -> Any:
    double = numba.float64

    def emit(context: Any, builder: Any, signature: Any, numbers: Any) -> Any:
        return builder.fma(*numbers)

    return double(double, double, double), emit


_fma: Any = intrinsic(_multiply_add)


def kernel(function: F) -> F:
    """Compile a function on arrays; the GIL is released and machine code is kept on disk, where that can be done.

    Numba's cache of a function notices a change in the function's own file only. A kernel is made of functions of
    its whole folder, so the cache folder bears a hash of the folder's sources: an edit anywhere compiles anew.
    """
    compiled: F = numba.njit(nogil=True, **FLAGS)(function)
    folder = code_folder(Path(inspect.getfile(function)).parent, _config.CACHE_DIR)
    if folder is not None and isinstance(compiled, Dispatcher):
        vars(compiled)["_cache"] = KernelCache(function, folder)
    return compiled


def kernel_inline(function: F) -> F:
    """A scalar function that is always inlined into the kernels that call it: no call is left in their loops."""
    compiled: F = numba.njit(forceinline=True, **FLAGS)(function)
    return compiled


@kernel_inline
def fma(x: float, y: float, z: float) -> float:
    """x * y + z, rounded once: one instruction, and the same number on every processor (slow on one without it)."""
    fused: float = _fma(x, y, z)
    return fused
