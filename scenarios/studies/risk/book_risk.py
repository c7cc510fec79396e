"""Risk of a book at the start of a scenario."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.desk.book_record import split
from agents.hedging.hedger import Hedger
from markets.curves.tents import KEYS, coverage, fixed_widths, partition
from markets.products.bermudan_table import BermudanTable
from markets.products.book import Book
from markets.products.swaption_terms import SwaptionTerms
from markets.products.vega_grid import STANDARD, VegaGrid
from markets.specs.variable import FX, HAZARD, SPREAD, ZERO
from scenarios.reading.made_by_hand import meant
from scenarios.studies.risk.fine_start import DAY, apart, on_nodes, times_of, tomorrow
from scenarios.studies.risk.layers import BASIS, FOREIGN, PROJECTS, layers_of, quote_ladder, slopes_by
from scenarios.worlds.books import instruments, starting_market
from scenarios.worlds.clock import make_clock
from scenarios.worlds.starting_curve import discount_name, solved_curves
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.nearest import nearest

if TYPE_CHECKING:
    import polars as pl

    from markets.curves.curve_set import CurveSet
    from markets.products.book import CompiledBook
    from markets.products.product import Instrument
    from markets.products.risk import Risk
    from markets.products.start import Start
    from scenarios.scenario import Scenario
    from scenarios.studies.risk.layers import Layer
    from sim.clock import Clock

Floats = NDArray[np.float64]
BP = 1e-4
VOL_STEP = 1e-6  # decimal, of a normal vol
SMALL = 1e-9  # $: what is not shown


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
        return float(_risk(self.book).value[0])

    @cached_property
    def slopes(self) -> Floats:
        """Change of value per 1.00 of the zero rate at each of `times`, (times,) $."""
        return slopes_of(self.book)

    @cached_property
    def projection_slopes(self) -> Floats:
        """The part of `slopes` by the curves that floating rates are read from, (times,) $; the rest discounts."""
        risk = _risk(self.book)
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
        return None if self.curves is None else quote_ladder(_risk(book), [*self.layers], self.curves)

    def _par_dv01(self, book: CompiledBook) -> float | None:
        """Change of value for +1 bp on every quoted rate, $."""
        ladder = self._ladder(book)
        if ladder is None or self.curves is None:
            return None
        return float(ladder[[quote.step == BP for quote in self.curves.quotes]].sum())

    @property
    def par_dv01(self) -> float | None:
        """Change of value for +1 bp on every quoted rate, $; None without quotes."""
        return self._par_dv01(self.book)

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
        return _theta(self.book, rolled=True)

    @property
    def theta_same_zeros(self) -> float:
        """Change of value over a calendar day with the zero curve the same in time to maturity, $."""
        return _theta(self.book, rolled=False)

    # --- tables ------------------------------------------------------------------------------------------------------
    def positions(self) -> pl.DataFrame:
        """A row a position (the largest, then all others together) and the book: value, pv01, dv01, zero_dv01, gamma,
        theta, theta_same_zeros, vega; $, and $ per basis point.
        """
        import polars as pl

        rows = []
        for part, keyed in zip(split(self.book), split(self.by_keys), strict=True):
            rows.append(
                {
                    "position": part.label,
                    "size": part.size,
                    "value": float(_risk(part.book).value[0]),
                    "pv01": _pv01(part.book),
                    "dv01": self._par_dv01(part.book),
                    "zero_dv01": float(slopes_of(part.book).sum() * BP),
                    "gamma": float(bends_of(keyed.book).sum() * BP**2),
                    "theta": _theta(part.book, rolled=True),
                    "theta_same_zeros": _theta(part.book, rolled=False),
                    "vega": float(vegas_of(part.book).sum() * BP),
                }
            )
        frame = pl.DataFrame(rows, schema_overrides={"pv01": pl.Float64, "dv01": pl.Float64})
        sums = pl.exclude("position", "size")
        whole = frame.select(pl.when(sums.is_not_null().any()).then(sums.sum())).with_columns(
            position=pl.lit("the book"), size=pl.lit(float("nan"))
        )
        return pl.concat([frame, whole.select(frame.columns)])

    def key_rates(self, *, fixed: bool = False) -> pl.DataFrame:
        """key (years), dv01: +1 bp in the tent of each key, $; of it `discount` and `projection`.

        fixed: tents of fixed widths, with `coverage` (sum of all tents at the key) beside them.
        """
        import polars as pl

        tents = fixed_widths(self.times, self.keys) if fixed else partition(self.times, self.keys)
        columns = {"dv01": tents @ self.slopes * BP, "projection": tents @ self.projection_slopes * BP}
        frame = pl.DataFrame({"key": list(self.keys), **columns})
        roles = (pl.col("dv01") - pl.col("projection")).alias("discount"), pl.col("projection")
        frame = frame.select("key", "dv01", *roles)
        return frame.with_columns(coverage=coverage(self.keys, self.keys)) if fixed else frame

    def further(self) -> pl.DataFrame | None:
        """factor, step, change: for +1 bp of each spread and of each node of other currencies, and of
        each name, and +1 % of FX rates, $.

        None where the book depends on none of them.
        """
        import polars as pl

        risk, block = _risk(self.by_keys), self.by_keys.start.curve.block
        found = [key for key in self.by_keys.needs if key.family in (SPREAD, ZERO, FX, HAZARD) and key[:2] != block]
        if not found:
            return None
        levels = {name.key: np.exp(name.start) for name in self.by_keys.start.credits.values()}
        steps = [("1 %", 0.01) if key.family == FX else ("1 bp", BP / levels.get(key, 1.0)) for key in found]
        changes = [float(risk.first(key)[0]) * by for key, (_, by) in zip(found, steps, strict=True)]
        names = [key.node for key in found]
        return pl.DataFrame({"factor": names, "step": [step for step, _ in steps], "change": changes})

    def other_curves(self) -> pl.DataFrame | None:
        """curve, key (years), dv01: +1 bp in the tent of each key of every other curve, $; None without any.

        Of spreads that floating rates are read at, of other currencies (their basis as it is), and of their bases.
        """
        import polars as pl

        risk, tents = _risk(self.book), partition(self.times, self.keys)
        found: dict[str, Floats] = {}
        for layer in self.layers:
            if layer.name and layer.role in (PROJECTS, FOREIGN, BASIS):
                keyed = tents @ slopes_by(risk, layer.curve) * BP
                found[layer.name] = found.get(layer.name, 0.0) + keyed
        frames = [
            pl.DataFrame({"curve": name, "key": list(self.keys), "dv01": keyed})
            for name, keyed in found.items()
            if np.abs(keyed).max() > SMALL
        ]
        return pl.concat(frames) if frames else None

    def quotes(self) -> pl.DataFrame | None:
        """curve, quote, dv01: for a step of each quote, $; None without quotes."""
        import polars as pl

        if self.by_quote is None or self.curves is None:
            return None
        quotes = self.curves.quotes
        names = [quote.name.removeprefix(f"{quote.curve} ") for quote in quotes]
        return pl.DataFrame({"curve": [quote.curve for quote in quotes], "quote": names, "dv01": self.by_quote})

    def cross_gammas(self) -> pl.DataFrame:
        """key, and a column a key: second derivatives per bp squared, $; keys without any are left out."""
        import polars as pl

        there = np.abs(self.cross_gamma).max(axis=0) > SMALL
        names = [f"{key:g}Y" for key, shown in zip(self.keys, there, strict=True) if shown]
        inner = self.cross_gamma[np.ix_(there, there)]
        return pl.DataFrame({"key": names} | {name: inner[:, i] for i, name in enumerate(names)})

    def vega(self) -> pl.DataFrame | None:
        """expiry, and a column a length of swaps: +1 bp of normal vol, $; None without options on rates."""
        import polars as pl

        from markets.products.vega_grid import in_words

        there = np.abs(self.vegas) > SMALL
        if not there.any():
            return None
        rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
        frame = {"expiry": [in_words(STANDARD.expiries[i]) for i in rows]}
        return pl.DataFrame(frame | {in_words(STANDARD.tenors[j]): self.vegas[rows, j] for j in columns})


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
    currency = "$" if curves is None else curves[discount_name(rates)].currency.upper()
    fine, coarse = apart(on_nodes(start, times_of(held, clock, start))), on_nodes(start, keys)
    book, by_keys = (Book(held).compile(clock, each) for each in (fine, coarse))
    return BookRisk(book, by_keys, keys, currency, tuple(layers_of(fine, rates)), curves)


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


def _risk(book: CompiledBook, vegas: VegaGrid | None = None) -> Risk:
    return book.risk(0, book.start.snapshot, book.new_fixings(1), vegas=vegas)


def slopes_of(book: CompiledBook) -> Floats:
    """Change of a book's value per 1.00 of each node of its curve, (nodes,) $."""
    return slopes_by(_risk(book), book.start.curve)


