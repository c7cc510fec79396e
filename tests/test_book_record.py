"""The table `book`: positions one by one, at the start, at the worst close and at the end, sum to the desk's book."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from agents.desk.book_record import SHOWN
from agents.desk.book_table import VALUED
from analysis import book, summarise
from analysis.terminal import render
from scenarios import run
from scenarios.scenario import Scenario
from sim.dataset import Run
from tests.command import output
from tests.small import LEVEL, crisis

FIGURES = ("pnl", *(column.name for column in VALUED))
KEYS = ["world", "path", "agent", "time"]
MIXED: list[dict[str, Any]] = [
    {"kind": "put", "moneyness": 0.95, "months": 3, "quantity": -4e6},
    {"kind": "call", "strike": 104.0, "expiry": "2020-02-26", "quantity": 2e6},  # expires in the run
    {"kind": "swap", "notional": 3e8, "months": 60},
    {"kind": "swap", "notional": -2e8, "expiry": "2020-03-02", "fixed_rate": 0.03},  # is paid in the run
    {"kind": "gamma_claim", "strike": 100.0, "months": 6, "quantity": -1e6},
    {"kind": "asset", "notional": -5e7},
    {"kind": "future", "expiry": "2020-02-27", "quantity": 4e5},  # expires in the run
]


def noisy(lines: list[dict[str, Any]], *, capital: float = 1e9, **run_keys: Any) -> Scenario:
    """A desk that is squeezed: every path differs, and lenders may take part of the book."""
    return crisis(
        market={
            "dividend_yield": 0.03,
            "dispersion": 1.0,
            "realised_ratio": 1.0,
            "xi": 0.8,
            "rates": {"vol_us2y": 0.01, "vol_us10y": 0.01},
        },
        anchors=[
            {"date": "2020-02-19", **LEVEL},
            {"date": "2020-02-28", **LEVEL, "spot": 80.0, "vol": 0.6},
            {"date": "2020-03-04", **LEVEL, "spot": 85.0, "vol": 0.5},
        ],
        agents={
            "maker": {"type": "MarketMaker", "capital": 2e9},
            "desk": {"type": "Hedger", "capital": capital, "book": lines},
            "bank": {"type": "FundingDesk", "line": 1e7},
        },
        run={"paths": 24, "witnesses": 0, "unhedged": False, **run_keys},
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(noisy(MIXED, capital=4e7), out=tmp_path_factory.mktemp("book") / "run", workers=1)


def sums(result: Run) -> pl.DataFrame:
    """Sums over positions beside the desk's marks at the same close."""
    lines = result.book.filter(pl.col("at") != "start").group_by(*KEYS, "at").agg(pl.col(FIGURES).sum())
    return lines.join(result.marks, on=KEYS, suffix="_marks").sort(KEYS).collect()


def test_positions_sum_to_the_marks(finished: Run) -> None:
    found = sums(finished)
    assert found.height == 2 * 2 * 24
    scale = found["book_value"].abs().max() + found["unhedged_pnl"].abs().max()
    pairs = {"value": "book_value", "pnl": "unhedged_pnl", "gamma_dollars_1pct": "gamma_dollars_1pct_marks"}
    for mine, marks in pairs.items():
        np.testing.assert_allclose(found[mine], found[marks], rtol=1e-9, atol=1e-9 * scale)
    assert found["book_share"].min() < 1  # some of the book was taken by force: values are of what is left


def test_the_worst_close_is_the_first_with_the_lowest_pnl(finished: Run) -> None:
    desk = finished.marks.filter(agent="desk").sort("time")
    lowest = desk.group_by("world", "path").agg(time=pl.col("time").get(pl.col("pnl").arg_min())).sort("world", "path")
    worst = finished.book.filter(at="worst", number=1).select("world", "path", "time").sort("world", "path")
    assert_frame_equal(worst.collect(), lowest.collect())
    assert worst.collect()["time"].n_unique() > 2


def test_the_start_is_told_once_and_is_the_books_own(finished: Run) -> None:
    start = finished.book.filter(at="start", world="actual").sort("number").collect()
    assert start["number"].to_list() == [1, 2, 3, 4, 5, 6, 7]
    assert start["path"].unique().to_list() == [0] and (start["pnl"] == 0).all()
    first = finished.marks.filter(agent="desk", world="actual", path=0).sort("time").first().collect()
    assert start["value"].sum() == pytest.approx(first["book_value"][0], rel=1e-12)
    assert abs(start["value"][2]) < 1e-6  # a swap at par
    # some 4.7 years of duration of the fixed side, less the quarter for which the floating rate is known
    assert start["dv01"][2] == pytest.approx(-3e8 * 1e-4 * (4.7 - 0.25), rel=0.01)
    put = start.row(0, named=True)
    # a put sold: the passing of a day pays about half of gamma x the variance of a day
    paid = -0.5 * put["gamma_dollars_1pct"] * 100 * (0.2 * 1.025) ** 2 / 252
    assert put["theta_day"] == pytest.approx(paid, rel=0.15)


