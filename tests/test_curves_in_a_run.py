"""Curves that a scenario quotes: all is discounted on them at the start, and they move with the nodes."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from scipy.stats import norm

from markets.curves.quoted_curve import QuotedCurve
from markets.factors.key import SPOT, US2Y, US10Y, USD
from scenarios import from_dict, run
from scenarios.cli import main
from scenarios.describing.scenario_file import check_reads_back, scenario_text
from scenarios.studies.curves.take_curves import take_curves
from scenarios.worlds.books import starting_market
from scenarios.worlds.starting_curve import solved_curves
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, crisis, watch, world_of

RATES = {"1M": 0.0205, "1Y": 0.0232, "2Y": 0.0251, "5Y": 0.0286, "10Y": 0.0297, "30Y": 0.0312}
NOISE = {"vol_overnight": 0.004, "vol_us2y": 0.006, "vol_us10y": 0.008}
ANCHORS = [
    {"date": "2020-02-19", **LEVEL},
    {"date": "2020-02-26", "spot": 90.0, "vol": 0.4, "us10y": 0.02},
    {"date": "2020-03-04", **LEVEL},
]
BOOK = [
    {"kind": "put", "moneyness": 0.95, "months": 6, "notional": -1e8},
    {"kind": "swap", "notional": 1e9, "months": 84, "fixed_rate": 0.03},
    {"kind": "swap", "notional": -5e8, "months": 240},
]


def curve(**changes):
    """A quoted curve."""
    return {"convention": "usd_sofr", "rates": RATES} | changes


def quoted(book=(), curves=None, level=LEVEL, **rates):
    """A small scenario on quoted curves."""
    anchors = [ANCHORS[0] | level, ANCHORS[1], ANCHORS[2] | level]
    agents = {
        "maker": {"type": "MarketMaker", "capital": 1e9},
        "desk": {
            "type": "Hedger",
            "capital": 1e9,
            "policy": {"kind": "every", "interval": "1d"},
            "book": list(book or BOOK),
        },
        "bank": {"type": "FundingDesk", "line": 1e9},
    }
    market = {"dispersion": 0.5, "realised_ratio": 0.7, "xi": 0.8}
    market["rates"] = {**NOISE, "curves": curves or {"sofr": curve()}, **rates}
    return crisis(anchors=anchors, market=market, agents=agents)


def discount_of(scenario, name="sofr") -> QuotedCurve:
    """A solved curve of the scenario."""
    return solved_curves(scenario.market.rates, scenario.start)[name]


@pytest.mark.parametrize("interpolation", ["log_linear", "linear_zero", "log_cubic"])
def test_the_start_is_the_quoted_curve(interpolation):
    scenario = quoted(curves={"sofr": curve(interpolation=interpolation)})
    start, found = starting_market(scenario), discount_of(scenario)
    for years in (0.02, 0.4, 1.7, 2.0, 6.3, 10.0, 24.0, 40.0):
        assert start.discount(years) == pytest.approx(float(np.exp(found.log_discount(years))), rel=1e-14)


def test_an_option_is_discounted_on_it():
    """Black and Scholes with the quoted discount factor, at the vol that the market without quotes gives the strike."""
    scenario = quoted([BOOK[0]])
    world = world_of(scenario, 2)
    desk, clock, start = world.desks["desk"], world.clock, starting_market(scenario)
    (table,) = desk.book.tables
    (years,), (trading,) = table.calendar_years, table.variance_years
    factor = float(np.exp(discount_of(scenario).log_discount(years)))
    strike, sd = 0.95 * LEVEL["spot"], float(table._fixed[0, 4]) * np.sqrt(trading)
    d1 = (np.log(LEVEL["spot"] / (strike * factor)) + 0.5 * sd**2) / sd
    put = strike * factor * norm.cdf(sd - d1) - LEVEL["spot"] * norm.cdf(-d1)
    units = -1e8 / LEVEL["spot"]
    value = desk.book.value(0, world.factors.snapshot, desk.unit.fixings)
    np.testing.assert_allclose(value, units * put, rtol=1e-10)
    assert clock.first == date(2020, 2, 19) and start.spot0 == LEVEL["spot"]


def test_a_swap_is_worth_its_flows_on_it():
    """Fixed half-yearly against a floating leg that is 1 less the last discount factor where it starts today."""
    scenario = quoted([BOOK[1]])
    world, found = world_of(scenario, 2), discount_of(scenario)
    desk = world.desks["desk"]
    (table,) = desk.book.tables
    fixed = table.amount @ np.exp(found.log_discount(table.paid_years))
    growth = np.exp(found.log_discount(table.begin_years) - found.log_discount(table.end_years))
    floating = table.notional @ ((growth - 1) * np.exp(found.log_discount(table.end_years)))
    value = desk.book.value(0, world.factors.snapshot, desk.unit.fixings)
    np.testing.assert_allclose(value, fixed + floating, rtol=0, atol=1e-12 * 1e9)


def test_floating_rates_are_those_of_a_projection_curve():
    """Discounted on one curve, projected on another: exact at the start, period by period."""
    curves = {"sofr": curve(), "term": curve(rates={tenor: rate + 0.002 for tenor, rate in RATES.items()})}
    scenario = quoted([BOOK[1]], curves=curves, discount="sofr", projection="term")
    world = world_of(scenario, 2)
    desk, discount, term = world.desks["desk"], discount_of(scenario), discount_of(scenario, "term")
    (table,) = desk.book.tables
    growth = np.exp(term.log_discount(table.begin_years) - term.log_discount(table.end_years))
    floating = table.notional @ ((growth - 1) * np.exp(discount.log_discount(table.end_years)))
    fixed = table.amount @ np.exp(discount.log_discount(table.paid_years))
    value = desk.book.value(0, world.factors.snapshot, desk.unit.fixings)
    np.testing.assert_allclose(value, fixed + floating, rtol=0, atol=1e-12 * 1e9)


def test_a_benchmark_swap_starts_at_the_par_rate_of_its_flows():
    scenario = quoted()
    world, found = world_of(scenario, 2), discount_of(scenario)
    swap = world.venue("us10y").listing.benchmark
    years = swap.years(0)
    times = years - np.arange(np.ceil(years))
    annuity = np.minimum(1.0, times) @ np.exp(found.log_discount(times))
    par = -np.expm1(found.log_discount(years)) / annuity
    np.testing.assert_allclose(world.venue("us10y").mid, par, rtol=1e-12)


def test_risk_by_node_is_that_of_a_bump():
    world = world_of(quoted(), 2)
    desk, now, step = world.desks["desk"], world.factors.snapshot, 1e-6
    for key in (US2Y, US10Y):
        up, down = (desk.book.value(0, now.bumped(key, by), desk.unit.fixings) for by in (step, -step))
        np.testing.assert_allclose(desk.unit.risk().first(key), (up - down) / (2 * step), rtol=1e-6)
    up, down = (desk.book.value(0, now.bumped(SPOT, by), desk.unit.fixings) for by in (1e-3, -1e-3))
    np.testing.assert_allclose(desk.unit.risk().delta, (up - down) / 2e-3, rtol=1e-6)


def test_a_shift_of_all_nodes_shifts_the_whole_curve():
    """Quoted shape and all: a parallel move of the nodes multiplies every discount factor by exp(-move x years)."""
    scenario = quoted()
    world, found = world_of(scenario, 2), discount_of(scenario)
    curve, rates = world.desks["desk"].book.start.curve, world.factors.snapshot.block(USD)
    for years in (0.5, 4.0, 17.0, 45.0):
        moved = np.exp(-curve.zero(years, rates + 0.01))
        np.testing.assert_allclose(moved, np.exp(found.log_discount(years) - 0.01 * years), rtol=1e-13)


def test_a_path_alone_is_the_path_among_others():
    """Of market and P&L, with a ledger and an attribution that are proved at every mark."""
    many, one = world_of(quoted(), 8), world_of(quoted(), 1, first=5)

    def worth(world):
        desk = world.desks["desk"]
        return desk.book.value(world.factors.tick, world.factors.snapshot, desk.unit.fixings)

    values = [watch(world, Phase.MARK, lambda w=world: worth(w)) for world in (many, one)]
    many.run(), one.run()
    for all_paths, alone in zip(*values, strict=True):
        assert all_paths[5] == alone[0]


def test_a_run_on_quoted_curves(tmp_path):
    """With its twin; a quoted curve that is the nodes' own curve changes nothing but the last digits."""
    result = run(quoted(), paths=4, out=tmp_path / "run", workers=1, twin="frozen")
    marks = result.table("marks").collect().filter(pl.col("agent") == "desk")
    assert marks["rates"].abs().max() > 1e5 and not marks["pnl"].is_nan().any()
    flat = {"convention": "usd_sofr", "interpolation": "linear_zero"}
    flat["quotes"] = [{"kind": "zero", "tenor": tenor, "rate": 0.03} for tenor in ("1M", "2Y", "10Y")]
    level = LEVEL | dict.fromkeys(("overnight", "us2y", "us10y"), 0.03)
    same = run(quoted(curves={"sofr": flat}, level=level), paths=4, out=tmp_path / "flat", workers=1)
    plain = quoted(level=level).to_dict()
    del plain["market"]["rates"]["curves"]
    before = run(from_dict(plain), paths=4, out=tmp_path / "plain", workers=1)
    for column in ("pnl", "rates", "vega"):
        one, other = (each.table("marks").collect()[column].to_numpy() for each in (same, before))
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-2)


