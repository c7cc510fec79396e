"""Where the cells of a sweep lie: grids, lists and samples of the axes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scenarios.sweeps.spec import SweepSpec


@dataclass(frozen=True)
class Point:
    """A value for each axis; of a Saltelli design also the block (A, B, AB1, ...) and the row in it."""

    values: dict[str, Any]
    block: str | None = None
    row: int | None = None


def points(spec: SweepSpec, seed: int) -> list[Point]:
    """The design's points in their order; `seed` scrambles a sampled one."""
    if spec.design == "list":
        return [Point({axis.name: cell[axis.name] for axis in spec.axes}) for cell in spec.cells]
    if spec.design == "grid":
        names = [axis.name for axis in spec.axes]
        return [
            Point(dict(zip(names, combination, strict=True)))
            for combination in itertools.product(*(axis.levels() for axis in spec.axes))
        ]
    if spec.design == "saltelli":
        return list(_saltelli(spec, seed))
    return [Point(_values(spec, share)) for share in _unit_sample(spec, seed)]


def _unit_sample(spec: SweepSpec, seed: int) -> NDArray[np.float64]:
    """(samples, axes) in [0, 1)."""
    from scipy.stats import qmc

    assert spec.samples is not None
    d = len(spec.axes)
    if spec.design == "latin_hypercube":
        return qmc.LatinHypercube(d, rng=np.random.default_rng(seed)).random(spec.samples)
    return qmc.Sobol(d, rng=np.random.default_rng(seed)).random(spec.samples)


def _saltelli(spec: SweepSpec, seed: int) -> Iterator[Point]:
    """Blocks A, B and AB1..ABd, where ABi is A with column i from B, of one Sobol sequence in 2 d dimensions
    (Saltelli et al. 2010, Computer Physics Communications 181(2), section 5; as scipy.stats.sobol_indices wants it)."""
    from scipy.stats import qmc

    assert spec.samples is not None
    d = len(spec.axes)
    both = qmc.Sobol(2 * d, rng=np.random.default_rng(seed), bits=64).random(spec.samples)
    a, b = both[:, :d], both[:, d:]
    blocks = {"A": a, "B": b}
    for i in range(d):
        mixed = a.copy()
        mixed[:, i] = b[:, i]
        blocks[f"AB{i + 1}"] = mixed
    for name, block in blocks.items():
        for row, share in enumerate(block):
            yield Point(_values(spec, share), name, row)


def _values(spec: SweepSpec, share: NDArray[np.float64]) -> dict[str, Any]:
    return {axis.name: axis.at(float(u)) for axis, u in zip(spec.axes, share, strict=True)}
