"""FX rates, curves of other currencies, basis and cross-currency swaps: by hand, by QuantLib, and through a run."""

from __future__ import annotations

import dataclasses
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import QuantLib as ql

from agents.desk.loss import ATTRIBUTION, COSTS
from agents.funding.funding_desk import FundingDesk
from agents.funding.parametric_margin import Parametric
from agents.funding.portfolio import Portfolio
from agents.funding.risk_classes import MarginDays
from analysis import summarise
from markets.factors.key import US10Y, FactorKey
from markets.products.book import Book
from markets.products.cross_currency_swap import CrossCurrencySwap
from markets.products.dates import schedule
from markets.products.registry import parse
from scenarios import from_dict, run
from scenarios.describing.scenario_file import check_reads_back, scenario_text
from scenarios.studies.risk.book_risk import book_risk
from scenarios.worlds.books import starting_market
from scenarios.worlds.clock import make_clock
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, K, correlation_error, crisis, only, variance_error, watch, world_of

FX, EUR10, TERM = (
    FactorKey("fx", "eur", "fx_eur"),
    FactorKey("zero", "eur", "eur_10y"),
    FactorKey("spread", "term", "term"),
)
SPREADS = {
    "term": {"level": 0.0026, "vol": 0.003, "correlation": {"us2y": 0.4}},
    "eur_usd": {
        "over": "eur",
        "nodes": {
            "eur_usd_1y": {"years": 1, "level": -0.0012},
            "eur_usd_10y": {"years": 10, "level": -0.0028, "correlation": {"fx_eur": 0.3}},
        },
    },
}
EUR = {
    "basis": "eur_usd",
    "nodes": {
        "eur_3m": {"years": 0.25, "rate": 0.02},
        "eur_2y": {"years": 2, "rate": 0.0205, "correlation": {"us2y": 0.6}},
        "eur_10y": {"years": 10, "rate": 0.026, "correlation": {"us10y": 0.7}},
    },
}
RATES = {"vol_overnight": 0.004, "vol_us2y": 0.006, "vol_us10y": 0.008, "projection": "term"}
NOISY = {"dispersion": 0.5, "realised_ratio": 0.7, "xi": 0.8}
ANCHORS = [
    {"date": "2020-02-19", **LEVEL},
    {"date": "2020-03-19", "us10y": 0.02, "fx": {"eur": 1.02}, "nodes": {"eur_10y": 0.03}},
    {"date": "2020-05-22", "us10y": 0.025},
]
ENDS = [ANCHORS[0], ANCHORS[2]]
EVERY_DAY = {"calendar": "24/7", "tick_minutes": 1440, "overnight_variance": 0.0}
BOOK = [
    {"kind": "cross_currency_swap", "currency": "eur", "notional": 1e8, "months": 60, "spread": -0.0012},
    {"kind": "cross_currency_swap", "currency": "eur", "notional": -1e8, "months": 25, "resetting": True},
    {"kind": "basis_swap", "notional": 1e9, "months": 62, "curve": "term", "against": "discount", "spread": 0.001},
]


def scenario(book=(), anchors=ANCHORS, market=None, fx=None, minutes=390, rates=None, agents=None, **tables):
    """Three months with euros in them."""
    told = {**RATES, "spreads": SPREADS, "currencies": {"eur": EUR}, **(rates or {})}
    price = {"eur": {"spot": 1.08, "vol": 0.1, "correlation": {"spot": 0.3}}} if fx is None else fx
    desk = {"type": "Hedger", "capital": 1e9, "policy": {"kind": "every", "interval": "1d"}, "book": list(book)}
    cast = {
        "maker": {"type": "MarketMaker", "capital": 1e9},
        "desk": desk,
        "bank": {"type": "FundingDesk", "line": 1e9},
    }
    return crisis(
        anchors=anchors,
        market={**NOISY, **(market or {}), "fx": price, "rates": told},
        agents=(cast if book else {}) if agents is None else agents,
        minutes=minutes,
        **tables,
    )


