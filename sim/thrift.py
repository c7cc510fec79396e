"""Thrift's compact protocol, as far as the metadata of Parquet files need it: everything becomes bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

TRUE, FALSE, I32, I64, BINARY, LIST, STRUCT = 1, 2, 5, 6, 8, 9, 12  # kinds of a field
LONG_LIST = 15  # items from which on a list's length has bytes of its own
END = b"\0"

Field = tuple[int, int, bytes]  # number, kind, value; a truth is in its kind and has no value


def varint(number: int) -> bytes:
    """A number from 0 on, seven bits a byte."""
    if number < 0x80:
        return bytes((number,))
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def whole(number: int) -> bytes:
    """An integer (zigzag: signs alternate)."""
    return varint(2 * number if number >= 0 else -2 * number - 1)


def binary(content: bytes) -> bytes:
    """Bytes with their length."""
    return varint(len(content)) + content


def items(kind: int, values: Sequence[bytes]) -> bytes:
    """A list of values of one kind."""
    size = len(values)
    head = bytes((size << 4 | kind,)) if size < LONG_LIST else bytes((LONG_LIST << 4 | kind,)) + varint(size)
    return head + b"".join(values)


def fields(told: Iterable[Field], last: int = 0) -> bytes:
    """Fields in order of their numbers, each less than 16 after the one before; `last` is the one before the first."""
    found = []
    for number, kind, value in told:
        found.append(bytes(((number - last) << 4 | kind,)) + value)
        last = number
    return b"".join(found)


def struct(told: Iterable[Field]) -> bytes:
    """Fields that make a whole."""
    return fields(told) + END
