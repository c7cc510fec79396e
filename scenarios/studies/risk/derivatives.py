"""Value and exact derivatives of a book at the start, by the nodes of its curve, by vols and by time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from markets.products.bermudan_table import BermudanTable
from markets.products.book import Book
from markets.products.swaption_terms import SwaptionTerms
from markets.products.vega_grid import STANDARD
from scenarios.studies.risk.fine_start import DAY, tomorrow
from scenarios.studies.risk.layers import slopes_by
from sim.vectors import read_only

if TYPE_CHECKING:
    from markets.products.book import CompiledBook
    from markets.products.product import Instrument
    from markets.products.risk import Risk

Floats = NDArray[np.float64]
BP = 1e-4
VOL_STEP = 1e-6  # decimal, of a normal vol
_found: WeakKeyDictionary[CompiledBook, Risk] = WeakKeyDictionary()  # while the book is there


def risk_at_start(book: CompiledBook) -> Risk:
    """Value, first derivatives, and vegas by bucket of `STANDARD`. Read-only, as it is found once a book."""
    found = _found.get(book)
    if found is None:
        _found[book] = found = book.risk(0, book.start.snapshot, book.new_fixings(1), vegas=STANDARD)
        read_only(found.filled())
    return found


def slopes_of(book: CompiledBook) -> Floats:
    """Change of a book's value per 1.00 of each node of its curve, (nodes,) $."""
    return slopes_by(risk_at_start(book), book.start.curve)


def vegas_of(book: CompiledBook) -> Floats:
    """Change of a book's value per 1.00 of normal vol by bucket of `STANDARD`, (buckets,) $.

    Of Bermudan options by central differences over a hundredth of a basis point of all vols at once; it is put where
    the option that may be exercised first lies.
    """
    found: Floats = risk_at_start(book).vegas[:, 0].copy()
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
    return float(risk_at_start(Book((held,)).compile(book.clock, start)).value[0])


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
            part = book if len(held) == len(book.book.instruments) else Book(held).compile(book.clock, book.start)
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


def theta_of(book: CompiledBook, *, rolled: bool) -> float:
    after = tomorrow(book.start) if rolled else None
    return float(book.theta(0, book.start.snapshot, book.new_fixings(1), years=DAY, after=after)[0])


def pv01_of(book: CompiledBook) -> float | None:
    """Change of value for +1 bp on the fixed rate of swaps, $; None for anything else.

    The value is linear in the rate, so it is read off two rates far apart.
    """
    held = book.book.instruments
    if not all(hasattr(each, "fixed_rate") and not hasattr(each, "normal_vol") for each in held):
        return None
    values = []
    for rate in (0.0, 1.0):
        other = Book(tuple(dataclasses.replace(each, fixed_rate=rate) for each in held))  # type: ignore[type-var]
        values.append(float(risk_at_start(other.compile(book.clock, book.start)).value[0]))
    return BP * (values[1] - values[0])
