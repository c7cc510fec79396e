"""Overnight index swaps in a book: worth what the curves' own swaps are, on the quoted curve of their market."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from markets.factors.key import US2Y, US10Y
from markets.products.ois import Ois
from scenarios import from_dict, run, value_swaps
from scenarios.worlds.starting_curve import solved_curves
from sim.errors import UserError
from tests.small import LEVEL, crisis, world_of
from tests.test_curves_in_a_run import RATES

SONIA = {"1M": 0.0201, "2Y": 0.0249, "10Y": 0.0296, "30Y": 0.0312}
ANCHORS = [
    {"date": "2020-02-19", **LEVEL},
    {"date": "2020-02-26", "us2y": 0.03, "us10y": 0.02},
    {"date": "2020-03-04", **LEVEL},
]


def desk_with(book, curves=None, **rates):
    """A desk that holds a book on quoted curves."""
    agents = {
        "maker": {"type": "MarketMaker", "capital": 1e9},
        "desk": {"type": "Hedger", "capital": 1e9, "policy": {"kind": "every", "interval": "1d"}, "book": book},
        "bank": {"type": "FundingDesk", "line": 1e9},
    }
    quoted = {"curves": {"sofr": {"convention": "usd_sofr", "rates": RATES}} if curves is None else curves}
    market = {"dispersion": 0.5, "rates": {"vol_us2y": 0.006, "vol_us10y": 0.008, **quoted, **rates}}
    return crisis(anchors=ANCHORS, market=market, agents=agents)


def value_at_the_start(scenario):
    """Of the desk's book, $."""
    world = world_of(scenario, 1)
    desk = world.desks["desk"]
    return float(desk.book.value(0, world.factors.snapshot, desk.unit.fixings)[0])


SWAPS = [
    ({"months": 108, "notional": 5e7, "fixed_rate": 0.035}, "receive 3.5% 9Y 50m"),
    ({"months": 9, "notional": -1e8, "fixed_rate": 0.02}, "pay 2% 9M 100m"),
    ({"months": 126, "notional": 1e7, "fixed_rate": 0.03}, "receive 3% 126M 10m"),
]


@pytest.mark.parametrize(("line", "words"), SWAPS)
@pytest.mark.parametrize(("market", "exchange"), [("usd_sofr", "XNYS"), ("gbp_sonia", "XLON")])
@pytest.mark.parametrize("interpolation", ["log_linear", "log_cubic"])
def test_a_run_values_them_as_the_curves_do(market, exchange, interpolation, line, words):
    """By the function that is compared with QuantLib: stubs, payment lag, calendar and day counts of the market.

    On the exchange of the market: a run pays, and discounts, at the last close before a day that has none.
    """
    curve = {"convention": market, "interpolation": interpolation, "rates": SONIA}
    told = desk_with([{"kind": "ois", **line}], {"curve": curve}).to_dict()
    scenario = from_dict({**told, "clock": {"calendar": exchange, "tick_minutes": 130}})
    theirs = value_swaps([words], solved_curves(scenario.market.rates, scenario.start)).npv[0]
    assert value_at_the_start(scenario) == pytest.approx(theirs, rel=0, abs=1e-12 * abs(line["notional"]))


def test_floating_rates_are_read_from_the_projection_curve():
    curves = {name: {"convention": "usd_sofr", "rates": rates} for name, rates in (("sofr", RATES), ("term", SONIA))}
    book = [{"kind": "ois", **SWAPS[0][0]}]
    scenario = desk_with(book, curves, discount="sofr", projection="term")
    curves = solved_curves(scenario.market.rates, scenario.start)
    theirs = value_swaps([f"{SWAPS[0][1]} on term discount sofr"], curves).npv[0]
    assert value_at_the_start(scenario) == pytest.approx(theirs, rel=0, abs=1e-12 * 5e7)


def test_without_a_rate_it_is_worth_nothing_at_the_start():
    scenario = desk_with([{"kind": "ois", "expiry": "2031-05-14", "notional": 1e9}])
    assert abs(value_at_the_start(scenario)) < 1e-12 * 1e9


def test_its_risk_is_that_of_a_bump():
    world = world_of(desk_with([{"kind": "ois", **line} for line, _ in SWAPS]), 2)
    desk, now = world.desks["desk"], world.factors.snapshot
    for key in (US2Y, US10Y):
        up, down = (desk.book.value(0, now.bumped(key, by), desk.unit.fixings) for by in (1e-6, -1e-6))
        np.testing.assert_allclose(desk.unit.risk().first(key), (up - down) / 2e-6, rtol=1e-6)


def test_a_desk_lives_with_them(tmp_path):
    """Ledger and attribution are proved at every mark; the hedge takes most of what the curve does."""
    book = [{"kind": "ois", **line} for line, _ in SWAPS[:1]]
    result = run(desk_with(book), paths=8, out=tmp_path / "run", workers=1, twin="none")
    end = result.table("marks").collect().filter(pl.col("agent") == "desk").sort("time").tail(8)
    assert end["rates"].abs().min() < 1e5 < end["hedge_rates"].abs().max() + 1e5
    told = desk_with(book).to_dict()
    assert from_dict(told).to_dict() == told


def test_mistakes_are_told():
    with pytest.raises(UserError, match=r"counts as the market of a quoted curve.*--curves FILE\.csv"):
        world_of(desk_with([{"kind": "ois", **SWAPS[0][0]}], {}), 1)
    with pytest.raises(UserError, match="ends before it starts"):
        world_of(desk_with([{"kind": "ois", "expiry": "2020-02-20", "notional": 1e9}]), 1)
    with pytest.raises(UserError, match="finite size and rate"):
        Ois(notional=float("inf"), maturity=date(2030, 1, 1))
