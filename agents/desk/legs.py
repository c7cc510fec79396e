"""What a desk hedges its book with: assets, and legs of options, swaps, straddles and credit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.leg_hedge import CreditHedge, LegHedge, OpenRisk, SwapHedge, Units, VegaHedge
from agents.desk.options_held import OptionsHeld, options_among
from markets.factors.key import MAIN
from sim.memo import Memo

if TYPE_CHECKING:
    from agents.desk.counterparty import Counterparty
    from agents.desk.option_hedge import OptionHedge
    from agents.desk.unit_book import UnitBook
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.world import MarketWorld

Vector = NDArray[np.float64]


class Legs:
    """Units at venues, (paths,) each, that neutralise one unit of scale, risk by risk."""

    def __init__(self, world: MarketWorld, unit: UnitBook, counterparty: Counterparty | None) -> None:
        self._world, self._unit, self._counterparty = world, unit, counterparty
        self.assets = (MAIN, *(name for name in unit.book.assets if name != MAIN))  # whose delta is hedged
        self.rates: LegHedge = SwapHedge(world)
        self.vega: VegaHedge | None = None
        self.credit: CreditHedge | None = None
        self.options: OptionHedge | None = None
        self._neutral_options: Memo[Units] = Memo()

    def open_risk(self, straddles: Units, snapshot: Snapshot | None = None, risk: Risk | None = None) -> OpenRisk:
        """Risk of one unit of scale with that of straddles held against it, in units by venue.

        risk: of the book in that market, where it is known.
        """
        others = {} if self._counterparty is None else self._counterparty.hedged(snapshot)
        for name, units in straddles.items():
            for key, slope in self._world.venue(name).listing.sensitivities(snapshot).items():
                others[key] = others.get(key, 0.0) + units * slope
        return OpenRisk(risk or self._unit.risk(snapshot), others)

    def neutral(self) -> Units:
        """At all venues besides those of assets, in the present market."""
        return self.neutral_rates() | self.neutral_vega() | self.neutral_credit() | self.neutral_options()

    # --- vega, rates and credit -------------------------------------------------------------------------------------
    def hedge_vega(self, hedge: VegaHedge) -> None:
        """Hedge vega with straddles from now on: the book's vega is found in their buckets."""
        self.vega, self._unit.grid = hedge, hedge.grid

    def neutral_vega(self, snapshot: Snapshot | None = None, risk: Risk | None = None) -> Units:
        """Straddles that neutralise the vega, by venue; none without a vega leg."""
        if self.vega is None or not self._unit.book.has_rates:
            return {}
        return self.vega.units(self.open_risk({}, snapshot, risk), snapshot)

    def neutral_credit(self, snapshot: Snapshot | None = None) -> Units:
        """Protection that neutralises the risk of names, by venue; none without a credit leg.

        In the present market or in a given one.
        """
        if self.credit is None or not self.credit.needed:
            return {}
        return self.credit.units(self.open_risk({}, snapshot), snapshot)

    def neutral_rates(
        self, snapshot: Snapshot | None = None, straddles: Units | None = None, risk: Risk | None = None
    ) -> Units:
        """Units that neutralise the rates risk, by venue; none without rates.

        In the present market or in a given one. straddles: units of straddles and options held against one unit of
        scale, which have rates risk of their own; by default those that neutralise its vega. risk: of a part of the
        book in that market.
        """
        if not self._unit.book.has_rates:
            return {}
        risk = risk or self._unit.risk(snapshot)
        if straddles is None:
            held = self.neutral_vega(snapshot, risk) | self.neutral_options(snapshot, risk)
        else:
            held = straddles
        return self.rates.units(self.open_risk(held, snapshot, risk), snapshot)

    # --- options on assets ------------------------------------------------------------------------------------------
    def hedge_options(self, hedge: OptionHedge) -> None:
        """Hedge with options on assets from now on, which needs more of the risk than `slopes`."""
        self.options, self._unit.full = hedge, True
        self.assets = (MAIN, *sorted({*self._unit.book.assets, *hedge.assets} - {MAIN}))

    @property
    def option_names(self) -> tuple[str, ...]:
        """Venues of options on assets at which it hedges."""
        return () if self.options is None else self.options.names

    @property
    def answering_options(self) -> tuple[str, ...]:
        """Venues of options on assets at which it trades as the market moves."""
        return () if self.options is None else self.options.answering

    def answering_on(self, asset: str) -> tuple[str, ...]:
        """Those of options on one asset."""
        return () if self.options is None else self.options.answering_on(asset)

    @property
    def values_some(self) -> bool:
        """Whether book and option leg can be valued on some of the paths."""
        return self.options is None or self.options.values_some

    @property
    def kept_options(self) -> Units:
        """Options held against one unit of scale whatever its risk is, by venue."""
        return {} if self.options is None else self.options.kept

    def neutral_options(self, snapshot: Snapshot | None = None, risk: Risk | None = None) -> Units:
        """Options held against one unit of scale, by venue; none without an option leg."""
        hedge = self.options
        if hedge is None:
            return {}
        if risk is not None or snapshot is not None:
            return hedge.neutral(risk or self._unit.risk(snapshot), snapshot)
        now = self._unit.risk()
        return self._neutral_options.get(lambda: hedge.neutral(now), hedge, now, self._world.factors.snapshot)

    def hold_neutral(self, options: Units) -> None:
        """The same in the present market, (paths,) units by venue, from who has found it together with others."""
        self._neutral_options.get(lambda: options, self.options, self._unit.risk(), self._world.factors.snapshot)

    # --- delta ------------------------------------------------------------------------------------------------------
    def neutral_delta(
        self, options: Units, snapshot: Snapshot | None = None, risk: Risk | None = None, asset: str = MAIN
    ) -> Vector:
        """Units of an asset that neutralise the delta of one unit of scale with that of options held against it.

        risk: of a part of the book in that market.
        """
        own = (risk or self._unit.slopes(snapshot)).delta_of(asset)
        return -(own + self.in_options(options, asset).sum("delta", snapshot))

    def neutral_deltas(self, options: Units, risk: Risk | None = None) -> Units:
        """The same of every asset by name, in the present market."""
        return {asset: self.neutral_delta(options, risk=risk, asset=asset) for asset in self.assets}

    def in_options(self, options: Units, asset: str) -> OptionsHeld:
        """Options on an asset by venue as listings with units."""
        return OptionsHeld([(each, options[each.name]) for each in options_among(self._world, options, asset)])
