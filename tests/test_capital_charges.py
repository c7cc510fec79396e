"""Regulatory capital of tables: examples computed by hand, limits, and what wrong tables are told."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from agents.capital.aggregation import bucket_charge, charge, curved_bucket, curved_charge
from agents.capital.frtb import risk_classes
from agents.capital.sa_ccr import multiplier
from scenarios import frtb_charge, sa_ccr
from scenarios.studies.validation.cases.capital import BASEL_COMMODITIES, BASEL_RATES, BOOK, columns
from tests.test_bad_input import TABLE, said

ROOT_2 = math.sqrt(2)


def market(*rows, **options):
    """The table of these rows by class and measure."""
    found = frtb_charge(columns(list(rows)), **options).table
    return {(row["class"], row["measure"]): row for row in found.iter_rows(named=True)}


def line(measure, risk_class, bucket, amount, **more):
    return {"measure": measure, "class": risk_class, "bucket": bucket, "amount": amount, **more}


@pytest.mark.parametrize(
    ("row", "weight"),
    [
        (line("delta", "rates", "USD", 1.0, tenor=0.25), 0.017 / ROOT_2),
        (line("delta", "rates", "BRL", 1.0, tenor=0.25), 0.017),
        (line("delta", "rates", "EUR", 1.0, kind="inflation"), 0.016 / ROOT_2),
        (line("delta", "credit", "3", 1.0, tenor=5), 0.05),
        (line("delta", "credit", "8", 1.0, tenor=5), 0.025),
        (line("delta", "credit", "8", 1.0, tenor=5, kind="aa"), 0.015),
        (line("delta", "credit", "16", -1.0, tenor=5), 0.12),
        (line("delta", "equity", "9", 1.0), 0.70),
        (line("delta", "equity", "12", 1.0, kind="repo"), 0.0015),
        (line("delta", "fx", "EUR", 1.0), 0.15 / ROOT_2),
        (line("delta", "fx", "PLN", 1.0), 0.15),
        (line("delta", "commodity", "4", 1.0, tenor=0), 0.80),
        (line("delta", "commodity", "7", -1.0, tenor=30), 0.20),
        (line("vega", "commodity", "7", 1.0, tenor=1), 1.0),
        (line("vega", "equity", "1", 1.0, tenor=1), 0.55 * ROOT_2),
        (line("vega", "equity", "10", 1.0, tenor=1), 1.0),
        (line("vega", "fx", "EUR", 1.0, tenor=1), 1.0),
        (line("vega", "credit", "3", 1.0, tenor=1), 1.0),
    ],
)
def test_one_sensitivity_costs_its_weight(row, weight):
    found = market(row)[row["class"], row["measure"]]
    assert [found[s] for s in ("low", "medium", "high")] == pytest.approx([weight] * 3, rel=1e-12)


@pytest.mark.parametrize(
    ("rows", "correlation"),
    [
        ([line("delta", "credit", "3", 1.0, tenor=5, name=n) for n in "ab"], 0.35),
        ([line("delta", "credit", "3", 1.0, tenor=t, name="a") for t in (1, 5)], 0.65),
        ([line("delta", "credit", "3", 1.0, tenor=5, name="a", kind=k) for k in ("", "cds")], 0.999),
        ([line("delta", "credit", b, 1.0, tenor=5) for b in ("1", "10")], 0.375),
        ([line("delta", "credit", b, 1.0, tenor=5) for b in ("4", "6")], 0.25),
        ([line("delta", "credit", b, 1.0, tenor=5) for b in ("6", "8")], 0.20),
        ([line("delta", "credit", b, 1.0, tenor=5) for b in ("15", "8")], 0.025),
        ([line("delta", "credit", b, 1.0, tenor=5) for b in ("17", "18")], 0.75),
        ([line("delta", "credit", b, 1.0, tenor=5) for b in ("2", "18")], 0.45),
        ([line("delta", "equity", "5", 1.0, name=n) for n in "ab"], 0.25),
        ([line("delta", "equity", b, 1.0) for b in ("1", "8")], 0.15),
        ([line("delta", "equity", b, 1.0) for b in ("12", "8")], 0.45),
        ([line("delta", "equity", b, 1.0) for b in ("11", "8")], 0.0),
        ([line("delta", "fx", b, 1.0) for b in ("EUR", "JPY")], 0.6),
        ([line("delta", "rates", "USD", 1.0, tenor=5, name=n) for n in "ab"], 0.999),
        ([line("delta", "rates", "USD", 1.0, tenor=t) for t in (0.25, 30)], 0.4),
        ([line("delta", "commodity", "2", 1.0, tenor=1, name=n) for n in ("brent", "wti")], 0.95),
        ([line("delta", "commodity", "9", 1.0, tenor=t, name="hogs") for t in (0, 1)], 0.99),
        ([line("delta", "commodity", "6", 1.0, tenor=1, location=p) for p in ("ttf", "henry")], 0.999),
        ([line("delta", "commodity", b, 1.0, tenor=1) for b in ("2", "7")], 0.20),
        ([line("delta", "commodity", b, 1.0, tenor=1) for b in ("2", "11")], 0.0),
        ([line("vega", "equity", "12", 1.0, tenor=t) for t in (1, 3)], math.exp(-0.02)),
    ],
)
def test_two_sensitivities_add_up_by_their_correlation(rows, correlation):
    """sqrt(a^2 + b^2 + 2 rho a b), with the rho of the scenario."""
    key = rows[0]["class"], rows[0]["measure"]
    a, b = (market(row)[key]["medium"] for row in rows)
    found = market(*rows)[key]
    for scenario, rho in (
        ("low", max(2 * correlation - 1, 0.75 * correlation)),
        ("medium", correlation),
        ("high", min(1.25 * correlation, 1.0)),
    ):
        assert found[scenario] == pytest.approx(math.sqrt(a**2 + b**2 + 2 * rho * a * b), rel=1e-12)


@pytest.mark.parametrize("name", ["rates", "credit", "equity", "commodity", "fx"])
def test_buckets_correlate_both_ways_alike(name):
    risk = risk_classes()[name]
    buckets = [b for b in (*map(str, range(1, 19)), "EUR", "JPY", "GBP") if risk.known(b)]
    matrix = np.array([[1.0 if a == b else risk.gamma(a, b) for b in buckets] for a in buckets])
    np.testing.assert_array_equal(matrix, matrix.T)
    assert np.abs(matrix).max() == 1.0


def test_positions_of_the_other_sector_do_not_offset():
    rows = [line("delta", "equity", "11", amount, name=n) for amount, n in ((1.0, "a"), (-1.0, "b"))]
    assert market(*rows)["equity", "delta"]["high"] == pytest.approx(1.4)


def test_a_negative_sum_holds_the_buckets_within_their_charges():
    """K 1 and 1, S 3 and -3, gamma 1: 2 - 18 < 0, and with S within K the sum is 0."""
    found = charge(np.ones((2, 1)), np.array([[3.0], [-3.0]]), np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert found[0] == 0.0
    assert charge(np.ones((2, 1)), np.array([[0.5], [-0.5]]), np.array([[0.0, 1.0], [1.0, 0.0]]))[0] == math.sqrt(1.5)


def test_two_gains_of_curvature_do_not_add_up():
    between = np.array([[0.0, 0.25], [0.25, 0.0]])
    assert curved_charge(np.ones((2, 1)), np.full((2, 1), -1.0), between)[0] ** 2 == pytest.approx(2.0)
    assert curved_charge(np.ones((2, 1)), np.array([[1.0], [-1.0]]), between)[0] ** 2 == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("risk_class", "bucket", "column", "values"),
    [
        ("rates", "EUR", "name", ("estr", "euribor")),
        ("fx", "EUR", "name", ("eurusd", "eurgbp")),
        ("credit", "3", "kind", ("", "cds")),
        ("commodity", "6", "location", ("ttf", "henry")),
    ],
)
def test_curvature_of_what_moves_as_one_is_netted(risk_class, bucket, column, values):
    """A loss of 5 on one curve and a gain of 4 on another that moves with it cost 1."""
    amounts = ((5.0, -7.0), (-4.0, 1.0))
    rows = [
        line("curvature", risk_class, bucket, up, down=down, **{column: value})
        for value, (up, down) in zip(values, amounts, strict=True)
    ]
    assert market(*rows)[risk_class, "curvature"]["low"] == pytest.approx(1.0)


def test_a_path_alone_is_charged_as_among_others():
    """To the last bit: neither sums nor products of matrices may add in another order on one path."""
    random = np.random.Generator(np.random.Philox(1))
    values, rho = random.standard_normal((20, 6)), np.exp(-np.abs(np.subtract.outer(np.arange(20), np.arange(20))))
    gamma = rho - np.eye(20)
    ways = (lambda v: bucket_charge(v, rho), lambda v: curved_bucket(v, rho), lambda v: charge(np.abs(v), v, gamma))
    for way in ways:
        alone = [way(np.ascontiguousarray(values[:, k : k + 1]))[0] for k in range(6)]
        np.testing.assert_array_equal(way(values), alone)


def test_default_by_hand():
    """Acme's senior debt, long 10, hedged by 4 of its shares short, 100 and 75 % lost; Zed, short 8 senior.

    Acme: 7.5 - 4 = 3.5 at 6 %; Zed: 6 short at 0.5 %; HBR = 3.5 / 9.5. A short bond does not offset a long share.
    """
    rows = [
        {"measure": "default", "name": "Acme", "rating": "BBB", "amount": 10.0, "seniority": "senior"},
        {"measure": "default", "name": "Acme", "rating": "BBB", "amount": -4.0, "seniority": "equity"},
        {"measure": "default", "name": "Zed", "rating": "AAA", "amount": -8.0, "seniority": "senior"},
    ]
    assert market(*rows)["default", ""]["low"] == pytest.approx(0.06 * 3.5 - 3.5 / 9.5 * 0.005 * 6.0)
    swapped = [{**row, "amount": -row["amount"]} for row in rows[:2]]
    assert market(*swapped)["default", ""]["low"] == pytest.approx(0.06 * 4.0 - 4.0 / 11.5 * 0.06 * 7.5)


def test_a_default_counts_by_its_maturity_and_its_gain():
    row = {"measure": "default", "name": "Acme", "rating": "A", "amount": 100.0, "seniority": "covered"}
    assert market({**row, "tenor": 0.5, "gain": -5.0})["default", ""]["low"] == pytest.approx(0.03 * 0.5 * 20.0)
    assert market({**row, "tenor": 0.01})["default", ""]["low"] == pytest.approx(0.03 * 0.25 * 25.0)


def test_residual_risks_are_gross():
    found = market(
        *({"measure": m, "amount": a} for m, a in (("exotic", 100.0), ("exotic", -100.0), ("residual", 50.0)))
    )
    assert found["residual", ""]["low"] == pytest.approx(2.05)


def counterparty(rows, terms=None):
    return sa_ccr(columns(rows), None if terms is None else columns([{"set": "all", **terms}])).table.row(0, named=True)


def test_the_multiplier():
    """exp((V - C) / (2 (1 - floor) add-on)), and 1 of a set that is not overcollateralised."""
    assert multiplier(np.array([-20.0]), np.array([282.1287]))[0] == pytest.approx(0.965, abs=5e-4)
    assert multiplier(np.array([1.0, 0.0, -1e9]), np.array([1.0, 0.0, 1.0])) == pytest.approx([1.0, 1.0, 0.05])


def test_equity_and_currencies():
    """Two names: sqrt((sum rho A)^2 + sum (1 - rho^2) A^2); pairs of currencies do not net."""
    rows = [
        {"class": "equity", "name": "a", "quality": "single", "side": "long", "notional": 100.0, "maturity": 2},
        {"class": "equity", "name": "i", "quality": "index", "side": "short", "notional": 300.0, "maturity": 0.25},
        {"class": "fx", "name": "EURUSD", "side": "long", "notional": 100.0, "maturity": 1},
        {"class": "fx", "name": "EURUSD", "side": "short", "notional": 40.0, "maturity": 1},
        {"class": "fx", "name": "USDJPY", "side": "short", "notional": 50.0, "maturity": 1},
    ]
    found = counterparty(rows)
    a, i = 32.0, -0.2 * 300 * 0.5
    assert found["equity"] == pytest.approx(math.sqrt((0.5 * a + 0.8 * i) ** 2 + 0.75 * a**2 + 0.36 * i**2))
    assert found["fx"] == pytest.approx(0.04 * (60 + 50))


def test_electricity_stands_with_energy():
    power = {"class": "commodity", "name": "power", "quality": "electricity", "side": "long", "notional": 1.0}
    oil = {**power, "name": "oil", "quality": "energy", "side": "short"}
    a, b = 0.40, -0.18
    expected = math.sqrt((0.4 * (a + b)) ** 2 + 0.84 * (a**2 + b**2))
    assert counterparty([{**power, "maturity": 1}, {**oil, "maturity": 1}])["commodity"] == pytest.approx(expected)


def test_a_basis_is_a_hedging_set_by_half_the_factor():
    """Each pair by itself, apart from its currency; its maturity buckets net as those of rates (CRE52.46)."""

    def swap(name, side, notional, end, **more):
        return {"class": "rates", "name": name, "side": side, "notional": notional, "end": end, **more}

    def lasting(years):
        return -math.expm1(-0.05 * years) / 0.05

    rows = [
        swap("3M/6M", "long", 100.0, 10, kind="basis"),
        swap("3M/6M", "short", 70.0, 3, kind="basis"),
        swap("3M/bill", "short", 40.0, 5, kind="basis"),
        swap("USD", "long", 20.0, 10),
    ]
    long, short = 100 * lasting(10), -70 * lasting(3)
    own = math.sqrt(long**2 + short**2 + 2 * 0.7 * long * short)
    expected = 0.0025 * (own + 40 * lasting(5)) + 0.005 * 20 * lasting(10)
    assert counterparty(rows)["rates"] == pytest.approx(expected, rel=1e-12)
    oil = {"class": "commodity", "name": "Brent/WTI", "quality": "energy", "side": "long", "notional": 50.0}
    bought, sold = {**oil, "kind": "basis", "maturity": 0.5}, {**oil, "name": "WTI", "side": "short", "maturity": 2}
    apart = 0.18 * (0.5 * 50 * math.sqrt(0.5) + 50)
    assert counterparty([bought, sold])["commodity"] == pytest.approx(apart, rel=1e-12)


def test_trades_on_volatility_are_hedging_sets_by_five_times_the_factor():
    """Made as those of their class (CRE52.47): all equities, each pair of currencies, each group of commodities."""

    def trade(asset_class, name, side, notional, quality="", kind="volatility", maturity=0.25):
        terms = {"end": maturity} if asset_class == "rates" else {"maturity": maturity}
        return {"class": asset_class, "name": name, "side": side, "notional": notional, "quality": quality} | {
            "kind": kind,
            **terms,
        }

    rows = [
        trade("equity", "a", "long", 3.0, "single"),
        trade("equity", "i", "short", 5.0, "index"),
        trade("equity", "a", "long", 100.0, "single", "", 1),
        trade("fx", "EURUSD", "long", 2.0),
        trade("fx", "USDJPY", "short", 4.0),
        trade("commodity", "gas", "long", 6.0, "energy"),
        trade("commodity", "gold", "short", 7.0, "metals"),
        trade("rates", "USD", "long", 8.0, maturity=2),
    ]
    found, factor = counterparty(rows), math.sqrt(0.25)
    a, i = 0.32 * 3 * factor, -0.2 * 5 * factor
    variance = math.sqrt((0.5 * a + 0.8 * i) ** 2 + 0.75 * a**2 + 0.36 * i**2)
    assert found["equity"] == pytest.approx(5 * variance + 0.32 * 100, rel=1e-12)
    assert found["fx"] == pytest.approx(5 * 0.04 * (2 + 4) * factor, rel=1e-12)
    assert found["commodity"] == pytest.approx(5 * 0.18 * (6 + 7) * factor, rel=1e-12)
    assert found["rates"] == pytest.approx(5 * 0.005 * 8 * -math.expm1(-0.1) / 0.05, rel=1e-12)


def test_tranches():
    """CRE52.41: 15 / ((1 + 14 A) (1 + 14 D)); a whole pool has a delta of 1, a first default of ten is 0 to 10 %."""
    pool = {"class": "credit", "name": "CDX IG", "quality": "IG", "side": "long", "notional": 1e6, "end": 5}
    whole = counterparty([pool])["credit"]
    assert whole == pytest.approx(0.0038 * 1e6 * -math.expm1(-0.25) / 0.05, rel=1e-12)
    for low, high in ((0.0, 1.0), (0.0, 0.03), (0.03, 0.07), (0.0, 0.1), (0.3, 1.0)):
        tranche = {**pool, "attachment": low, "detachment": high}
        expected = whole * 15 / ((1 + 14 * low) * (1 + 14 * high))
        assert counterparty([tranche])["credit"] == pytest.approx(expected, rel=1e-12)
        assert counterparty([tranche, {**tranche, "side": "sold"}])["credit"] == pytest.approx(0.0, abs=1e-9)
    hedged = counterparty([{**pool, "attachment": 0.03, "detachment": 0.07}, {**pool, "side": "short"}])["credit"]
    assert hedged == pytest.approx(whole * (15 / (1.42 * 1.98) - 1), rel=1e-12)


def test_a_margin_agreement_never_raises_the_exposure():
    """A threshold out of reach: the exposure without margin counts (CRE52.2)."""
    free = counterparty(BOOK)["exposure"]
    assert counterparty(BOOK, {"threshold": 1e12, "mpor_days": 10})["exposure"] == free
    assert counterparty(BOOK, {"mpor_days": 10})["exposure"] < free


def test_sold_is_the_opposite_of_bought():
    trade = BASEL_RATES[2]
    both = [trade, {**trade, "side": "sold"}]
    assert counterparty(both)["add_on"] == pytest.approx(0.0, abs=1e-12)
    assert counterparty(BASEL_COMMODITIES[:1])["add_on"] == pytest.approx(0.18 * 10_000 * math.sqrt(0.75))


@pytest.mark.parametrize(("table", "message"), TABLE["sensitivities"])
def test_wrong_sensitivities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text(table)
    assert said("frtb", "bad.csv") == f"bad.csv{message}"


def test_a_sensitivity_whose_square_is_infinite_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("measure,class,bucket,amount\ndelta,fx,EUR,1e300\n")
    assert ":2: amount: must lie between -1e30 and 1e30, got '1e+300'" in said("frtb", str(tmp_path / "s.csv"))


@pytest.mark.parametrize(("table", "sets", "message"), TABLE["trades"])
def test_wrong_trades(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, sets: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text(table)
    Path("sets.csv").write_text(sets or "set,collateral\nall,0\n")
    assert said("sa-ccr", "bad.csv", "--sets", "sets.csv") == message


def test_trades_without_a_value_are_said(tmp_path: Path) -> None:
    table = pl.DataFrame({"class": ["rates"], "name": ["USD"], "side": ["long"], "notional": [1e6], "end": [5.0]})
    assert any("1 of 1 trades have no value: they count as worth 0" in note for note in sa_ccr(table).notes)
    assert not sa_ccr(table.with_columns(value=0.0)).notes


def test_a_wrong_home(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("measure,class,bucket,amount\ndelta,fx,EUR,1\n")
    assert said("frtb", str(tmp_path / "s.csv"), "--home", "dollars").startswith("home: is no currency, got 'dollars'")
