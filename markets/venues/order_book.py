"""All quotes at a venue, weighted by depth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.accounts import INVESTORS
from markets.kernels.trading import DEPTH, HALF_SPREAD, QUOTE_ROWS, SKEW, gather
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.venues.quote import Offer, Quote
    from sim.names import Name

Vector = NDArray[np.float64]


class OrderBook(NamedTuple):
    """`levels` (QUOTE_ROWS, paths), spreads weighted by depth, and each maker's share of it."""

    levels: Vector
    makers: tuple[Name, ...]
    shares: Vector  # (makers, paths)

    @property
    def half_spread(self) -> Vector:
        """(paths,) share of mid, or decimal rate."""
        half_spread: Vector = self.levels[HALF_SPREAD]
        return half_spread

    @property
    def skew(self) -> Vector:
        """(paths,) share of mid, or decimal rate."""
        skew: Vector = self.levels[SKEW]
        return skew

    @property
    def depth(self) -> Vector:
        """(paths,) $ notional."""
        depth: Vector = self.levels[DEPTH]
        return depth


def gathered(offers: Mapping[str, Offer], floor: Vector, rule_half_spread: Vector) -> OrderBook:
    """The makers' quotes in one book; outside investors stand behind them up to a depth of `floor` $.

    floor: (paths,), or (1,) where it is the same on all.
    """
    paths, makers = rule_half_spread.size, len(offers)
    quotes = np.empty((makers, QUOTE_ROWS, paths))
    for offer, quote in zip(offers.values(), quotes, strict=True):
        offer.write(quote)
    levels, shares = np.empty((QUOTE_ROWS, paths)), np.empty((makers + 1, paths))
    if gather(quotes, floor, rule_half_spread, levels, shares):
        return OrderBook(levels, (*offers, INVESTORS), shares)
    return OrderBook(levels, tuple(offers), shares[:-1])


def of_one(maker: str, quote: Quote, skew: Vector) -> OrderBook:
    """The order book of a single maker; skew: (paths,) of the quotes traded."""
    levels = np.array([quote.half_spread, skew, quote.depth])
    return OrderBook(levels, (maker,), np.ones((1, skew.size)))
