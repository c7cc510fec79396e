"""A desk's risk in rates and their vol, bucket by bucket: of its book, and of what hedges it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import USD
from markets.products.rate_option_table import EXPIRY, TENOR, RateOptionTable
from markets.products.table import When
from markets.products.vega_grid import STANDARD
from sim.columns import Column, Table

if TYPE_CHECKING:
    from agents.desk.desk import Desk

Vector = NDArray[np.float64]
BASIS_POINT = 1e-4
BOOK, NODE, VEGA, START, END = "book", "node", "vega", "start", "end"

RISK = Table(
    "risk",
    (
        Column("agent", "Agent", kind="text"),
        Column("at", "At", kind="text"),  # start or end
        Column("kind", "Of what", kind="text"),  # node: of a zero rate; vega: of a normal vol
        Column("bucket", "Bucket", kind="text"),  # a node's name; expiry x length of the swap
        Column("holder", "Whose", kind="text"),  # book, or the venue of a hedge
        Column("risk", "Risk per basis point", "$"),
    ),
    rows="every bucket and holder, at the start (the first path) and at the end (all paths)",
)


class RiskRecord:
    """Writes the table `risk` at the start, which is the same on all paths, and at the last close.

    The rows depend on the scenario alone: every node, and the buckets that the options of the book may reach.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk, self._world = desk, desk.world
        self._nodes = desk.world.factors.snapshot.nodes(USD)
        self._buckets = _reached(desk)

    def write(self, *, last: bool) -> None:
        """Add the rows, after marking."""
        first = not last
        if first and int(self._world.log.paths[0]) != 0:
            return  # one chunk writes the start
        mask = np.zeros(1, dtype=np.int64) if first else None
        for kind, bucket, holder, risk in self._rows():
            said = {"agent": self._desk.name, "at": START if first else END, "kind": kind}
            self._world.log.add(RISK.name, self._world.now, mask, **said, bucket=bucket, holder=holder, risk=risk)

    def _rows(self) -> Iterator[tuple[str, str, str, Vector]]:
        desk, factors = self._desk, self._world.factors
        risk = desk.book.risk(factors.tick, factors.snapshot, desk.unit.fixings, vegas=STANDARD)
        hedges = [self._world.venue(name) for name in {**desk.legs.neutral_rates(), **desk.legs.neutral_vega()}]
        slopes = {venue.name: venue.listing.sensitivities() for venue in hedges}
        for node in self._nodes:
            yield NODE, node.node, BOOK, BASIS_POINT * desk.scale * risk.first(node)
            for venue in hedges:
                if node in slopes[venue.name]:
                    held = venue.held(desk.name)
                    yield NODE, node.node, venue.name, BASIS_POINT * held * slopes[venue.name][node]
        vegas = {
            straddle.name: straddle.vegas(STANDARD) for straddle in self._world.straddles if straddle.name in slopes
        }
        for number in self._buckets:
            bucket = STANDARD.keys[number].node
            yield VEGA, bucket, BOOK, BASIS_POINT * desk.scale * risk.vegas[number]
            for name, of_one in vegas.items():
                yield VEGA, bucket, name, BASIS_POINT * self._world.venue(name).held(desk.name) * of_one[number]


def _reached(desk: Desk) -> list[int]:
    """Buckets that a book's options on rates may come to while time passes: as long swaps, and no longer expiries."""
    there = np.zeros((len(STANDARD.expiries), len(STANDARD.tenors)), dtype=bool)
    for table in desk.book.tables:
        if isinstance(table, RateOptionTable):
            spans = table.known(When(0, 0)).spans
            weights = STANDARD.weights(spans[:, EXPIRY], spans[:, TENOR]) > 0
            there |= weights.any(axis=0).reshape(there.shape)
    later = np.flip(np.maximum.accumulate(np.flip(there, axis=0), axis=0), axis=0)  # and every nearer expiry
    return np.flatnonzero(later.ravel()).tolist()
