"""A look at a listing on vol: the market up to which its gains are split, perhaps a later one on some paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, VOL
from markets.venues.option_on_surface import FACTORS
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.factors.snapshot import Block, Snapshot

Vector = NDArray[np.float64]
Ints = NDArray[np.int64]


class Sloped(NamedTuple):
    """One unit in one market, (paths,) each: the first two of `vol_listing.Greeks`."""

    worth: Vector  # $
    delta: Vector  # units of the asset


class Seen(NamedTuple):
    """The market up to which gains are split."""

    tick: int
    market: Snapshot
    worth: Vector  # of a unit at that look, (paths,) $
    here: Sloped | None  # in that market at this tick, where it is known
    later: Later | None = None  # a later look at some paths, in place of this one there


class Later(NamedTuple):
    """A look at some paths."""

    paths: Ints
    seen: Seen


def mixed(seen: Seen, curve: Block) -> Seen:
    """On each path its last look, in one market."""
    if seen.later is None:
        return seen
    paths, other = seen.later
    old, new = seen.market, other.market
    keys = [key for key in (SPOT, VOL, *FACTORS) if key in new.keys and new.row(key) is not old.row(key)]
    rows = {key: _placed(new.row(key), paths, old.row(key)) for key in keys}
    one, two = old.block(curve), new.block(curve)
    market = old.with_rows(rows, {} if one is two else {curve: _placed(two, paths, one)})
    here = None
    if seen.here is not None and other.here is not None and seen.tick == other.tick:
        here = Sloped(*(_placed(two, paths, one) for one, two in zip(seen.here, other.here, strict=True)))
    return Seen(other.tick, market, _placed(other.worth, paths, seen.worth), here)


def _placed(values: Vector, paths: Ints, others: Vector) -> Vector:
    """Values on these paths, and others elsewhere, (..., paths)."""
    found = others.copy()
    found[..., paths] = values[..., paths]
    return found
