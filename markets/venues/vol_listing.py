"""Listings on the asset's vol: struck by path, quoted in implied vol, paid in cash, their gains split as a book's."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.accounts import CLEARING
from markets.factors.key import SMILE_SPOT, SPOT, VOL, FactorKey
from markets.kernels.listed import split_gains
from markets.venues.look import Seen, Sloped
from markets.venues.option_on_surface import FACTORS
from markets.venues.paid_in_cash import PaidInCash
from markets.venues.stock import GAINS
from markets.venues.vol_gains import ON_MOVING_SMILE, SPLIT, VolGains
from sim.memo import Memo
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from markets.factors.snapshot import Block, Snapshot
    from markets.venues.listed_series import Contract, ListedSeries
    from markets.venues.order_book import OrderBook
    from markets.venues.surroundings import Surroundings
    from sim.names import Name

Vector = NDArray[np.float64]
Ints = NDArray[np.int64]
VOL_OF_VOL = 0.8  # per square root of a trading year, of implied vol


class Greeks(NamedTuple):
    """One unit in one market, (paths,) each."""

    worth: Vector  # $
    delta: Vector  # units of the asset
    gamma: Vector  # units per $
    vega: Vector  # $ per 1.00 of the market's implied vol
    vanna: Vector  # units per unit of the log of the market's implied vol
    own_vega: Vector  # $ per 1.00 of its own implied vol
    nodes: Callable[[], Vector]  # (nodes, paths) $ per 1.00 of each zero rate: few ask for them
    surface: Vector  # (2, paths) $ per 1.00 of the slope and the skew of vols; (0, 0) where they are no factors


class VolListing(PaidInCash):
    """A `Listing` that is struck on each path at the last roll and valued on the smile of the books' options.

    Spreads and impact are in its implied vol, notional is vega ($ per 1.00 of it). When it rolls, every position is
    exchanged at mid, in cash, for as many units of a fresh one. A subclass strikes it, values it, and says its vol.
    """

    struck: Contract
    gains = GAINS  # of its delta; all else is noted under reasons of its own
    priced, funded = False, True

    def __init__(self, market: Surroundings, name: str, series: ListedSeries) -> None:
        self.name, self.market, self.underlying = name, market, series.underlying
        self.assets: tuple[Name, ...] = (name,)
        self._base = np.array([series.start.spot0, series.start.vol_base])
        self._curve = series.start.curve
        self._slides, self._smile_moves = series.start.slides, series.smile_moves
        self.displaces = {self.underlying.vol: 1.0 / series.start.vol_base}  # buying raises ln vol
        self._here: Greeks  # in the market, of one tick, in which they were last valued as the present one
        self._here_in: Snapshot | None = None
        self._worth_here: Vector  # likewise, where worth alone was
        self._worth_in: Snapshot | None = None
        self._elsewhere: Memo[Greeks] = Memo()  # in the last other market that was asked for
        self._holders: Memo[tuple[Name, ...]] = Memo()
        self._strike_now(0)
        self.made = VolGains(self, ON_MOVING_SMILE if series.smile_moves else SPLIT)
        self._asked = -2  # last tick in which somebody asked for greeks in the present market

    @abstractmethod
    def _strike_now(self, tick: int) -> None:
        """A fresh one in the present market."""

    @abstractmethod
    def _valued(self, tick: int, market: Snapshot, later: float = 0.0) -> Greeks:
        """At its expiry it is worth its payoff. later: years, of trading and of calendar time, after the tick."""

    def _worth(self, tick: int, market: Snapshot) -> Vector:
        """Worth alone, to the same digits, (paths,) $. A subclass may know a shorter way, here and below."""
        return self._valued(tick, market).worth

    def _sloped(self, tick: int, market: Snapshot) -> Sloped:
        """Worth and delta alone, likewise."""
        found = self._valued(tick, market)
        return Sloped(found.worth, found.delta)

    @property
    @abstractmethod
    def gross_units(self) -> Vector | float:
        """Units of the asset in the options that a unit stands for, (paths,)."""

    @abstractmethod
    def usual_vega(self, market: Snapshot) -> Vector:
        """What a unit that is of use as a hedge has about, $ per 1.00 of implied vol, (paths,)."""

    @property
    def values_some(self) -> bool:
        """Whether it can be valued in a market on some of the paths."""
        return False

    # --- valuation -------------------------------------------------------------------------------------------------
    def greeks(self, market: Snapshot | None = None) -> Greeks:
        """In the present market, computed once, or in a given one."""
        factors = self.market.factors
        if market is not None and market is not factors.snapshot:
            tick, seen = factors.tick, self.underlying.seen(market)
            return self._elsewhere.get(lambda: self._valued(tick, seen), self.struck, tick, seen)
        self._asked = factors.tick
        return self._greeks_now()

    def _greeks_now(self) -> Greeks:
        factors = self.market.factors
        now = factors.snapshot
        if self._here_in is not now:
            self._here, self._here_in = self._valued(factors.tick, self.underlying.seen(now)), now
        return self._here

    def _worth_now(self) -> Vector:
        """Worth of a unit in the present market, (paths,) $: that of `greeks` where they are known, or soon asked for.

        Who asked for them in the last tick will do so in this one: they have the same worth, to its digits.
        """
        known = self._known_worth()
        if known is not None:
            return known
        tick = self.market.factors.tick
        if self._asked == tick - 1:
            return self._greeks_now().worth
        return self._with_worth(self._worth(tick, self.now))

    def _known_worth(self) -> Vector | None:
        """The same where it costs nothing."""
        now = self.market.factors.snapshot
        if self._here_in is now:
            return self._here.worth
        return self._worth_here if self._worth_in is now else None

    def _with_worth(self, worth: Vector) -> Vector:
        """The same from who has found it."""
        self._worth_here, self._worth_in = worth, self.market.factors.snapshot
        return worth

    @property
    def curve_block(self) -> Block:
        """Where the nodes of its curve stand in a market."""
        return self._curve.block

    @property
    def now(self) -> Snapshot:
        """The present market, as the underlying sees it."""
        return self.underlying.seen(self.market.factors.snapshot)

    def theta(self, years: float) -> Vector:
        """$ that a unit makes while `years` of trading and calendar time pass and nothing moves, (paths,)."""
        later: Vector = self._valued(self.market.factors.tick, self.now, years).worth - self.greeks().worth
        return later

    # --- the price -------------------------------------------------------------------------------------------------
    @property
    def unit_notional(self) -> Vector:
        """Vega of a unit, (paths,) $ per 1.00 of its vol."""
        return self.greeks().own_vega

    @property
    @abstractmethod
    def elasticity(self) -> Vector | float:
        """d ln(its vol) / d ln(the market's), (paths,)."""

    def relative(self, displacement: Vector) -> Vector:
        """Rise of its vol: by the displacement where the market's vol is as at the start, else in proportion."""
        found: Vector = displacement * self.mid * self.elasticity / self._base[1]
        return found

    def returned(self, before: Vector, after: Vector, out: Vector) -> None:
        """Rise of its vol, at the level of the start, (paths,) decimal."""
        np.divide(after, before, out=out)
        np.log(out, out=out)
        out *= self._base[1] / self.elasticity

    def cost_per_notional(self) -> float:
        """1 $ of vega costs so much per unit of vol."""
        return 1.0

    def vol(self) -> Vector:
        """How far its vol moves, (paths,) decimal per square root of a trading year."""
        return VOL_OF_VOL * self.mid

    # --- positions -------------------------------------------------------------------------------------------------
    def worth_of_one(self, market: Snapshot | None = None) -> tuple[Vector]:
        """(paths,) $ a unit."""
        if market is None or market is self.market.factors.snapshot:
            return (self._worth_now(),)
        return (self.greeks(market).worth,)

    def exposure(self, account: Name) -> Vector:
        """Signed vega, (paths,) $ per 1.00 of its vol."""
        return self.market.ledger.balance(account, self.name) * self.unit_notional

    def years(self) -> float:
        """To the expiry."""
        return self.struck.years - float(self.market.clock.calendar_years[self.market.factors.tick])

    def sensitivities(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """Of a unit by spot, implied vol and each node, (paths,) $ per 1.00."""
        greeks = self.greeks(market)
        own = dict(zip(FACTORS, greeks.surface, strict=False))
        nodes = dict(zip(self._curve.nodes, greeks.nodes(), strict=True))
        return self.underlying.named({SPOT: greeks.delta, VOL: greeks.vega, **nodes, **own})

    def of_one(self) -> tuple[Vector, Vector]:
        """Worth, and vega, (paths,) $ and $ per 1.00 of its vol."""
        now = self.greeks()
        return now.worth, now.own_vega

    # --- trades ----------------------------------------------------------------------------------------------------
    def settle(
        self, taker: str, filled: Vector, book: OrderBook, walk: Vector, *, calm: float, walks: bool, netted: bool
    ) -> Vector:
        """As of all that is paid in cash; what positions have made so far is noted first, where they change."""
        self.made.before_trade(filled != 0.0)
        return super().settle(taker, filled, book, walk, calm=calm, walks=walks, netted=netted)

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """Likewise."""
        self.made.before_trade(quantity * share != 0.0)
        super().hand_over(source, target, quantity, share)

    @property
    def until(self) -> int:
        """Tick of the next roll."""
        return self.struck.until

    def step(self, tick: int) -> None:
        """Roll when the time has come."""
        if tick >= self.struck.until:
            self._roll(tick)

    def _roll(self, tick: int) -> None:
        """cash += N (worth of the old - worth of the fresh one); nobody gains or loses, and no spread is paid."""
        if not self.made.begun:
            self._strike_anew(tick)
            return
        self.explain()
        old = self.greeks().worth
        self._strike_anew(tick)
        excess = old - self._worth_now()
        for account in self.holders():
            held = self.market.ledger.balance(account, self.name)
            self.market.ledger.transfer(held * excess, source=CLEARING, target=account, reason=GAINS)
        self.made.look()

    def _strike_anew(self, tick: int) -> None:
        self._strike_now(tick)
        self._here_in = self._worth_in = None

    # --- gains -----------------------------------------------------------------------------------------------------
    def explain(self) -> None:
        """Note what all positions have made since the last look; see `VolGains.explain`."""
        self.made.explain()

    def seen(self) -> Seen:
        """A look at the present market."""
        factors = self.market.factors
        known = self._here_in is factors.snapshot
        here, worth = Sloped(self._here.worth, self._here.delta) if known else None, self._worth_now()
        return Seen(factors.tick, self.now, worth, here)

    def holders(self) -> tuple[Name, ...]:
        """All accounts that have ever held any; found when the ledger has a further row."""
        return self._holders.get(super().holders, self.market.ledger.used)

    def split(self, seen: Seen, among: Ints, out: Vector) -> Sloped | None:
        """A unit in the market of `seen` now, and its gains since in the order of its reasons, (reasons, paths) $.

        All gains but that of its delta, written to `out`, on the paths `among`; of (0,) on all. Where the smile moves,
        spot moves with the smile held, then comes the smile (slide, slope and skew), then vol, as in a book: what the
        slide makes by its delta counts under that, which a hedge answers. A subclass that values some paths need not
        know a unit then.
        """
        tick, old, new = self.market.factors.tick, seen.market, self.now
        spot, now = {SPOT: new.row(SPOT)}, self._worth_now()
        shape = {**spot, **{key: new.row(key) for key in FACTORS if key in new.keys}}
        here = seen.here if seen.here is not None and seen.tick == tick else self._sloped(tick, old)
        held = self._sloped(tick, self._stuck(old, old)).delta if self._slides else here.delta
        bent = self._worth(tick, self._stuck(old.with_rows(spot), old))
        turned = self._worth(tick, old.with_rows(shape)) if self._smile_moves else bent
        still = all(new.row(key) is old.row(key) for key in self._curve.nodes)  # then nothing is left for rates
        remarked = now if still else self._worth(tick, old.with_rows({**shape, VOL: new.row(VOL)}))
        parts, values = np.empty((len(out), now.size)) if among.size else out, (bent, turned, remarked, now)
        split_gains(seen.worth, *here, held, values, (old.row(SPOT), new.row(SPOT)), parts)
        if among.size:
            out[:] = parts.take(among, 1)
        return here

    def _stuck(self, market: Snapshot, old: Snapshot) -> Snapshot:
        """A market in which the smile stays where spot was in an old one; the same market if it does not slide."""
        return market.with_rows({SMILE_SPOT: old.row(SPOT)}) if self._slides else market
