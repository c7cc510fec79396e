"""The market at one instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.factors.key import SHORT_NAMES, FactorKey
from sim.vectors import on_some

Floats = NDArray[np.float64]
Block = tuple[str, str]  # family and name
Paths = NDArray[np.int64] | slice  # their numbers, no mask


class Snapshot:
    """Levels of the market's factors at one instant in one world, (paths,) each; immutable.

    A level that has not moved since an earlier snapshot is the same array. The nodes of a curve are rows of one
    contiguous array, so that they move together. paths: their number. among: which of a world's they are, where it was
    taken of a whole market; None: all.
    """

    __slots__ = ("_blocks", "_nodes", "_rows", "among", "paths", "row")

    row: Callable[[FactorKey], Floats]  # level of a factor, (paths,); raises KeyError. The dictionary's own: in C

    def __init__(self, rows: Mapping[FactorKey, Floats]) -> None:
        """rows: (paths,) by key; the nodes of a curve in their order."""
        self._rows = dict(rows)
        self.row = self._rows.__getitem__
        self.paths = next(iter(self._rows.values())).size
        self.among: Paths | None = None
        self._nodes: dict[Block, tuple[FactorKey, ...]] = {}
        for key in self._rows:
            if key.node:
                self._nodes[key[:2]] = (*self._nodes.get(key[:2], ()), key)
        self._blocks: dict[Block, Floats] = {}
        for block, keys in self._nodes.items():
            self._set_block(block, np.stack([self._rows[key] for key in keys]))

    @classmethod
    def named(cls, **levels: ArrayLike) -> Snapshot:
        """The default market by the short names of its factors: numbers, or one level per path."""
        arrays = np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in levels.values()))
        return cls({SHORT_NAMES[name]: array.copy() for name, array in zip(levels, arrays, strict=True)})

    @property
    def keys(self) -> tuple[FactorKey, ...]:
        """Keys of all levels, in order."""
        return tuple(self._rows)

    def block(self, block: Block) -> Floats:
        """Nodes of a curve by family and name, (nodes, paths), contiguous. Raises KeyError."""
        return self._blocks[block]

    def nodes(self, block: Block) -> tuple[FactorKey, ...]:
        """Keys of the rows of a block. Raises KeyError."""
        return self._nodes[block]

    def with_rows(self, rows: Mapping[FactorKey, Floats], blocks: Mapping[Block, Floats] | None = None) -> Snapshot:
        """A copy with these levels, (paths,) by key, and these whole curves, (nodes, paths) by block."""
        new = Snapshot.__new__(Snapshot)
        new.paths, new.among = self.paths, self.among
        levels: dict[FactorKey, Floats] = {**self._rows, **rows}
        new._rows, new.row, new._nodes, new._blocks = levels, levels.__getitem__, self._nodes, self._blocks
        if blocks:
            new._blocks = {**self._blocks, **blocks}
            for block, values in blocks.items():
                levels.update(zip(self._nodes[block], values, strict=True))
        for key in rows:
            if key.node:
                new._bend({key[:2] for key in rows if key.node})
                break
        return new

    def with_moves(self, moves: Iterable[tuple[Mapping[FactorKey, Floats], Mapping[Block, Floats]]]) -> Snapshot:
        """A copy with the levels, of no node of a curve, and the whole curves of several moves."""
        levels, blocks = self._rows.copy(), self._blocks
        for rows, curves in moves:
            levels |= rows
            if curves:
                blocks = {**blocks, **curves}
                for block, values in curves.items():
                    levels.update(zip(self._nodes[block], values, strict=True))
        return self._of(levels, blocks)

    def with_level(self, key: FactorKey, level: Floats) -> Snapshot:
        """A copy with one level."""
        if key.node:
            return self.with_rows({key: level})
        levels = self._rows.copy()
        levels[key] = level
        return self._of(levels, self._blocks)

    def _of(self, levels: dict[FactorKey, Floats], blocks: dict[Block, Floats]) -> Snapshot:
        """Other levels of the same factors."""
        new = Snapshot.__new__(Snapshot)
        new.paths, new.among, new._nodes = self.paths, self.among, self._nodes
        new._rows, new.row, new._blocks = levels, levels.__getitem__, blocks
        return new

    def _bend(self, blocks: Iterable[Block]) -> None:
        """Nodes of these curves have moved one by one."""
        self._blocks = self._blocks.copy()
        for block in blocks:
            self._set_block(block, np.stack([self._rows[key] for key in self._nodes[block]]))

    def lock(self) -> list[Floats]:
        """Let no level be written to until `unlock` of what this gives. (A context manager takes as long again.)"""
        arrays = [level for level in (*self._rows.values(), *self._blocks.values()) if level.flags.writeable]
        for level in arrays:
            level.setflags(write=False)
        return arrays

    @staticmethod
    def unlock(arrays: list[Floats]) -> None:
        """Let what `lock` gave be written to again."""
        for level in reversed(arrays):  # a curve before its nodes, which are views of it
            level.setflags(write=True)

    def bumped(self, key: FactorKey, by: Floats | float) -> Snapshot:
        """The same market with one factor higher."""
        return self.with_rows({key: self._rows[key] + by})

    def take(self, paths: Paths) -> Snapshot:
        """The market on some of the paths."""
        taken = Snapshot.__new__(Snapshot)
        rows = {key: level if key.node else level[paths] for key, level in self._rows.items()}
        taken._rows, taken.row, taken._nodes, taken._blocks = rows, rows.__getitem__, self._nodes, {}
        for block, values in self._blocks.items():
            taken._set_block(block, on_some(values, paths))
        taken.paths, taken.among = next(iter(rows.values())).size, paths
        return taken

    def stamp(self, keys: Iterable[FactorKey]) -> tuple[Floats, ...]:
        """The arrays of these factors: a value computed from them is valid while they are the same objects."""
        return tuple(self._rows[key] for key in keys)

    def stands(self, other: Snapshot, keys: Iterable[FactorKey]) -> bool:
        """Whether these factors have the same arrays in another snapshot: they have surely not moved."""
        mine, others = self._rows, other._rows
        for key in keys:  # noqa: SIM110 - three times as fast as all()
            if mine[key] is not others[key]:
                return False
        return True

    def stands_too(self, other: Snapshot, blocks: Iterable[Block]) -> bool:
        """The same of whole curves."""
        mine, others = self._blocks, other._blocks
        for block in blocks:  # noqa: SIM110 - as above
            if mine[block] is not others[block]:
                return False
        return True

    def _set_block(self, block: Block, values: Floats) -> None:
        self._blocks[block] = values
        self._rows.update(zip(self._nodes[block], values, strict=True))