def test_chunks_change_nothing(finished: Run, tmp_path: Any) -> None:
    other = run(noisy(MIXED, capital=4e7, chunk=7), out=tmp_path / "run", workers=1)
    order = ["world", "path", "at", "number"]
    assert_frame_equal(other.book.sort(order).collect(), finished.book.sort(order).collect())


def test_what_was_paid_on_the_way_is_in_the_pnl(finished: Run) -> None:
    """An option that expired has no value left, and made its payoff less what it was worth at the start."""
    call = finished.book.filter(number=2, world="actual")
    start, end = (call.filter(at=at).sort("path").collect() for at in ("start", "end"))
    spot = finished.closes.filter(world="actual", venue="asset").sort("path").collect()
    spot = spot.filter(pl.col("time").dt.date() == pl.date(2020, 2, 26))["mid"].to_numpy()
    payoff = 2e6 * np.maximum(spot - 104.0, 0.0)
    assert (end["value"] == 0).all() and (end["vega_point"] == 0).all()
    np.testing.assert_allclose(end["pnl"], payoff - start["value"][0], rtol=1e-12)


def test_small_positions_of_a_long_book_share_a_row(tmp_path: Any) -> None:
    lines = [
        {"kind": "put", "moneyness": 0.80 + 0.01 * i, "months": 3, "quantity": -(1e4 + 1e3 * (i % 7))}
        for i in range(25)
    ]
    result = run(noisy(lines, paths=4, twin="none"), out=tmp_path / "run", workers=1)
    start = result.book.filter(at="start").collect()
    assert start.height == SHOWN + 1
    rest = start.filter(number=0)
    assert rest["position"].to_list() == ["5 others"] and np.isnan(rest["quantity"][0])
    assert start.filter(pl.col("number") > 0)["quantity"].max() <= -11_000  # the rest are the smallest
    found = sums(result)
    np.testing.assert_allclose(found["value"], found["book_value"], rtol=1e-9)
    np.testing.assert_allclose(found["pnl"], found["unhedged_pnl"], rtol=1e-9)


def test_the_tables_of_a_report_add_up(finished: Run) -> None:
    found = book.by_position(finished, None, "actual")
    numbers = summarise(finished)
    assert found["position"][-1] == book.TOTAL and found.height == 8
    assert found["pnl"][:-1].sum() == pytest.approx(found["pnl"][-1], rel=1e-12)
    assert found["pnl"][-1] == pytest.approx(numbers["unhedged_pnl"].value, rel=1e-9)
    assert found["error"][-1] == pytest.approx(numbers["unhedged_pnl"].error, rel=1e-9)
    assert found["q05"][-1] == pytest.approx(numbers["unhedged_pnl_q05"].value, rel=1e-9)


def test_the_largest_and_the_rest(finished: Run) -> None:
    whole, short = book.by_position(finished, None, "actual"), book.by_position(finished, None, "actual", 2)
    assert short["position"].to_list()[2:] == ["5 others", book.TOTAL]
    largest = whole[:-1].sort(pl.col("pnl").abs(), descending=True)[:2]
    assert set(short["position"][:2]) == set(largest["position"])
    for column in ("start_value", "start_vega_point", "pnl"):
        assert short[column][:-1].sum() == pytest.approx(whole[column][-1], rel=1e-9)


def test_the_terminal_and_show(finished: Run, tmp_path: Any) -> None:
    from rich.console import Console

    console = Console(width=120, record=True, file=io.StringIO())
    console.print(render(finished))
    said = console.export_text()
    assert "The book at the start" in said and "gamma claim 100" in said and "swap 3 % 2020-03-02" in said
    shown = output([sys.executable, "-m", "scenarios", "show", "rate_hikes_2022"])
    assert "The book of hedger at the start" in shown and "DV01" in shown


def test_show_says_why_a_book_is_not_valued() -> None:
    """The rest of the scenario is shown all the same."""
    command = [sys.executable, "-m", "scenarios", "show", "calm_market", "--set", "clock.calendar=NOPE"]
    shown = output(command)
    assert "note: the book is not valued: clock.calendar: no such exchange calendar" in " ".join(shown.split())
    assert "Feedback: leverage 1" in shown