WRONG = [
    ({"discount": "sonia"}, "no such curve"),
    ({"projection": "term"}, "no such curve"),
    ({"curves": {"one": curve(), "two": curve()}}, "several curves"),
    ({"curves": {"sofr": curve(file="quotes.csv")}}, "reads no other file"),
    ({"curves": {"sofr": curve(convention="usd_sofar")}}, "convention"),
    ({"curves": {"sofr": curve(rates={"2Y": 0.03, "24M": 0.031})}}, "2Y"),
    ({"curves": {"sofr": curve(rates={"2Y": 0.045, "10Y": 0.045})}}, "50 bp from the quoted zero rate"),
    ({"curves": {"sofr": curve(rates={"2Q": 0.03})}}, "2Q"),
]


@pytest.mark.parametrize(("rates", "said"), WRONG)
def test_mistakes_are_told_in_one_line(rates, said, tmp_path):
    def running():
        run(quoted(**rates), paths=2, out=tmp_path / "run", workers=1)

    with pytest.raises(UserError) as caught:
        running()
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


LINES = [f"sofr,ois,{tenor},{100 * rate:.6g}\n" for tenor, rate in RATES.items()]
CSV = "curve,kind,tenor,rate_percent\n" + "".join(LINES)


def plain():
    """The scenario without quotes."""
    tables = quoted().to_dict()
    del tables["market"]["rates"]["curves"]
    return from_dict(tables)


