"""Figures of a run against numbers worked out by hand, and identities that hold on any run."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from agents.desk.loss import ATTRIBUTION, COSTS, LOSS
from analysis import frames, liquidity, open_run, pnl, record, summarise, twins, way
from analysis.parts import column_of, cost_of
from sim.dataset import Run
from sim.errors import UserError
from sim.metric_names import COST
from tests.synthetic_run import COMPONENTS, answer_for_all, write_exact, write_run

LOSSES = np.array([94.0, 206.0, 318.0, 430.0])  # of `exact`, actual


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(write_run(tmp_path_factory.mktemp("run"), hedgers=("alpha", "beta")))


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Four paths whose last marks are round numbers."""
    actual = {
        "gamma": [-100.0, -200.0, -300.0, -400.0],
        "theta": [40.0, 40.0, 40.0, 40.0],
        "spread_cost_calm": [-1.0, -1.0, -1.0, -1.0],
        "spread_cost_crisis": [-3.0, -5.0, -7.0, -9.0],
        "impact_cost": [-10.0, -20.0, -30.0, -40.0],
        "funding_credit": [-2.0, -2.0, -2.0, -2.0],
        "delta": [-8.0, -8.0, -8.0, -8.0],
        "hedge": [7.0, 7.0, 7.0, 7.0],
        "vega": [-11.0, -11.0, -11.0, -11.0],
        "rates": [-3.0, -3.0, -3.0, -3.0],
        "hedge_rates": [2.0, 2.0, 2.0, 2.0],
        "closeout_cost": [-5.0, -5.0, -5.0, -5.0],
        "unhedged_pnl": [-1000.0, 500.0, -2000.0, 100.0],
    }
    frozen = {
        "gamma": [-90.0, -180.0, -270.0, -360.0],
        "theta": [40.0, 40.0, 40.0, 40.0],
        "spread_cost_calm": [-1.0, -1.0, -1.0, -1.0],
    }
    folder = tmp_path_factory.mktemp("exact")
    flags = {"actual": [False, False, False, True]}
    return open_run(write_exact(folder, {"actual": actual, "price_taker": frozen}, flags))


def test_cost_of_survival_by_hand(exact: Run) -> None:
    costs = liquidity.costs(exact)
    assert costs["convexity"].value == 250
    assert costs["carry"].value == -40
    assert costs["rehedging"].value == 250 - 40 + 8 - 7
    assert costs["re_marking"].value == 11
    assert costs["rates_cost"].value == 3 - 2
    assert costs["liquidity_tax"].value == 1 + 6 + 25
    assert costs["funding"].value == 2
    assert costs["frictions"].value == 32 + 5 + 2
    assert costs["cost_of_survival"].value == 211 + 11 + 1 + 39
    assert costs["cost_before_re_marking"].value == 211 + 1 + 39
    assert costs["cost_of_survival"].error == pytest.approx(LOSSES.std(ddof=1) / 2)
    assert costs["cost_of_survival_q50"].value == pytest.approx(262.0)


def test_parts_add_up_to_the_loss_on_every_path(run: Run, exact: Run) -> None:
    for one in (run, exact):
        loss = -pnl.column(one, None, "actual", "pnl")
        parts_sum = np.sum([pnl.cost(one, None, "actual", part.name) for part in LOSS.parts], axis=0)
        assert parts_sum == pytest.approx(loss, rel=1e-12)
        assert pnl.cost(one, None, "actual", COST) == pytest.approx(loss, rel=1e-12)
        split = [pnl.cost(one, None, "actual", n) for n in ("rehedging", "re_marking", "rates_cost", "frictions")]
        assert np.sum(split, axis=0) == pytest.approx(loss, rel=1e-12)
    assert sorted(column.name for column in LOSS.columns) == sorted((*ATTRIBUTION, *COSTS))  # each in one part


def test_a_part_of_no_known_name_cannot_be_asked_for(exact: Run) -> None:
    with pytest.raises(KeyError):
        cost_of(LOSS, "theta")


def test_a_run_that_was_not_attributed_knows_the_whole_and_the_frictions(tmp_path: Path) -> None:
    lost = [float("nan")] * 4
    gains = {
        "actual": {"gamma": lost, "theta": lost, "delta": lost, "vega": lost, "rates": lost, "impact_cost": [-1.0] * 4}
    }
    folder = write_exact(tmp_path / "run", gains)
    for place in (folder / "marks").glob("*.parquet"):
        pl.read_parquet(place).with_columns(pnl=pl.lit(-9.0)).write_parquet(place)
    found = liquidity.costs(Run(folder))
    assert (found[COST].value, found["frictions"].value) == (9.0, 1.0)
    assert not found["rehedging"].known


