"""Options on one asset that an account holds at venues, and their greeks together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN
from markets.kernels.hedging import add_product, product, two_products
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from markets.factors.snapshot import Snapshot
    from markets.venues.vol_listing import VolListing
    from markets.world import MarketWorld
    from sim.names import Name

Vector = NDArray[np.float64]
Greek = Literal["delta", "gamma", "vega", "vanna", "own_vega"]


class OptionsHeld(NamedTuple):
    """Listings and units of each, (paths,); false where there are none."""

    positions: list[tuple[VolListing, Vector]]

    def __bool__(self) -> bool:
        return bool(self.positions)

    def sum(self, greek: Greek, market: Snapshot | None = None) -> Vector | float:
        """A greek of all units, (paths,), in the present market or in a given one; 0 where nothing is held."""
        if not self.positions:
            return 0.0
        (first, units), *others = self.positions
        one = getattr(first.greeks(market), greek)
        found = np.empty(one.size)
        if not others:
            product(units, one, found)
            return found
        (second, more), *others = others
        two_products(units, one, more, getattr(second.greeks(market), greek), found)
        for listing, units in others:
            add_product(units, getattr(listing.greeks(market), greek), found)
        return found


NONE_HELD = OptionsHeld([])


def options_among(world: MarketWorld, names: Iterable[Name], asset: str) -> list[VolListing]:
    """Listings on an asset whose names are among these, in the order in which they are listed."""
    numbers, options = world.option_numbers, world.options
    found = [options[i] for i in sorted(numbers[name] for name in names if name in numbers)]
    return [each for each in found if each.underlying.name == asset]


def options_held(
    world: MarketWorld, account: Name, more: Mapping[str, Vector] | None = None, asset: str = MAIN
) -> OptionsHeld:
    """What an account holds of options on an asset, with `more` units on the way by venue.

    Only what is held or on the way is valued.
    """
    if not world.options:
        return NONE_HELD
    coming, found, ledger = more or {}, [], world.ledger
    there = world.reached_options(account, asset)
    if coming and not coming.keys() <= {option.name for option in there}:
        there = options_among(world, {*coming, *(option.name for option in there)}, asset)
    for option in there:
        units = ledger.balance(account, option.name)
        found.append((option, units + coming[option.name] if option.name in coming else units))
    return OptionsHeld(found)
