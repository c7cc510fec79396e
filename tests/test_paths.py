"""One path of a run: what it is made of adds up to what the run says of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analysis import open_run, summarise
from analysis.charts.one_day import ticks
from analysis.charts.one_path import PATH_CHARTS
from analysis.charts.paths import scatter
from analysis.paths import calls, days, every, trades
from scenarios import load, run
from sim.dataset import Run
from sim.errors import UserError
from tests.small import crisis

WITNESSES = 6
ROUND = 1e-9  # of what is required, or of the price


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Few paths of the Covid crash, of a desk with little capital: it is called, reduced and ruined."""
    settings = {"clock.tick_minutes": 130, "run.witnesses": WITNESSES, "agents.hedger.capital": 2.0e9}
    out = tmp_path_factory.mktemp("paths") / "run"
    return open_run(run(load("covid_crash_2020", settings), out=out, paths=10, seed=3, workers=1).path)


@pytest.fixture(scope="module")
def witnessed(made: Run) -> list[calls.Led]:
    """What led to every call of every witness."""
    found = []
    for path in range(WITNESSES):
        of = calls.of_path(made, path, None, "actual")
        found += [calls.led_to(made, path, None, "actual", number) for number in of["number"]]
    return found


def test_what_led_to_a_call_adds_up_to_the_call(witnessed: list[calls.Led]) -> None:
    told = [led for led in witnessed if led.steps]
    assert len(told) > 20
    assert {"met", "reduced"} <= {led.row["outcome"] for led in told}
    for led in told:
        scale = max(abs(led.row["required"]), 1.0)
        assert sum(amount for _, amount in led.steps) == pytest.approx(led.row["called"], abs=ROUND * scale)


def test_trades_and_the_price_alone_are_the_change_of_short_sale_proceeds(witnessed: list[calls.Led]) -> None:
    for led in witnessed:
        if not led.steps or led.since is None:
            continue
        change = dict(led.steps)["Proceeds of short sales, change"]
        asked = float(led.trades["margin"].fill_null(0.0).sum()) if led.trades.height else 0.0
        scale = max(abs(led.row["required"]), 1.0)
        assert asked + sum(led.short.values()) == pytest.approx(change, abs=ROUND * scale)
        assert (led.trades["time"] > led.since).all() and (led.trades["time"] <= led.made).all()


def test_trades_that_asked_for_most_come_first(witnessed: list[calls.Led]) -> None:
    asked = [led.trades["margin"].to_list() for led in witnessed if led.trades.height > 1]
    known = [[each for each in of_call if each is not None] for of_call in asked]
    assert any(of_call and of_call[0] > 0 > of_call[-1] for of_call in known)  # purchases released margin: last
    for of_call, first in zip(asked, known, strict=True):
        assert of_call[: len(first)] == sorted(first, reverse=True)


def test_a_call_s_gains_are_the_p_and_l(made: Run, witnessed: list[calls.Led]) -> None:
    for led in witnessed[:5]:
        *parts, (label, before, after) = led.gains
        assert label == "P&L"
        assert before == pytest.approx(sum(x for _, x, _ in parts), abs=1.0)
        assert after == pytest.approx(sum(x for *_, x in parts), abs=1.0)


def test_a_call_of_a_path_that_is_no_witness_has_its_p_and_l_alone(made: Run) -> None:
    path = WITNESSES + 1
    led = calls.led_to(made, path, None, "actual", 1)
    assert (led.steps, led.trades.height, led.position.height) == ([], 0, 0)
    assert led.gains[-1][0] == "P&L"


def test_days_add_up_to_the_path(made: Run) -> None:
    found = days.by_day(made, 2, None, "actual")
    end = every.every(made, None, "actual").row(2, named=True)
    assert found["pnl"].sum() == pytest.approx(end["pnl"], rel=1e-12)
    assert found["pnl_so_far"].min() == pytest.approx(end["lowest"], rel=1e-12)
    assert found["day"].to_list() == days.days(made, "actual")


