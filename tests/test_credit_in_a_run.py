"""Names in a run: quotes met by books, spreads that follow one another, defaults, and the parts of the P&L."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from markets.credit.contract import CONVENTIONS, cds_of, maturity_after
from markets.credit.hazard_curve import CreditQuote, solve_hazards
from markets.curves.dates import parse_tenor
from markets.factors.key import US10Y, name_key
from markets.products.book import Book
from markets.products.cds import Cds
from scenarios import from_dict, run
from scenarios.scenario import Scenario
from scenarios.worlds.books import starting_market
from scenarios.worlds.clock import make_clock
from sim.errors import UserError

START = {"date": "2025-10-03", "spot": 5000.0, "vol": 0.18, "overnight": 0.043, "us2y": 0.038, "us10y": 0.041}
IG = {"quotes": {"1Y": 0.004, "3Y": 0.0055, "5Y": 0.007}, "vol": 0.6}
ACME = {"quotes": {"1Y": 0.02, "5Y": 0.03}, "follows": "ig", "beta": 1.3, "recovery": 0.35, "contract": "standard"}
BOOK = [
    {"kind": "cds", "credit": "acme", "expiry": "2030-12-20", "notional": 1e8, "fixed_rate": 0.01},
    {"kind": "cds", "credit": "ig", "months": 60, "notional": -2e8},
]


def told(**changed: Any) -> Scenario:
    """A desk that holds contracts and hedges nothing, over four weeks in which credit widens."""
    end = {"date": "2025-10-31", "spot": 4600.0, "credit": 0.015, **changed.pop("end", {})}
    tables = {
        "name": "names",
        "clock": {"tick_minutes": 390},
        "storyline": {"anchor": [{**START, "credit": 0.009}, end]},
        "market": {"credits": changed.pop("credits", {"ig": IG, "acme": ACME}), **changed.pop("market", {})},
        "agents": {
            "maker": {"type": "MarketMaker"},
            "desk": {"type": "Hedger", "policy": {"kind": "never"}, "book": changed.pop("book", BOOK)},
        },
        "run": {"twin": "none", "unhedged": False, "as_given": True},
    }
    return from_dict(tables | changed)


def compiled(scenario: Scenario, *items: Cds) -> Any:
    return Book(items).compile(make_clock(scenario), starting_market(scenario))


def value(book: Any, snapshot: Any, tick: int = 0) -> float:
    return float(book.value(tick, snapshot, book.new_fixings(1))[0])


@pytest.mark.parametrize("curves", [{}, {"usd": {"convention": "usd_sofr", "rates": {"2Y": 0.0375, "10Y": 0.0405}}}])
def test_books_meet_the_quotes(curves: dict[str, Any]) -> None:
    """To rounding, on a curve through nodes and on a quoted one: protection at the quoted spread is worth accrued."""
    scenario = told(market={"rates": {"curves": curves}})
    start = starting_market(scenario)
    for name, spec in scenario.market.credits.items():
        for tenor, spread in spec.quotes.items():
            end = maturity_after(start.day, parse_tenor(tenor), start.credits[name].convention)
            cds = Cds(notional=1.0, credit=name, maturity=end, coupon=spread)
            dates = cds.contract(start)
            due = spread * dates.accrued * start.discount(dates.settled)
            assert value(compiled(scenario, cds), start.snapshot) == pytest.approx(-due, abs=1e-13)
            par = Cds(notional=1.0, credit=name, maturity=end)
            assert value(compiled(scenario, par), start.snapshot) == pytest.approx(-due, abs=1e-13)


def test_a_book_is_valued_like_the_contract_alone() -> None:
    """The table's flows and the midpoint form of the curve's own legs are two writings of one sum."""
    scenario = told()
    start, convention = starting_market(scenario), CONVENTIONS["standard"]
    name = start.credits["acme"]
    rates = start.snapshot.block(start.curve.block)[:, 0]
    discount = lambda years: -(start.curve.weights(years) @ rates + start.curve.excess(years))  # noqa: E731
    day, maturity = date(2025, 10, 3), date(2029, 3, 20)
    quotes = [
        CreditQuote(tenor=str(end), cds=cds_of(day, end, convention), spread=spread)
        for end, spread in ((date(2026, 12, 20), 0.02), (date(2030, 12, 20), 0.03))
    ]
    curve = solve_hazards("acme", day, convention, 0.35, quotes, discount, np.empty(0), form="midpoint")
    assert name.curve.y == pytest.approx(curve.y, rel=1e-13)
    (legs,) = curve.legs([cds_of(day, maturity, convention)])
    expected = 0.65 * legs.protection - 0.05 * legs.premium
    held = compiled(scenario, Cds(notional=1.0, credit="acme", maturity=maturity, coupon=0.05))
    assert value(held, start.snapshot) == pytest.approx(expected, abs=1e-14)


def test_risk_is_the_derivative() -> None:
    scenario = told()
    start = starting_market(scenario)
    book = compiled(scenario, Cds(notional=1.0, credit="acme", maturity=date(2031, 6, 20), coupon=0.05))
    risk = book.risk(0, start.snapshot, book.new_fixings(1), bends=True)
    keys, step = (name_key("acme"), US10Y), 1e-4
    at = lambda *moves: value(book, start.snapshot.bumped(keys[0], moves[0]).bumped(keys[1], moves[1]))  # noqa: E731
    for k, key in enumerate(keys):
        by = [step * (k == 0), step * (k == 1)]
        slope = (at(*by) - at(-by[0], -by[1])) / (2 * step)
        bend = (at(*by) + at(-by[0], -by[1]) - 2 * at(0, 0)) / step**2
        assert risk.first(key)[0] == pytest.approx(slope, rel=1e-6)
        assert risk.second(key, key)[0] == pytest.approx(bend, rel=1e-4)
    cross = (at(step, step) - at(step, -step) - at(-step, step) + at(-step, -step)) / (4 * step**2)
    assert risk.second(*keys)[0] == pytest.approx(cross, rel=1e-5)


def closes(scenario: Scenario, paths: int = 40) -> pl.DataFrame:
    frame = run(scenario, paths=paths, workers=1).table("closes").filter(pl.col("venue") == "asset").collect()
    return frame.sort("time", "path")


def test_spreads_end_at_their_anchors_and_follow_what_they_follow() -> None:
    """With no dispersion and no loop a told name is where it is told to be; an untold one follows by beta, in logs."""
    still = {"market": {"dispersion": 0.0}, "feedback": {"credit": 0.0}}
    last = closes(told(**still, end={"credits": {"ig": 0.012}})).tail(40)
    assert np.abs(last["ig"] - 0.012).max() < 1e-12
    plain = {"ig": IG | {"vol": 0.0}, "acme": ACME | {"vol": 0.0}}
    free = closes(told(credits=plain)).tail(40)
    assert np.abs(np.log(free["ig"] / 0.007) - np.log(free["credit_index"] / 0.009)).max() < 1e-12
    assert np.abs(np.log(free["acme"] / 0.03) - 1.3 * np.log(free["ig"] / 0.007)).max() < 1e-12


def test_noise_reverts_and_belongs_to_the_name() -> None:
    """Variance of ln spread after a month; another name declared changes nothing; beta adds."""
    lone = {"ig": IG | {"vol": 0.6, "mean_reversion": 4.0, "beta": 0.0}}
    alone = closes(told(credits=lone, book=[]), 1500)
    both = closes(told(credits=lone | {"acme": ACME}, book=[]), 1500)
    assert alone.equals(both.select(alone.columns))
    ends, t = np.log(alone.tail(1500)["ig"].to_numpy() / 0.007), 20 / 252
    variance = 0.6**2 * (1 - np.exp(-2 * 4 * t)) / 8
    assert np.var(ends) == pytest.approx(variance, rel=3.5 * np.sqrt(2 / 1500) + 0.02)
    own = np.log(both.tail(1500)["acme"].to_numpy() / 0.03)
    assert np.cov(own, ends)[0, 1] / np.var(ends) == pytest.approx(1.3, abs=3.5 * 0.5 / 0.6 / np.sqrt(1500))


def test_declaring_a_name_changes_no_other_number() -> None:
    bare = closes(told(credits={}, book=[]))
    assert bare.equals(closes(told(book=[])).select(bare.columns))


DYING = {"acme": {"quotes": {"1Y": 1.2, "5Y": 1.0}, "beta": 0.0, "vol": 0.0, "defaults": True, "recovery": 0.4}}
HELD = [{"kind": "cds", "credit": "acme", "months": 12, "notional": 1e8, "fixed_rate": 1.2}]


def test_defaults_come_at_the_hazard_rate_and_are_paid_once() -> None:
    """Their share is 1 - exp(-hazard x time); the jump is what protection pays less value and accrued; the rest 0."""
    paths, scenario = 1000, told(credits=DYING, book=HELD)
    result = run(scenario, paths=paths, workers=1)
    hazard = starting_market(scenario).credits["acme"].hazard
    events = result.table("events").filter(pl.col("kind") == "default").collect()
    share, t = events.height / paths, 28 / 365
    known = 1 - np.exp(-hazard * t)
    assert share == pytest.approx(known, abs=3.5 * np.sqrt(known * (1 - known) / paths))
    assert events["value"].to_numpy() == pytest.approx(0.4)
    assert events["path"].n_unique() == events.height
    marks = result.table("marks").filter(pl.col("agent") == "desk").collect().sort("path", "time")
    died = marks.filter(pl.col("path").is_in(events["path"].implode()))
    after = died.join(events.select("path", died="time"), on="path").filter(pl.col("time") >= pl.col("died"))
    assert np.abs(after["book_value"]).max() == 0.0
    assert after.group_by("path").agg(pl.col("defaults").n_unique())["defaults"].max() == 1
    ends = marks.group_by("path", maintain_order=True).last()
    gone = ends.filter(pl.col("path").is_in(events["path"].implode()))
    assert (gone["defaults"] != 0).all() and ends.filter(pl.col("defaults") == 0).height == paths - events.height
    assert (gone["pnl"] < 0.6e8).all() and (gone["pnl"] > 0).all()


def test_a_path_alone_is_the_path_of_the_ensemble() -> None:
    scenario = told(credits=DYING | {"ig": IG}, book=[*HELD, BOOK[1]])
    whole = run(scenario, paths=30, workers=1).table("marks").collect()
    few = run(scenario, paths=7, workers=1).table("marks").collect()
    same = whole.filter(pl.col("path") < 7).sort("time", "path", "agent")
    assert same.equals(few.sort("time", "path", "agent"))


def test_a_name_that_cannot_default_stands_beside_what_remembers() -> None:
    """What is observed of other lines during the run is kept; a contract on an index has nothing to keep."""
    called = {"kind": "autocall", "notional": -1e8, "expiry": "2025-10-20", "fixed_rate": 0.08}
    both = run(told(book=[BOOK[1], called]), paths=2, workers=1).table("marks").filter(agent="desk").collect()
    assert both["pnl"].is_finite().all() and (both["credit"] != 0).any()


def test_recovery_falls_in_a_crisis_and_stress_brings_defaults() -> None:
    falling = {"acme": DYING["acme"] | {"auction": 0.5}}
    events = run(told(credits=falling, book=HELD), paths=200, workers=1).table("events").collect()
    found = events.filter(pl.col("kind") == "default").sort("time")["value"].to_numpy()
    assert found[0] > found[-1] > 0.4 * (0.009 / 0.0152) ** 0.5
    assert found.max() <= 0.4


@pytest.mark.parametrize(
    ("credits", "end", "said"),
    [
        ({"ig": {}}, {}, "market.credits.ig.quotes: a name has a quote; write"),
        ({"ig": {"quotes": {"5Y": 70.0}}}, {}, "market.credits.ig.quotes.5Y: outside 0.0005 to 0.4"),
        ({"ig": {"quotes": {"5Y": -0.01}}}, {}, "market.credits.ig.quotes.5Y: a spread must be > 0, got -0.01"),
        ({"ig": {"quotes": {"five": 0.01}}}, {}, "market.credits.ig.quotes.five: is not a tenor, got 'five'"),
        ({"ig": IG | {"shown": "7Y"}}, {}, "market.credits.ig.shown: no such quote, got '7Y'"),
        ({"ig": IG | {"follows": "xx"}}, {}, "market.credits.ig.follows: no such name, got 'xx'"),
        ({"a": IG | {"follows": "b"}, "b": IG | {"follows": "a"}}, {}, "follow one another in a circle, got 'a -> b"),
        ({"ig": IG | {"recovery": 40}}, {}, "market.credits.ig.recovery: must be <= 0.99, got 40"),
        (
            {"ig": IG | {"contract": "imm"}},
            {},
            "market.credits.ig.contract: must be 'rolling' or 'standard', got 'imm'",
        ),
        ({"ig": IG | {"correlation": {"us5y": 0.2}}}, {}, "market.credits.ig.correlation.us5y: no such factor"),
        ({"credit": IG}, {}, "market.credits.credit: the market has a factor of this name, got 'credit'"),
        ({"ig": {"quotes": {"1Y": 0.1, "2Y": 0.01}}}, {}, "no hazard rate at or above 0 meets the quote of ig 2Y"),
        ({"ig": IG}, {"credits": {"xx": 0.01}}, "credits.xx: no such name, got 'xx'"),
        ({"ig": IG}, {"credits": {"ig": -0.01}}, "credits.ig: "),
    ],
)
def test_wrong_names(credits: dict[str, Any], end: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        starting_market(told(credits=credits, end=end, book=[], run={"as_given": False}))
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"kind": "cds", "notional": 1e8, "months": 60}, "book.1.credit: a cds needs `credit`; the one of"),
        ({"kind": "cds", "notional": 1e8, "months": 60, "credit": "xx"}, "book.1.credit: no such name, got 'xx'"),
        ({"kind": "cds", "credit": "ig", "months": 60}, "book.1.notional: a cds needs its notional; > 0 buys"),
        (
            {"kind": "cds", "credit": "ig", "quantity": 3.0, "months": 60},
            "quantity does not belong here: a cds has none",
        ),
        ({"kind": "cds", "credit": "ig", "notional": 1e8}, "needs exactly one of expiry and months, got '0 of them'"),
        ({"kind": "cds", "credit": "ig", "notional": 1e8, "expiry": "2025-01-01"}, "expiry must be after the start"),
        ({"kind": "cds", "credit": "acme", "notional": 1e8, "months": 7}, "is no tenor of a standard contract"),
        ({"kind": "cds", "credit": "ig", "notional": 1e8, "months": 60, "strike": 1.0}, "strike does not belong here"),
        ({"kind": "swap", "credit": "ig", "notional": 1e8, "months": 60}, "credit does not belong here"),
    ],
)
def test_wrong_lines(line: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        compiled_books(told(book=[line]))
    assert said in str(caught.value) and "\n" not in str(caught.value)


def compiled_books(scenario: Scenario) -> None:
    from scenarios.worlds.books import compile_books

    compile_books(scenario, make_clock(scenario))