# --- the price --------------------------------------------------------------------------------------------------------
def test_noise_has_the_variance_and_the_correlations_that_are_given():
    told = scenario(market={"dispersion": 1.0}, anchors=[ANCHORS[0], {"date": "2020-03-04", **LEVEL}])
    factors = world_of(told, 8192).factors
    factors.step(1)
    factors.step(2)
    names = [key.node for key in factors.other_curves.keys]
    noise = dict(zip(names, factors.other_curves.noise, strict=True))
    years = sum(factors.rates._years[1:3])
    assert abs(noise["fx_eur"].var(ddof=1) - 0.01 * years) < K * variance_error(noise["fx_eur"])
    pairs = [("fx_eur", factors.equity.deviation, 0.3), ("eur_10y", factors.rates.noise[2], 0.7)]
    for name, other, rho in (*pairs, ("eur_usd_10y", noise["fx_eur"], 0.3)):
        assert abs(np.corrcoef(noise[name], other)[0, 1] - rho) < K * correlation_error(rho, other.size) + 0.01


def test_the_price_by_parity_is_a_fair_forward():
    """On still rates the price, discounted at the difference of rates, stays where it is in the mean."""
    flat = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-05-22"}]
    told = scenario(anchors=flat, rates={"spreads": still(SPREADS), "currencies": {"eur": {**EUR, "nodes": fixed()}}})
    world = world_of(told, 4096)
    world.run()
    drift = (0.02 - 0.02 + 0.0012) * float(world.clock.calendar_years[-1])
    price = np.exp(world.factors.snapshot.row(FX) - drift) / 1.08
    assert abs(price.mean() - 1) < K * price.std() / np.sqrt(price.size)


def still(spreads):
    """The same spreads without noise."""
    return {name: {**spec, "vol": 0.0, "nodes": without(spec.get("nodes", {}))} for name, spec in spreads.items()}


def without(nodes):
    return {name: {**node, "vol": 0.0} for name, node in nodes.items()}


def fixed():
    return without(EUR["nodes"])


def test_its_storyline_is_its_anchors():
    told = scenario(market={"dispersion": 0.0})
    world = world_of(from_dict(told.to_dict() | {"feedback": only()}, as_given=True), 3)
    found = watch(world, Phase.MARK, lambda: world.factors.snapshot)
    world.run()
    close = np.flatnonzero(world.clock.is_close)[[str(day) for day in world.clock.session_dates].index("2020-03-19")]
    np.testing.assert_allclose(np.exp(found[close].row(FX)), 1.02, rtol=1e-12)
    np.testing.assert_allclose(found[close].row(EUR10), 0.03, rtol=1e-12)


# --- values -----------------------------------------------------------------------------------------------------------
class Now:
    """Discount factors of a path's market, in years from now."""

    def __init__(self, snapshot, path=0):
        self.levels = {key: float(snapshot.row(key)[path]) for key in snapshot.keys}

    def zero(self, names, years, at):
        return np.interp(years, at, [self.levels[name] for name in names])

    def dollar(self, years):
        names = [FactorKey("zero", "usd", node) for node in ("overnight", "us2y", "us10y")]
        return np.exp(-years * self.zero(names, years, (0.0, 2.0, 10.0)))

    def term(self, years):
        return self.dollar(years) * np.exp(-years * self.levels[TERM])

    def euro(self, years):
        names = [FactorKey("zero", "eur", node) for node in EUR["nodes"]]
        return np.exp(-years * self.zero(names, years, (0.25, 2.0, 10.0)))

    def collateral(self, years):
        names = [FactorKey("spread", "eur_usd", node) for node in SPREADS["eur_usd"]["nodes"]]
        return self.euro(years) * np.exp(-years * self.zero(names, years, (1.0, 10.0)))


