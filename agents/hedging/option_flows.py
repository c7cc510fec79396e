"""What an option leg trades as prices move: the flows of its loop gains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, VOL, of_asset
from markets.kernels.hedging import leg_flow
from markets.venues.loop_gain import CURVATURE
from sim.ledger import EVERY_PATH
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from agents.desk.desk import Desk
    from agents.desk.leg_hedge import Units
    from markets.factors.key import FactorKey

Vector = NDArray[np.float64]
Ints = NDArray[np.int64]
BUMP_LOG = 1e-5  # ln S, or decimal of implied vol at its level of the start
FEW = 0.5  # share of the paths up to which some alone are valued


class Bump(NamedTuple):
    """A small rise of an asset's spot, or of its vol."""

    asset: str
    key: FactorKey
    by: float  # the new level over the old one
    venues: tuple[str, ...]  # whose prices rise by `BUMP_LOG` then
    further: dict[str, float]  # others whose prices move with them: $ traded there over $ traded here, by name


class Hedge(NamedTuple):
    """What a desk holds against one unit of scale in the present market, and after a bump, (paths,) units each."""

    before: Units  # options by venue
    after: Units
    asset_before: Vector  # against book and options of before
    asset_after: Vector


def expose_options(desk: Desk, others: Collection[str]) -> None:
    """Tell the venues what an option leg trades as the market moves: nothing where the desk has no book left.

    Where that is so on many paths, the others alone are valued, in all markets at once. others: venues of options at
    which other desks hedge.
    """
    bumps = [
        bump
        for asset in desk.legs.assets
        if desk.legs.answering_on(asset)
        for bump in _known_bumps(desk, asset, others)
    ]
    part, there = desk.left
    if there.size < FEW * part.size and desk.legs.values_some:
        for bump, hedge in zip(bumps, _of_few(desk, bumps, there), strict=True):
            _expose(desk, bump, hedge, part, there)
    else:
        for bump in bumps:
            _expose(desk, bump, _of_all(desk, bump), part)


def _known_bumps(desk: Desk, asset: str, others: Collection[str]) -> list[Bump]:
    """Found again when a venue opens or another desk answers."""
    world, hedge = desk.world, desk.legs.options
    assert hedge is not None
    moves, base = world.moving(of_asset(VOL, asset)), world.factors.base_vol(asset)
    found: list[Bump] = hedge.moving[asset].get(lambda: list(_bumps(desk, asset, others)), moves, base, *others)
    return found


def _bumps(desk: Desk, asset: str, others: Collection[str]) -> Iterator[Bump]:
    """What is traded at any venue of options on an asset moves its one implied vol."""
    world, vol = desk.world, of_asset(VOL, asset)
    moves, base = world.moving(vol), world.factors.base_vol(asset)
    listed = {option.name: option.underlying.name for option in world.options}
    answering = sorted({*desk.legs.answering_on(asset), *others})
    moving = tuple(name for name in answering if world.venue(name).moves and listed[name] == asset)
    outer = [name for name in moves if name not in listed or (listed[name] != asset and name in others)]
    futures = {name: moves[name] * base for name in outer}  # and options on an asset whose vol it follows: another unit
    if world.venue(asset).moves:
        yield Bump(asset, of_asset(SPOT, asset), float(np.exp(BUMP_LOG)), (asset,), {})
    if moving or futures:
        yield Bump(asset, vol, float(np.exp(BUMP_LOG / base)), moving, futures)


def _of_all(desk: Desk, bump: Bump) -> Hedge:
    """On all paths.

    A move of spot itself is in the Gamma of book and options held: beside it only what is bought has delta.
    """
    now, asset, before = desk.world.factors.snapshot, bump.asset, desk.legs.neutral_options()
    bumped = now.with_rows({bump.key: now.row(bump.key) * bump.by})
    risk = desk.unit.risk(bumped)
    after = desk.legs.neutral_options(bumped, risk)
    then = desk.legs.neutral_delta(after, bumped, risk, asset)
    if bump.key.family == SPOT.family:
        return Hedge(before, after, desk.legs.neutral_delta(before, bumped, risk, asset), then)
    return Hedge(before, after, desk.legs.neutral_delta(before, asset=asset), then)


def _of_few(desk: Desk, bumps: list[Bump], there: Ints) -> Iterator[Hedge]:
    """The same on some paths, to its digits; what the desk holds now on all is known then, too: nothing elsewhere."""
    now, paths = desk.world.factors.snapshot, there if there.size else np.zeros(1, dtype=np.int64)
    width, number = paths.size, 1 + len(bumps)
    market = now.take(_repeated(paths, number))  # all markets in one, the present one first
    rows = {bump.key: market.row(bump.key).copy() for bump in bumps}
    blocks = [slice(i * width, (i + 1) * width) for i in range(number)]
    for bump, block in zip(bumps, blocks[1:], strict=True):
        rows[bump.key][block] *= bump.by
    market = market.with_rows(rows)
    risk = desk.unit.risk(market)
    after = desk.legs.neutral_options(market, risk)
    before = {name: _repeated(units[:width], number) for name, units in after.items()}
    desk.legs.hold_neutral({name: _spread(units[: there.size], there, now.paths) for name, units in after.items()})
    assets = dict.fromkeys(bump.asset for bump in bumps)
    deltas = {
        asset: [desk.legs.neutral_delta(units, market, risk, asset) for units in (before, after)] for asset in assets
    }
    for bump, block in zip(bumps, blocks[1:], strict=True):
        still, then = deltas[bump.asset]
        seen = block if bump.key.family == SPOT.family else blocks[0]
        held, wanted = ({name: units[block] for name, units in each.items()} for each in (before, after))
        yield Hedge(held, wanted, still[seen], then[block])


def _repeated(values: NDArray[Any], number: int) -> NDArray[Any]:
    """As `numpy.tile`, in a third of the time that this takes for few."""
    return np.concatenate([values] * number)


def _expose(desk: Desk, bump: Bump, hedge: Hedge, part: Vector, there: Ints | None = None) -> None:
    """$ of vega that an option leg buys at its venues, and of the asset that the hedge of delta buys, per unit of rise.

    part: books, (paths,). there: the paths of the hedge; None: all.
    """
    venue, few, among = desk.world.venue, there is not None, EVERY_PATH if there is None else there
    spot = desk.world.factors.snapshot.row(of_asset(SPOT, bump.asset))
    bought = [
        (venue(at), hedge.before[at], hedge.after[at], venue(at).listing.unit_notional)
        for at in desk.legs.answering_on(bump.asset)
    ]
    bought.append((venue(bump.asset), hedge.asset_before, hedge.asset_after, spot))
    for at, before, after, one in bought:
        for moved, unit in ((bump.venues, 1.0), *(((name,), unit) for name, unit in bump.further.items())):
            flow = np.empty(part.size)
            leg_flow(before, after, one, part, BUMP_LOG, unit, few, among, flow)
            at.expose(flow, moved=moved, by=CURVATURE)


def _spread(values: Vector, there: Ints, paths: int) -> Vector:
    """Values on some paths as those of all, (paths,): nothing elsewhere."""
    whole = np.zeros(paths)
    whole[there] = values
    return whole
