"""Books of many flows, carried to a few times; and swaps on a curve of many nodes, against a complex step."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest

from markets.curves.curve import Curve
from markets.factors.key import USD, FactorKey
from markets.factors.snapshot import Snapshot
from markets.kernels.flows import flow_values
from markets.products import condensed, linear_table
from markets.products.book import Book, CompiledBook
from markets.products.condensed import MANY, POINTS, carrying, few
from markets.products.option import Option
from markets.products.start import Start
from markets.products.swap import Swap
from markets.products.table import When
from sim.clock import Clock
from sim.errors import BugError
from tests.small import LEVEL

FIRST, TICK, PATHS = date(2020, 2, 19), 20, 60
CLOCK = Clock.exchange(first=FIRST, last=date(2020, 4, 30), tick_minutes=390)
THREE = np.array([0.0, 2.0, 10.0])


def exponent(years: np.ndarray, rates: np.ndarray) -> np.ndarray:
    return years * np.interp(years, THREE, rates)


@pytest.mark.parametrize(
    "rates", [(0.01, 0.02, 0.03), (-0.02, 0.0, 0.01), (0.2, 0.15, 0.1), (0.05, 0.25, 0.02)], ids=str
)
def test_amounts_carried_to_a_few_times_are_worth_the_same(rates: tuple[float, ...]) -> None:
    """Value, first and second moments in time, which slopes and bends by the nodes are made of: 1e-12 of gross."""
    rng = np.random.default_rng(3)
    years, amounts = np.sort(rng.uniform(0, 40, 5_000)), rng.normal(0, 1e6, 5_000)
    carried, times = few(amounts, years, THREE)
    assert times.size <= 5 * POINTS and times.size < years.size
    for power in range(3):
        exact = amounts * years**power * np.exp(-exponent(years, np.array(rates)))
        found = carried * times**power * np.exp(-exponent(times, np.array(rates)))
        assert abs(found.sum() - exact.sum()) < 1e-12 * np.abs(exact).sum()


def test_few_flows_stay_as_they_are() -> None:
    years, amounts = np.linspace(0, 9, MANY), np.ones(MANY)
    assert few(amounts, years, THREE) == (amounts, years)


def test_times_of_a_segment_with_few_flows_are_the_flows_own() -> None:
    years = np.array([0.0, 0.5, 0.5, 2.0, 5.0])
    weights, times = carrying(years, THREE)
    assert times.tolist() == [0.0, 0.5, 2.0, 5.0]
    np.testing.assert_array_equal(weights, times[:, None] == years)


def swaps(number: int, seed: int = 0) -> tuple[Swap, ...]:
    rng = np.random.default_rng(seed)
    return tuple(
        Swap(
            notional=float(rng.normal(0, 1e6)),
            maturity=FIRST + timedelta(days=int(rng.integers(200, 365 * 20))),
            start=FIRST - timedelta(days=int(rng.integers(0, 180))),
            fixed_rate=float(rng.normal(0.02, 0.01)),
        )
        for _ in range(number)
    )


def markets(curve: Curve, paths: int = PATHS) -> Snapshot:
    rates = 0.015 + 0.02 * np.random.default_rng(7).standard_normal((len(curve.nodes), paths))
    return Snapshot(dict(zip(curve.nodes, rates, strict=True)))


@cache
def large() -> tuple[CompiledBook, Snapshot, np.ndarray]:
    """400 swaps, two ticks into the run, with their fixings."""
    first = Snapshot.named(**{name: LEVEL[name] for name in ("spot", "vol", "overnight", "us2y", "us10y")})
    book = Book(swaps(400)).compile(CLOCK, Start(day=FIRST, snapshot=first, projection_spread=0.002))
    now = markets(book.start.curve)
    fixings = book.new_fixings(PATHS)
    book.fix(0, TICK, now, fixings)
    return book, now, fixings


def test_a_large_book_is_worth_what_its_flows_are(monkeypatch: pytest.MonkeyPatch) -> None:
    book, now, fixings = large()
    (table,) = book.tables
    got, rows = book.risk(TICK, now, fixings, bends=True), table.known(When(TICK, TICK))
    assert rows.sums is not None and len(rows.terms) < 8 * POINTS
    monkeypatch.setattr(condensed, "MANY", 10**9)
    monkeypatch.setattr(linear_table, "MANY", 10**9)
    table._kept.clear()
    plain, flows = book.risk(TICK, now, fixings, bends=True), table.known(When(TICK, TICK))
    table._kept.clear()
    assert flows.sums is None and len(flows.terms) > 20 * len(rows.terms)
    gross, terms = np.zeros(PATHS), flows.terms.copy()
    terms[:, 0] = np.abs(terms[:, 0])
    flow_values(now.block(USD), np.abs(fixings), terms, flows.slots, gross)
    for keys, row in got.where.items():
        years = 20.0 ** len(keys)  # a flow's slope is at most its time times its value
        assert (np.abs(got.rows[row] - plain.rows[row]) < 1e-12 * gross * years).all(), keys


def test_a_large_books_fixings_are_summed_afresh_when_rates_are_fixed() -> None:
    book, now, fixings = large()
    before = book.value(TICK, now, fixings)
    doubled = 2 * fixings
    assert not np.allclose(book.value(TICK, now, doubled), before)
    np.testing.assert_array_equal(book.value(TICK, now, fixings), before)


def test_a_table_that_does_not_know_its_second_derivatives_by_nodes_says_so() -> None:
    first = Snapshot.named(**{name: LEVEL[name] for name in ("spot", "vol", "overnight", "us2y", "us10y")})
    option = Option(kind="put", strike=100.0, expiry=date(2020, 4, 17), quantity=1.0)
    book = Book((option,)).compile(CLOCK, Start(day=FIRST, snapshot=first))
    with pytest.raises(BugError, match="are known of OptionTable"):
        book.risk(0, first, book.new_fixings(1), bends=True)


SIXTEEN = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0)


def test_a_swap_on_sixteen_nodes_by_its_definition_and_a_complex_step() -> None:
    """Slopes free of cancellation (Squire and Trapp 1998): a step of 1e-30 along the imaginary axis."""
    curve = Curve(tuple(FactorKey(*USD, f"n{number}") for number in range(16)), SIXTEEN)
    first = Snapshot.named(spot=100.0, vol=0.2).with_rows({})
    start = Start(day=FIRST, snapshot=Snapshot({**_rows(first), **_rows(markets(curve, 1))}), curve=curve)
    swap = Swap(notional=1e6, maturity=date(2037, 8, 19), fixed_rate=0.02)
    clock = Clock.exchange(calendar="24/7", first=FIRST, last=date(2020, 2, 21), tick_minutes=1440)
    book, now = Book((swap,)).compile(clock, start), markets(curve)
    fixings = book.new_fixings(PATHS)
    risk = book.risk(0, now, fixings)
    rates = now.block(USD).astype(complex)
    assert np.abs(risk.value - worth(swap, rates, fixings[0]).real).max() < 1e-13 * 1e6 * 20
    for number, key in enumerate(curve.nodes):
        moved = rates + 1e-30j * np.eye(16)[:, [number]]
        slope = worth(swap, moved, fixings[0]).imag / 1e-30
        assert np.abs(risk.first(key) - slope).max() < 1e-12 * 1e6 * 20
    assert (np.abs(risk.first(curve.nodes[15])) > 1e6).all()


def _rows(snapshot: Snapshot) -> dict[FactorKey, np.ndarray]:
    return {key: snapshot.row(key) for key in snapshot.keys}


def worth(swap: Swap, rates: np.ndarray, fixing: np.ndarray) -> np.ndarray:
    """A swap that starts today by its definition, (paths,) $; rates: (16, paths), complex."""

    def discount(day: date) -> np.ndarray:
        years = (day - FIRST).days / 365
        weights = np.array([np.interp(years, SIXTEEN, unit) for unit in np.eye(16)])
        return np.exp(-years * (weights @ rates))

    value = sum(0.02 * period.accrual * discount(period.end) for period in swap.fixed_leg(FIRST))
    for period in swap.float_leg(FIRST):
        begin, end = discount(period.start), discount(period.end)
        value = value - (fixing * period.accrual * end if period.start == FIRST else begin - end)
    return swap.notional * value
