"""What positions in listings on the asset's vol make, noted under the reasons by which a book's gains are split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.venues.look import Later, Seen, Sloped, mixed
from markets.venues.stock import GAINS
from sim.ledger import Split

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markets.factors.snapshot import Block, Snapshot
    from markets.venues.surroundings import Surroundings
    from sim.names import Name

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

SPLIT = ("hedge_theta", "hedge_gamma", "hedge_vega", "hedge_rates")  # reasons of parts of gains, as a book has them
ON_MOVING_SMILE = (*SPLIT, "hedge_smile")
EVERYWHERE = np.empty(0, dtype=np.int64)  # no path is left out
FEW = 0.25  # share of the paths up to which those that trade are looked at beside the others


class Explained(Protocol):
    """A listing whose gains are split."""

    name: str
    market: Surroundings
    made: VolGains

    @property
    def curve_block(self) -> Block:
        """Where the nodes of its curve stand in a market."""

    @property
    def now(self) -> Snapshot:
        """The present market, as its underlying sees it."""

    def holders(self) -> tuple[Name, ...]:
        """All accounts that have ever held any."""

    def seen(self) -> Seen:
        """A look at the present market."""

    def split(self, seen: Seen, among: Ints, out: Vector) -> Sloped | None:
        """Gains of a unit since a look, written, (reasons, paths) $: on the paths `among`; of (0,) on all.

        Returns worth and delta in the market of that look at this tick, if they were found on all paths.
        """


class VolGains:
    """Of the positions in one listing since the last look; nothing is valued before the first trade."""

    def __init__(self, listing: Explained, reasons: tuple[str, ...]) -> None:
        self._listing, self._reasons = listing, reasons
        self._seen: Seen | None = None  # None before the first trade

    @property
    def begun(self) -> bool:
        """Whether anybody has traded."""
        return self._seen is not None

    @property
    def due(self) -> bool:
        """Whether anything has moved since the last look, on any path."""
        seen, listing = self._seen, self._listing
        return seen is not None and not (seen.market is listing.now and seen.tick == listing.market.factors.tick)

    @property
    def noted(self) -> Split:
        """Who has them, and under which reasons: out of what the delta has made."""
        return Split(self._listing.name, self._listing.holders(), GAINS, self._reasons)

    def look(self) -> None:
        """Begin anew in the present market."""
        self._seen = self._listing.seen()

    def before_trade(self, changed: Mask) -> None:
        """Positions are about to change on these paths, (paths,). What others do is no look at the rest."""
        if self._seen is None:
            self.look()
        else:
            self.explain(changed)

    def explain(self, where: Mask | None = None) -> None:
        """Note what all positions have made since the last look as a book's gains are split; see `ON_MOVING_SMILE`.

        Their delta stays with that of hedges in the asset. Call at marks. where: the paths that are looked at,
        (paths,); default: all.
        """
        paths = EVERYWHERE if where is None else where.nonzero()[0]
        if where is None or paths.size == where.size:
            explain_all([self._listing])
            return
        if self._seen is None or not self.due or not paths.size:
            return
        listing = self._listing
        seen = mixed(self._seen, listing.curve_block)
        parts = np.empty((len(self._reasons), paths.size))
        here = listing.split(seen, paths, parts)
        listing.market.ledger.note_shares(parts, (self.noted,), paths)
        if here is not None:
            seen = seen._replace(tick=listing.market.factors.tick, here=here)
        self._seen = seen._replace(later=Later(paths, listing.seen()))
        if here is not None or paths.size > FEW * where.size:  # known: it is split on all paths whatever is asked for
            self._seen = mixed(self._seen, listing.curve_block)

    def take(self, out: Vector) -> None:
        """Those of a unit, (reasons, paths) $, written; then look at the present market."""
        assert self._seen is not None, "somebody holds it"
        seen, later = self._seen, self._seen.later
        self._listing.split(seen, EVERYWHERE, out)
        if later is not None:
            some = np.empty((len(out), later.paths.size))
            self._listing.split(later.seen, later.paths, some)
            for row, values in zip(out, some, strict=True):
                row[later.paths] = values
        self.look()


def explain_all(listings: Iterable[Explained]) -> None:
    """`explain` of each, on all paths, and noted together."""
    due = [each for each in listings if each.made.due]
    if not due:
        return
    splits, market, first = tuple(each.made.noted for each in due), due[0].market, 0
    parts = np.empty((sum(len(split.parts) for split in splits), market.paths))
    for each, split in zip(due, splits, strict=True):
        each.made.take(parts[first : first + len(split.parts)])
        first += len(split.parts)
    market.ledger.note_shares(parts, splits)