def vegas_of(book: CompiledBook) -> Floats:
    """Change of a book's value per 1.00 of normal vol by bucket of `STANDARD`, (buckets,) $.

    Of Bermudan options by central differences over a hundredth of a basis point of all vols at once; it is put where
    the option that may be exercised first lies.
    """
    found: Floats = _risk(book, STANDARD).vegas[:, 0].copy()
    for each in book.book.instruments:
        if isinstance(each, SwaptionTerms) and each.table is BermudanTable:
            expiry, tenor = book.clock.calendar_years_to(each.expiry), each.swap_months / 12
            (share,) = STANDARD.weights(np.array([expiry]), np.array([tenor]))
            up, down = (_value_at_vol(each, book, by) for by in (VOL_STEP, -VOL_STEP))
            found += share * (up - down) / (2 * VOL_STEP)
    return found


def _value_at_vol(option: SwaptionTerms, book: CompiledBook, by: float) -> float:
    """Value of an option with its normal vols higher, and its strike as it is, $."""
    start = book.start
    if option.normal_vol is not None:
        option = dataclasses.replace(option, normal_vol=option.normal_vol + by)
    elif start.smiles is not None:
        points = tuple(point._replace(vol=point.vol + by) for point in start.smiles.points)
        start = dataclasses.replace(start, smiles=dataclasses.replace(start.smiles, points=points))
    else:
        start = dataclasses.replace(start, normal_vol=start.normal_vol + by)
    held: Any = option
    return float(_risk(Book((held,)).compile(book.clock, start)).value[0])


