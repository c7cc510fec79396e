"""An array that takes longer to compute than to read, stored between processes beside the kernels' machine code."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.kept_folder import kept_folder
from sim.sealed_file import read_sealed, write_sealed

IntArray = NDArray[np.int64]


def kept(key: tuple[object, ...], compute: Callable[[], IntArray | None]) -> IntArray | None:
    """The array of `key`: read if it is stored and intact, else computed and stored. A computed None is not stored.

    key: everything that the array depends on besides the sources of `sim`: names, dates, versions of libraries. Errors
    of `compute` are raised. If the file cannot be read or written, the array is computed every time.
    """
    folder = kept_folder()
    if folder is None:
        return compute()
    place = folder / f"array-{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.npy"
    packed = read_sealed(place)
    if packed is not None:
        return np.asarray(np.load(io.BytesIO(packed), allow_pickle=False), dtype=np.int64)
    found = compute()
    if found is not None:
        file = io.BytesIO()
        np.save(file, found, allow_pickle=False)
        write_sealed(place, file.getvalue())
    return found