def test_quotes_of_a_file_are_those_of_the_scenario(tmp_path):
    """Read from a CSV, written as a scenario file and read back."""
    file = tmp_path / "quotes.csv"
    file.write_text(CSV)
    taken, here = take_curves(plain(), file), quoted()
    one, other = discount_of(taken), discount_of(here)
    np.testing.assert_allclose(one.y, other.y, rtol=0, atol=1e-12)
    assert taken.market.rates.discount == "sofr"
    check_reads_back(scenario_text(taken, "A test."), taken, tmp_path)


def test_of_several_curves_of_a_file_the_first_discounts_and_says_so(tmp_path):
    file = tmp_path / "quotes.csv"
    file.write_text(CSV + CSV.replace("sofr,", "term,").split("\n", 1)[1])
    with pytest.raises(UserError, match="nothing says how this curve's market counts"):
        take_curves(plain(), file)
    file.write_text(CSV + CSV.replace("sofr,", "estr,").split("\n", 1)[1])
    assert "sofr discounts, the first of the curves sofr, estr" in take_curves(plain(), file).notes


def test_the_commands_take_a_file_of_quotes(tmp_path):
    quotes = tmp_path / "quotes.csv"
    rates = {"1M": 1.59, "2Y": 1.42, "10Y": 1.56, "30Y": 1.95}
    quotes.write_text("curve,kind,tenor,rate_percent\n" + "".join(f"sofr,ois,{t},{r}\n" for t, r in rates.items()))
    shown = CliRunner().invoke(main, ["show", "covid_crash_2020", "--curves", str(quotes)])
    assert shown.exit_code == 0 and "sofr: beyond 2050-02-2" in shown.output
    for command in (["sweep", "x.toml"], ["calibrate", "covid_crash_2020"]):
        refused = CliRunner().invoke(main, [*command, "--curves", str(quotes)])
        assert refused.exit_code == 2 and "--curves goes with --history" in refused.output
    far = CliRunner().invoke(main, ["check", "gilt_ldi_2022", "--curves", str(quotes)])
    assert far.exit_code == 2 and "50 bp from the quoted zero rate" in far.output


def test_a_bond_trades_on_it():
    """Its price is the quoted discount factor, and moves with its node alone."""
    rates = {**NOISE, "curves": {"sofr": curve()}, "bonds": {"note": {"node": "us10y"}}}
    maker = {"type": "MarketMaker", "venues": ["asset", "note"]}
    scenario = crisis(anchors=ANCHORS, market={"rates": rates}, agents={"maker": maker})
    world, first = world_of(scenario), float(np.exp(discount_of(scenario).log_discount(10.0)))
    assert world.venue("note").mid == pytest.approx(first, rel=1e-13)
    prices = watch(world, Phase.MARK, lambda: (world.venue("note").mid, world.factors.us10y))
    world.run()
    for price, rate in prices:
        assert price == pytest.approx(first * np.exp(-10 * (rate - LEVEL["us10y"])), rel=1e-12)