def by_hand(now, periods, spread, size, known, *, resetting):
    """A cross-currency swap by its flows. known: of the first period the growth of a euro and of its dollars."""
    price, worth = np.exp(now.levels[FX]), 0.0
    for number, (begin, end, accrual) in enumerate(periods):
        first = number == 0
        euro = known[0] if first else now.euro(begin) / now.euro(end)
        worth += price * now.collateral(end) * (euro - 1 + spread * accrual)
        grown = now.term(begin) / now.term(end)
        if first:
            worth -= known[1] * now.dollar(end)
        elif resetting:
            forward = price * now.collateral(begin) / now.dollar(begin)
            worth += forward * (now.dollar(begin) - grown * now.dollar(end))
        else:
            worth += 1.08 * (now.dollar(begin) - grown * now.dollar(end))
    return size * (worth + price * now.collateral(periods[-1][1]))


@pytest.mark.parametrize("resetting", [False, True])
def test_a_cross_currency_swap_is_worth_its_flows(resetting):
    """At the start and, through a reset on 19 May, at the end of the run: each path by hand."""
    line = {"kind": "cross_currency_swap", "currency": "eur", "notional": 1e8, "months": 24, "spread": -0.0012}
    world = world_of(scenario([line | {"resetting": resetting}], minutes=390), 3)
    desk, start = world.desks["desk"], Now(world.factors.snapshot)
    days = schedule(date(2020, 2, 19), date(2022, 2, 19), 3)
    legs = [((a - days[0]).days / 365, (b - days[0]).days / 365, (b - a).days / 360) for a, b in pairwise(days)]
    known = [1 / start.euro(legs[0][1]), 1.08 / start.term(legs[0][1])]
    value = by_hand(start, legs, -0.0012, 1e8, known, resetting=resetting)
    np.testing.assert_allclose(desk.book_value, value, rtol=0, atol=1e-12 * 1e8)
    tick = world.clock.next_tick(world.clock.seconds(date(2020, 5, 19)))
    markets = watch(world, Phase.MARK, lambda: world.factors.snapshot)
    world.run()
    for path in range(3):
        then, now = Now(markets[tick], path), Now(world.factors.snapshot, path)
        left = legs[1][1] - float(world.clock.calendar_years[tick])
        price = np.exp(then.levels[FX]) if resetting else 1.08
        known = [1 / then.euro(left), price / then.term(left)]
        elapsed = float(world.clock.calendar_years[-1])
        ahead = [(max(a - elapsed, 0.0), b - elapsed, accrual) for a, b, accrual in legs[1:]]
        value = by_hand(now, ahead, -0.0012, 1e8, known, resetting=resetting)
        assert desk.book_value[path] == pytest.approx(value, abs=1e-12 * 1e8)


def test_a_reset_pays_the_move_of_the_price():
    """19 May: what is exchanged is N (S1 - S0) in dollars, beside the coupons, to the last cent of the ledger."""
    paid = []
    for resetting in (False, True):
        line = {**BOOK[0], "resetting": resetting}
        world = world_of(scenario([line], agents=None), 2)
        tick = world.clock.next_tick(world.clock.seconds(date(2020, 5, 19)))
        desk, markets = world.desks["desk"], watch(world, Phase.MARK, lambda w=world: w.factors.snapshot)
        world.run()
        paid.append(desk.book.cashflows(tick - 1, tick, markets[tick], desk.unit.fixings))
    move = np.exp(markets[tick].row(FX)) - 1.08
    np.testing.assert_allclose(paid[1] - paid[0], 1e8 * move, rtol=1e-9)
    assert (np.abs(move) > 1e-3).all()


