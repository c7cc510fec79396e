"""The hedge of a desk's delta in one asset: what its policy sees there, and what it orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.options_held import NONE_HELD, OptionsHeld, options_held
from agents.intervals import Interval
from agents.policies import Every, Never, Policy, Situation
from agents.watching.answers import desired, vol_multiplier
from markets.factors.key import MAIN, OVERNIGHT, SPOT, VOL, of_asset
from markets.kernels.hedging import asset_order, discounts, neutral, to_neutral
from sim.vectors import read_only

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from agents.hedging.blotter import Blotter
    from agents.world import TradingWorld
    from markets.factors.snapshot import Snapshot
    from markets.venues.order import Demand

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


class AssetHedge:
    """State of it in one world."""

    def __init__(self, policy: Policy, world: TradingWorld, desk: Desk, asset: str, blotter: Blotter) -> None:
        self.name, self._world, self._desk, self._account = asset, world, desk, desk.name
        self._spot, self._vol, self._venue = of_asset(SPOT, asset), of_asset(VOL, asset), world.venue(asset)
        self._interval_years = Interval(policy.interval).years(world.clock)
        self._passive, self._always = isinstance(policy, Never), type(policy) is Every  # always: back to neutral
        self.desired, self._vol_multiplier = desired(policy, world), vol_multiplier(policy, world)
        self._blotter = blotter
        # the vol at which delta and Gamma are computed; that of the market in further assets
        self._own_vol = world.full(policy.hedge_vol) if policy.hedge_vol is not None and asset == MAIN else None
        # without latency an order may depend on the price that results from it
        self.together = self._venue.spec.clearing == "fixed_point" and not blotter.latency

    def own_market(self, market: Snapshot | None = None) -> Snapshot | None:
        """The present or given market at the policy's own vol; None for the unchanged present market."""
        if self._own_vol is None:
            return market
        return (market or self._world.factors.snapshot).with_rows({self._vol: self._own_vol})

    def options(self, coming: dict[str, Vector] | None = None) -> OptionsHeld:
        """Listed options on the asset that it holds, with those on the way by venue."""
        return options_held(self._world, self._account, coming, self.name)

    def situation(
        self,
        due: bool,
        held: Vector,
        market: Snapshot | None = None,
        options: OptionsHeld = NONE_HELD,
        listed: Vector | float | None = None,
    ) -> Situation:
        """The policy's `Situation`, with the target at the policy's vol; at the present market or a given one.

        options: listed ones whose delta and gamma count with the book's. listed: their delta in that market, if known.
        """
        desk, factors, clock, asset = self._desk, self._world.factors, self._world.clock, self.name
        own = self.own_market(market)
        seen, slopes = own or factors.snapshot, desk.unit.slopes(own)
        scale, target = desk.scale, np.empty(held.size)
        years, variance_years = desk.book.nearest_expiry(factors.tick, asset)
        neutral(scale, slopes.delta_of(asset), target)
        if options.positions:
            target -= options.sum("delta", own) if listed is None or own is not market else listed
        at = Situation.of(
            tick=factors.tick,
            due=due,
            spot=seen.row(self._spot),
            last_spot=self._blotter.last_spot[asset],
            target=target,
            position=held,
            gamma=lambda: scale * desk.unit.gamma_of(asset, slopes, own) + options.sum("gamma", own),
            vol=seen.row(self._vol),
            half_spread=self._venue.half_spread,
            discount=lambda: self._discount(years),
            gross_units=lambda: scale * desk.book.gross_units_of(asset),
            years=clock.plain.variance_years[factors.tick],
            expiry_years=years,
            interval_years=self._interval_years,
            expiry_variance_years=variance_years,
        )
        multiplier = self._vol_multiplier(at)
        if multiplier is None:
            return at
        book, now = desk.book, factors.tick
        delta = book.delta(now, seen, multiplier, settled=desk.marked, fixings=desk.unit.fixings, asset=asset)
        stretched = seen.with_rows({self._vol: seen.row(self._vol) * multiplier}) if options else own
        return at.but(target=-desk.scale * delta - options.sum("delta", stretched))

    def _discount(self, years: float) -> Vector:
        """Discount factor at the overnight rate, (paths,)."""
        overnight = self._world.factors.snapshot.row(OVERNIGHT)
        factor = np.empty_like(overnight)
        discounts(overnight, years, factor)
        return factor

    def held(self) -> Vector:
        """Units held and ordered, (paths,). Read-only, and valid until the next trade."""
        held = self._world.ledger.balance(self._account, self.name)
        sent = self._blotter.under_way.get(self.name)
        return held if sent is None else read_only(held + sent)

    def order(self, due: bool, coming: dict[str, Vector] | None = None) -> Vector | Demand:
        """Units to trade, (paths,); with `together` by the price that results.

        coming: options on the way and ordered now, by venue.
        """
        held, options = self.held(), self.options(coming) if self._world.options else NONE_HELD
        if self._always and due and not self.together and self._desk.untouched and not options.positions:
            return self._to_neutral(held)
        looks = self._blotter.looks(due, self.name)
        if not self.together:
            return self._units(due, looks, held, options)
        held = held.copy()
        held.flags.writeable = False

        def demand(move: Vector) -> Vector:
            return self._units(due, looks, held, options, self._world.factors.if_price_moved(self._spot, move))

        return demand

    def _units(
        self, due: bool, looks: Mask, held: Vector, options: OptionsHeld, market: Snapshot | None = None
    ) -> Vector:
        """At the present market, or at that after the trade."""
        desk, out = self._desk, np.empty(self._world.paths)
        if self._always and due and desk.untouched and not options.positions:
            return self._to_neutral(held, market)
        listed = options.sum("delta", market)
        wanted = held.copy() if self._passive else self.desired(self.situation(due, held, market, options, listed))
        delta, scale = desk.unit.slopes(market).delta_of(self.name), desk.scale
        if options.positions:
            delta, scale = scale * delta + listed, desk.whole
        asset_order(wanted, held, delta, scale, desk.forced, looks, desk.liquidated, out)
        return out

    def _to_neutral(self, held: Vector, market: Snapshot | None = None) -> Vector:
        """Fast path: all the way back, on every path, by the book's delta alone."""
        desk, out = self._desk, np.empty(self._world.paths)
        to_neutral(desk.scale, desk.unit.slopes(self.own_market(market)).delta_of(self.name), held, out)
        return out
