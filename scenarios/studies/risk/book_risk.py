"""Risk of a book at the start of a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.hedging.hedger import Hedger
from markets.curves.tents import KEYS
from markets.products.book import Book
from markets.products.vega_grid import STANDARD
from scenarios.reading.made_by_hand import meant
from scenarios.studies.risk import columns
from scenarios.studies.risk.derivatives import BP, bends_of, risk_at_start, slopes_of, theta_of, vegas_of
from scenarios.studies.risk.fine_start import apart, on_nodes, times_of
from scenarios.studies.risk.layers import PROJECTS, layers_of, quote_ladder, slopes_by
from scenarios.worlds.books import instruments, starting_market
from scenarios.worlds.clock import make_clock
from scenarios.worlds.starting_curve import own_currency, solved_curves
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.lists import Columns, framed
from sim.nearest import nearest

if TYPE_CHECKING:
    import polars as pl

    from markets.curves.curve_set import CurveSet
    from markets.products.book import CompiledBook
    from markets.products.product import Instrument
    from markets.products.start import Start
    from scenarios.scenario import Scenario
    from scenarios.studies.risk.layers import Layer
    from sim.clock import Clock

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BookRisk:
    """Value and exact derivatives of a book in its starting market.

    The book is compiled on curves with a node at every time at which it depends on one, so that its slopes by those
    nodes hold all there is to say of first order; key rates, quotes and parallel moves are sums of them. Second
    derivatives are from the same book on a curve whose nodes are the keys.
    """

    book: CompiledBook  # on nodes at all its times
    by_keys: CompiledBook  # on nodes at the keys
    keys: tuple[float, ...]  # years
    currency: str
    layers: tuple[Layer, ...]  # the curves of `book`
    curves: CurveSet | None = None  # that the scenario quotes

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The positions."""
        return self.book.book.instruments

    # --- first order -----------------------------------------------------------------------------------------------
    @cached_property
    def value(self) -> float:
        """$."""
        return float(risk_at_start(self.book).value[0])

    @cached_property
    def slopes(self) -> Floats:
        """Change of value per 1.00 of the zero rate at each of `times`, (times,) $."""
        return slopes_of(self.book)

    @cached_property
    def projection_slopes(self) -> Floats:
        """The part of `slopes` by the curves that floating rates are read from, (times,) $; the rest discounts."""
        risk = risk_at_start(self.book)
        found = [slopes_by(risk, layer.curve) for layer in self.layers if layer.role == PROJECTS]
        total: Floats = np.sum(found, axis=0)
        return total

    @property
    def times(self) -> Floats:
        """Years at which the book depends on the curve, (times,)."""
        return self.book.start.curve.times

    @property
    def dv01(self) -> float:
        """Change of value for +1 bp on all zero rates, $."""
        return float(self.slopes.sum() * BP)

    @cached_property
    def by_quote(self) -> Floats | None:
        """Change of value for a step of each quote (1 bp of a rate, 0.01 of a price), (quotes,) $; None without quotes.

        Curves that floating rates are read from, and those of other currencies, are moved by the quotes of their own.
        """
        return self._ladder(self.book)

    def _ladder(self, book: CompiledBook) -> Floats | None:
        return None if self.curves is None else quote_ladder(risk_at_start(book), [*self.layers], self.curves)

    def par_dv01_of(self, book: CompiledBook) -> float | None:
        """Change of value for +1 bp on every quoted rate, $."""
        ladder = self._ladder(book)
        if ladder is None or self.curves is None:
            return None
        return float(ladder[[quote.step == BP for quote in self.curves.quotes]].sum())

    @property
    def par_dv01(self) -> float | None:
        """Change of value for +1 bp on every quoted rate, $; None without quotes."""
        return self.par_dv01_of(self.book)

    @cached_property
    def vegas(self) -> Floats:
        """Change of value for +1 bp of normal vol by bucket of `STANDARD`, (expiries, tenors) $."""
        return (vegas_of(self.book) * BP).reshape(len(STANDARD.expiries), len(STANDARD.tenors))

    # --- second order and time ---------------------------------------------------------------------------------------
    @cached_property
    def cross_gamma(self) -> Floats:
        """Second derivatives by +1 bp in the tents of two keys, (keys, keys) $; they add up to the parallel gamma."""
        return bends_of(self.by_keys) * BP**2

    @property
    def gamma(self) -> float:
        """Change of DV01 for +1 bp on all zero rates, $."""
        return float(self.cross_gamma.sum())

    @property
    def theta(self) -> float:
        """Change of value over a calendar day if forward rates come true, $."""
        return theta_of(self.book, rolled=True)

    @property
    def theta_same_zeros(self) -> float:
        """Change of value over a calendar day with the zero curve the same in time to maturity, $."""
        return theta_of(self.book, rolled=False)

    # --- tables ------------------------------------------------------------------------------------------------------
    def positions(self) -> pl.DataFrame:
        """A row a position (the largest, then all others together) and the book: value, pv01, dv01, zero_dv01, gamma,
        theta, theta_same_zeros, vega; $, and $ per basis point.
        """
        return framed(columns.positions(self))

    def key_rates(self, *, fixed: bool = False) -> pl.DataFrame:
        """key (years), dv01: +1 bp in the tent of each key, $; of it `discount` and `projection`.

        fixed: tents of fixed widths, with `coverage` (sum of all tents at the key) beside them.
        """
        return framed(columns.key_rates(self, fixed=fixed))

    def further(self) -> pl.DataFrame | None:
        """factor, step, change: for +1 bp of each spread and of each node of other currencies, and of
        each name, and +1 % of FX rates, $.

        None where the book depends on none of them.
        """
        return _framed(columns.further(self))

    def other_curves(self) -> pl.DataFrame | None:
        """curve, key (years), dv01: +1 bp in the tent of each key of every other curve, $; None without any.

        Of spreads that floating rates are read at, of other currencies (their basis as it is), and of their bases.
        """
        return _framed(columns.other_curves(self))

    def quotes(self) -> pl.DataFrame | None:
        """curve, quote, dv01: for a step of each quote, $; None without quotes."""
        return _framed(columns.quotes(self))

    def cross_gammas(self) -> pl.DataFrame:
        """key, and a column a key: second derivatives per bp squared, $; keys without any are left out."""
        return framed(columns.cross_gammas(self))

    def vega(self) -> pl.DataFrame | None:
        """expiry, and a column a length of swaps: +1 bp of normal vol, $; None without options on rates."""
        return _framed(columns.vega(self))


