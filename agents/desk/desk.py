"""A desk's client book: its value, and the attribution of its P&L."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.accounts import CLIENTS
from agents.desk.counterparty import Counterparty
from agents.desk.leg_hedge import CreditHedge, LegHedge, OpenRisk, SwapHedge, Units, VegaHedge
from agents.desk.loss import ROWS, UNSPLIT
from agents.desk.option_hedge import OptionHedge
from agents.desk.options_held import OptionsHeld, options_among
from agents.desk.revaluation import revaluations
from markets.accounts import INVESTORS
from markets.factors.key import MAIN, SMILE_SPOT, SPOT, VOL, of_asset
from markets.kernels.hedging import (
    DELTA_PART,
    GAMMA_PART,
    PARTS,
    SMILE_PART,
    VEGA_PART,
    add_step,
    attribute,
    attribute_few,
)
from markets.kernels.options import DELTA, VALUE
from markets.products.table import Held
from sim.memo import Memo
from sim.names import Key
from sim.vectors import read_only, some

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.desk.counterparty_terms import CounterpartyTerms
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.products.book import CompiledBook
    from markets.products.risk import Risk
    from markets.products.table import Steps
    from markets.world import MarketWorld

Vector = NDArray[np.float64]
Ints = NDArray[np.int64]


class Follower(Protocol):
    """Something that values single positions of the book, and so must be told what the desk settles."""

    def settle(self, since: int, tick: int, snapshot: Snapshot) -> None:
        """Pay cash flows due in (since, tick] and fix floating rates, in this market."""

    def receive(self, due: Vector) -> None:
        """Note dividends of (paths,) $ per unit of the asset."""


class Stepped(NamedTuple):
    """What an attribution needs of the market of the last mark, at the tick of this one."""

    slopes: Risk  # with the smile held where it was
    following: dict[str, Vector] | None  # what its slide adds to each delta, units; None where it does not slide
    values: list[Vector]  # before each step after that of spot, and at the end


class Desk:
    """A client book held by one account, `scale` (paths,) of it after forced reductions.

    Attribution between two marks is by stepwise full revaluation, per unit of scale: time, spot, then the moves that
    `agents.desk.revaluation` declares. `totals` are running $ sums.
    """

    def __init__(
        self,
        world: MarketWorld,
        name: str,
        book: CompiledBook,
        *,
        full: bool = True,
        counterparty: CounterpartyTerms | None = None,
    ) -> None:
        """full: whether more of the risk than `slopes` will be used; all is then computed together.

        counterparty: whom the whole book is with, where its credit counts.
        """
        self.world = world
        self.name = name
        self.asset = Key("book", of=name)
        self.book = book
        self._steps = revaluations(book.needs)
        besides = [key for step in self._steps for key in step.keys]  # factors other than time and spot
        self._besides = [key for key in besides if not key.node], {key[:2] for key in besides if key.node}
        self._moving = [(step.keys[0], step.keys) for step in self._steps if step.keys]
        self.scale, self.whole = world.full(1.0), world.full(1.0)  # all of it, whatever is left
        self.attributed = True  # whether marks split the P&L; if not, all of it is in `totals[UNSPLIT]`
        self.parts = np.zeros((len(ROWS) + 1, world.paths))  # the last is `UNSPLIT`
        # Whether the value may have moved by anything but time and spot so far.
        self._moved_besides = len(ROWS) > PARTS
        self.totals = dict(zip((*ROWS, UNSPLIT), self.parts, strict=True))
        self.unhedged = world.full(0.0)
        self.forced = self._unforced = world.full(0.0)  # share of the book to be closed out at the next mark
        self.liquidated = np.zeros(world.paths, dtype=bool)
        self.defaulted = np.zeros(world.paths, dtype=bool)
        self.fixings: Any = book.new_fixings(world.paths)
        self._tick = 0
        self._snapshot = world.factors.snapshot
        self.unit_clean = book.value(0, self._snapshot, self.fixings)  # without CVA
        self.unit_cva: Vector | None = None
        # What was last found in the present market, each with the market it is of; None: find it again.
        self._risk: Risk
        self._slopes: Risk
        self._value: Vector
        self._risk_in: Snapshot | None = None
        self._slopes_in: Snapshot | None = None
        self._value_in: Snapshot | None = None
        self._bent = False  # whether anybody has asked for the gamma of slopes
        self._options: Memo[Units] = Memo()  # neutral ones
        self._left: Memo[tuple[Vector, Ints]] = Memo()  # by the scale, which is replaced, never written to
        self.followers: list[Follower] = []
        self.rates_hedge: LegHedge = SwapHedge(world)
        self.vega_hedge: VegaHedge | None = None
        self.credit_hedge: CreditHedge | None = None
        self.option_hedge: OptionHedge | None = None
        self.assets = (MAIN, *(name for name in book.assets if name != MAIN))  # whose delta it hedges
        self._full = full or book.has_rates or world.venue("asset").has_impact or bool(book.assets)
        self.counterparty: Counterparty | None = None
        if counterparty is not None:
            self._full, self.counterparty = True, Counterparty(self, counterparty)
            self.unit_cva = self.counterparty.now().value
            self.counterparty.exchange(self.unit_clean)
        self._take_on()

    def _take_on(self) -> None:
        """Take the clients' book on against its premium: no gain to either side."""
        ledger, asset = self.world.ledger, self.asset
        ledger.open(CLIENTS, INVESTORS)
        ledger.list_asset(asset)
        ledger.transfer(self.world.full(1.0), source=CLIENTS, target=self.name, asset=asset, reason="book")
        ledger.transfer(self.unit_value, source=self.name, target=CLIENTS, reason="book")

    # --- value ------------------------------------------------------------------------------------------
    @property
    def marked(self) -> int:
        """Tick of the last mark."""
        return self._tick

    @property
    def snapshot(self) -> Snapshot:
        """The market at the last mark."""
        return self._snapshot

    @property
    def unit_value(self) -> Vector:
        """Value of one unit of scale as of the last mark, less CVA, (paths,) $."""
        return self.unit_clean if self.unit_cva is None else self.unit_clean - self.unit_cva

    @property
    def book_value(self) -> Vector:
        """Value of the book as of the last mark, (paths,) $."""
        return self.scale * self.unit_value

    def value_now(self) -> Vector:
        """Value of the book now, less CVA, (paths,) $."""
        if self.counterparty is None:
            return self.clean_now()
        value: Vector = self.scale * (self._unit_value_now() - self.counterparty.now().value)
        return value

    def clean_now(self) -> Vector:
        """Value of the book now as if its counterparty could not default, (paths,) $."""
        value: Vector = self.scale * self._unit_value_now()
        return value

    def margined_now(self) -> Vector:
        """What variation margin on the book is exchanged for, (paths,) $: nothing of one without collateral."""
        there = self.counterparty
        exchanged = there is None or there.terms.collateralised
        return self.clean_now() if exchanged else np.zeros(self.world.paths)

    @property
    def untouched(self) -> bool:
        """Whether no lender has ever forced anything. Fast: `forced` is replaced, never written to."""
        return self.forced is self._unforced

    @property
    def kept(self) -> Vector:
        """Share of the book that no lender has taken, (paths,)."""
        there = self.counterparty
        return self.scale if there is None else np.where(there.ended, there.share, self.scale)

    @property
    def left(self) -> tuple[Vector, Ints]:
        """Books that are not liquidated, (paths,), and the paths that have any; found when the scale changes."""
        known = self._left.of(self.scale)
        if known is None:
            known = np.where(self.liquidated, 0.0, self.scale), self.scale.nonzero()[0]
            self._left.put(known, self.scale)
        return known

    @property
    def needs(self) -> tuple[FactorKey, ...]:
        """Factors that the value of the book depends on, with those of CVA."""
        return self.book.needs if self.counterparty is None else (*self.book.needs, *self.counterparty.keys)

    def _unit_value_now(self) -> Vector:
        """Value of one unit of scale now, (paths,) $; computed once per market."""
        now = self.world.factors.snapshot
        if self._value_in is not now:
            self._value, self._value_in = self._value_at(now) if self._full else self.slopes().value, now
        return self._value

    def _value_at(self, snapshot: Snapshot) -> Vector:
        """Value of one unit of scale in another market, (paths,) $.

        Bit-stability: always valued with the kernel for the present market, so a path's digits do not depend on its
        chunk.
        """
        if not self._full:
            return self.slopes(snapshot).value
        return self.book.value(self.world.factors.tick, snapshot, self.fixings, settled=self._tick)

    def risk(self, snapshot: Snapshot | None = None) -> Risk:
        """Risk of one unit of scale in the present market, computed once per market, or in a given one.

        In a market on some of the paths: on those.
        """
        if snapshot is not None:
            return self._risk_at(snapshot)
        now = self.world.factors.snapshot
        if self._risk_in is not now:
            self._risk, self._risk_in = self._risk_at(now), now
        return self._risk

    def _risk_at(self, snapshot: Snapshot) -> Risk:
        if snapshot.among is None and self.vega_hedge is None:
            return self.book.risk(self.world.factors.tick, snapshot, self.fixings, settled=self._tick)
        grid = None if self.vega_hedge is None else self.vega_hedge.grid
        fixings = self.fixings if snapshot.among is None else self.fixings[:, snapshot.among]
        return self.book.risk(self.world.factors.tick, snapshot, fixings, settled=self._tick, vegas=grid)

    def slopes(self, snapshot: Snapshot | None = None, *, bent: bool = False) -> Risk:
        """At least value and delta of the risk, in the present market or in a given one. bent: gamma, too.

        Who has asked for gamma once will ask again: it is then computed with the others.
        """
        if self._full:
            return self.risk(snapshot)
        if bent and not self._bent:
            self._bent, self._slopes_in = True, None
        if snapshot is not None:
            return self._slopes_at(snapshot)
        now = self.world.factors.snapshot
        if self._slopes_in is not now:
            self._slopes, self._slopes_in = self._slopes_at(now), now
        return self._slopes

    def _slopes_at(self, snapshot: Snapshot) -> Risk:
        if not self._bent:
            return self._first_order(snapshot)
        return self.book.slopes(self.world.factors.tick, snapshot, self.fixings, settled=self._tick)

    def gamma_of(self, asset: str, slopes: Risk, snapshot: Snapshot | None) -> Vector:
        """Gamma in an asset, (paths,), in the market that `slopes` are of: the present one or a given one."""
        return (slopes if slopes.bent else self.slopes(snapshot, bent=True)).gamma_of(asset)

    def _first_order(self, snapshot: Snapshot) -> Risk:
        """At least value and delta of the risk in another market."""
        return self.book.first_order(self.world.factors.tick, snapshot, self.fixings, settled=self._tick)

    @property
    def explained(self) -> Vector:
        """The running totals that add up to the book's P&L, (some of `parts`, paths) $."""
        if not self.attributed:
            return self.parts[-1:]
        return self.parts[: -1 if self._moved_besides else VEGA_PART]  # VEGA_PART and on are zero until then

    def open_risk(self, straddles: Units, snapshot: Snapshot | None = None, risk: Risk | None = None) -> OpenRisk:
        """Risk of one unit of scale with that of straddles held against it, in units by venue.

        risk: of the book in that market, where it is known.
        """
        others = {} if self.counterparty is None else self.counterparty.hedged(snapshot)
        for name, units in straddles.items():
            for key, slope in self.world.venue(name).listing.sensitivities(snapshot).items():
                others[key] = others.get(key, 0.0) + units * slope
        return OpenRisk(risk or self.risk(snapshot), others)

    def neutral_vega(self, snapshot: Snapshot | None = None, risk: Risk | None = None) -> Units:
        """Straddles that neutralise the vega of one unit of scale, by venue; none without a vega leg."""
        if self.vega_hedge is None or not self.book.has_rates:
            return {}
        return self.vega_hedge.units(self.open_risk({}, snapshot, risk), snapshot)

    def hedge_options(self, hedge: OptionHedge) -> None:
        """Hedge with options on the asset from now on, which needs more of the risk than `slopes`."""
        self.option_hedge, self._full = hedge, True
        self.assets = (MAIN, *sorted({*self.book.assets, *hedge.assets} - {MAIN}))

    @property
    def option_names(self) -> tuple[str, ...]:
        """Venues of options on the asset at which it hedges."""
        return () if self.option_hedge is None else self.option_hedge.names

    @property
    def answering_options(self) -> tuple[str, ...]:
        """Venues of options on the asset at which it trades as the market moves."""
        return () if self.option_hedge is None else self.option_hedge.answering

    def answering_on(self, asset: str) -> tuple[str, ...]:
        """Those of options on one asset."""
        return () if self.option_hedge is None else self.option_hedge.answering_on(asset)

    @property
    def values_some(self) -> bool:
        """Whether book and option leg can be valued on some of the paths."""
        return self.option_hedge is None or self.option_hedge.values_some

    @property
    def kept_options(self) -> Units:
        """Options on the asset held against one unit of scale whatever its risk is, by venue."""
        return {} if self.option_hedge is None else self.option_hedge.kept

    def neutral_options(self, snapshot: Snapshot | None = None, risk: Risk | None = None) -> Units:
        """Options on the asset held against one unit of scale, by venue; none without an option leg."""
        hedge = self.option_hedge
        if hedge is None:
            return {}
        if risk is not None or snapshot is not None:
            return hedge.neutral(risk or self.risk(snapshot), snapshot)
        now = self.risk()
        return self._options.get(lambda: hedge.neutral(now), hedge, now, self.world.factors.snapshot)

    def hold_neutral(self, options: Units) -> None:
        """The same in the present market, (paths,) units by venue, from who has found it together with others."""
        self._options.get(lambda: options, self.option_hedge, self.risk(), self.world.factors.snapshot)

    def neutral_delta(
        self, options: Units, snapshot: Snapshot | None = None, risk: Risk | None = None, asset: str = MAIN
    ) -> Vector:
        """Units of an asset that neutralise the delta of one unit of scale with that of options held against it.

        risk: of a part of the book in that market.
        """
        own = (risk or self.slopes(snapshot)).delta_of(asset)
        return -(own + self._in_options(options, asset).sum("delta", snapshot))

    def neutral_deltas(self, options: Units, risk: Risk | None = None) -> Units:
        """The same of every asset by name, in the present market."""
        return {asset: self.neutral_delta(options, risk=risk, asset=asset) for asset in self.assets}

    def _in_options(self, options: Units, asset: str) -> OptionsHeld:
        """Options on an asset by venue as listings with units."""
        return OptionsHeld([(each, options[each.name]) for each in options_among(self.world, options, asset)])

    def neutral_credit(self, snapshot: Snapshot | None = None) -> Units:
        """Protection that neutralises the risk of names of one unit of scale, by venue; none without a credit leg.

        In the present market or in a given one.
        """
        if self.credit_hedge is None or not self.credit_hedge.needed:
            return {}
        return self.credit_hedge.units(self.open_risk({}, snapshot), snapshot)

    def neutral_rates(
        self, snapshot: Snapshot | None = None, straddles: Units | None = None, risk: Risk | None = None
    ) -> Units:
        """Units that neutralise the rates risk of one unit of scale, by venue; none without rates.

        In the present market or in a given one. straddles: units of straddles and options held against one unit of
        scale, which have rates risk of their own; by default those that neutralise its vega. risk: of a part of the
        book in that market.
        """
        if not self.book.has_rates:
            return {}
        risk = risk or self.risk(snapshot)
        if straddles is None:
            held = self.neutral_vega(snapshot, risk) | self.neutral_options(snapshot, risk)
        else:
            held = straddles
        return self.rates_hedge.units(self.open_risk(held, snapshot, risk), snapshot)

    # --- attribution ----------------------------------------------------------------------------------------------
    def mark(self) -> None:
        """Attribute what happened since the last mark, pay the book's cash flows, and mark it."""
        tick, now, since = self.world.factors.tick, self.world.factors.snapshot, self._tick
        if tick == since:
            return
        if self.attributed and self._split(tick, now):
            self._tick, self._snapshot, self.unit_clean = tick, now, self._unit_value_now()
            return
        found = self._stepped_together(tick, now) if self.attributed else None
        steps = self._stepped(tick, now) if self.attributed and found is None else None
        end = value = self._unit_value_now()
        if self.book.settles(since, tick):
            cash = self.book.cashflows(since, tick, now, self.fixings)
            self.book.fix(since, tick, now, self.fixings)
            for follower in self.followers:
                follower.settle(since, tick, now)
            value = self.book.value(tick, now, self.fixings, settled=tick)
            end = value + cash
            self.world.ledger.transfer(self.scale * cash, source=CLIENTS, target=self.name, reason="book")
            self._risk_in = self._slopes_in = self._value_in = None
            if self.counterparty is not None:
                self.counterparty.forget()
        if found is None:
            self._attribute(now, steps, end)
        else:
            self._attribute_together(now, found, end)
        self._tick, self._snapshot, self.unit_clean = tick, now, value
        if self.counterparty is not None and self.unit_cva is not None:
            self._moved_besides = True
            self.unit_cva = self.counterparty.mark(value, self.unit_cva)

    def receive(self, due: Vector) -> None:
        """Receive dividends, `due` (paths,) $ per unit, on the asset units in the book; attributed to time."""
        paid = self.book.asset_units * due
        self.world.ledger.transfer(self.scale * paid, source=CLIENTS, target=self.name, reason="book")
        total = self.totals["theta" if self.attributed else UNSPLIT]
        total += self.scale * paid
        self.unhedged += paid
        for follower in self.followers:
            follower.receive(due)

    def _split(self, tick: int, new: Snapshot) -> bool:
        """Attribute a mark at which only time and spot have moved, where the book has one kernel for it."""
        old, book, since = self._snapshot, self.book, self._tick
        if not book.splits or self.counterparty is not None or not self._stood(old, new):
            return False
        if book.settles(since, tick):
            return False
        held = Held(self.scale, self.unit_clean, self._unit_value_now(), new.row(SPOT))
        book.split(tick, old, held, self.parts, self.unhedged, settled=since)
        return True

    def _stood(self, old: Snapshot, new: Snapshot) -> bool:
        """Whether surely nothing but spot has moved: the other factors, of curves all nodes, have the same arrays."""
        keys, curves = self._besides
        return old.stands(new, keys) and old.stands_too(new, curves)

    def _stepped(self, tick: int, new: Snapshot) -> Stepped:
        """Before rates are fixed and rights used.

        What is fixed or exercised at this mark is so in the new market: in an old one it would be worth something else.
        """
        old, end = self._snapshot, self._unit_value_now()
        if not self.book.slides:
            first = self.risk if self._full else self._first_order
            return Stepped(first(old), None, self._revalued(tick, new, end))
        held, free = self.slopes(self._held(old, old)), self.slopes(old)
        slides = {asset: free.delta_of(asset) - held.delta_of(asset) for asset in (MAIN, *self.book.assets)}
        return Stepped(held, slides, self._revalued(tick, new, end))

    def _stepped_together(self, tick: int, new: Snapshot) -> tuple[Risk, Steps] | None:
        """All by one kernel, where the book has one and all steps of its own move; None elsewhere.

        The value of the book now is known then, too.
        """
        old = self._snapshot
        if not (self._full and self.book.steps_together and self._moving):
            return None
        for first, keys in self._moving:
            if old.row(first)[0] == new.row(first)[0] and _stand(old, new, keys):
                return None
        found = self.book.stepped(tick, old, new, self.fixings, settled=self._tick)
        if found is not None and self._value_in is not new:
            self._value, self._value_in = found[1][-1], new
        return found

    def _attribute_together(self, new: Snapshot, found: tuple[Risk, Steps], end: Vector) -> None:
        """As `_attribute`, of what `_stepped_together` has found."""
        slopes, (by_spot, by_vol, _) = found
        at, spots = slopes.rows, (self._snapshot.row(SPOT), new.row(SPOT))
        moved = self.unit_clean, at[VALUE], at[DELTA], *spots, by_spot, by_vol, end
        attribute_few(self.scale, *moved, self.parts, self.unhedged)
        self._moved_besides = True

    def _held(self, market: Snapshot, old: Snapshot) -> Snapshot:
        """A market in which the smile stays where spot was in an old one; the same market if it does not slide."""
        if not self.book.slides:
            return market
        assets = (MAIN, *self.book.assets)
        return market.with_rows({of_asset(SMILE_SPOT, each): old.row(of_asset(SPOT, each)) for each in assets})

    def _attribute(self, new: Snapshot, steps: Stepped | None, end: Vector) -> None:
        """Attribute the change of value from the last mark to `end`, cash paid included; per unit of scale."""
        if steps is None:
            add_step(self.scale, self.unit_clean, end, self.totals[UNSPLIT], self.unhedged)
            return
        old, parts = self._snapshot, (self.parts, self.unhedged)
        slopes, spots = steps.slopes, (old.row(SPOT), new.row(SPOT))
        values = [*steps.values[:-1], end]
        attribute(self.scale, self.unit_clean, slopes.value, slopes.delta, *spots, values[0], *parts)
        for asset in self.book.assets:  # the step of spot has taken them for gamma
            straight = self.scale * slopes.delta_of(asset) * self._moved(asset, new)
            self.parts[DELTA_PART] += straight
            self.parts[GAMMA_PART] -= straight
        for asset, units in (steps.following or {}).items():
            self._follow(units * self._moved(asset, new))
        for step, before, after in zip(self._steps, values, values[1:], strict=False):
            if before is not after:
                self._moved_besides = True
                add_step(self.scale, before, after, self.parts[step.row], self.unhedged)

    def _moved(self, asset: str, new: Snapshot) -> Vector:
        """$ by which an asset's price has moved since the last mark, (paths,)."""
        key = of_asset(SPOT, asset)
        moved: Vector = new.row(key) - self._snapshot.row(key)
        return moved

    def _follow(self, made: Vector) -> None:
        """Count what the smile's slide made by its delta, $ of one unit, under delta, which is hedged."""
        slid = self.scale * made
        self.parts[DELTA_PART] += slid
        self.parts[SMILE_PART] -= slid
        self._moved_besides = True

    def _revalued(self, tick: int, new: Snapshot, end: Vector) -> list[Vector]:
        """Value before each step, then at the end, (paths,) each; the same array object if a step moves nothing."""
        old, values = self._snapshot, [end]
        if self._stood(old, new) and not self.book.slides and not self.book.settles(self._tick, tick):
            return [end] * (len(self._steps) + 1)
        keys = [of_asset(SPOT, asset) for asset in (MAIN, *self.book.assets)]
        slid = self.book.slides and not _stand(old, new, keys)
        for step in reversed(self._steps):
            stands = not (step.first and slid) and _stand(old, new, step.keys)
            if not stands or (step.last and self.book.settles(self._tick, tick)):
                before = old.with_rows({key: new.row(key) for key in step.before})
                values.insert(0, self._value_at(self._held(before, old) if step.first else before))
            else:
                values.insert(0, values[0])
        return values

    # --- forced reduction ------------------------------------------------------------------------------------------
    def close_out(self, cost_share: float) -> None:
        """Close out the share `forced` of the book at the mark, with its hedge (delta-exchanged), less a half-spread in
        vol on the vega of book and options that hedge it.

        The book is reduced only as far as the hedge that can be delivered with it: units that the venues did not fill
        limit it. Call after `mark`, in the same instant.
        """
        if not some(self.forced):
            return
        world, ledger, risk = self.world, self.world.ledger, self.risk()
        options = self.neutral_options()
        hedges = self.neutral_rates() | self.neutral_vega() | self.neutral_credit() | options
        hedges |= self.neutral_deltas(options)
        share = self.forced * self._deliverable(hedges)
        part = share * self.scale
        ledger.transfer(part, source=self.name, target=CLIENTS, asset=self.asset, reason="book")
        ledger.transfer(part * self.unit_value, source=CLIENTS, target=self.name, reason="book")
        for asset in self.assets:
            vega, vol = self._in_options(options, asset).sum("vega"), world.factors.snapshot.row(of_asset(VOL, asset))
            ledger.transfer(
                part * np.abs(risk.vega_of(asset) + vega) * cost_share * vol,
                source=self.name,
                target=CLIENTS,
                reason="closeout_cost",
            )
        for name, unit in hedges.items():
            venue = world.venue(name)
            venue.hand_over(self.name, INVESTORS, read_only(_at_most(part * unit, venue.held(self.name))))
        self.scale = self.scale * (1 - share)
        done = share >= 1.0
        fresh = done & ~self.liquidated
        world.log.add("events", world.now, fresh, kind="liquidated", subject=self.name, value=1.0)
        self.liquidated |= done
        self.forced = world.full(0.0)  # another array than at the start

    def _deliverable(self, hedges: dict[str, Vector]) -> Vector:
        """Share of the forced reduction whose hedge can be delivered, (paths,); a shortfall of up to 2 % is ignored.

        The order's own impact moves the delta between the order and the close-out by about that much.
        """
        least = self.world.full(1.0)
        for name, unit in hedges.items():
            wanted = self.forced * self.scale * unit
            at_hand = _at_most(wanted, self.world.venue(name).held(self.name))
            some = np.abs(wanted) > 1e-9
            least = np.minimum(least, np.where(some, at_hand / np.where(some, wanted, 1.0), 1.0))
        return np.where(least > 0.98, 1.0, least)


def _stand(old: Snapshot, new: Snapshot, keys: Iterable[FactorKey]) -> bool:
    """Whether levels are unchanged on all paths: usually the same array object, or another number on path 0."""
    for key in keys:
        a, b = old.row(key), new.row(key)
        if a is not b and (a[0] != b[0] or not np.array_equal(a, b)):
            return False
    return True


def _at_most(wanted: Vector, held: Vector) -> Vector:
    """`wanted`, limited to what is held with the same sign, (paths,)."""
    return np.where(wanted > 0, np.clip(wanted, 0, np.maximum(held, 0)), np.clip(wanted, np.minimum(held, 0), 0))