def test_a_book_knows_its_slopes_and_bends():
    """By every factor and pair of factors: central differences."""
    world = world_of(scenario(BOOK, minutes=390), 1)
    world.run()
    desk, now, tick = world.desks["desk"], world.factors.snapshot, world.factors.tick
    risk = desk.book.risk(tick, now, desk.unit.fixings, bends=True)
    keys = [key for keys in risk.where if len(keys) == 1 for key in keys if key.node]
    assert {FX, EUR10, TERM, US10Y} <= set(keys)

    def value(*moves):
        moved = now
        for key, by in moves:
            moved = moved.bumped(key, by)
        return float(desk.book.value(tick, moved, desk.unit.fixings)[0])

    for key in keys:
        slope = (value((key, 1e-5)) - value((key, -1e-5))) / 2e-5
        assert risk.first(key)[0] == pytest.approx(slope, rel=1e-6, abs=20.0)
    for one, other in ((FX, EUR10), (FX, FX), (TERM, US10Y)):
        corners = [value((one, a), (other, b)) for a, b in ((1e-3, 1e-3), (1e-3, -1e-3), (-1e-3, 1e-3), (-1e-3, -1e-3))]
        bend = (corners[0] - corners[1] - corners[2] + corners[3]) / 4e-6
        assert risk.second(one, other)[0] == pytest.approx(bend, rel=1e-4, abs=200.0)


def test_par_swaps_are_worth_nothing():
    told = scenario()
    start, clock = starting_market(told), make_clock(told)
    for line in BOOK:
        asked = from_dict(scenario([{**line, "spread": None} if "spread" in line else line]).to_dict(), as_given=True)
        position = next(agent for agent in asked.agents if agent.name == "desk").book[0]
        book = Book((parse(position, start),)).compile(clock, start)
        assert book.value(0, start.snapshot, book.new_fixings(1))[0] == pytest.approx(0.0, abs=1e-3)


# --- QuantLib ---------------------------------------------------------------------------------------------------------
TODAY = ql.Date(19, 2, 2020)


def ql_curve(rates):
    """Zero rates at 0, 2 and 10 years, linear between, flat beyond."""
    days = [TODAY, TODAY + 730, TODAY + 3650, TODAY + 16000]
    return ql.YieldTermStructureHandle(ql.ZeroCurve(days, [*rates, rates[-1]], ql.Actual365Fixed()))


def ql_leg(days, curve, discount, spread=0.0):
    """Value of a floating leg of one unit, its first rate that of today's curve."""
    total = 0.0
    for begin, end in pairwise(days):
        a, b = (ql.Date(day.day, day.month, day.year) for day in (begin, end))
        rate = curve.forwardRate(a, b, ql.Actual360(), ql.Simple).rate()
        tau = ql.Actual360().yearFraction(a, b)
        total += ql.SimpleCashFlow((rate + spread) * tau, b).amount() * discount.discount(b)
    return total


@pytest.mark.parametrize("number", range(20))
def test_random_swaps_against_quantlib(number):
    """Basis and cross-currency swaps on random curves, by QuantLib's curves and forwards; FX discounting by hand."""
    random = np.random.default_rng(number)
    ql.Settings.instance().evaluationDate = TODAY
    usd, eur = (random.uniform(-0.005, 0.06, 3).tolist() for _ in range(2))
    level, basis, price = random.uniform(-0.01, 0.02), random.uniform(-0.01, 0.005), random.uniform(0.5, 2.0)
    months, size, spread = int(random.integers(4, 300)), float(random.uniform(-1e9, 1e9)), random.uniform(-0.01, 0.01)
    anchor = {"date": "2020-02-19", "spot": 100.0, "vol": 0.2, "credit": 0.01}
    anchor |= dict(zip(("overnight", "us2y", "us10y"), usd, strict=True))
    nodes = {f"eur{years}": {"years": years, "rate": rate} for years, rate in zip((0, 2, 10), eur, strict=True)}
    rates = {
        "spreads": {"term": {"level": level}, "eur_usd": {"over": "eur", "level": basis}},
        "currencies": {"eur": {"basis": "eur_usd", "nodes": nodes}},
    }
    told = scenario(anchors=[anchor, {"date": "2020-02-21"}], fx={"eur": {"spot": price}}, rates=rates, clock=EVERY_DAY)
    start, clock = starting_market(told), make_clock(told)
    common = {"notional": size, "months": months, "spread": spread}
    lines = [
        {"kind": "cross_currency_swap", "currency": "eur", **common},
        {"kind": "basis_swap", "curve": "term", "against": "discount", **common},
    ]
    desk = from_dict(scenario(lines, fx={"eur": {"spot": price}}).to_dict(), as_given=True).agents
    positions = next(agent for agent in desk if agent.name == "desk").book
    values = []
    for position in positions:
        book = Book((parse(position, start),)).compile(clock, start)
        values.append(book.value(0, start.snapshot, book.new_fixings(1))[0])
    days = schedule(date(2020, 2, 19), parse(positions[0], start).maturity, 3)
    end = ql.Date(days[-1].day, days[-1].month, days[-1].year)
    dollar, euro = ql_curve(usd), ql_curve(eur)
    term, collateral = (
        ql.YieldTermStructureHandle(ql.ZeroSpreadedTermStructure(of, ql.QuoteHandle(ql.SimpleQuote(by))))
        for of, by in ((dollar, level), (euro, basis))
    )
    received = ql_leg(days, euro, collateral, spread) + collateral.discount(end)
    paid = ql_leg(days, term, dollar) + dollar.discount(end)
    assert values[0] == pytest.approx(size * price * (received - paid), abs=1e-10 * abs(size))
    basis_swap = ql_leg(days, term, dollar) - ql_leg(days, dollar, dollar, spread)
    assert values[1] == pytest.approx(size * basis_swap, abs=1e-10 * abs(size))


