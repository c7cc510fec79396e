"""Products of one's own: from a class and a line of registration, a desk holds, marks, attributes and hedges them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest
from scipy.special import ndtr

from agents.desk.loss import ATTRIBUTION, COSTS
from markets.factors.key import LN_VOL, OVERNIGHT, SPOT, US2Y, US10Y, USD, VOL
from markets.factors.snapshot import Snapshot
from markets.kernels import options as k
from markets.products.book import Book
from markets.products.european_table import EuropeanTable
from markets.products.linear_table import Legs, LinearTable
from markets.products.option import Option
from markets.products.product import Takes, expiry_of, strike_of, units_of
from markets.products.registry import PRODUCTS
from markets.products.start import Start
from markets.products.swap import Swap
from scenarios import run
from sim.clock import Clock
from sim.errors import UserError
from tests.small import crisis, world_of

FIRST = date(2020, 2, 19)
CLOCK = Clock.exchange(first=FIRST, last=date(2020, 6, 30), tick_minutes=195)
SNAPSHOT = Snapshot.named(spot=3386.0, vol=0.15, overnight=0.016, us2y=0.014, us10y=0.018)
START = Start(day=FIRST, snapshot=SNAPSHOT, skew=0.5, term_reversion=1.4, dividend_yield=0.02)


class DigitalTable(EuropeanTable):
    """Cash-or-nothing calls: a unit is worth e^(-z tau) N(d2)."""

    order: ClassVar[int] = 3

    def _terms(self, when: Any, now: Snapshot) -> Any:
        """Of each one alive: quantity, d1, d2, sd, response, discount factor, and the nodes with their years."""
        for row in self.known(when):
            nodes = ((int(row[k.OUTER]), row[k.OUTER_YEARS]), (int(row[k.INNER]), row[k.INNER_YEARS]))
            z = sum(years * now.block(self.start.curve.block)[node] for node, years in nodes)
            sd = np.maximum(row[k.SD] * (now.row(VOL) / self.start.vol_base) ** row[k.RESPONSE], 1e-12)
            d2 = (np.log(now.row(SPOT) / self.start.spot0) - row[k.LOG_STRIKE] + z) / sd - 0.5 * sd
            yield row[k.QUANTITY], d2 + sd, d2, sd, row[k.RESPONSE], np.exp(-z), nodes

    def value(self, when: Any, snapshot: Snapshot, fixings: Any, out: Any) -> None:
        for quantity, _, d2, _, _, discount, _ in self._terms(when, snapshot):
            out += quantity * discount * ndtr(d2)

    def add_risk(self, when: Any, snapshot: Snapshot, fixings: Any, into: Any, vol_multiplier: Any = 1.0) -> None:
        spot, vol, curve = snapshot.row(SPOT), snapshot.row(VOL), self.start.curve.nodes
        for quantity, d1, d2, sd, response, discount, nodes in self._terms(when, snapshot):
            whole = quantity * discount
            density = whole * np.exp(-0.5 * d2 * d2) / np.sqrt(2 * np.pi)
            into.add(whole * ndtr(d2))
            into.add(density / (spot * sd), SPOT)
            into.add(-density * d1 / (spot * sd) ** 2, SPOT, SPOT)
            into.add(-density * d1 * response / vol, VOL)
            into.add(density * (d1 * d2 - 1) * response / (spot * sd), SPOT, LN_VOL)
            for node, years in nodes:
                into.add(years * (density / sd - whole * ndtr(d2)), curve[node])


@dataclass(frozen=True, kw_only=True)
class Digital:
    """Pays 1 $ a unit where the price is above the strike at the close of `expiry`."""

    table: ClassVar[Any] = DigitalTable
    takes: ClassVar[Takes] = Takes()
    sign: ClassVar[float] = 1.0

    strike: float
    expiry: date
    quantity: float

    @classmethod
    def parse(cls, line: Any, start: Start) -> Digital:
        return cls(strike=strike_of(line, start), expiry=expiry_of(line, start), quantity=units_of(line, start))

    @property
    def label(self) -> str:
        return f"digital {self.strike:g} {self.expiry}"

    @property
    def size(self) -> float:
        return self.quantity

    def gross(self, spot: float) -> float:
        return abs(self.quantity)


@dataclass(frozen=True, kw_only=True)
class ZeroBond:
    """Pays its notional at the close of `maturity`."""

    table: ClassVar[Any] = LinearTable
    takes: ClassVar[Takes] = Takes(strike="none", notional="> 0 holds the bond, < 0 has issued it")

    notional: float
    maturity: date

    @classmethod
    def parse(cls, line: Any, start: Start) -> ZeroBond:
        return cls(notional=line.notional, maturity=expiry_of(line, start))

    @property
    def label(self) -> str:
        return f"zero bond {self.maturity}"

    @property
    def size(self) -> float:
        return self.notional

    def gross(self, spot: float) -> float:
        return abs(self.notional)

    def legs(self, clock: Clock, start: Start) -> Legs:
        return Legs(fixed=((self.maturity, self.notional),), rates=True)


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, product in {"digital": Digital, "zero_bond": ZeroBond}.items():
        monkeypatch.setitem(PRODUCTS, kind, product)


BOOK = Book(
    (
        Digital(strike=3400.0, expiry=date(2020, 6, 19), quantity=-1e6),
        ZeroBond(notional=2e6, maturity=date(2026, 2, 19)),
        Option(kind="put", strike=3200.0, expiry=date(2020, 5, 15), quantity=-50.0),
        Swap(notional=1e6, maturity=date(2029, 2, 19)),
    )
)


def markets(paths: int = 40, seed: int = 1) -> Snapshot:
    noise = np.random.default_rng(seed).standard_normal((5, paths))
    rates = {name: 0.015 + 0.01 * noise[2 + i] for i, name in enumerate(("overnight", "us2y", "us10y"))}
    return Snapshot.named(spot=3386.0 * np.exp(0.1 * noise[0]), vol=0.2 * np.exp(0.4 * noise[1]), **rates)


@pytest.mark.parametrize("key", [SPOT, VOL, OVERNIGHT, US2Y, US10Y])
def test_risk_of_products_of_ones_own_adds_up_with_that_of_others(key: Any) -> None:
    book, now, tick = BOOK.compile(CLOCK, START), markets(), 30
    fixings = book.new_fixings(now.paths)
    risk, bump = book.risk(tick, now, fixings), 1e-4 * now.row(key)
    up, down = (book.value(tick, now.bumped(key, sign * bump), fixings) for sign in (1, -1))
    assert close(risk.first(key), (up - down) / (2 * bump), 1e-5)
    assert close(risk.value, book.value(tick, now, fixings), 1e-11)
    up, down = (book.delta(tick, now.bumped(key, sign * bump)) for sign in (1, -1))
    if key == SPOT:
        assert close(risk.gamma, (up - down) / (2 * bump), 1e-4)
    if key == VOL:
        assert close(risk.vanna, (up - down) / (2 * bump) * now.row(VOL), 1e-4)


def close(got: np.ndarray, expected: np.ndarray, share: float) -> bool:
    """To a share of the largest of them."""
    return bool(np.abs(got - expected).max() < share * np.abs(expected).max())


def test_a_bond_is_its_notional_discounted_and_is_paid() -> None:
    book, now = Book((ZeroBond(notional=5.0, maturity=date(2020, 5, 15)),)).compile(CLOCK, START), markets()
    tick = CLOCK.next_tick(CLOCK.seconds(date(2020, 5, 15)))
    years = CLOCK.calendar_years_to(date(2020, 5, 15)) - float(CLOCK.calendar_years[20])
    expected = 5.0 * np.exp(-START.curve.zero(years, now.block(USD)))
    np.testing.assert_allclose(book.value(20, now, book.new_fixings(40)), expected, rtol=1e-14)
    assert book.cashflows(tick - 1, tick, now, book.new_fixings(40)).tolist() == [5.0] * 40
    assert not book.value(tick, now, book.new_fixings(40)).any()


LINES = [
    {"kind": "digital", "moneyness": 1.0, "months": 2, "quantity": -3e7},
    {"kind": "zero_bond", "months": 96, "notional": 2e9},
]
FALL = [
    {"date": "2020-02-19", "spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.025, "us10y": 0.03, "credit": 0.01},
    {"date": "2020-03-04", "spot": 93.0, "vol": 0.4, "us2y": 0.02, "us10y": 0.02},
]


@pytest.mark.usefixtures("registered")
def test_a_desk_holds_marks_attributes_and_hedges_them(tmp_path: Path) -> None:
    desk = {"type": "Hedger", "capital": 1e10, "book": LINES, "policy": {"kind": "every", "interval": "tick"}}
    agents = {"maker": {"type": "MarketMaker", "capital": 1e12}, "desk": desk}
    scenario = crisis(anchors=FALL, agents=agents, run={"paths": 8, "witnesses": 0, "twin": "none"})
    world = world_of(scenario, 8)
    world.run()
    held, unit = world.desks["desk"], world.desks["desk"].unit.risk()
    np.testing.assert_allclose(world.ledger.balance("desk", "asset"), -unit.delta * held.scale, rtol=0.02)
    result = run(scenario, out=tmp_path / "run", workers=1)
    marks = result.marks.filter(pl.col("agent") == "desk").collect()
    parts = marks.select(pl.sum_horizontal(*ATTRIBUTION, *COSTS)).to_series()
    assert (parts - marks["pnl"]).abs().max() < 1e-9 * 1e10
    last = marks.filter(pl.col("time") == pl.col("time").max())
    assert (last["rates"] > 1e6).all() and (last["vega"].abs() > 1e4).all()  # the bond gains as yields fall
    assert (last["hedge_rates"] < 0).all()  # and the swaps against it lose
    labels = result.table("book").collect()["position"].unique().to_list()
    assert sorted(labels) == ["digital 100 2020-04-19", "zero bond 2028-02-19"]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"kind": "lone"}, "'gamma_claim', 'asset', 'future', 'digital' or 'zero_bond'"),
        ({"kind": "zero_bond", "months": 3}, "a zero_bond needs its notional; > 0 holds the bond"),
        (
            {"kind": "zero_bond", "months": 3, "notional": 1e6, "moneyness": 1.0},
            "moneyness does not belong here: a zero_",
        ),
        ({"kind": "digital", "months": 3, "quantity": 1.0}, "needs exactly one of strike and moneyness"),
        ({"kind": "swap", "months": 3, "quantity": 1.0}, "a swap has none; its size is `notional`"),
    ],
)
def test_a_line_has_the_keys_of_its_product(line: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        crisis(agents={"maker": {"type": "MarketMaker"}, "desk": {"type": "Hedger", "book": [line]}})
    assert message in str(caught.value)
