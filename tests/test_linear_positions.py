"""The asset itself and futures on it in a desk's book: values, parity, carry, dividends, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from markets.curves.curve import usd_curve
from markets.factors.key import SHORT_NAMES, SPOT, USD
from markets.factors.snapshot import Snapshot
from markets.products.asset import Asset
from markets.products.book import Book, CompiledBook
from markets.products.future import Future
from markets.products.start import Start
from scenarios import load, run
from scenarios.scenario import Scenario
from scenarios.studies.replay.positions_csv import take_book
from sim.clock import Clock
from sim.dataset import Run
from sim.errors import UserError
from tests.small import LEVEL, STILL, crisis

CLOCK = Clock.exchange(first=date(2020, 2, 19), last=date(2020, 6, 30), tick_minutes=195)
FIRST = Snapshot.named(spot=3386.0, vol=0.14, overnight=0.0158, us2y=0.0142, us10y=0.0156)
TERMS = Start(day=date(2020, 2, 19), snapshot=FIRST, dividend_yield=0.018)
NODES = ("overnight", "us2y", "us10y")
PARTS = ("delta", "gamma", "theta", "vega", "rates", "hedge")
START = date(2020, 2, 19)
COVID = "covid_crash_2020"  # it starts there


def compiled(*instruments: Any) -> CompiledBook:
    return Book(instruments).compile(CLOCK, TERMS)


def states(paths: int = 50, seed: int = 4) -> Snapshot:
    noise = np.random.default_rng(seed).standard_normal((5, paths))
    rates = {name: 0.015 + 0.01 * noise[2 + i] for i, name in enumerate(NODES)}
    return Snapshot.named(spot=3386.0 * np.exp(0.2 * noise[0]), vol=0.2 * np.exp(0.5 * noise[1]), **rates)


def no_fixings(paths: int = 50) -> np.ndarray:
    return np.zeros((0, paths))


@pytest.mark.parametrize("day", ["2020-03-20", "2020-06-19"])
def test_a_future_is_worth_the_asset_less_dividends_less_the_price_discounted(day: str) -> None:
    expiry, tick, now = date.fromisoformat(day), 30, states()
    book = compiled(Future(expiry=expiry, quantity=-7.0, price=3300.0))
    left = CLOCK.calendar_years_to(expiry) - float(CLOCK.calendar_years[tick])
    weights = usd_curve().weights(left)
    discount = np.exp(-sum(w * rate for w, rate in zip(weights, now.block(USD), strict=True)))
    expected = -7.0 * (now.row(SPOT) * np.exp(-0.018 * left) - 3300.0 * discount)
    np.testing.assert_allclose(book.value(tick, now, no_fixings()), expected, rtol=1e-12, atol=1e-8)
    greeks = book.risk(tick, now, no_fixings())
    np.testing.assert_allclose(greeks.value, expected, rtol=1e-12, atol=1e-8)
    np.testing.assert_allclose(greeks.delta, -7.0 * np.exp(-0.018 * left), rtol=1e-14)
    for node, weight in zip(NODES, weights, strict=True):
        np.testing.assert_allclose(greeks.first(SHORT_NAMES[node]), -7.0 * 3300.0 * weight * discount, rtol=1e-12)
    assert not greeks.gamma.any() and not greeks.vega.any() and not greeks.vanna.any()


def test_a_future_begins_at_the_forward_and_is_worth_nothing() -> None:
    for expiry in (date(2020, 6, 19), date(2024, 6, 21)):
        value = compiled(Future(expiry=expiry, quantity=1e6)).value(0, FIRST, no_fixings(1))
        assert abs(value[0]) < 1e-12 * 1e6 * TERMS.spot0


def test_a_future_pays_the_asset_less_its_price_and_is_gone() -> None:
    book, now = compiled(Future(expiry=date(2020, 3, 20), quantity=2.0, price=3000.0)), states()
    tick = CLOCK.next_tick(CLOCK.seconds(date(2020, 3, 20)))
    assert book.settles(tick - 1, tick)
    np.testing.assert_allclose(
        book.cashflows(tick - 1, tick, now, no_fixings()), 2.0 * (now.row(SPOT) - 3000.0), rtol=1e-13
    )
    assert not book.value(tick, now, no_fixings()).any() and not book.delta(tick, now).any()


def test_the_asset_is_worth_its_price_and_earns_its_dividend() -> None:
    book, now = compiled(Asset(quantity=-3.0)), states()
    np.testing.assert_array_equal(book.value(40, now, no_fixings()), -3.0 * now.row(SPOT))
    np.testing.assert_array_equal(book.delta(40, now), np.full(50, -3.0))
    np.testing.assert_allclose(
        book.theta(40, now, no_fixings(), years=1 / 252), -3.0 * 0.018 / 252 * now.row(SPOT), rtol=1e-12
    )
    assert book.gross_units == 3.0 and not book.has_options and book.nearest_expiry(0) == (0.0, 0.0)


# --- through a whole run ------------------------------------------------------------------------------------------


def market(lines: list[dict[str, Any]], *, dividend: float = 0.02, lender: bool = False, **run_keys: Any) -> Scenario:
    noise = {"dispersion": 1.0, "realised_ratio": 1.0, "xi": 0.8, "dividend_yield": dividend}
    agents: dict[str, Any] = {
        "maker": {"type": "MarketMaker", "capital": 2e9},
        "desk": {"type": "Hedger", "capital": 1e9, "book": lines, "policy": {"kind": "every", "interval": "tick"}},
    }
    if lender:
        agents["bank"] = {"type": "FundingDesk"}
    return crisis(
        market={**STILL, **noise, "rates": {"vol_us2y": 0.01, "vol_us10y": 0.01} if lender else STILL["rates"]},
        agents=agents,
        run={"paths": 16, "witnesses": 0, "twin": "none", **run_keys},
    )


def marks(result: Run) -> pl.DataFrame:
    return result.marks.filter(agent="desk").sort("path", "time").collect()


def test_put_call_parity_through_a_run(tmp_path: Path) -> None:
    """A call bought and a put sold are a future at their strike: worth, explain, trades and margin, to rounding."""
    terms = {"strike": 98.0, "expiry": "2020-02-28"}
    pair = [{"kind": "call", "quantity": 1e7, **terms}, {"kind": "put", "quantity": -1e7, **terms}]
    future = [{"kind": "future", "quantity": 1e7, **terms}]
    both = [
        marks(run(market(lines, lender=True), out=tmp_path / str(len(lines)), workers=1)) for lines in (pair, future)
    ]
    gross = 1e7 * 100.0
    assert both[0]["pnl"].std() > 1e3
    for column in ("book_value", "hedge_value", "margin", "equity", "pnl", "unhedged_pnl", "net_delta_dollars"):
        np.testing.assert_allclose(both[0][column], both[1][column], rtol=0, atol=1e-9 * gross)
    for column in PARTS:
        np.testing.assert_allclose(both[0][column], both[1][column], rtol=0, atol=1e-9 * gross)
    assert np.abs(both[0]["rates"]).max() > 100 and np.abs(both[1]["gamma"]).max() < 1e-9 * gross


def test_a_hedged_future_earns_its_carry_alone(tmp_path: Path) -> None:
    """Without dividends the hedge never changes, so the P&L is what the discounted price gains, whatever spot does."""
    lines = [{"kind": "future", "quantity": -2e6, "strike": 103.0, "expiry": "2020-06-19"}]
    scenario = market(lines, dividend=0.0)
    found = marks(run(scenario, out=tmp_path / "run", workers=1))
    clock = Clock.exchange(first=START, last=scenario.end, tick_minutes=65)
    years = clock.calendar_years_to(date(2020, 6, 19)) - clock.calendar_years[np.flatnonzero(clock.is_close)]
    zero = 0.02 + (0.025 - 0.02) * years / 2.0
    worth = 2e6 * 103.0 * np.exp(-zero * years)
    expected = np.tile(worth - worth[0], 16)
    assert found["delta"].std() > 1e6
    np.testing.assert_allclose(found["pnl"], expected, rtol=0, atol=1e-9 * 2e8)
    np.testing.assert_allclose(found["theta"], expected, rtol=0, atol=1e-9 * 2e8)
    assert expected[-1] > 1e5


@pytest.mark.parametrize("attribution", ["tick", "daily", "none"])
def test_units_of_the_asset_and_their_hedge_cancel(tmp_path: Path, attribution: str) -> None:
    """The book's dividends are those that the hedge pays, at the same instant on the same price."""
    lines = [{"kind": "asset", "quantity": 3e6}]
    found = marks(run(market(lines, attribution=attribution), out=tmp_path / "run", workers=1))
    last = found.group_by("path", maintain_order=True).last()
    np.testing.assert_allclose(found["pnl"], 0.0, atol=1e-9 * 3e8)
    spot = last["book_value"] / 3e6
    earned = last["unhedged_pnl"] - 3e6 * (spot - 100.0)
    years = (date(2020, 3, 4) - START).days / 365
    np.testing.assert_allclose(earned, 0.02 * years * 3e8, rtol=0.15)  # on the prices of the days
    if attribution != "none":
        np.testing.assert_allclose(last["theta"], earned, rtol=1e-9)