def test_runs_of_older_versions_are_read(exact: Run, tmp_path: Path) -> None:
    """Their close-outs stand in the crisis spread, their swap hedges with the rest, and nobody says what was taken."""
    folder = write_exact(tmp_path / "run", {"actual": {"gamma": [-1.0, -2.0], "hedge": [3.0, 3.0]}})
    for place in (folder / "marks").glob("*.parquet"):
        pl.read_parquet(place).drop("hedge_rates", "closeout_cost", "book_share").write_parquet(place)
    answer_for_all(folder)
    found = summarise(Run(folder))
    assert found[COST].value == 1.5 - 3
    assert found["slippage"].value == -3
    assert not found["reduced_rate"].known


def test_worst_close_drawdown_and_force_by_hand(tmp_path: Path) -> None:
    folder = write_exact(tmp_path / "run", {"actual": {"gamma": [-10.0, -20.0, 30.0, 5.0]}})
    for place in (folder / "marks").glob("*.parquet"):
        marks = pl.read_parquet(place).sort("time", "path")
        path, last = pl.col("path"), pl.col("time") == pl.col("time").max()
        between = marks.filter(pl.col("time") == pl.col("time").min()).with_columns(
            time=pl.col("time").dt.offset_by("1h"), pnl=pl.Series([-15.0, 10.0, -4.0, 50.0])
        )
        taken = pl.when(last & (path < 2)).then(0.25).otherwise(1.0)
        pl.concat([marks, between]).sort("time", "path").with_columns(book_share=taken).write_parquet(place)
    answer_for_all(folder)
    run = Run(folder)
    found = way.worst(run, None, "actual")
    assert found["lowest"].to_list() == [-15.0, -20.0, -4.0, 0.0]  # 0: never below the start
    assert found["drawdown"].to_list() == [15.0, 30.0, 4.0, 45.0]
    figures = summarise(run)
    assert figures["worst_close"].value == 9.5
    assert (figures["worst_close_mean"].value, figures["drawdown_mean"].value) == (39.0 / 4, 94.0 / 4)
    assert figures["drawdown_es_95"].value == pytest.approx(45.0)
    assert (figures["reduced_rate"].value, figures["book_taken"].value) == (0.5, 0.375)


def test_feedback_by_hand(exact: Run) -> None:
    actual, twin = LOSSES, np.array([51.0, 141.0, 231.0, 321.0])
    found = twins.feedback(exact)
    assert found["feedback_cost"].value == pytest.approx((actual - twin).mean())
    assert found["feedback_cost"].error == pytest.approx((actual - twin).std(ddof=1) / 2)
    assert found["feedback_share"].value == pytest.approx((actual - twin).mean() / actual.mean())
    parts = twins.feedback_parts(exact)
    assert sum(parts[part.name].value for part in LOSS.parts) == pytest.approx(found["feedback_cost"].value)
    assert parts["impact_cost"].value == 25


def test_survival_by_hand(exact: Run) -> None:
    assert pnl.survival(exact)["survival_rate"].value == 0.75
    assert pnl.survival(exact, world="price_taker")["survival_rate"].value == 1.0
    assert pnl.survival_curve(exact)["alive"].to_list() == [1.0, 0.75]
    assert pnl.survival(exact)["default_rate"].value == 0.0


def test_risk_of_the_cost_and_liquidation_by_hand(exact: Run) -> None:
    found = summarise(exact)
    assert found["pnl_sd"].value == pytest.approx(LOSSES.std(ddof=1))
    assert found["es_95"].value == pytest.approx(430.0)  # a twentieth of four paths is the dearest
    assert found["liquidation_rate"].value == 0.25
    assert found["liquidation_rate"].error == found["survival_rate"].error
    assert summarise(exact, world="price_taker")["liquidation_rate"].value == 0.0


def test_summary_reads_the_same_figures(exact: Run) -> None:
    found = summarise(exact)
    assert found["pnl"].value == pytest.approx(-262.0)
    assert found["cost_of_survival"].value == pytest.approx(262.0)
    assert found["cost_of_survival"].error == found["pnl"].error
    assert found["unhedged_pnl"].value == -600
    assert found["margin_calls"].value == 0
    assert math.isnan(found["margin_unmet"].value)
    assert summarise(exact, world="price_taker")["cost_of_survival"].value == pytest.approx(186.0)


def test_attribution_adds_up(run: Run) -> None:
    for world in ("actual", "price_taker"):
        found = pnl.attribution(run, world=world)
        total = sum(found[c].value for c in COMPONENTS)
        assert total == pytest.approx(found["pnl"].value, rel=1e-12)


