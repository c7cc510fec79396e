"""Bonds and loans of names: against QuantLib, in a book, on default, and how they lag behind protection."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
import QuantLib as ql

from agents.capital.frtb import risk_classes
from agents.funding.book_sensitivities import BookSensitivities
from markets.credit.defaultable_bond import DefaultableBond
from markets.factors.key import US10Y, default_key, name_key
from markets.products.book import Book
from markets.products.dates import schedule, thirty_360
from markets.products.risky_bond import RiskyBond
from scenarios import price_risky_bond, run, solve_credit
from scenarios.worlds.books import starting_market
from scenarios.worlds.clock import make_clock
from sim.errors import UserError
from sim.phases import Phase
from tests.small import watch, world_of
from tests.test_credit_in_a_run import ACME, IG, compiled_books, told

DAY = date(2025, 10, 3)
END = date(2031, 4, 15)
PLAIN = {"ig": IG, "acme": ACME}


def flat(rate: float) -> Any:
    return lambda years: -rate * np.asarray(years, dtype=np.float64)


def alive(hazard: float) -> Any:
    return lambda years: np.exp(-hazard * np.asarray(years, dtype=np.float64))


def bond(coupon: float = 0.06, recovery: float = 0.4) -> DefaultableBond:
    days = schedule(DAY, END, 6)
    return DefaultableBond.of(days, np.array([coupon * thirty_360(a, b) for a, b in pairwise(days)]), recovery)


@pytest.mark.parametrize(("hazard", "recovery"), [(0.03, 0.4), (0.2, 0.0), (0.001, 0.7)])
def test_prices_are_those_of_quantlib(hazard: float, recovery: float) -> None:
    """RiskyBondEngine: a default in a period falls in its middle and pays the recovery of the face."""
    today = ql.Date(3, 10, 2025)
    ql.Settings.instance().evaluationDate = today
    days = [ql.Date(d.day, d.month, d.year) for d in schedule(DAY, END, 6)]
    dates = ql.Schedule(days)
    counted = ql.FixedRateBond(0, 100.0, dates, [0.06], ql.Thirty360(ql.Thirty360.BondBasis), ql.Unadjusted)
    count = ql.Actual365Fixed()
    curve = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.04, count))
    quote = ql.QuoteHandle(ql.SimpleQuote(hazard))
    default = ql.DefaultProbabilityTermStructureHandle(ql.FlatHazardRate(today, quote, count))
    counted.setPricingEngine(ql.RiskyBondEngine(default, recovery, curve))
    assert bond(recovery=recovery).price(flat(0.04), alive(hazard)) == pytest.approx(counted.NPV() / 100, abs=1e-9)


def test_spreads_and_yields_give_back_the_price() -> None:
    held, discount, survival = bond(), flat(0.04), alive(0.02)
    price = held.price(discount, survival, basis=0.005)
    assert held.basis(price, discount, survival) == pytest.approx(0.005, abs=1e-13)
    z = held.z_spread(price, discount)
    assert held.promised @ np.exp(-(0.04 + z) * held.ends) == pytest.approx(price, abs=1e-14)
    assert 0.015 < z < 0.02  # near (1 - R) h + basis
    y = held.yield_to_maturity(price)
    assert held.promised @ (1 + y / 2) ** (-2 * held.ends) == pytest.approx(price, abs=1e-14)
    with pytest.raises(UserError, match=r"no spread or yield gives this price, got -0\.1"):
        held.basis(-0.1, discount, survival)


def test_a_bond_on_solved_hazard_rates() -> None:
    """In Python: price, and basis, spread and yield that give it back."""
    quotes = pl.DataFrame({"tenor": ["1Y", "5Y"], "spread_bp": [150.0, 250.0]})
    curve = solve_credit(quotes, discount=0.04, day=DAY, recovery=0.4)["name"]
    fair = price_risky_bond(0.06, "2031-04-15", curve)
    known = bond().price(curve.log_discount, curve.survival)
    assert fair.price == pytest.approx(100 * known, abs=1e-11)
    assert (fair.basis, fair.jump) == (0.0, pytest.approx(40 - 100 * known))
    cheap = price_risky_bond(0.06, END, curve, price=fair.price - 2)
    assert cheap.price == pytest.approx(fair.price - 2, abs=1e-10)
    assert 0.003 < cheap.basis < 0.006 and cheap.z_spread > fair.z_spread
    for wrong, said in (
        ({"maturity": DAY}, "matures after the valuation day"),
        ({"frequency": 5}, "whole months apart"),
    ):
        with pytest.raises(UserError, match=said):
            price_risky_bond(**({"coupon": 0.06, "maturity": END, "credit": curve} | wrong))


def compiled(items: tuple[RiskyBond, ...], credits: dict[str, Any] = PLAIN, **more: Any) -> Any:
    scenario = told(credits=credits, book=[], **more)
    return Book(items).compile(make_clock(scenario), starting_market(scenario))


def value(book: Any, snapshot: Any, tick: int = 0, fixings: Any = None, **more: Any) -> float:
    kept = book.new_fixings(1) if fixings is None else fixings
    return float(book.value(tick, snapshot, kept, **more)[0])


def test_a_book_values_it_like_the_bond_alone() -> None:
    scenario = told(book=[])
    start = starting_market(scenario)
    name, rates = start.credits["acme"], start.snapshot.block(start.curve.block)[:, 0]
    discount = lambda t: -(start.curve.weights(t) @ rates + start.curve.excess(t))  # noqa: E731
    survival = lambda t: np.exp(-name.cumulative(np.asarray(t)))  # noqa: E731
    known = bond(recovery=0.35).price(discount, survival, basis=0.004)
    book = compiled((RiskyBond(notional=1e6, credit="acme", maturity=END, rate=0.06, basis=0.004),))
    assert value(book, start.snapshot) == pytest.approx(1e6 * known, rel=1e-13)
    priced = RiskyBond(notional=1e6, credit="acme", maturity=END, rate=0.06, price=97.5, begin=date(2025, 4, 15))
    accrued = 0.06 * 0.5 * (DAY - date(2025, 4, 15)).days / (date(2025, 10, 15) - date(2025, 4, 15)).days
    assert value(compiled((priced,)), start.snapshot) == pytest.approx(1e6 * (0.975 + accrued), rel=1e-12)
    for floating in (False, True):
        par = RiskyBond(notional=1e6, credit="acme", maturity=END, floating=floating, frequency=4)
        assert value(compiled((par,)), start.snapshot) == pytest.approx(1e6, rel=1e-13)


def test_a_loan_to_who_never_fails_is_worth_par_and_pays_its_rate() -> None:
    """At no margin: par at every reset; what it pays is the forward of the period, as fixed."""
    safe = {"acme": {"quotes": {"5Y": 1e-9}, "vol": 0.0, "beta": 0.0, "recovery": 0.0}}
    loan = RiskyBond(notional=1e6, credit="acme", maturity=date(2030, 10, 20), floating=True, rate=0.0, frequency=4)
    book = compiled((loan,), safe, run={"as_given": True})
    start = starting_market(told(credits=safe, book=[], run={"as_given": True}))
    assert value(book, start.snapshot) == pytest.approx(1e6, rel=1e-8)
    fixings = book.new_fixings(1)
    clock = book.clock
    reset = int(np.flatnonzero(clock.ticks >= clock.seconds(date(2025, 10, 20)))[0])
    paid = float(book.cashflows(0, reset, start.snapshot, fixings)[0])
    assert paid == pytest.approx(1e6 * start.forward_rate(0.0, 17 / 365), rel=1e-9)
    book.fix(0, reset, start.snapshot, fixings)
    assert value(book, start.snapshot, reset, fixings) == pytest.approx(1e6, rel=1e-8)


def test_risk_is_the_derivative() -> None:
    """By nodes, and by ln of the spread the share that shows at once."""
    book = compiled((RiskyBond(notional=1.0, credit="acme", maturity=END, rate=0.05, basis=0.003),))
    start = starting_market(told(book=[]))
    risk = book.risk(0, start.snapshot, book.new_fixings(1), bends=True)
    for key in (US10Y, name_key("acme")):
        up, down = (value(book, start.snapshot.bumped(key, by)) for by in (1e-4, -1e-4))
        assert risk.first(key)[0] == pytest.approx((up - down) / 2e-4, rel=1e-6)
        bend = (up + down - 2 * value(book, start.snapshot)) / 1e-8
        assert risk.second(key, key)[0] == pytest.approx(bend, rel=2e-4, abs=1e-6)


def test_cash_lags_behind_protection() -> None:
    """A third of a move shows at once; half of the rest in two trading days; in the end all of it."""
    item = RiskyBond(notional=1.0, credit="acme", maturity=END, rate=0.05)
    book, at_once = (compiled((item,), {"ig": IG, "acme": ACME | {"cash_share": share}}) for share in (0.35, 1.0))
    start, key = starting_market(told(book=[])), name_key("acme")
    wide, tick = start.snapshot.bumped(key, 0.3), 1
    assert value(book, wide) == pytest.approx(value(at_once, start.snapshot.bumped(key, 0.3 * 0.35)), rel=1e-12)
    fixings, since = book.new_fixings(1), 0
    closes = np.flatnonzero(book.clock.is_close)
    for day, tick in enumerate(closes[1:].tolist()):
        before = value(book, wide, tick, fixings, settled=since)
        due = float(book.cashflows(since, tick, wide, fixings)[0])
        book.fix(since, tick, wide, fixings)
        assert value(book, wide, tick, fixings) + due == pytest.approx(before, abs=1e-13)  # no jump where it is noted
        seen = 0.3 * (1 - 0.65 * 0.5 ** (day / 2))
        known = value(at_once, start.snapshot.bumped(key, seen), tick)
        assert value(book, wide, tick, fixings) == pytest.approx(known, rel=1e-9)
        since = tick


DYING = {"acme": {"quotes": {"1Y": 1.2, "5Y": 1.0}, "beta": 0.0, "vol": 0.0, "defaults": True, "recovery": 0.4}}
HELD = [
    {"kind": "risky_bond", "credit": "acme", "months": 36, "notional": 1e8, "fixed_rate": 0.3},
    {"kind": "loan", "credit": "acme", "months": 24, "notional": 5e7, "fixed_rate": 0.2},
]


@pytest.mark.slow
def test_a_default_pays_the_recovery_of_the_face() -> None:
    scenario = told(credits=DYING, book=HELD)
    found = run(scenario, paths=300, workers=1)
    marks = found.table("marks").filter(pl.col("agent") == "desk").collect().sort("path", "time")
    died = found.table("events").filter(pl.col("kind") == "default").collect()
    assert 10 < died.height < 60
    with_ = marks.join(died.select("path", died="time"), on="path")
    after = with_.filter(pl.col("time") >= pl.col("died"))
    assert after["book_value"].abs().max() == 0.0
    ends = after.group_by("path").last()
    opening = marks.filter(pl.col("time") == marks["time"].min())["book_value"][0]
    without_interest = ends["pnl"] - (0.4 * 1.5e8 - opening)
    assert without_interest.abs().max() < 3e6  # interest on the cash of the desk, and coupons of the loan
    assert (ends["defaults"] < 0).all()


def test_how_often_a_book_is_marked_changes_no_sum() -> None:
    """The lag is carried from close to close."""
    ends = {}
    for attribution in ("tick", "daily"):
        settings = {"run": {"twin": "none", "unhedged": False, "as_given": True, "attribution": attribution}}
        book = [{"kind": "risky_bond", "credit": "acme", "months": 60, "notional": 1e8}]
        marks = run(told(book=book, **settings), paths=5, workers=1).table("marks").filter(agent="desk").collect()
        ends[attribution] = marks.filter(pl.col("time") == marks["time"].max()).sort("path")["pnl"].to_numpy()
    assert ends["tick"] == pytest.approx(ends["daily"], rel=1e-12)


@pytest.mark.slow
def test_a_path_alone_is_the_path_of_the_ensemble() -> None:
    whole, few = (
        run(told(credits=DYING, book=HELD), paths=n, workers=1).table("marks").filter(agent="desk").collect()
        for n in (25, 4)
    )
    assert whole.filter(pl.col("path") < 4).sort("time", "path").equals(few.sort("time", "path"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"credit": None}, "book.1.credit: a risky_bond needs `credit`"),
        ({"credit": "xx"}, "book.1.credit: no such name, got 'xx'"),
        ({"notional": None}, "a risky_bond needs its notional; > 0 holds the debt"),
        ({"expiry": "2025-01-01", "months": None}, "expiry must be after the start"),
        ({"spread": 0.01, "price": 99.0}, "book.1.spread: has a price or a spread, not both"),
        ({"price": 99.0, "fixed_rate": None}, "book.1.price: a price belongs to a coupon"),
        ({"price": 0.001}, "book.1.price: no basis gives this price"),
        ({"start": "2026-01-01"}, "book.1.start: debt has been issued by the start"),
        ({"frequency": 5}, "book.1.frequency: coupons are whole months apart, got 5"),
        ({"strike": 1.0}, "strike does not belong here"),
        ({"side": "payer"}, "side does not belong here"),
    ],
)
def test_wrong_lines(line: dict[str, Any], said: str) -> None:
    whole = {"kind": "risky_bond", "credit": "acme", "months": 60, "notional": 1e8, "fixed_rate": 0.06} | line
    lines = [{key: value for key, value in whole.items() if value is not None}]
    with pytest.raises(UserError) as caught:
        compiled_books(told(book=lines))
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_what_it_owes_counts_for_capital() -> None:
    """Face less what has been lost of it is the jump of a default; nothing once it has happened."""
    agents = {
        "bank": {"type": "FundingDesk", "capital_model": {"kind": "frtb"}},
        "maker": {"type": "MarketMaker"},
        "desk": {"type": "Hedger", "policy": {"kind": "never"}, "book": HELD},
    }
    world, found = world_of(told(credits=DYING, agents=agents), 100), []

    def look() -> None:
        if world.tick_index == len(world.clock.ticks) - 1:
            portfolio = world.lenders[0].clients["desk"].portfolio
            gone = world.factors.snapshot.row(default_key("acme")) != 0.0
            found.append((gone, list(BookSensitivities(portfolio, risk_classes()).positions().issues)))

    watch(world, Phase.END, look)
    world.run()
    gone, issues = found[0]
    assert gone.any() and len(issues) == 2
    for issue, face in zip(issues, (1e8, 5e7), strict=True):
        assert (issue.jump[gone] == 0).all() and (issue.notional[~gone] == face).all()
