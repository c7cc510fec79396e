"""The seat of a desk whose orders come from outside: what it sends, beside what a lender forces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.book_table import AGENT
from agents.desk.options_held import options_held
from markets.factors.key import MAIN
from markets.kernels.hedging import asset_order
from markets.tables import VENUE
from sim.columns import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agents.desk.desk import Desk
    from agents.desk.leg_hedge import Units
    from markets.factors.snapshot import Snapshot
    from markets.venues.order import Demand

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
    desk: Desk, given: Mapping[str, Vector], held: Callable[[str], Vector], *, together: bool
) -> dict[str, Vector | Demand]:
    """Units to send by venue, (paths,) each.

    What is given, where the desk still stands; everything that it holds, where it is liquidated; and the share `forced`
    of what is left of book and positions together, as of a desk with a policy.

    held: gives the units that the desk has and has ordered at a venue, (paths,).
    together: whether the order in the asset depends on the price that results from it.
    """
    world, forced = desk.world, desk.liquidated | (desk.forced > 0)
    if not forced.any():
        return dict(given)
    nothing, hedges = np.zeros(world.paths), _hedges(desk)
    others: dict[str, Vector] = {}
    for name, venue in world.venues.items():
        if name == MAIN or not (name in given or name in hedges or venue.reached(desk.name)):
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
    options, position = options_held(world, desk.name, coming), held(MAIN).copy()
    own, everywhere = given.get(MAIN, nothing), np.ones(world.paths, dtype=bool)

    def asset(market: Snapshot | None = None) -> Vector:
        out, delta, scale = np.empty(world.paths), desk.slopes(market).delta, desk.scale
        if options:
            delta, scale = scale * delta + options.sum("delta", market), np.ones(world.paths)
        asset_order(position + own, position, delta, scale, desk.forced, everywhere, desk.liquidated, out)
        return np.where(forced, out, own)  # elsewhere to the last bit

    if together:
        return {**others, MAIN: lambda move: asset(world.factors.if_spot_moved(move))}
    return {**others, MAIN: asset()}


def _hedges(desk: Desk) -> Units:
    """What neutralises one unit of scale at venues other than the asset's."""
    return desk.neutral_rates() | desk.neutral_vega() | desk.neutral_credit() | desk.neutral_options()