def test_the_trades_of_all_days_are_the_table(made: Run) -> None:
    of = [trades.of_day(made, 1, "actual", day) for day in days.days(made, "actual")]
    table = made.trades.filter(pl.col("path") == 1, pl.col("world") == "actual").collect()
    assert sum(each.height for each in of) == table.height > 0
    total = trades.by_day(made, 1, None, "actual")
    assert total["trades"].sum() == table.filter(taker="hedger").height
    paid = pl.concat(of)
    assert paid["cash"].to_numpy() == pytest.approx(-(paid["quantity"] * paid["price"]).to_numpy(), rel=1e-12)


def test_a_trade_is_taken_by_the_makers_who_quote_there(made: Run) -> None:
    day = days.days(made, "actual")[3]
    found = trades.trade(made, 0, "actual", day, 1)
    assert found.row["taker"] == "hedger"
    assert found.quotes["share"].sum() == pytest.approx(1.0)
    assert found.market["time"][-1] == found.row["time"]
    assert found.together.height == 1


def test_how_paths_end_is_what_the_summary_says(made: Run) -> None:
    found, numbers = every.every(made, None, "actual"), summarise(made)
    fallen = found["end"].is_in([every.LIQUIDATED, every.DEFAULTED])
    assert fallen.mean() == pytest.approx(numbers["liquidation_rate"].value)
    assert (found["book_share"] < 1).mean() == pytest.approx(numbers["reduced_rate"].value)
    assert found["called"].mean() == pytest.approx(numbers["margin_called"].value)
    assert found["pnl"].mean() == pytest.approx(numbers["pnl"].value)
    assert -np.median(found["lowest"]) == pytest.approx(numbers["worst_close"].value)
    assert found["witness"].sum() == WITNESSES


@pytest.mark.parametrize("name", PATH_CHARTS)
@pytest.mark.parametrize("path", [0, WITNESSES])
def test_charts_of_a_path_are_valid(made: Run, name: str, path: int) -> None:
    assert PATH_CHARTS[name](made, path).to_dict()["title"]


def test_charts_of_paths_and_days_are_valid(made: Run) -> None:
    assert scatter(made, x="peak_vol", y="drawdown").to_dict()["title"]["text"].startswith("Drawdown against")
    assert ticks(made, 0, days.days(made, "actual")[2]).to_dict()["title"]
    note = ticks(made, WITNESSES, days.days(made, "actual")[2]).to_dict()
    assert "witness paths only" in str(note)


def test_a_run_without_a_desk_has_its_market(tmp_path: Path) -> None:
    bare = run(crisis(), out=tmp_path, paths=4, workers=1)
    found = every.every(bare, None, "actual")
    assert "end" not in found.columns and found["peak_vol"].len() == 4
    assert scatter(bare).to_dict()["title"]
    assert PATH_CHARTS["market"](bare, 3).to_dict()["title"]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda run: every.check_path(run, 10), "the run's paths are 0 to 9"),
        (lambda run: every.check_path(run, -1), "the run's paths are 0 to 9"),
        (lambda run: every.figure(every.every(run, None, "actual"), "wealth"), "a path has no such figure"),
        (lambda run: days.span(run, "actual", date(2020, 2, 22)), "a run has no such day"),
        (lambda run: trades.trade(run, 0, "actual", date(2020, 2, 24), 99), "the day has no such trade"),
        (lambda run: trades.trade(run, 9, "actual", date(2020, 2, 24), 1), "trades are kept of witness paths"),
        (lambda run: calls.led_to(run, 0, None, "actual", 0), "the path has no such margin call"),
        (lambda run: calls.of_path(run, 0, "nobody", "actual"), "a run has no such agent"),
    ],
)
def test_what_is_not_there_is_said_in_a_line(made: Run, ask, said: str) -> None:
    with pytest.raises(UserError, match=said):
        ask(made)
