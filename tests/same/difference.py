"""Two folders of tables, column by column: equal to the last bit, or how far apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same: a file, a shape or a column."""

    place: str
    what: str
    relative: float | None = None  # largest difference over the column's largest magnitude

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" + (
            f", {self.relative:.1e} of its scale" if self.relative is not None else ""
        )


def differences(base: Path, head: Path) -> Iterator[Difference]:
    """What differs between two folders that `job.py` wrote."""
    names = sorted({place.name for folder in (base, head) for place in folder.iterdir()})
    for name in names:
        sides = [folder / name for folder in (base, head)]
        if not all(side.is_file() for side in sides):
            yield Difference(name, f"only in {'head' if sides[1].is_file() else 'base'}")
        elif name.endswith(".parquet"):
            yield from of_table(name.removesuffix(".parquet"), *(pl.read_parquet(side) for side in sides))


def of_table(place: str, base: pl.DataFrame, head: pl.DataFrame) -> Iterator[Difference]:
    """Worlds that only one side has, and what differs in those that both have."""
    if "world" in base.columns and "world" in head.columns:
        both = [set(side["world"]) for side in (base, head)]
        for side, mine, other in (("base", *both), ("head", *both[::-1])):
            if mine - other:
                yield Difference(f"{place}.world", f"only in {side}: {', '.join(sorted(mine - other))}")
        base, head = (side.filter(pl.col("world").is_in(both[0] & both[1])) for side in (base, head))
    yield from columns(place, base, head)


def columns(place: str, base: pl.DataFrame, head: pl.DataFrame) -> Iterator[Difference]:
    """Columns of one table that differ in their raw bytes."""
    for name in dict.fromkeys((*base.columns, *head.columns)):
        here = f"{place}.{name}"
        if name not in base.columns or name not in head.columns:
            yield Difference(here, f"column only in {'base' if name in base.columns else 'head'}")
        elif base[name].dtype != head[name].dtype:
            yield Difference(here, f"type {base[name].dtype} became {head[name].dtype}")
        elif len(base) != len(head):
            yield Difference(here, f"{len(base)} rows became {len(head)}")
        elif not _same(base[name], head[name]):
            yield _apart(here, base[name], head[name])


def _same(base: pl.Series, head: pl.Series) -> bool:
    if base.dtype.is_float() and not base.null_count() and not head.null_count():
        return base.to_numpy().tobytes() == head.to_numpy().tobytes()
    return base.equals(head, null_equal=True)


def _apart(place: str, base: pl.Series, head: pl.Series) -> Difference:
    if not base.dtype.is_float():
        return Difference(place, f"{int((base.ne_missing(head)).sum())} of {len(base)} values differ")
    a, b = base.fill_null(np.nan).to_numpy(), head.fill_null(np.nan).to_numpy()
    alike = (a == b) | (np.isnan(a) & np.isnan(b))
    gap, scale = np.abs(a - b)[~alike], np.nanmax(np.abs(a), initial=0.0)
    largest = float(np.max(gap, initial=0.0)) if not np.isnan(gap).any() else float("nan")
    return Difference(place, f"{int((~alike).sum())} of {len(a)} values differ", largest / scale if scale else largest)