def test_every_figure_has_a_unit_label_and_finite_value(run: Run) -> None:
    for name, number in summarise(run).items():
        assert number.label, name
        assert number.known, name
        assert "n/a" not in str(number)


def test_daily_means_end_at_the_final_figures(run: Run) -> None:
    last = frames.daily(run, None, "actual").row(-1, named=True)
    assert last["pnl"] == pytest.approx(pnl.attribution(run)["pnl"].value)
    assert last[column_of(COST)] == pytest.approx(liquidity.costs(run)[COST].value)
    assert last["pnl_q05"] == pytest.approx(-pnl.risk(run)["var_95"].value)


def test_default_desk_is_the_first_hedger_and_all_is_their_sum(run: Run) -> None:
    both = summarise(run, agent="all")["pnl"].value
    each = [summarise(run, agent=name)["pnl"].value for name in ("alpha", "beta")]
    assert both == pytest.approx(sum(each))
    assert summarise(run)["pnl"].value == each[0]
    assert frames.desk_name(run, "all") == "2 hedgers together"


def test_twin_difference_by_day_ends_at_the_feedback(run: Run) -> None:
    last = twins.difference(run, None).row(-1, named=True)
    feedback = twins.feedback(run)["feedback_cost"]
    assert last["pnl"] == pytest.approx(-feedback.value)
    assert last["pnl_error"] == pytest.approx(feedback.error)


def test_stress_reads_the_peaks(run: Run) -> None:
    peaks = pl.scan_parquet(run.path / "peaks" / "actual-*.parquet").collect()
    found = liquidity.stress(run)
    assert found["peak_vol"].value == pytest.approx(np.median(peaks["peak_vol"].to_numpy()))
    assert found["depth_loss"].value == pytest.approx(1 - np.median(peaks["low_depth_multiple"].to_numpy()))


def test_margin_counts_paths_without_calls(run: Run) -> None:
    calls = liquidity.desk_calls(run, None, "actual")
    found = liquidity.margin(run)
    assert found["margin_calls"].value == pytest.approx(calls.height / 200)
    assert found["margin_called"].value == pytest.approx(float(calls["called"].sum()) / 200)
    assert found["margin_call_rate"].value == calls["path"].n_unique() / 200


def test_storyline_medians_stand_beside_the_anchors(run: Run) -> None:
    apart = record.against_storyline(run, world="price_taker")
    first = apart.filter(pl.col("date") == apart["date"].min())
    assert first["gap"].abs().max() == pytest.approx(0.0, abs=1e-12)
    assert set(apart["level"]) == set(record.levels(run))
    assert apart.filter(pl.col("level") == "credit").height == 4  # one anchor leaves credit out


def test_unknown_names_are_user_errors(run: Run) -> None:
    with pytest.raises(UserError, match=r"no such agent.*'gamma'.*alpha, bank, beta, all"):
        summarise(run, agent="gamma")
    with pytest.raises(UserError, match=r"no such world.*'thawed'.*actual, price_taker"):
        summarise(run, world="thawed")


def test_a_history_is_read_in_decimals(tmp_path: Path) -> None:
    place = tmp_path / "history.csv"
    place.write_text("date,spx,vix,us2y\n2020-02-19,3386.15,14.38,1.42\n2020-02-20,3373.23,,1.39\n")
    found = record.read_history(place)
    assert found["vol"].to_list() == [pytest.approx(0.1438), None]
    assert found["us2y"][1] == pytest.approx(0.0139)
    place.write_text("day,spx\n1,2\n")
    with pytest.raises(UserError, match="column of dates"):
        record.read_history(place)
    with pytest.raises(UserError, match="a record is a CSV file"):
        record.read_history(tmp_path / "none.csv")


def test_a_desk_found_under_water_has_fallen_though_its_close_out_drags_on(tmp_path: Path) -> None:
    gains = {"actual": {"gamma": [-1.0, -2.0, -3.0, -4.0]}}
    folder = write_exact(tmp_path / "run", gains, {"actual": [True, False, False, False]})
    time = pl.read_parquet(folder / "marks" / "*.parquet")["time"].max()
    calls = {"world": ["actual"] * 2, "path": [2, 3], "agent": ["hedger"] * 2, "outcome": ["defaulted", "reduced"]}
    money = {"time": [time] * 2} | {key: [1.0, 1.0] for key in ("required", "called", "met")}
    (folder / "margin_calls").mkdir()
    pl.DataFrame(calls | money).write_parquet(folder / "margin_calls" / "actual-0.parquet")
    answer_for_all(folder)
    found = summarise(open_run(folder))
    assert found["liquidation_rate"].value == 0.5  # path 0 by its flag, path 2 by its lender; path 3 lives on
    assert found["default_rate"].value == 0.0