def bends_of(book: CompiledBook) -> Floats:
    """Second derivatives by pairs of nodes, (nodes, nodes) $ per 1.00 of each.

    Exact; of kinds of instruments that know no second derivatives, central differences of exact first ones over a basis
    point.
    """
    nodes = book.start.curve.nodes
    found = np.zeros((len(nodes), len(nodes)))
    for exact in (True, False):
        held = tuple(each for each in book.book.instruments if _bends(each) == exact)
        if held:
            part = Book(held).compile(book.clock, book.start)
            found += _exact_bends(part) if exact else _differences(part)
    return found


def _bends(instrument: Instrument) -> bool:
    """Whether its second derivatives by pairs of nodes are known."""
    parts: tuple[Instrument, ...] = getattr(instrument, "parts", (instrument,))
    return all(getattr(part.table, "bends", False) for part in parts)


def _exact_bends(book: CompiledBook) -> Floats:
    nodes = book.start.curve.nodes
    risk = book.risk(0, book.start.snapshot, book.new_fixings(1), bends=True)
    return np.array([[risk.second(one, other)[0] for other in nodes] for one in nodes])


def _differences(book: CompiledBook) -> Floats:
    nodes, market, fixings, rows = book.start.curve.nodes, book.start.snapshot, book.new_fixings(1), []
    for node in nodes:
        up, down = (book.risk(0, market.bumped(node, by), fixings) for by in (BP, -BP))
        rows.append([(up.first(key)[0] - down.first(key)[0]) / (2 * BP) for key in nodes])
    return 0.5 * (np.array(rows) + np.array(rows).T)


def _theta(book: CompiledBook, *, rolled: bool) -> float:
    after = tomorrow(book.start) if rolled else None
    return float(book.theta(0, book.start.snapshot, book.new_fixings(1), years=DAY, after=after)[0])


def _pv01(book: CompiledBook) -> float | None:
    """Change of value for +1 bp on the fixed rate of swaps, $; None for anything else.

    The value is linear in the rate, so it is read off two rates far apart.
    """
    held = book.book.instruments
    if not all(hasattr(each, "fixed_rate") and not hasattr(each, "normal_vol") for each in held):
        return None
    values = []
    for rate in (0.0, 1.0):
        other = Book(tuple(dataclasses.replace(each, fixed_rate=rate) for each in held))  # type: ignore[type-var]
        values.append(float(_risk(other.compile(book.clock, book.start)).value[0]))
    return BP * (values[1] - values[0])
