"""Columns of a row group as Parquet pages: plain values, and dictionaries of what repeats.

What is the same in all rows takes a few bytes, a vector is written as it lies in memory, and only one that repeats
itself is packed. Format: https://parquet.apache.org/docs/file-format (version 1 pages, required columns).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.thrift import FALSE, I32, STRUCT, Field, struct, varint, whole

DATA_PAGE, DICTIONARY_PAGE = 0, 2
PLAIN, RLE, DELTA, DICTIONARY = 0, 3, 5, 8  # encodings
BITS = {size: np.dtype(f"i{size}") for size in (1, 2, 4, 8)}  # integers by bytes
MANY, SAMPLE, DISTINCT = 1_024, 32, 0.7  # rows from which packing is worth a look; rows looked at; share of new ones
GZIP_FORMAT = 31  # zlib's `wbits` for it
BLOCK, PARTS = 128, 4  # numbers of a block of differences, and its parts


class Kind(NamedTuple):
    """How values are stored. number: of the physical type. dtype: in memory; None for text."""

    number: int
    dtype: np.dtype[Any] | None


FLAG, NUMBER = Kind(0, np.dtype(np.bool_)), Kind(5, np.dtype(np.float64))
SINGLE, TEXT = Kind(4, np.dtype(np.float32)), Kind(6, None)
COUNT, TIME = Kind(2, np.dtype(np.int64)), Kind(2, np.dtype(np.int64))
PATH = Kind(1, np.dtype(np.int32))


class Runs(NamedTuple):
    """Values one after the other, each for so many rows."""

    values: Sequence[Any]
    rows: Sequence[int]


class Pages(NamedTuple):
    """A column of a row group. buffers: bytes in order; the first `dictionary` bytes are its dictionary page, if any.

    saved: bytes that packing has saved; 0 if it is not packed (by GZIP).
    least, most: the smallest and the largest value, as stored; None where nobody asks for them.
    """

    buffers: list[Any]
    size: int
    dictionary: int
    encoding: int
    saved: int = 0
    least: bytes | None = None
    most: bytes | None = None


def pages(kind: Kind, values: NDArray[Any] | Runs, rows: int) -> Pages:
    """A column's pages. values: (rows,) of the kind's dtype, contiguous, or in runs."""
    if isinstance(values, Runs):
        if kind is not FLAG:
            return _runs(kind, values, rows)
        values = np.repeat(np.array(values.values, np.bool_), values.rows)
    if kind is FLAG:
        return _plain(np.packbits(values, bitorder="little"), rows)
    if is_constant(values):
        return _runs(kind, Runs([values[0]], [rows]), rows)
    if kind in (NUMBER, SINGLE):
        return _packed(values, rows) if _repeats(values) else _plain(values, rows)
    if kind is PATH and _is_counting(values):
        return _bounded(_counting(int(values[0]), rows), values)
    return _bounded(_plain(values, rows), values)


def is_constant(values: NDArray[Any]) -> bool:
    """Whether all numbers are the same to the last bit. Mostly the ends already differ."""
    bits = values.view(BITS[values.itemsize])
    return bool(bits[0] == bits[-1] and (bits == bits[0]).all())


def _bounded(found: Pages, values: NDArray[Any]) -> Pages:
    return found._replace(least=values.min().tobytes(), most=values.max().tobytes())


def _plain(values: NDArray[Any], rows: int) -> Pages:
    head = _data_head(values.nbytes, rows, PLAIN)
    return Pages([head, values], len(head) + values.nbytes, 0, PLAIN)


def _repeats(values: NDArray[Any]) -> bool:
    """Whether a number often stands again, as the zero of what happens on some paths: by a sample of the rows."""
    if values.size < MANY:
        return False
    return len(set(values[:: values.size // SAMPLE].tolist())) < DISTINCT * SAMPLE


def _packed(values: NDArray[Any], rows: int) -> Pages:
    """Repetitions alone are looked for, which is fast."""
    packer = zlib.compressobj(level=1, wbits=GZIP_FORMAT, strategy=zlib.Z_RLE)
    content = packer.compress(values.data) + packer.flush()
    head = _data_head(values.nbytes, rows, PLAIN, len(content))
    return Pages([head, content], len(head) + len(content), 0, PLAIN, values.nbytes - len(content))


def _is_counting(values: NDArray[Any]) -> bool:
    return bool((values[1:] - values[:-1] == 1).all())


def _counting(first: int, rows: int) -> Pages:
    """Numbers from `first` on, each one more: differences that need no bits."""
    head = varint(BLOCK) + varint(PARTS) + varint(rows) + whole(first)
    content = head + (whole(1) + bytes(PARTS)) * -(-(rows - 1) // BLOCK)
    page = _data_head(len(content), rows, DELTA)
    return Pages([page, content], len(page) + len(content), 0, DELTA)


def _runs(kind: Kind, runs: Runs, rows: int) -> Pages:
    """The distinct values, and which of them stands in how many rows."""
    stored = [_stored(kind, value) for value in runs.values]
    distinct = dict.fromkeys(stored)
    listed = b"".join(len(v).to_bytes(4, "little") + v for v in distinct) if kind is TEXT else b"".join(distinct)
    content = _numbered({value: number for number, value in enumerate(distinct)}, stored, runs.rows)
    first, second = _dictionary_head(len(listed), len(distinct)), _data_head(len(content), rows, DICTIONARY)
    dictionary = len(first) + len(listed)
    found = Pages([first, listed, second, content], dictionary + len(second) + len(content), dictionary, DICTIONARY)
    if kind in (NUMBER, SINGLE):
        return found
    if kind is TEXT:
        return found._replace(least=min(distinct), most=max(distinct))
    return found._replace(least=_stored(kind, min(runs.values)), most=_stored(kind, max(runs.values)))


def _numbered(numbers: dict[bytes, int], stored: Sequence[bytes], rows: Sequence[int]) -> bytes:
    """Each value by its number in the dictionary, and for how many rows; before them the bits of a number."""
    bits = max((len(numbers) - 1).bit_length(), 1)
    size = (bits + 7) // 8
    runs = (varint(2 * n) + numbers[value].to_bytes(size, "little") for value, n in zip(stored, rows, strict=True))
    return bytes((bits,)) + b"".join(runs)


def _stored(kind: Kind, value: Any) -> bytes:
    stored: bytes = str(value).encode() if kind.dtype is None else kind.dtype.type(value).tobytes()
    return stored


@lru_cache(maxsize=4096)
def _data_head(size: int, rows: int, encoding: int, packed: int | None = None) -> bytes:
    """The header of a data page of so many bytes, packed to fewer.

    Required columns have no levels, which are declared as RLE all the same.
    """
    told = struct([(1, I32, whole(rows)), (2, I32, whole(encoding)), (3, I32, whole(RLE)), (4, I32, whole(RLE))])
    return _head(DATA_PAGE, size, (5, STRUCT, told), size if packed is None else packed)


@lru_cache(maxsize=4096)
def _dictionary_head(size: int, values: int) -> bytes:
    told = struct([(1, I32, whole(values)), (2, I32, whole(PLAIN)), (3, FALSE, b"")])
    return _head(DICTIONARY_PAGE, size, (7, STRUCT, told), size)


def _head(page: int, size: int, told: Field, packed: int) -> bytes:
    return struct([(1, I32, whole(page)), (2, I32, whole(size)), (3, I32, whole(packed)), told])
