"""The close-out of a desk's book by its lender: what is taken, with its hedge, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import CLIENTS
from markets.accounts import INVESTORS
from markets.factors.key import VOL, of_asset
from sim.vectors import read_only, some

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from agents.desk.leg_hedge import Units

Vector = NDArray[np.float64]


def close_out(desk: Desk, cost_share: float) -> None:
    """Close out the share `forced` of the book at the mark, with its hedge (delta-exchanged), less a half-spread in vol
    on the vega of book and options that hedge it.

    The book is reduced only as far as the hedge that can be delivered with it: units that the venues did not fill
    limit it. Call after `Desk.mark`, in the same instant.
    """
    if not some(desk.forced):
        return
    legs, options = desk.legs, desk.legs.neutral_options()
    hedges = legs.neutral() | legs.neutral_deltas(options)
    share = desk.forced * _deliverable(desk, hedges)
    _settle(desk, share * desk.scale, options, hedges, cost_share)
    desk.reduce(share)


def _settle(desk: Desk, part: Vector, options: Units, hedges: Units, cost_share: float) -> None:
    """Hand `part` of the book to clients at its mark, and its hedges to investors at mid."""
    world, ledger, legs, risk = desk.world, desk.world.ledger, desk.legs, desk.unit.risk()
    ledger.transfer(part, source=desk.name, target=CLIENTS, asset=desk.asset, reason="book")
    ledger.transfer(part * desk.unit_value, source=CLIENTS, target=desk.name, reason="book")
    for asset in legs.assets:
        vega, vol = legs.in_options(options, asset).sum("vega"), world.factors.snapshot.row(of_asset(VOL, asset))
        cost = part * np.abs(risk.vega_of(asset) + vega) * cost_share * vol
        ledger.transfer(cost, source=desk.name, target=CLIENTS, reason="closeout_cost")
    for name, unit in hedges.items():
        venue = world.venue(name)
        venue.hand_over(desk.name, INVESTORS, read_only(_at_most(part * unit, venue.held(desk.name))))


def _deliverable(desk: Desk, hedges: Units) -> Vector:
    """Share of the forced reduction whose hedge can be delivered, (paths,); a shortfall of up to 2 % is ignored.

    The order's own impact moves the delta between the order and the close-out by about that much.
    """
    least = desk.world.full(1.0)
    for name, unit in hedges.items():
        wanted = desk.forced * desk.scale * unit
        at_hand = _at_most(wanted, desk.world.venue(name).held(desk.name))
        some = np.abs(wanted) > 1e-9
        least = np.minimum(least, np.where(some, at_hand / np.where(some, wanted, 1.0), 1.0))
    return np.where(least > 0.98, 1.0, least)


def _at_most(wanted: Vector, held: Vector) -> Vector:
    """`wanted`, limited to what is held with the same sign, (paths,)."""
    return np.where(wanted > 0, np.clip(wanted, 0, np.maximum(held, 0)), np.clip(wanted, np.minimum(held, 0), 0))