def _framed(found: Columns | None) -> pl.DataFrame | None:
    return None if found is None else framed(found)


def book_risk(scenario: Scenario | str, agent: str | None = None, *, keys: Sequence[float] = KEYS) -> BookRisk:
    """The risk of a hedger's book at the start of a scenario.

        risk = book_risk("desk.toml")
        risk.positions(), risk.key_rates(), risk.vega()

    Args:
        scenario: a scenario, a preset's name or a file.
        agent: the hedger; by default the first by name that has a book.
        keys: years of the key rates, rising.

    Raises:
        UserError: no such hedger, or a mistake in the scenario or its book.
    """
    known = meant(scenario)
    hedger = hedger_of(known, agent)
    clock, start = make_clock(known), starting_market(known)
    return _risk_of(instruments(hedger, start), clock, start, tuple(map(float, keys)), known)


def _risk_of(
    held: tuple[Instrument, ...], clock: Clock, start: Start, keys: tuple[float, ...], of: Scenario
) -> BookRisk:
    rates = of.market.rates
    curves = solved_curves(rates, of.start) if rates.curves else None
    fine, coarse = apart(on_nodes(start, times_of(held, clock, start))), on_nodes(start, keys)
    book, by_keys = (Book(held).compile(clock, each) for each in (fine, coarse))
    return BookRisk(book, by_keys, keys, own_currency(rates), tuple(layers_of(fine, rates)), curves)


def hedger_of(scenario: Scenario, name: str | None) -> Hedger:
    """The hedger of that name, or the first one by name, that has a book. Raises UserError."""
    hedgers = {agent.name: agent for agent in scenario.agents if isinstance(agent, Hedger) and agent.book}
    if not hedgers:
        raise UserError("the scenario has no book", value=scenario.name, remedy="give a Hedger a book, or --book")
    if name is None:
        return hedgers[min(hedgers)]
    if name not in hedgers:
        raise UserError("no hedger of that name has a book", value=name, remedy=nearest(name, list(hedgers)))
    return hedgers[name]
