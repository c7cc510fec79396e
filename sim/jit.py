"""Numba's flags, set here for all kernels; and kernels that are compiled at their first call.

Numba takes half a second to import. A command that does not simulate calls kernels on a few numbers, if at all: inside
`interpreted` these are run as the Python that they are written in, to the same digits.
"""

from __future__ import annotations

import ctypes
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property, lru_cache, partial, update_wrapper
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from sim.cache_folder import code_folder, version
from sim.collector import at_rest
from sim.numba_flags import ask_for_blas_later, compare_at_once

F = TypeVar("F", bound=Callable[..., Any])

FLAGS: dict[str, Any] = {
    # NumPy's division: x / 0 is infinite, not an exception, so that loops hold no branch and vectorise.
    "error_model": "numpy",
    # No reordering or fusing of operations: a path's digits then depend neither on its place in a vector (the last
    # paths of a loop run in other instructions) nor on the processor. Multiply-adds are written out, as `fma`.
    "fastmath": False,
    # No entry for C: nothing calls one. Each entry of a kernel holds the kernel once more.
    "no_cfunc_wrapper": True,
}


SHORT = 60  # LLVM's cost of a loop up to which it works on several vectors at once; 20 if nobody says so
FEW = 10_000  # numbers in the arrays of a call that is interpreted
MOST = 500_000  # of all such calls, one for each and for each fma: some tenths of a second; then compiling has paid
REMEMBERED = 4096  # results of a function that is asked the same again


class _Interpreting:
    """How many more numbers may be interpreted, and the kernels that do not ask."""

    left = 0
    bound: list[Kernel] = []  # noqa: RUF012 - one for the process
    running = False  # whether a kernel is being interpreted
    called: list[Kernel] = []  # noqa: RUF012 - by it: plain functions until it ends, as what it calls takes no machine code


@contextmanager
def interpreted() -> Iterator[None]:
    """A block in which kernels on few numbers are interpreted. Digits are those of compiled ones."""
    before, _Interpreting.left = _Interpreting.left, MOST
    while _Interpreting.bound:
        _Interpreting.bound.pop().ask()
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        _Interpreting.left = before


class Kernel(partial[Any]):
    """A function that numba compiles at its first call; kernels that call it find it as a compiled function.

    A `partial` of the compiled one from then on: calling it takes no Python. (A tick has fifty such calls.)
    """

    _function: Callable[..., Any]
    _python: Callable[..., Any]  # what is called instead while a kernel that calls it is interpreted
    _compiler: Callable[..., Any]  # of the function, and flags of numba's
    _reads = 0  # how many of the first arguments it writes to none of

    def __new__(cls, function: Callable[..., Any], compiler: Callable[[Callable[..., Any]], Any]) -> Kernel:
        """A partial of nothing yet."""
        self = super().__new__(cls, function)
        update_wrapper(self, function)
        self._function, self._python, self._compiler = function, function, compiler
        self.ask()
        return self

    def ask(self) -> None:
        """At the next call look again whether kernels are interpreted."""
        self._call(self._first)

    def _call(self, function: Callable[..., Any]) -> None:
        cast(Any, self).__setstate__((function, (), {}, vars(self)))

    @cached_property
    def compiled(self) -> Any:
        """Numba's dispatcher."""
        compiled = self._compiler(self._function)
        return _for_all_arrays(compiled, self._reads) if self._reads and hasattr(compiled, "overloads") else compiled

    @cached_property
    def callee(self) -> Any:
        """The dispatcher that other kernels call: of what is inlined into them one without an entry for Python."""
        return self.compiled if self._compiler is _compile else self._compiler(self._function, no_cpython_wrapper=True)

    @property
    def _numba_type_(self) -> Any:
        """What numba takes it for where another kernel names it."""
        from numba.core.types import Dispatcher

        return Dispatcher(self.callee)

    def _first(self, *arguments: Any) -> Any:
        if _Interpreting.running:
            self._call(self._python)
            _Interpreting.called.append(self)
            return self._python(*arguments)
        if _Interpreting.left > 0:
            return self._interpreted(arguments)
        self._call(self.compiled)
        _Interpreting.bound.append(self)
        with at_rest():  # of the time that compiling takes the collector would have a tenth
            return self.compiled(*arguments)

    def _interpreted(self, arguments: tuple[Any, ...]) -> Any:
        """The result by Python; by machine code where the arrays are long, or Python refuses (1 / 0, log 0)."""
        arrays = [each for each in arguments if isinstance(each, np.ndarray)]
        size = sum(array.size for array in arrays)
        if size > FEW:
            return self.compiled(*arguments)
        _Interpreting.left -= 1 + size
        kept = [array.copy() for array in arrays]
        _Interpreting.running = True
        try:
            return self._function(*arguments)
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            for array, before in zip(arrays, kept, strict=True):
                if array.flags.writeable:
                    array[...] = before
        finally:
            _Interpreting.running = False
            while _Interpreting.called:
                _Interpreting.called.pop().ask()
        return self.compiled(*arguments)

    def __reduce__(self) -> str:
        return str(self._function.__qualname__)