# --- a run ------------------------------------------------------------------------------------------------------------
def test_a_run_balances_and_has_a_part_of_its_own(tmp_path):
    """Every mark is proved; the parts with FX add up to the P&L, and reports read them from the manifest."""
    result = run(scenario(BOOK, minutes=390), paths=4, out=tmp_path / "run", workers=1, twin="none")
    marks = result.table("marks").filter(pl.col("agent") == "desk").collect()
    gap = marks.select(pl.sum_horizontal(*ATTRIBUTION, "fx", *COSTS)).to_series() - marks["pnl"]
    assert gap.abs().max() < 1e-4 and marks["fx"].abs().max() > 1e4
    numbers = summarise(result)
    assert numbers["fx_cost"].value == pytest.approx(-marks.filter(pl.col("time") == marks["time"].max())["fx"].mean())
    closes = result.table("closes").filter(pl.col("path") == 0).collect().sort("time")
    assert closes["fx_eur"][0] == pytest.approx(1.08, rel=1e-15) and "eur_10y" in closes.columns


def test_a_run_without_fx_has_the_tables_of_before(tmp_path):
    plain = crisis(agents={"maker": {"type": "MarketMaker"}})
    result = run(plain, paths=2, out=tmp_path / "run", workers=1, twin="none")
    assert "fx" not in result.table("marks").collect_schema().names()
    assert "fx" not in plain.to_dict()["market"] and "spreads" not in plain.to_dict()["storyline"]["anchor"][0]


def test_a_path_alone_is_the_path_among_others():
    ends = []
    for paths, first in ((8, 0), (1, 5)):
        world = world_of(scenario(BOOK, anchors=[ANCHORS[0], {"date": "2020-03-04"}]), paths, first=first)
        world.run()
        ends.append((world.factors.snapshot, world.desks["desk"].book_value))
    (many, worth), (one, alone) = ends
    assert all(one.row(key)[0] == many.row(key)[5] for key in one.keys)
    assert alone[0] == pytest.approx(worth[5], rel=1e-10)


