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

Vector = NDArray[np.float64]
ORDERS = Table(
    "orders",
    (
        Column("tick", "Tick", kind="count"),
        Column("seat", AGENT.label, kind="text"),
        VENUE,
        Column("units", "Ordered"),
    ),
)


def ordered(desk: Desk, given: Mapping[str, Vector], held: Callable[[str], Vector]) -> dict[str, Vector]:
    """Units to send by venue, (paths,) each.

    What is given, where the desk still stands; everything that it holds, where it is liquidated; and the share `forced`
    of what is left of book and positions together, as of a desk with a policy.

    held: gives the units that the desk has and has ordered at a venue, (paths,).
    """
    world = desk.world
    nothing, forced = np.zeros(world.paths), desk.liquidated | (desk.forced > 0)
    hedges: Units = {}
    if forced.any():
        hedges = desk.neutral_rates() | desk.neutral_vega() | desk.neutral_credit() | desk.neutral_options()
    names = list(given)
    if forced.any():
        known = {MAIN, *given, *hedges}
        names = [name for name, venue in world.venues.items() if name in known or venue.reached(desk.name)]
    found: dict[str, Vector] = {}
    for name in names:
        order, position = given.get(name, nothing), held(name)
        if name == MAIN and not forced.any():
            found[name] = order
        elif name == MAIN:
            out, everywhere = np.empty(world.paths), np.ones(world.paths, dtype=bool)
            coming = {option.name: given[option.name] for option in world.options if option.name in given}
            options, delta, scale = options_held(world, desk.name, coming), desk.slopes().delta, desk.scale
            if options:
                delta, scale = scale * delta + options.sum("delta"), np.ones(world.paths)
            asset_order(position + order, position, delta, scale, desk.forced, everywhere, desk.liquidated, out)
            found[name] = np.where(forced, out, order)  # elsewhere to the last bit
        if name == MAIN:
            continue
        order = np.where(desk.liquidated, -position, order)
        net = position + order - desk.scale * hedges.get(name, nothing)
        found[name] = order - np.where(desk.liquidated, 0.0, desk.forced * net)
    return found