def kernel(function: F) -> F:
    """Compile a function on arrays. The GIL is released; machine code is stored on disk if possible.

    Numba's cache notices changes in the function's own file only, but a kernel calls functions of its whole folder. So
    the cache folder's name has a hash of all sources of the folder: any edit compiles anew.
    """
    version(_home(function))  # of the sources as they are imported, not as they are at the first call
    return cast(F, Kernel(function, _compile))


def kernel_reading(count: int) -> Callable[[F], F]:
    """A `kernel` that writes to none of its first arguments: of one machine code for read-only and other arrays there.

    Numba would compile it anew for each mixture of both. A kernel that does write to one of them it refuses.
    """

    def made(function: F) -> F:
        found = kernel(function)
        cast(Kernel, found)._reads = count
        return found

    return made


def kernel_inline(function: F) -> F:
    """A scalar function that is always inlined into the kernels that call it."""
    return cast(F, Kernel(function, _compile_inline))


def kernel_remembered(function: F) -> F:
    """A `kernel_inline` of numbers alone that is asked the same again: interpreted, it remembers its last results."""
    found = Kernel(function, _compile_inline)
    found._python = lru_cache(REMEMBERED)(function)
    return cast(F, found)


def plain(function: F) -> F:
    """A kernel's Python. Without branch and without `math` it takes whole arrays, to the digits of the kernel."""
    return cast(F, inspect.unwrap(function))


def _home(function: Callable[..., Any]) -> Path:
    return _folder_of(function.__code__.co_filename)


@cache
def _folder_of(file: str) -> Path:
    return Path(file).parent


@cache
def _interleave() -> None:
    """On a processor of 16 registers LLVM works on several vectors at once in longer loops too, not in the shortest.

    Coefficients of polynomials do not fit there and are loaded at every turn: half as often so. No digit changes. With
    AVX-512 it gains nothing, and compiling takes a tenth longer.
    """
    import numba
    from numba.core import codegen

    config: Any = numba.config
    made_by: Any = codegen
    features = made_by.get_host_cpu_features() if config.CPU_FEATURES is None else config.CPU_FEATURES
    if "+avx512f" not in features:
        made_by.ll.set_option("kernels", f"-small-loop-cost={SHORT}")


def _compile(function: Callable[..., Any]) -> Any:
    import numba
    from numba.core.dispatcher import Dispatcher

    from sim.code_cache import KernelCache

    _interleave()
    ask_for_blas_later()
    compare_at_once()
    compiled = numba.njit(nogil=True, **FLAGS)(function)
    config: Any = numba.config  # its settings are made at run time
    folder = code_folder(_home(function), config.CACHE_DIR)
    if folder is not None and isinstance(compiled, Dispatcher):
        vars(compiled)["_cache"] = KernelCache(function, folder)
    return compiled


def _for_all_arrays(compiled: Any, count: int) -> Any:
    """A dispatcher that takes the first arguments as read-only arrays, whether one may write to them or not."""
    compile_one = compiled.compile

    def compile_for(signature: Any) -> Any:
        from numba.core import sigutils

        normal: Any = sigutils.normalize_signature
        asked = normal(signature)[0]
        entry = compile_one((*map(_read_only, asked[:count]), *asked[count:]))
        if tuple(asked) not in compiled.overloads:
            compiled._insert([kind._code for kind in asked], entry, False)
        return entry

    vars(compiled)["compile"] = compile_for
    return compiled


def _read_only(kind: Any) -> Any:
    from numba.core.types import Array

    return kind.copy(readonly=True) if isinstance(kind, Array) else kind


def _compile_inline(function: Callable[..., Any], **flags: bool) -> Any:
    import numba

    njit: Any = numba.njit  # its stubs do not have all flags
    return njit(forceinline=True, **FLAGS, **flags)(function)


def _multiply_add(_: Any, x: Any, y: Any, z: Any) -> Any:
    import numba

    def emit(context: Any, builder: Any, signature: Any, numbers: Any) -> Any:
        return builder.fma(*numbers)

    double = numba.float64
    return double(double, double, double), emit


def _compile_fused(_: Callable[..., Any], **flags: bool) -> Any:
    from numba.extending import intrinsic

    fused: Any = intrinsic(_multiply_add)

    def fma(x: float, y: float, z: float) -> Any:
        return fused(x, y, z)

    return _compile_inline(fma, **flags)


@cache
def _of_the_c_library() -> Any:
    """The C library's fma, which a Python before 3.13 does not show. Python's lock is kept: it takes nanoseconds."""
    found = ctypes.PyDLL(None).fma
    found.argtypes, found.restype = [ctypes.c_double] * 3, ctypes.c_double
    return found


def _fma(x: float, y: float, z: float) -> float:
    """x * y + z, rounded once: one instruction, and the same number on every processor (slow on one without it)."""
    _Interpreting.left -= 1
    found: float = _of_the_c_library()(x, y, z)
    return found


_fma.__name__ = _fma.__qualname__ = "fma"
fma = cast(Callable[[float, float, float], float], Kernel(_fma, _compile_fused))
