"""Risk of a book on several curves at the start: by the quotes of each, by its key rates, and what a day brings."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from markets.products.book import Book
from scenarios import book_risk, from_dict
from scenarios.cli import main
from scenarios.describing.scenario_file import scenario_text
from scenarios.studies.risk.bare_book import bare_book
from scenarios.worlds.books import starting_market

BP = 1e-4
DAY = date(2026, 3, 2)
SOFR = {"1W": 0.0430, "1Y": 0.0390, "2Y": 0.0368, "5Y": 0.0364, "10Y": 0.0386}
ESTR = {"1W": 0.0195, "1Y": 0.0198, "2Y": 0.0205, "5Y": 0.0230, "10Y": 0.0260}
TERM = [{"kind": "basis", "tenor": tenor, "rate": rate} for tenor, rate in (("1Y", 0.0018), ("10Y", 0.0026))]
CROSS = [
    {"kind": "cross_currency", "tenor": tenor, "rate": rate} for tenor, rate in (("1Y", -0.0012), ("10Y", -0.0028))
]
BOOK = [
    {"kind": "ois", "notional": 50e6, "months": 108, "fixed_rate": 0.035, "convention": "usd_sofr"},
    {"kind": "swap", "notional": 30e6, "months": 60, "fixed_rate": 0.04},
    {"kind": "basis_swap", "notional": 80e6, "months": 60, "curve": "term", "against": "discount", "spread": 0.002},
    {"kind": "cross_currency_swap", "currency": "eur", "notional": 4e7, "months": 60, "spread": -0.0012},
    {
        "kind": "cross_currency_swap",
        "currency": "eur",
        "notional": -2e7,
        "months": 24,
        "resetting": True,
        "spread": 0.0,
    },
]


def market(book=BOOK, projection="term", moved=None):
    """SOFR, a term curve by basis swaps, ESTR, euros with collateral in dollars; `moved`: (curve, quote, by)."""
    curves = {
        "sofr": {"convention": "usd_sofr", "rates": dict(SOFR)},
        "term": {"convention": "usd_sofr", "against": "sofr", "discount": "sofr", "quotes": [dict(q) for q in TERM]},
        "estr": {"convention": "eur_estr", "rates": dict(ESTR)},
        "eur_usd": {
            "convention": "eur_estr", "projection": "estr", "against": "sofr", "quotes": [dict(q) for q in CROSS],
        },
    }  # fmt: skip
    if moved is not None:
        curve, quote, by = moved
        if isinstance(quote, int):
            curves[curve]["quotes"][quote]["rate"] += by
        else:
            curves[curve]["rates"][quote] += by
    nodes = {"eur_1y": {"years": 1, "rate": 0.02}, "eur_10y": {"years": 10, "rate": 0.026}}
    rates = {
        "curves": curves,
        "discount": "sofr",
        "projection": projection,
        "currencies": {"eur": {"curve": "estr", "basis": "eur_usd", "nodes": nodes}},
        "spreads": {"eur_usd": {"over": "eur", "level": -0.002}},
    }
    level = {"spot": 100.0, "vol": 0.2, "overnight": 0.043, "us2y": 0.0366, "us10y": 0.0386, "credit": 0.01}
    return from_dict(
        {
            "name": "curves",
            "market": {"rates": rates, "fx": {"eur": {"spot": 1.08}}},
            "storyline": {"anchor": [{"date": DAY, **level}, {"date": date(2026, 3, 9)}]},
            "agents": {"maker": {"type": "MarketMaker"}, "desk": {"type": "Hedger", "book": [dict(b) for b in book]}},
        },
        as_given=True,
    )


@pytest.fixture(scope="module")
def risk():
    return book_risk(market())


QUOTES = [
    ("sofr", "1Y", "ois 1Y"), ("sofr", "10Y", "ois 10Y"), ("term", 1, "basis 10Y"), ("estr", "5Y", "ois 5Y"),
    ("eur_usd", 1, "cross_currency 10Y"),
]  # fmt: skip


@pytest.mark.parametrize(("curve", "quote", "name"), QUOTES)
def test_risk_by_quote_is_that_of_another_quote(risk, curve, quote, name):
    """The book valued on curves that were solved anew, what is fixed as it is."""
    fixings = risk.book.new_fixings(1)
    values = []
    for by in (1e-6, -1e-6):
        start = starting_market(market(moved=(curve, quote, by)))
        book = Book(risk.instruments).compile(risk.book.clock, start)
        values.append(float(book.value(0, start.snapshot, fixings)[0]))
    found = risk.quotes().filter((pl.col("curve") == curve) & (pl.col("quote") == name))["dv01"]
    assert found.item() == pytest.approx((values[0] - values[1]) / 2e-6 * BP, rel=2e-6, abs=1e-3)
    assert abs(found.item()) > 1.0


def test_every_curve_has_its_key_rates(risk):
    """They add up to a basis point on all zero rates of the curve: of a basis swap N x the floating annuity."""
    only = book_risk(market([BOOK[2]]))
    other = only.other_curves()
    assert other["curve"].unique().to_list() == ["term"]
    roles = only.key_rates()
    assert other["dv01"].sum() == pytest.approx(roles["projection"].sum() + _discount_leg(only), rel=1e-9)
    every = risk.other_curves().group_by("curve", maintain_order=True).agg(pl.col("dv01").sum())
    assert every["curve"].to_list() == ["term", "eur", "eur_usd"]
    cross = book_risk(market([BOOK[3]])).other_curves()
    value = book_risk(market([BOOK[3]]))
    basis = cross.filter(pl.col("curve") == "eur_usd")["dv01"].sum()
    assert basis == pytest.approx(_bumped(value, "eur_usd"), rel=1e-6)
    assert basis < -4e7 * 1.08 * 4 * BP  # five years of 43 million dollars, most of it at the end


def _discount_leg(risk):
    """What the leg that is read from the discount curve has of the projection risk, with its sign turned."""
    start = risk.book.start
    moved = start.projections["discount"].spread
    rows = risk.book.risk(0, start.snapshot, risk.book.new_fixings(1))
    return -sum(float(rows.first(key)[0]) for key in moved.nodes) * BP


def _bumped(risk, name):
    """A basis point on all nodes of a currency's spread, revalued."""
    start, fixings = risk.book.start, risk.book.new_fixings(1)
    block = ("spread", name)
    values = []
    for by in (1e-7, -1e-7):
        market = start.snapshot.with_rows({}, {block: start.snapshot.block(block) + by})
        values.append(float(risk.book.value(0, market, fixings)[0]))
    return (values[0] - values[1]) / 2e-7 * BP