# --- what a person writes -----------------------------------------------------------------------------------------


def test_read_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text(
        "type,strike,expiry,quantity,notional,contracts,multiplier\n"
        "Stock,,,,-5e6,,\nFUT,,2020-06-19,,,12,50\nforward,3300,2020-06-19,-10,,,\n"
    )
    asset, future, forward = take_book(load(COVID, as_given=True), path).agent("hedger").book
    assert (asset.kind, asset.notional, asset.expiry) == ("asset", -5e6, None)
    assert (future.kind, future.quantity, future.strike) == ("future", 600.0, None)
    assert (forward.kind, forward.quantity, forward.strike) == ("future", -10.0, 3300.0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"kind": "asset", "quantity": 1.0, "expiry": "2020-06-19"}, "expiry does not belong here"),
        ({"kind": "asset", "quantity": 1.0, "strike": 100.0}, "strike does not belong here"),
        ({"kind": "asset"}, "needs exactly one of quantity and notional"),
        ({"kind": "future", "quantity": 1.0}, "needs exactly one of expiry and months"),
        ({"kind": "future", "quantity": 1.0, "months": 2, "strike": 99.0, "moneyness": 1.0}, "strike and moneyness"),
        ({"kind": "future", "quantity": 1.0, "months": 2, "fixed_rate": 0.02}, "fixed_rate does not belong here"),
        ({"kind": "future", "notional": 1e6, "expiry": "2020-02-19"}, "expiry must be after the start"),
        ({"kind": "future", "notional": 1e6, "expiry": "2020-02-22"}, "XNYS is closed on this Saturday"),
    ],
)
def test_refused(line: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        run(market([line]), out=tmp_path / "run", workers=1)
    assert not (tmp_path / "run").exists()


def test_a_strike_of_another_instrument() -> None:
    """3386 is the index: 33.86 is a future on something else, or a slipped point."""
    line = {"kind": "future", "quantity": 1e5, "months": 2, "strike": 33.86}
    with pytest.raises(UserError, match=r"agents.hedger.book.1.strike.*the starting spot is 3386"):
        load(COVID, {"agents.hedger.book": [line]})


def test_contracts_of_a_future_need_a_multiplier(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text("kind,expiry,contracts\nfuture,2020-06-19,12\n")
    with pytest.raises(UserError, match="need a multiplier"):
        take_book(load(COVID), path)


def test_levels_of_the_small_market() -> None:
    """The curve that the carry above is computed from."""
    assert (LEVEL["overnight"], LEVEL["us2y"]) == (0.02, 0.025)