def test_a_scenario_reads_back(tmp_path):
    told = scenario(BOOK)
    assert from_dict(told.to_dict(), as_given=True) == told
    check_reads_back(scenario_text(told, "A test."), told, tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fx": {"usd": {"spot": 1.0}}}, "market.fx.usd: prices are in this currency"),
        ({"fx": {"gbp": {"spot": 1.3}}}, "market.fx.gbp.drift: parity needs the curve of the currency"),
        (
            {"rates": {"currencies": {"eur": {"nodes": {}}}}, "fx": {}, "anchors": ENDS},
            "currencies.eur.nodes: a curve has a node",
        ),
        ({"rates": {"currencies": {"usd": EUR}}}, "currencies.usd: this curve is the nodes of"),
        ({"rates": {"currencies": {"eur": {**EUR, "basis": "term"}}}}, "eur.basis: no such spread over eur"),
        ({"rates": {"currencies": {"eur": {**EUR, "curve": "estr"}}}}, "eur.curve: no such curve, got 'estr'"),
        ({"book": [{**BOOK[0], "currency": "gbp"}]}, "agents.desk.book.1: no such currency, got 'gbp'"),
        ({"book": [{**BOOK[0], "fixed_rate": 0.01}]}, "fixed_rate does not belong here"),
        ({"book": [{k: v for k, v in BOOK[0].items() if k != "currency"}]}, "needs `currency`"),
        (
            {"book": [{**BOOK[2], "against": "libor"}]},
            "agents.desk.book.1: no such curve of floating rates, got 'libor'",
        ),
        ({"book": [{**BOOK[2], "against": "term"}]}, "against: a basis swap has two curves"),
        ({"anchors": [ANCHORS[0], {"date": "2020-03-19", "fx": {"eur": -1.0}}]}, "fx.eur: a price is positive"),
    ],
)
def test_what_does_not_fit_is_one_line(changes, message):
    with pytest.raises(UserError) as caught:
        world_of(scenario(**changes), 1)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_swap_outlives_the_start():
    start = starting_market(scenario())
    swap, clock = (
        CrossCurrencySwap(notional=1.0, currency="eur", price=1.08, maturity=date(2020, 2, 19)),
        make_clock(scenario()),
    )
    with pytest.raises(UserError, match="a swap matures after the start"):
        Book((swap,)).compile(clock, start)


def test_the_risk_of_a_book_at_the_start_has_the_other_factors():
    """`spiral risk`: a basis point of each, or a percent of the price, against a revaluation."""
    told = scenario(BOOK[:2])
    found = book_risk(told, "desk").further()
    desk = world_of(told, 1).desks["desk"]
    for name, step, change in found.iter_rows():
        key = next(key for key in desk.book.needs if key.node == name)
        by = 0.01 if step == "1 %" else 1e-4
        up, down = (
            desk.book.value(0, desk.last.snapshot.bumped(key, move), desk.unit.fixings)[0] for move in (by, -by)
        )
        assert change == pytest.approx((up - down) / 2, rel=1e-4, abs=1.0)
    assert set(found["factor"]) == {"term", "eur_3m", "eur_2y", "eur_10y", "eur_usd_1y", "eur_usd_10y", "fx_eur"}
    plain = scenario([{"kind": "swap", "notional": 1e6, "months": 24}], rates={"projection": ""})
    assert book_risk(plain, "desk").further() is None


def test_initial_margin_is_asked_for_the_other_factors_too():
    """Beside what the swap hedges leave of the dollar's nodes: |slope| x vol of each, at 3 standard deviations."""
    world = world_of(scenario([BOOK[0]]), 1)
    desk, terms = world.desks["desk"], FundingDesk(margin_multiple=3.0, mpor_days=4.0, rate_vol=0.0)
    asked = Parametric().initial(Portfolio(world, desk), terms)[0]
    vols = {each.name: each.vol for each in world.market.further}
    move = 3.0 * 0.2 * np.sqrt(4.0 / world.clock.days_a_year)
    slopes = {key: abs(desk.unit.risk().first(key)[0]) * vols[key.node] for key in desk.book.needs if key.node in vols}
    assert asked == pytest.approx(move * sum(slopes.values()) / 0.2, rel=1e-9)
    longer = dataclasses.replace(terms, margin_days=MarginDays(fx=16.0))
    doubled = sum(slope * (2.0 if key.family == "fx" else 1.0) for key, slope in slopes.items())
    again = Parametric().initial(Portfolio(world, desk), longer)[0]
    assert again == pytest.approx(move * doubled / 0.2, rel=1e-9)
    assert again > 1.5 * asked