@pytest.mark.parametrize("line", BOOK, ids=lambda line: line["kind"])
def test_a_day_on_which_forwards_come_true_earns_the_short_rate(line):
    """Every curve and every price rolled: the value grows by 1 / DF of the day, whatever the book."""
    risk = book_risk(market([line]))
    short = risk.book.start.discount(1 / 365)
    assert risk.theta == pytest.approx(risk.value * (1 / short - 1), rel=1e-7, abs=1e-4)


def test_roles_of_overnight_swaps_are_those_of_the_curve_command():
    """Discount and projection apart, by `spiral curve` and by the book's risk."""
    from scenarios import solve_curves, value_swaps
    from scenarios.studies.curves.tables import key_rates

    quotes = pl.DataFrame(
        [("sofr", "ois", tenor, rate) for tenor, rate in SOFR.items()],
        schema=["curve", "kind", "tenor", "rate"],
        orient="row",
    )
    held = pl.DataFrame(
        {"kind": ["ois", "ois"], "notional": [5e7, -2e7], "months": [108, 36], "fixed_rate": [0.035, 0.04]}
    )
    found = book_risk(bare_book(held, quotes, day=str(DAY))).key_rates()
    swaps = value_swaps(["receive 3.5% 9Y 50m", "pay 4% 3Y 20m"], solve_curves(quotes, day=DAY))
    known = key_rates(swaps)
    for name in ("dv01", "discount", "projection"):
        np.testing.assert_allclose(found[name].to_numpy(), known[name].to_numpy(), rtol=1e-9, atol=1e-6)


def test_the_command_prints_every_curve(tmp_path):
    path = tmp_path / "curves.toml"
    path.write_text(scenario_text(market([{**BOOK[3], "months": 24}, BOOK[2]]), "by a test"))
    shown = CliRunner().invoke(main, ["risk", str(path), "--out", str(tmp_path / "risk")])
    assert shown.exit_code == 0, shown.output
    for words in ("Key rates of other curves", "eur_usd", "cross_currency 10Y", "of what projects"):
        assert words in shown.output
    assert pl.read_csv(tmp_path / "risk" / "other_curves.csv")["curve"].n_unique() == 3
