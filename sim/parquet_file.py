"""A Parquet file that is written group by group, and hashed as it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sim.parquet_pages import PLAIN, RLE, TEXT, TIME, Kind, Pages, Runs, pages
from sim.thrift import BINARY, END, FALSE, I32, I64, LIST, STRUCT, TRUE, Field, binary, fields, items, struct, whole

MAGIC, BY = b"PAR1", b"Spiral"
VERSION, REQUIRED, UTF8, UNCOMPRESSED, GZIP = 1, 0, 0, 0, 2
NOTHING = struct([])
ORDER = struct([(1, STRUCT, NOTHING)])  # least and most of a column are by its type's own order
MICROSECONDS = struct([(1, FALSE, b""), (2, STRUCT, struct([(2, STRUCT, NOTHING)]))])  # of no time zone


class ParquetFile:
    """A file under construction; `finish` makes it whole, `close` gives it up. Both may raise OSError.

    columns: names and kinds, in order.
    """

    def __init__(self, place: Path, columns: Sequence[tuple[str, Kind]]) -> None:
        self._columns = columns
        self._heads: dict[tuple[str, int, int], bytes] = {}  # of the metadata, by column, encoding and codec
        self._groups: list[bytes] = []
        self._hash = hashlib.sha256()
        self.size = self.rows = 0  # bytes; rows
        self._stream = place.open("wb", buffering=0)
        self._append([MAGIC])

    def add(self, values: Sequence[NDArray[Any] | Runs], rows: int) -> None:
        """A row group: a vector or runs for each column, as `sim.parquet_pages.pages` takes them."""
        buffers: list[Any] = []
        told, place, saved = [], self.size, 0
        for (name, kind), value in zip(self._columns, values, strict=True):
            found = pages(kind, value, rows)
            buffers += found.buffers
            told.append(self._chunk(name, kind, found, rows, place))
            place += found.size
            saved += found.saved
        group = [(1, LIST, items(STRUCT, told)), (2, I64, whole(place - self.size + saved)), (3, I64, whole(rows))]
        self._groups.append(struct(group))
        self.rows += rows
        self._append(buffers)

    def finish(self) -> str:
        """Write what tells how to read the file, and close it. Returns the file's SHA-256, as hex."""
        root = struct([(4, BINARY, binary(b"schema")), (5, I32, whole(len(self._columns)))])
        schema = [root, *(_element(name, kind) for name, kind in self._columns)]
        footer = struct(
            [
                (1, I32, whole(VERSION)),
                (2, LIST, items(STRUCT, schema)),
                (3, I64, whole(self.rows)),
                (4, LIST, items(STRUCT, self._groups)),
                (6, BINARY, binary(BY)),
                (7, LIST, items(STRUCT, [ORDER] * len(self._columns))),
            ]
        )
        self._append([footer, len(footer).to_bytes(4, "little"), MAGIC])
        self.close()
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close the file, whole or not."""
        self._stream.close()

    def _append(self, buffers: list[Any]) -> None:
        content = memoryview(b"".join(buffers))
        self._hash.update(content)
        self.size += len(content)
        while content:
            content = content[self._stream.write(content) :]

    def _chunk(self, name: str, kind: Kind, found: Pages, rows: int, place: int) -> bytes:
        """Where a column of a group is, and how it is stored."""
        key = name, found.encoding, GZIP if found.saved else UNCOMPRESSED
        if key not in self._heads:
            self._heads[key] = _head(kind, *key)
        told = [(5, I64, whole(rows)), (6, I64, whole(found.size + found.saved)), (7, I64, whole(found.size))]
        told.append((9, I64, whole(place + found.dictionary)))
        if found.dictionary:
            told.append((11, I64, whole(place)))
        if found.least is not None and found.most is not None:
            ends = [(5, BINARY, binary(found.most)), (6, BINARY, binary(found.least)), (7, TRUE, b""), (8, TRUE, b"")]
            told.append((12, STRUCT, struct([(3, I64, whole(0)), *ends])))
        return self._heads[key] + fields(told, last=4) + END + END


def _head(kind: Kind, name: str, encoding: int, codec: int) -> bytes:
    """The beginning of a column's metadata in a group: what does not differ between groups."""
    encodings = sorted({PLAIN, RLE, encoding})
    told = [
        (1, I32, whole(kind.number)),
        (2, LIST, items(I32, [whole(each) for each in encodings])),
        (3, LIST, items(BINARY, [binary(name.encode())])),
        (4, I32, whole(codec)),
    ]
    return fields([(2, I64, whole(0)), (3, STRUCT, fields(told))])


def _element(name: str, kind: Kind) -> bytes:
    """A column's entry in the schema."""
    told: list[Field] = [(1, I32, whole(kind.number)), (3, I32, whole(REQUIRED)), (4, BINARY, binary(name.encode()))]
    if kind is TEXT:
        told += [(6, I32, whole(UTF8)), (10, STRUCT, struct([(1, STRUCT, NOTHING)]))]
    if kind is TIME:
        told.append((10, STRUCT, struct([(8, STRUCT, MICROSECONDS)])))
    return struct(told)
