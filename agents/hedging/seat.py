"""The seat of a desk whose orders come from outside: what it sends, beside what a lender forces."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.book_table import AGENT
from agents.desk.options_held import options_held
from markets.factors.key import SPOT, of_asset
from markets.kernels.hedging import asset_order
from markets.tables import VENUE
from sim.columns import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from agents.desk.desk import Desk
    from agents.desk.options_held import OptionsHeld
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.venues.order import Demand
    from markets.world import MarketWorld

Vector = NDArray[np.float64]
ORDERS = Table(
    "orders",
    (
        Column("tick", "Tick", kind="count"),
        Column("seat", AGENT.label, kind="text"),
        VENUE,
        Column("units", "Ordered"),
    ),
    rows="every order of a seat, on all paths",
)


def ordered(
    desk: Desk, given: Mapping[str, Vector], held: Callable[[str], Vector], *, together: Container[str]
) -> dict[str, Vector | Demand]:
    """Units to send by venue, (paths,) each.

    What is given, where the desk still stands; everything that it holds, where it is liquidated; and the share `forced`
    of what is left of book and positions together, as of a desk with a policy.

    held: gives the units that the desk has and has ordered at a venue, (paths,).
    together: assets in which the order depends on the price that results from it.
    """
    world, forced = desk.world, desk.liquidated | (desk.forced > 0)
    if not forced.any():
        return dict(given)
    nothing, hedges = np.zeros(world.paths), desk.legs.neutral()
    others: dict[str, Vector] = {}
    for name, venue in world.venues.items():
        if name in desk.legs.assets or not (name in given or name in hedges or venue.reached(desk.name)):
            continue
        position = held(name)
        order = np.where(desk.liquidated, -position, given.get(name, nothing))
        net = position + order - desk.scale * hedges.get(name, nothing)
        others[name] = order - np.where(desk.liquidated, 0.0, desk.forced * net)
    coming = {
        one.name: held(one.name) - world.ledger.balance(desk.name, one.name) + others[one.name]
        for one in world.options
        if one.name in others
    }
    own: dict[str, Vector | Demand] = {}
    for asset in desk.legs.assets:
        options = options_held(world, desk.name, coming, asset)
        units = partial(_in_asset, desk, asset, given.get(asset, nothing), held(asset).copy(), options)
        key = of_asset(SPOT, asset)
        own[asset] = partial(_if_moved, units, world, key) if asset in together else units()
    return {**others, **own}


def _if_moved(units: Callable[[Snapshot], Vector], world: MarketWorld, key: FactorKey, move: Vector) -> Vector:
    return units(world.factors.if_price_moved(key, move))


def _in_asset(
    desk: Desk, asset: str, own: Vector, position: Vector, options: OptionsHeld, market: Snapshot | None = None
) -> Vector:
    """Units of an asset, (paths,), in the present market or in a given one. options: on it, held and on the way."""
    world, out, forced = desk.world, np.empty(desk.world.paths), desk.liquidated | (desk.forced > 0)
    everywhere = np.ones(world.paths, dtype=bool)
    delta, scale = desk.unit.slopes(market).delta_of(asset), desk.scale
    if options:
        delta, scale = scale * delta + options.sum("delta", market), np.ones(world.paths)
    asset_order(position + own, position, delta, scale, desk.forced, everywhere, desk.liquidated, out)
    return np.where(forced, out, own)  # elsewhere to the last bit
