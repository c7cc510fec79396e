"""A desk's positions one by one, without netting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.desk.lines import BookLine
from agents.funding.holdings import Holdings
from agents.funding.risk_classes import CREDIT, CURRENCIES, EQUITY, RATES, risk_class
from markets.factors.key import MAIN, default_key
from markets.products.asset import Asset
from markets.products.bermudan_swaption import BermudanSwaption
from markets.products.bill import Bill
from markets.products.bond import Bond
from markets.products.cancellable_swap import CancellableSwap
from markets.products.cash_table import CashTable
from markets.products.cds import Cds
from markets.products.cds_table import CdsTable
from markets.products.cross_currency_swap import CrossCurrencySwap
from markets.products.currency_table import CurrencyTable
from markets.products.deposit import Deposit
from markets.products.gamma_claim import GammaClaim
from markets.products.linear_table import LinearTable
from markets.products.risky_bond import RiskyBond
from markets.products.risky_bond_table import RiskyBondTable
from markets.specs.variable import HAZARD
from markets.venues.straddle import Straddle
from markets.venues.vol_listing import VolListing
from sim.named_tuple import NamedTuple

Vector = NDArray[np.float64]
LINEAR = (LinearTable, CashTable, CurrencyTable, CdsTable, RiskyBondTable)
PATH_DEPENDENT = (BermudanSwaption, CancellableSwap, GammaClaim)
CLASSES: dict[type, str] = {Cds: CREDIT, CrossCurrencySwap: CURRENCIES}  # neither equity nor rates
CASH_HELD = (Asset, Bond, Bill, Deposit, RiskyBond)  # paid for in full, and so no derivatives


class Holding(NamedTuple):
    """One position at the present market."""

    asset_class: str  # see `agents.funding.risk_classes`
    notional: Vector  # (paths,) $, at least 0
    years: float  # calendar years to its end; infinite if it has none
    value: Vector  # (paths,) $; negative: owed by the desk


class Positions(Holdings):
    """Positions of the book and at the venues; those of the book can be valued alone where `follow` was called."""

    _lines: list[BookLine]

    def follow(self, *, by_position: bool) -> None:
        """Value positions of the book one by one from now on, the start of the run, or none."""
        instruments = self._held.book.book.instruments if by_position else ()
        self._lines = [BookLine(self._desk, each) for each in instruments]
        self._desk.followers.extend(self._lines)

    @property
    def lines(self) -> list[BookLine]:
        """Positions of the book that are no cash instruments and are not over."""
        return [line for line in self._lines if not isinstance(line.instrument, CASH_HELD) and line.years > 0]

    @property
    def debts(self) -> list[BookLine]:
        """Positions of the book in bonds and loans of names that are not over."""
        return [line for line in self._lines if isinstance(line.instrument, RiskyBond) and line.years > 0]

    def living(self, credit: str) -> Vector:
        """1 where a name has not defaulted, else 0, (paths,)."""
        key, now = default_key(credit), self.factors.snapshot
        return (now.row(key) == 0.0).astype(np.float64) if key in now.keys else np.ones(self.paths)

    def option_vegas(self, asset: str = MAIN) -> list[tuple[float, Vector]]:
        """Of each live option on an asset, book and hedges: calendar years left, vega times its vol, (paths,) $."""
        live = [line for line in self._lines if line.has_vega and line.years > 0 and line.asset == asset]
        options = self.options_on(asset)
        held = [(one.years(), units * one.unit_notional * one.mid) for one, units in options.positions]
        return [*((line.years, self.scale * line.vega()) for line in live), *held]

    def path_dependent(self) -> Vector:
        """Notional of positions of the book with several dates of exercise or a payoff on the way, (paths,) $."""
        lines = (line for line in self._lines if isinstance(line.instrument, PATH_DEPENDENT) and line.years > 0)
        return sum((self._notional(line) for line in lines), np.zeros(self.paths))

    @property
    def has_optionality(self) -> bool:
        """Whether the book holds anything that is no linear claim, or the desk has straddles or options."""
        listed = any(isinstance(venue.listing, Straddle | VolListing) for venue in self.held_venues())
        return listed or any(not isinstance(table, LINEAR) for table in self._held.book.tables)

    def assets_held(self) -> Vector:
        """Value of assets that are paid for in full, long and short added up, (paths,) $."""
        book = (self._notional(line) for line in self._lines if isinstance(line.instrument, CASH_HELD))
        venues = (venue for venue in self.held_venues() if venue.listing.funded)
        return sum((*book, *(np.abs(venue.value(self.name)) for venue in venues)), np.zeros(self.paths))

    def sold_short(self) -> Vector:
        """Value of assets and options that are sold short, whose proceeds the lender keeps, (paths,) $."""
        venues = (venue for venue in self.held_venues() if venue.listing.funded)
        return sum((np.maximum(-venue.value(self.name), 0.0) for venue in venues), np.zeros(self.paths))

    def liquidating_value(self) -> Vector:
        """What listed options that the desk is long of would fetch, (paths,) $: at mid, less the half-spread."""
        found = np.zeros(self.paths)
        for venue in (venue for venue in self.held_venues() if isinstance(venue.listing, VolListing)):
            cost = np.abs(venue.listing.exposure(self.name)) * venue.half_spread
            found += np.maximum(venue.value(self.name) - cost, 0.0)
        return found

    def derivatives(self) -> list[Holding]:
        """Live options, futures and swaps, hedges included: one by one, without netting."""
        found = [self._of_line(line) for line in self.lines]
        for venue in (venue for venue in self.venues.values() if not venue.listing.funded):
            notional, value = np.abs(venue.listing.exposure(self.name)), venue.value(self.name)
            found.append(Holding(risk_class(venue.key), notional, venue.listing.years(), value))
        return [each for each in found if each.years > 0]

    def worst_default(self) -> Vector:
        """What the default of one name costs at most, at once and as quotes assume, (paths,) $; first at the start.

        A position gains notional x (1 - recovery) less its value, protection sold the opposite; of names that live.
        """
        lines: list[BookLine] | None = self.memory.get("names")
        if lines is None:
            held = (each for each in self._held.book.book.instruments if isinstance(each, Cds))
            lines = self.memory["names"] = [BookLine(self._desk, each) for each in held]
            self._desk.followers.extend(lines)
        gains: dict[str, Vector] = {}
        for name, gain in (*self._on_default(lines), *self._hedges_on_default()):
            gains[name] = gains[name] + gain if name in gains else gain
        worst = np.zeros(self.paths)
        for name, gain in gains.items():
            np.maximum(worst, np.where(self._lives(name), -gain, 0.0), out=worst)
        return worst

    def _on_default(self, lines: list[BookLine]) -> Iterator[tuple[str, Vector]]:
        for line in lines:
            if line.years > 0:
                held: Any = line.instrument
                lost = 1.0 - line.start.credit(held.credit).recovery
                yield held.credit, self.scale * (held.size * lost - line.value())

    def _hedges_on_default(self) -> Iterator[tuple[str, Vector]]:
        start = self._desk.book.start
        for venue in self.held_venues():
            if venue.key.family == HAZARD:
                lost = 1.0 - start.credit(venue.name).recovery
                yield venue.name, venue.held(self.name) * lost - venue.value(self.name)

    def _lives(self, name: str) -> NDArray[np.bool_]:
        key, snapshot = default_key(name), self.factors.snapshot
        return snapshot.row(key) == 0 if key in snapshot.keys else np.ones(self.paths, dtype=bool)

    def gross_exposure(self) -> Vector:
        """Notional of all derivatives and value of all assets, long and short added up, (paths,) $."""
        book = (self._notional(line) for line in self._lines if line.years > 0)
        venues = (venue for venue in self.venues.values() if not self.idle(venue))
        held = (np.abs(venue.listing.exposure(self.name)) for venue in venues)
        return sum((*book, *held), np.zeros(self.paths))

    def _notional(self, line: BookLine) -> Vector:
        """Notional of a position of the book, (paths,) $."""
        size = self.scale * line.instrument.gross(1.0) * (1.0 if line.of_notional else self.price(line.asset))
        credit = getattr(line.instrument, "credit", "")
        return size * self.living(credit) if credit else size

    def _of_line(self, line: BookLine) -> Holding:
        value = self.scale * line.value()
        usual = RATES if line.rates else EQUITY
        own = CLASSES.get(type(line.instrument), usual)
        return Holding(own, self._notional(line), line.years, value)
