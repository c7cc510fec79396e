"""What the notes of a book are worth by each model, and the participation at which each is worth its notional."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from markets.factors.key import VOL
from markets.products.book import Book
from markets.products.equity_note import EquityNote
from markets.rate_vols.black import implied_black
from markets.vols.rates_variance import RatesVariance
from markets.vols.smile import strike_multiple
from scenarios.reading.made_by_hand import meant
from scenarios.studies.risk.book_risk import hedger_of
from scenarios.worlds.books import instruments, starting_market
from scenarios.worlds.clock import make_clock
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.nearest import nearest

if TYPE_CHECKING:
    import polars as pl

    from markets.products.option import Option
    from markets.products.product import Instrument
    from markets.products.start import Start
    from scenarios.scenario import Scenario
    from sim.clock import Clock

COLUMNS = ("note", "model", "value", "fixed", "option", "vol", "at_par")
BLACK_SCHOLES, HESTON, MOVING = "Black-Scholes", "Heston", ", moving rates"


@dataclass(frozen=True)
class NotePrice:
    """One note by one model, per 1 of notional held."""

    note: str
    model: str
    fixed: float  # principal and coupons
    option: float  # of its participation
    unit: float  # of a participation of 1
    vol: float  # Black-Scholes vol that the call alone implies, decimal a year; NaN where none does

    @property
    def value(self) -> float:
        """Of the whole note."""
        return self.fixed + self.option

    @property
    def at_par(self) -> float:
        """The participation at which the note is worth its notional: (1 - fixed) / unit; NaN without an option."""
        return (1.0 - self.fixed) / self.unit if self.unit > 0 else float("nan")


@dataclass(frozen=True)
class NotePrices:
    """Every note of a book by every model."""

    prices: tuple[NotePrice, ...]

    def participation_at_par(self, model: str, note: int = 1) -> float:
        """By a model's name, of the first note or another one, counted from 1. Raises UserError."""
        found = [price for price in self.prices if price.model == model]
        if not found:
            known = list(dict.fromkeys(price.model for price in self.prices))
            raise UserError("no such model", value=model, remedy=nearest(model, known))
        if not 1 <= note <= len(found):
            raise UserError("no such note", value=note, remedy=f"count from 1 to {len(found)}")
        return found[note - 1].at_par

    def table(self) -> pl.DataFrame:
        """COLUMNS: per 1 of notional; vol decimal a year."""
        import polars as pl

        return pl.DataFrame([{name: getattr(price, name) for name in COLUMNS} for price in self.prices])


def price_note(scenario: Scenario | str, agent: str | None = None, *, correlation: float = 0.0) -> NotePrices:
    """The notes of a hedger's book at the start of a scenario, by Black-Scholes and Heston, rates fixed and moving.

        price_note("issuer.toml").table()

    Args:
        scenario: a scenario, a preset's name or a file.
        agent: the hedger; by default the first by name that has a book.
        correlation: of the asset and the short rate, under Black-Scholes.

    `market.heston` has the terms; without a `rates_vol` there, rates move by no model. Raises UserError: no such
    hedger, no note in its book, or a mistake in the scenario.
    """
    known = meant(scenario)
    hedger = hedger_of(known, agent)
    clock, start = make_clock(known), starting_market(known)
    notes = [each for each in instruments(hedger, start) if isinstance(each, EquityNote)]
    if not notes:
        remedy = "write a line with kind = 'equity_note'"
        raise UserError("the book has no note", value=hedger.name, place=f"agents.{hedger.name}.book", remedy=remedy)
    pricing = _Pricing(clock, start, correlation)
    return NotePrices(tuple(price for note in notes for price in pricing.prices(note)))


class _Pricing:
    """Notes in one starting market."""

    def __init__(self, clock: Clock, start: Start, correlation: float) -> None:
        self.clock, self.start, self.correlation = clock, start, correlation
        terms = start.heston
        self.rates = RatesVariance(sigma=terms.rates_vol, reversion=terms.rates_reversion)
        self.still = replace(start, heston=replace(terms, rates_vol=0.0))

    def prices(self, note: EquityNote) -> list[NotePrice]:
        """By every model that the scenario has terms for."""
        one = replace(note, notional=1.0)
        heston = replace(one, model="heston")
        found = [self._priced(BLACK_SCHOLES, replace(one, model=None), self.still)]
        if self.rates.sigma:
            found.append(self._priced(BLACK_SCHOLES + MOVING, replace(one, model=None), None))
        found.append(self._priced(HESTON, heston, self.still))
        if self.rates.sigma:
            found.append(self._priced(HESTON + MOVING, heston, self.start))
        return found

    def _priced(self, model: str, note: EquityNote, start: Start | None) -> NotePrice:
        """start: None where each option has a vol of its own."""
        fixed = self._worth(replace(note, participation=0.0), self.start)
        options = replace(note, participation=1.0).options
        worth = [self._worth(option, start or self._moving(option)) for option in options]
        unit = sum(worth)
        return NotePrice(note.label, model, fixed, note.participation * unit, unit, self._vol(options[0], worth[0]))

    def _moving(self, option: Option) -> Start:
        """The market in which the option has its own vol while rates move."""
        years, start = self.clock.variance_years_to(option.expiry), self.start
        strikes = np.array([option.strike])
        (multiple,) = strike_multiple(strikes, years, spot=start.spot0, skew=start.skew, form=start.form)
        vol = self.rates.effective_vol(multiple * start.vol_base, years, correlation=self.correlation)
        return replace(start, snapshot=start.snapshot.with_rows({VOL: np.array([float(vol) / multiple])}))

    def _worth(self, item: Instrument, start: Start) -> float:
        return float(Book((item,)).compile(self.clock, start).value(0, start.snapshot, np.zeros((0, 1)))[0])

    def _vol(self, call: Option, worth: float) -> float:
        """The Black-Scholes vol of a call."""
        calendar, years = self.clock.calendar_years_to(call.expiry), self.clock.variance_years_to(call.expiry)
        forward, discount = self.start.forward_price(calendar), self.start.discount(calendar)
        return float(implied_black(worth / call.quantity, forward, call.strike, years, discount))
