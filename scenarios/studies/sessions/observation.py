"""What a seat sees of its world when a decision is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import margin_account
from agents.desk.options_held import options_held
from agents.lender_account import LenderAccount
from markets.specs.variable import HAZARD
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import polars as pl

    from agents.world import TradingWorld
    from scenarios.studies.sessions.live_seat import Filled

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


class VenueSeen(NamedTuple):
    """A venue and what the seat holds there, (paths,) each."""

    mid: Vector  # $/unit; a swap's par rate, an option's vol: decimal
    half_spread: Vector  # share of the price, or decimal
    depth: Vector  # $ notional
    open: Mask  # whether no halt is in force
    held: Vector  # units, or $ notional received fixed
    neutral: Vector  # what would neutralise what is hedged here, of book (and options held); 0 where nothing is
    notional: Vector  # $ of one unit
    charge: Vector  # $ of cost per $ notional and unit of spread
    walk: Vector  # spread that an order of the whole depth adds to the half-spread; in proportion to its size


class BookSeen(NamedTuple):
    """The client book, what a lender has taken left out, (paths,) each."""

    value: Vector  # $
    delta: Vector  # units of the asset
    gamma: Vector  # units per $
    vega: Vector  # $ per 1.00 of implied vol
    rates: Mapping[str, Vector]  # $ per 1.00 of each node
    share: Vector  # of the book at the start


class AccountSeen(NamedTuple):
    """The desk's money, (paths,) each."""

    cash: Vector  # $
    margin: Vector  # posted, $
    equity: Vector  # cash, margin, positions and book at the present market, $
    pnl: Vector  # since the start, $
    required: Vector  # margin required at the last close, $
    unmet: Vector  # margin called and not paid, $
    headroom: Vector  # cash and line that can still be paid, $
    liquidated: Mask  # the book is gone; nothing can be ordered any more
    defaulted: Mask


class Event(NamedTuple):
    """Something that happened since the last decision."""

    time: datetime
    kind: str  # 'halt', 'withdrawal', 'liquidated', 'default', ...
    subject: str
    paths: NDArray[np.int32]
    value: Vector | float


@dataclass(frozen=True, kw_only=True)
class Observation:
    """A world at one instant, before anybody trades, as one seat sees it. All vectors are (paths,), and copies.

    Attributes:
        seat: the desk.
        time: exchange-local time.
        tick: its index; `last` is that of the end.
        is_close: whether it is the last tick of a trading day, at which margin is asked.
        done: whether the clock has ended and nothing can be ordered any more.
        market: levels of the factors by name: spot ($), vol, credit, rates (decimal).
        venues: quotes and positions by venue.
        book: the client book.
        account: money and margin.
        fills: what became of the orders since the last decision.
        events: what happened since then.
    """

    seat: str
    time: datetime
    tick: int
    last: int
    is_close: bool
    done: bool
    market: Mapping[str, Vector]
    venues: Mapping[str, VenueSeen]
    book: BookSeen
    account: AccountSeen
    fills: tuple[Filled, ...]
    events: tuple[Event, ...]

    def frame(self) -> pl.DataFrame:
        """One row a path: `spot`, `asset.mid`, `book.delta`, `account.equity`, ..."""
        import polars as pl

        columns: dict[str, Vector | Mask] = dict(self.market)
        for name, venue in self.venues.items():
            columns |= {f"{name}.{key}": value for key, value in venue._asdict().items()}
        book = self.book._asdict()
        columns |= {f"book.{node}": slope for node, slope in book.pop("rates").items()}
        columns |= {f"book.{key}": value for key, value in book.items()}
        columns |= {f"account.{key}": value for key, value in self.account._asdict().items()}
        return pl.DataFrame({"path": np.arange(self.account.cash.size), **columns})


def observed(
    world: TradingWorld, seat: str, *, done: bool, fills: tuple[Filled, ...], events: tuple[Event, ...]
) -> Observation:
    """What a desk sees of a world now."""
    snapshot, clock = world.factors.snapshot, world.clock
    tick = world.tick_index
    return Observation(
        seat=seat,
        time=world.timestamp(),
        tick=tick,
        last=len(clock.ticks) - 1,
        is_close=bool(clock.is_close[tick]),
        done=done,
        market={key.short: _kept(snapshot.row(key)) for key in snapshot.keys if key.family != HAZARD or key.node},
        venues=_venues(world, seat),
        book=_book(world, seat),
        account=_account(world, seat),
        fills=fills,
        events=events,
    )


def _venues(world: TradingWorld, seat: str) -> dict[str, VenueSeen]:
    desk, nothing = world.desks[seat], world.full(0.0)
    options = {asset: options_held(world, seat, asset=asset).sum("delta") for asset in desk.legs.assets}
    units = desk.legs.neutral()
    neutral = {name: -(desk.scale * desk.unit.risk().delta_of(name) + delta) for name, delta in options.items()}
    neutral |= {name: desk.scale * u for name, u in units.items()}
    return {name: _venue(world, name, seat, neutral.get(name, nothing)) for name in world.venues}


def _venue(world: TradingWorld, name: str, seat: str, neutral: Vector) -> VenueSeen:
    venue, nothing = world.venue(name), world.full(0.0)
    quoted = bool(venue.quotes.makers)
    return VenueSeen(
        _kept(venue.mid),
        _kept(venue.half_spread) if quoted else nothing,
        _kept(venue.depth) if quoted else nothing,
        np.broadcast_to(venue.is_open, (world.paths,)).copy(),
        _kept(venue.held(seat)),
        neutral,
        _kept(venue.listing.unit_notional * world.full(1.0)),
        _kept(venue.listing.cost_per_notional() * world.full(1.0)),
        world.full(venue.spec.slope * venue.impact),
    )


def _book(world: TradingWorld, seat: str) -> BookSeen:
    desk = world.desks[seat]
    risk, scale = desk.unit.risk(), desk.scale
    nodes = {keys[0].short: keys[0] for keys in risk.where if len(keys) == 1 and keys[0].family == "zero"}
    rates = {name: _kept(scale * risk.first(key)) for name, key in nodes.items()}
    value, delta, gamma, vega = (_kept(scale * each) for each in (risk.value, risk.delta, risk.gamma, risk.vega))
    return BookSeen(value, delta, gamma, vega, rates, _kept(scale))


def _account(world: TradingWorld, seat: str) -> AccountSeen:
    desk, ledger, lender = world.desks[seat], world.ledger, world.lender_of(seat)
    cash, nothing, none = ledger.balance(seat), world.full(0.0), np.full(world.paths, -1)
    account = LenderAccount(nothing, nothing, none, cash) if lender is None else lender.account(seat)
    return AccountSeen(
        cash=_kept(cash),
        margin=_kept(ledger.balance(margin_account(seat))),
        equity=_kept(world.equity_now(seat)),
        pnl=_kept(world.pnl_now(seat)),
        required=_kept(account.required),
        unmet=_kept(account.unmet),
        headroom=_kept(account.headroom),
        liquidated=desk.liquidated.copy(),
        defaulted=desk.defaulted.copy(),
    )


def _kept(values: Vector) -> Vector:
    """A copy that the world does not change."""
    return np.array(values, dtype=np.float64)
