"""Where the cells of a sweep lie: grids, lists and samples of the axes. Points are made when they are asked for."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from operator import eq
from typing import TYPE_CHECKING, Any, overload

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scenarios.studies.sweeps.spec import SweepSpec

COUNTED = 10**15  # cells; larger numbers are not exact


@dataclass(frozen=True)
class Point:
    """A value for each axis; of a Saltelli design also the block (A, B, AB1, ...) and the row in it."""

    values: dict[str, Any]
    block: str | None = None
    row: int | None = None


class Points(Sequence[Point]):
    """The points of a design in their order; a subclass says how many there are, and which one stands where."""

    def __init__(self, spec: SweepSpec) -> None:
        self.spec = spec

    @abstractmethod
    def at(self, i: int) -> Point:
        """Point i, from 0."""

    @overload
    def __getitem__(self, i: int) -> Point: ...

    @overload
    def __getitem__(self, i: slice) -> list[Point]: ...

    def __getitem__(self, i: int | slice) -> Point | list[Point]:
        """Point i, or several."""
        found = range(len(self))[i]
        return self.at(found) if isinstance(found, int) else [self.at(each) for each in found]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Points) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]


class _Listed(Points):
    def __len__(self) -> int:
        return len(self.spec.cells)

    def at(self, i: int) -> Point:
        cell = self.spec.cells[i]
        return Point({axis.name: cell[axis.name] for axis in self.spec.axes})


class _Grid(Points):
    """Every combination, the last axis fastest."""

    def __init__(self, spec: SweepSpec) -> None:
        super().__init__(spec)
        self._levels = {axis.name: axis.levels() for axis in spec.axes}
        count = math.prod(map(len, self._levels.values()))
        if count > COUNTED:
            remedy = "give axes fewer values, or a sampled design"
            raise spec.mistake(f"a grid has at most {COUNTED:.0e} cells", "axes", value=f"{count:.1e}", remedy=remedy)
        self._count = count

    def __len__(self) -> int:
        return self._count

    def at(self, i: int) -> Point:
        found = {}
        for name, levels in reversed(self._levels.items()):
            i, level = divmod(i, len(levels))
            found[name] = levels[level]
        return Point(dict(reversed(found.items())))


class _Sampled(Points):
    """Latin hypercube or Sobol sequence: (samples, axes) in [0, 1)."""

    def __init__(self, spec: SweepSpec, seed: int) -> None:
        super().__init__(spec)
        self._share = _unit_sample(spec, seed)

    def __len__(self) -> int:
        return len(self._share)

    def at(self, i: int) -> Point:
        return Point(_values(self.spec, self._share[i]))


class _Saltelli(Points):
    """Blocks A, B and AB1..ABd, where ABi is A with column i from B, of one Sobol sequence in 2 d dimensions
    (Saltelli et al. 2010, Computer Physics Communications 181(2), section 5; as scipy.stats.sobol_indices wants it)."""

    def __init__(self, spec: SweepSpec, seed: int) -> None:
        from scipy.stats import qmc

        super().__init__(spec)
        assert spec.samples is not None
        d = len(spec.axes)
        both = qmc.Sobol(2 * d, rng=np.random.default_rng(seed), bits=64).random(spec.samples)
        self._a, self._b = both[:, :d], both[:, d:]

    def __len__(self) -> int:
        return len(self._a) * (len(self.spec.axes) + 2)

    def at(self, i: int) -> Point:
        block, row = divmod(i, len(self._a))
        share = (self._b if block == 1 else self._a)[row]
        if block >= 2:
            share = share.copy()
            share[block - 2] = self._b[row, block - 2]
        name = ("A", "B")[block] if block < 2 else f"AB{block - 1}"
        return Point(_values(self.spec, share), name, row)


def points(spec: SweepSpec, seed: int) -> Points:
    """The design's points; `seed` scrambles a sampled one. Raises UserError for a grid beyond all counting."""
    if spec.design == "list":
        return _Listed(spec)
    if spec.design == "grid":
        return _Grid(spec)
    return _Saltelli(spec, seed) if spec.design == "saltelli" else _Sampled(spec, seed)


def _unit_sample(spec: SweepSpec, seed: int) -> NDArray[np.float64]:
    """(samples, axes) in [0, 1)."""
    from scipy.stats import qmc

    assert spec.samples is not None
    d = len(spec.axes)
    if spec.design == "latin_hypercube":
        return qmc.LatinHypercube(d, rng=np.random.default_rng(seed)).random(spec.samples)
    return qmc.Sobol(d, rng=np.random.default_rng(seed)).random(spec.samples)


def _values(spec: SweepSpec, share: NDArray[np.float64]) -> dict[str, Any]:
    return {axis.name: axis.at(float(u)) for axis, u in zip(spec.axes, share, strict=True)}
