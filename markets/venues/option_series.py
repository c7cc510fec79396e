"""The options of one listing, one after another: each is struck at the spot of its roll and traded until the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.underlying import MAIN_ASSET, Underlying
from markets.venues.listed_series import ListedSeries
from markets.venues.option_on_surface import OptionOnSurface
from markets.vols.smile import strike_multiple

if TYPE_CHECKING:
    from markets.products.start import Start
    from markets.specs.option_listing import OptionListingSpec
    from markets.venues.listed_series import Contract
    from sim.clock import Clock

Floats = NDArray[np.float64]


class OptionSeries(ListedSeries):
    """What is struck when, the same for all worlds of a run."""

    def __init__(
        self, spec: OptionListingSpec, clock: Clock, start: Start, underlying: Underlying = MAIN_ASSET
    ) -> None:
        super().__init__(spec, clock, start, underlying)
        self.spec = spec
        self.signs = np.array([sign for sign, _ in spec.legs])
        self.moving = start.moving_smile

    def strikes(self, spot: Floats) -> Floats:
        """Of each leg, at a roll at this spot, (legs, paths) $."""
        return np.stack([moneyness * spot for _, moneyness in self.spec.legs])

    def multiples(self, contract: Contract, strikes: Floats, spot: Floats) -> Floats:
        """Vol of each leg over the vol at the money, (legs, paths), struck at this spot.

        Of the surface of the start, as for the options of a book; with `smile = "roll"` of one around this spot.
        """
        start, years = self.start, self.years(contract)
        if self.spec.smile == "start":
            return strike_multiple(strikes, years, spot=start.spot0, skew=start.skew, form=start.form)
        return strike_multiple(strikes / spot, years, spot=1.0, skew=start.skew, form=start.form)

    def on_surface(self, contract: Contract, strikes: Floats, spot: Floats) -> OptionOnSurface | None:
        """The same on a smile that moves; None where it stays."""
        if self.moving is None:
            return None
        return OptionOnSurface(self.moving, self.signs, strikes, self.origins(spot), self.steepness(contract))
