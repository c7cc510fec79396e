"""Sensitivity of a desk's hedge orders to market moves: the flows behind loop gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.options_held import options_held
from markets.factors.key import MAIN, RATES_VOL, SPOT, VOL, of_asset
from markets.kernels.hedging import GAMMA_FLOW, VANNA_FLOW, flows
from markets.specs.variable import HAZARD
from markets.venues.loop_gain import CURVATURE, VANNA

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from agents.desk.desk import Desk
    from agents.desk.leg_hedge import Units
    from markets.factors.snapshot import Paths, Snapshot
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]
BUMP_RATE = 1e-4  # decimal: a basis point
BUMP_VOL = 1e-6  # decimal, of the vol of rates
BUMP_LOG = 1e-5  # ln S, or decimal of implied vol at its level of the start
FEW = 0.5  # share of the paths up to which some alone are valued


def expose(desk: Desk, own: Snapshot | None = None, *, rates: bool, others: Collection[str] = ()) -> None:
    """Tell the venues how much a hedged desk would trade per unit move of their prices; once per tick.

    assets: $ per unit of ln S, from Gamma, and from vanna through the response of vol, d ln s / d ln S; and from vanna
    per unit of the price of each thing that moves vol, options and vol futures.
    A desk that hedges at a vol of its `own` reacts by the Gamma at that vol, and not to changes of vol.
    rates (`rates`): $ notional paid fixed, or sold, per unit of each rate, from the convexity of book and hedge: a move
    of one rate changes the sensitivities to the others. Where straddles trade, the vol of rates is one more price: it
    changes the sensitivities to rates and, as rates do, the vega, against which a vega leg buys $ of vega. So is the
    spread of a name that a credit leg trades: $ of protection bought per unit of it.
    Gamma and vanna are net of options held at venues; what an option leg adds is in `_of_options`. others: venues of
    options at which other desks hedge.
    """
    world = desk.world
    for asset in desk.assets:
        if world.venue(asset).moves:
            _expose(desk, asset, own if asset == MAIN else None, others)
    legs, names = rates and desk.book.has_rates, desk.neutral_credit()
    if (legs or names) and not world.price_takers:
        part = np.where(desk.liquidated, 0.0, desk.scale)
        for (at, moved), flow in _convexity(desk, names, rates=legs).items():
            world.venue(at).expose(part * flow, moved=moved, by=CURVATURE)
    if desk.answering_options and not world.price_takers:
        _expose_options(desk, others)


def _expose_options(desk: Desk, others: Collection[str]) -> None:
    """Tell the venues what an option leg trades as the market moves: nothing where the desk has no book left.

    Where that is so on many paths, the others alone are valued.
    """
    world, part = desk.world, np.where(desk.liquidated, 0.0, desk.scale)
    there, now = np.flatnonzero(part), world.factors.snapshot
    some = there.size < FEW * part.size and desk.values_some
    if some:
        among = there if there.size else np.zeros(1, dtype=np.int64)  # a market has a path at least
        now = now.take(among)
    for asset in desk.assets:
        for at, movers, flow in _of_options(desk, asset, others, now) if desk.answering_on(asset) else ():
            whole = np.zeros(part.size)
            whole[there] = part[there] * (flow[: there.size] if some else flow[there])
            world.venue(at).expose(whole, moved=movers, by=CURVATURE)


def _expose(desk: Desk, asset: str, own: Snapshot | None, others: Collection[str]) -> None:
    """Tell the venue of an asset what its own moves, and those of its vol, make the hedge of delta trade."""
    world, factors, venue = desk.world, desk.world.factors, desk.world.venue(asset)
    risk, out = desk.risk(own), np.empty((2, world.paths))
    scale, gamma, vanna = desk.scale, risk.gamma_of(asset), risk.vanna_of(asset)
    options = options_held(world, desk.name, asset=asset)
    if options.positions:
        gamma, vanna = scale * gamma + options.sum("gamma", own), scale * vanna + options.sum("vanna", own)
        scale = np.ones(world.paths)
    spot, (elasticity, _) = factors.snapshot.row(of_asset(SPOT, asset)), factors.vol_answer(asset)
    flows(scale, desk.liquidated, spot, gamma, vanna, elasticity, out)
    venue.expose(out[GAMMA_FLOW], moved=asset, by=CURVATURE)
    if (of_asset(VOL, asset) in desk.book.needs or options) and own is None:
        venue.expose(out[VANNA_FLOW], moved=asset, by=VANNA)
        moving = world.moving(of_asset(VOL, asset))
        if moving and not desk.answering_on(asset) and not world.price_takers:  # else it is in `_of_options`
            by_log = np.where(desk.liquidated, 0.0, -scale * vanna * spot)
            for name, move in moving.items():
                if name in others or name not in world.option_names:  # where nobody hedges, no loop closes
                    venue.expose(move * by_log, moved=name, by=CURVATURE)


def _of_options(
    desk: Desk, asset: str, others: Iterable[str], now: Snapshot
) -> list[tuple[str, tuple[str, ...], Vector]]:
    """$ of vega that an option leg buys at one venue per unit of ln S, or of the vol at another venue, (paths,).

    And $ of the asset that the hedge of delta buys per unit of that vol. Per unit of scale: venue of the trade,
    venues that moved, flow. What is traded at any venue of options on an asset moves its one implied vol.
    now: the present market, or that on some of the paths, which are then those of the flows.
    """
    world, among = desk.world, now.among
    units, found = desk.neutral_options(), list[tuple[str, tuple[str, ...], Vector]]()
    if among is not None:
        units = {name: held[among] for name, held in units.items()}
    spot_key, vol_key = of_asset(SPOT, asset), of_asset(VOL, asset)
    places, moves = desk.answering_on(asset), world.moving(vol_key)
    spot, vol, (_, base) = now.row(spot_key), now.row(vol_key), world.factors.vol_answer(asset)
    listed = {option.name: option.underlying.name for option in world.options}
    moving = [name for name in sorted({*places, *others}) if world.venue(name).moves and listed[name] == asset]
    outer = [name for name in moves if name not in listed or (listed[name] != asset and name in others)]
    futures = {name: moves[name] * base for name in outer}  # and options on an asset whose vol it follows: another unit
    markets = [([asset], now.with_rows({spot_key: spot * np.exp(BUMP_LOG)}))] if world.venue(asset).moves else []
    markets += [(moving, now.with_rows({vol_key: vol * np.exp(BUMP_LOG / base)}))] if moving or futures else []
    for names, bumped in markets:
        # a move of spot itself is in the Gamma of book and options held: beside it only what is bought has delta
        of_spot = names == [asset]
        still = desk.neutral_delta(units, None if among is None else now, asset=asset) if not of_spot else None
        risk = desk.risk(bumped)
        after = desk.neutral_options(bumped, risk)
        bought = {
            at: _notional(world.venue(at), after[at] - held, among) / BUMP_LOG
            for at, held in units.items()
            if at in places
        }
        before = desk.neutral_delta(units, bumped, risk, asset) if still is None else still
        bought[asset] = spot * (desk.neutral_delta(after, bumped, risk, asset=asset) - before) / BUMP_LOG
        found += [(at, tuple(names), flow) for at, flow in bought.items()]
        if names is moving:
            found += [(at, (moved,), unit * flow) for at, flow in bought.items() for moved, unit in futures.items()]
    return found


def _notional(venue: Venue, quantity: Vector, among: Paths | None) -> Vector:
    """$ notional of a quantity; among: of which paths it is."""
    one = venue.listing.unit_notional
    return quantity * (one if among is None else one[among])


def _convexity(desk: Desk, names: Units, *, rates: bool) -> dict[tuple[str, str], Vector]:
    """Additional notional that the hedge trades at one venue per unit of another venue's price, (paths,) $.

    Per unit of scale, by (venue of the trade, venue that moved), in the direction that raises the price: to pay fixed
    is to sell, straddles and protection are bought. What is traded at any venue of straddles moves the one vol of
    rates. names: protection held. rates: whether rates and their vol are hedged too.
    """
    world, flows = desk.world, {}
    swaps, straddles = (desk.neutral_rates(), desk.neutral_vega()) if rates else ({}, {})
    moving = [each.name for each in world.straddles if world.venue(each.name).moves and RATES_VOL in desk.book.needs]
    steps = dict.fromkeys(swaps, BUMP_RATE) | dict.fromkeys(moving if rates else (), BUMP_VOL)
    steps |= {name: BUMP_RATE for name in names if world.venue(name).moves}
    for moved, bump in steps.items():
        bumped = _bumped(world.venue(moved), bump)
        pairs = [(1.0, names, desk.neutral_credit(bumped))]
        if rates:
            pairs[:0] = [(-1.0, swaps, desk.neutral_rates(bumped)), (1.0, straddles, desk.neutral_vega(bumped))]
        for sign, before, after in pairs:
            for at, units in before.items():
                flows[at, moved] = sign * world.venue(at).notional(after[at] - units) / bump
    return flows


def _bumped(venue: Venue, by: float) -> Snapshot:
    """The market with the price at a venue higher; names move by ln of their spread."""
    step = venue.listing.displaces.get(venue.key, 1.0) if venue.key.family == HAZARD else 1.0
    return venue.market.factors.snapshot.bumped(venue.key, by * step)
