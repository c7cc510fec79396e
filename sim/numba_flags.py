"""What numba does at length and need not: comparing its flags, and looking for SciPy's BLAS before any kernel calls it.

Its compiler looks up what it has typed before by flags, thousands of times a kernel. It hashes the names of all
options, which are the same for every set of flags, and compares value by value. Flags that are set alike are equal;
where they are not, numba's own comparison decides. Compiling takes up to a tenth less.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def compare_at_once() -> None:
    """Replace hash and comparison of numba's flags by quicker ones with the same results, if it keeps them as known."""
    from numba.core import targetconfig

    flags: Any = targetconfig.TargetConfig
    if "_values" not in vars(flags):
        return
    compared = flags.__eq__

    @cache
    def of_names(kind: Any) -> int:
        return hash(tuple(sorted(kind.options)))

    def hashed(self: Any) -> int:
        return of_names(self.__class__)

    def equal(self: Any, other: Any) -> Any:
        return (type(self) is type(other) and self._values == other._values) or compared(self, other)

    flags.__eq__, flags.__hash__ = equal, hashed


@cache
def ask_for_blas_later() -> None:
    """Keep numba from importing `scipy.linalg`, a fifth of a second, only to know that it can be imported.

    It looks again where a kernel calls a function of linear algebra, as none of ours does.
    """
    from numba.np import linalg

    module: Any = linalg
    asked = getattr(module, "ensure_blas", None)
    if asked is None:
        return
    module.ensure_blas = lambda: None
    try:
        from numba.np import arraymath
    finally:
        module.ensure_blas = asked
    vars(arraymath)["ensure_blas"] = asked
