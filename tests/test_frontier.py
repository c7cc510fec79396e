"""Frontiers: Pareto sets against brute force, paired errors against replication, words and pages from the numbers."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from analysis.charts.crowding import appetite_chart
from analysis.charts.frontier import ALL, LIVING, frontier_chart
from analysis.charts.sweep import draw_sweep
from analysis.pages.frontier_report import write_frontier_report
from analysis.sweeps import frontier_words as words
from analysis.sweeps import measures, outcomes
from analysis.sweeps.appetite import ANY_CRISIS, best_policies
from analysis.sweeps.appetite_words import appetite_lines
from analysis.sweeps.frontier import dominates, frontier
from analysis.sweeps.measures import RISKS, difference, measure
from analysis.sweeps.outcomes import Outcome
from scenarios.cli import main
from scenarios.commands.frontier import numbers, scenarios
from scenarios.commands.options import Record
from scenarios.reading.loading import load
from scenarios.reading.shipped import presets
from scenarios.studies.policies_frontier import all_policies, everywhere, frontier_spec
from scenarios.studies.policies_frontier import frontier as run_frontier
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.sweep import sweep as sweep_cells
from sim.errors import UserError
from sim.sweep_dataset import SweepResult, open_sweep
from tests.policies_made import EVERY, LOOSE, MILLION, NEVER, TIGHT, lives, write_policies
from tests.small import K
from tests.sweeps_made import SIZE, listed, write_sweep

POLICIES = [
    (EVERY, lives(390, wide=10)),  # dear and safe
    (TIGHT, lives(370, wide=60, dead=3)),  # the cheapest that lives
    (LOOSE, lives(350, wide=200, dead=100)),  # loses least on average, and dies
    (NEVER, lives(360, wide=300, dead=100)),  # loses more than the loose band, and is worse
]
STILL = [lives(330, wide=10), lives(320, wide=20), lives(300, wide=60), lives(290, wide=100, dead=100)]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    return write_policies(tmp_path_factory.mktemp("frontier") / "sweep", POLICIES, twin=STILL)


def outcome(cost: Any, dead: Any = None) -> Outcome:
    cost = np.array(cost, dtype=float)
    down = np.zeros(cost.size, dtype=bool) if dead is None else np.array(dead, dtype=bool)
    named = {"policy": "kind=every", "label": "every", "kind": "every", "parameter": ""}
    return Outcome(
        cell=0, **named, cost=cost, drawdown=np.abs(cost), unhedged_pnl=-cost, liquidated=down, capital_needed=cost
    )


def tail(loss: float, wide: float) -> float:
    """ES 95 % of `lives(loss, wide=wide)`, $."""
    losses = np.sort(-np.array(lives(loss, wide=wide)["pnl"]))[::-1]
    return float(losses[:5].mean())


# --- the Pareto set --------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_no_point_on_the_frontier_is_dominated_and_every_other_is(points: list[tuple[int, int]]) -> None:
    cost, risk = np.array(points, dtype=float).T
    found = dominates(cost, risk)
    on = ~found.any(axis=0)
    assert on.any()
    for i, (c, r) in enumerate(points):
        better = [j for j, (x, y) in enumerate(points) if x <= c and y <= r and (x < c or y < r)]
        assert [j for j in range(len(points)) if found[j, i]] == better
        assert on[i] == (not better)
        if better:
            assert any(on[j] for j in better)  # and by one that is on it


def test_frontier_by_hand(sweep: SweepResult) -> None:
    found = frontier(sweep)
    assert found["label"].to_list() == ["every", "band 0.01", "band 0.3", "never"]
    assert found["parameter"].to_list() == ["", "width = 0.01", "width = 0.3", ""]
    assert found["cost"].to_list() == pytest.approx([390e6, 370e6, 350e6, 360e6])
    wide = (10, 60, 200, 300)
    assert found["cost_error"].to_list() == pytest.approx([w * MILLION / np.sqrt(99) for w in wide])
    tails = [tail(loss, w) for loss, w in zip((390, 370, 350, 360), wide, strict=True)]
    assert found["risk"].to_list() == pytest.approx(tails)
    assert found["efficient"].to_list() == [True, True, True, False]
    assert found["liquidation_rate"].to_list() == [0.0, 0.03, 1.0, 1.0]
    last = found.row(3, named=True)
    assert (last["dominated_by"], last["clearly_dominated"]) == ("band 0.3", False)  # by one error of their pairs
    assert last["excess_cost"] == pytest.approx(10e6)
    assert last["excess_cost_error"] == pytest.approx(100 * MILLION / np.sqrt(99))  # 300 - 200 wide, on one noise
    assert last["excess_risk"] == pytest.approx(tail(360, 300) - tail(350, 200))
    assert found["dominated_by"].null_count() == 3


def test_the_twin_has_a_frontier_of_its_own(sweep: SweepResult) -> None:
    found = frontier(sweep, world="price_taker")
    assert found["cost"].to_list() == pytest.approx([330e6, 320e6, 300e6, 290e6])
    assert found["efficient"].all()


@pytest.mark.parametrize("risk", RISKS)
def test_every_risk_ranks_policies(sweep: SweepResult, risk: str) -> None:
    found = frontier(sweep, risk)
    by_hand = [measure(risk, one).value for one in outcomes.outcomes(sweep)]
    assert found["risk"].to_list() == by_hand
    assert found.filter("efficient").height >= 1


def test_dominated_within_the_noise_is_not_clearly_dominated(tmp_path: Path) -> None:
    shared = lives(100)
    noise = np.random.default_rng(5).standard_normal(100)
    a_bit = {"pnl": list(np.array(shared["pnl"]) - MILLION * (0.1 + noise - noise.mean())), "dead": shared["dead"]}
    found = frontier(write_policies(tmp_path / "sweep", [(EVERY, shared), (NEVER, a_bit)])).row(1, named=True)
    assert not found["efficient"]
    assert found["dominated_by"] == "every"
    assert 0 < found["excess_cost"] < 2 * found["excess_cost_error"]
    assert not found["clearly_dominated"]


def test_a_policy_that_changes_nothing_ranks_nothing(tmp_path: Path) -> None:
    same = lives(14, dead=100)
    nearly = {name: [v * (1 + 1e-13) for v in values] for name, values in same.items()}
    sweep = write_policies(tmp_path / "sweep", [(EVERY, same), (TIGHT, nearly), (NEVER, same)])
    assert frontier(sweep)["efficient"].all()
    (said,) = words.paragraphs(sweep)
    assert said.startswith("None of the 3 policies changes anything") and "$14.0 ± 0.1m" in said
    best = best_policies(sweep)
    assert best["label"].null_count() == best.height
    assert best["cost"].to_list() == pytest.approx([14e6] * best.height)
    assert "None of the 3" in json.dumps(frontier_chart(sweep).to_dict())
    assert write_frontier_report(sweep, tmp_path / "frontier.html").stat().st_size > 10_000


def test_failed_policies_are_left_out(tmp_path: Path) -> None:
    sweep = write_policies(tmp_path / "sweep", POLICIES, failed={1: "the ledger does not balance"})
    assert frontier(sweep)["label"].to_list() == ["every", "band 0.3", "never"]
    page = write_frontier_report(sweep, tmp_path / "frontier.html").read_text()
    assert "1 cells failed and are left out; the first: the ledger does not balance" in page


def test_user_errors(sweep: SweepResult, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no such risk, got 'var'.*es_95"):
        frontier(sweep, "var")
    with pytest.raises(UserError, match=r"no such cost"):
        frontier(sweep, cost="theta")
    with pytest.raises(UserError, match=r"no such world, got 'thawed'.*actual, price_taker"):
        frontier(sweep, world="thawed")
    with pytest.raises(UserError, match=r"no such number of desks, got 3"):
        frontier(sweep, desks=3)
    two = write_policies(tmp_path / "two", POLICIES, scenarios=("covid_crash_2020", "calm_market"))
    with pytest.raises(UserError, match=r"give the scenario.*covid_crash_2020, calm_market"):
        frontier(two)
    fresh = write_policies(tmp_path / "fresh", POLICIES, noise="fresh")
    with pytest.raises(UserError, match=r"same noise"):
        frontier(fresh)
    with pytest.raises(UserError, match=r"no axis `policy`"):
        frontier(SweepResult(write_sweep(tmp_path / "other", [listed(SIZE, [1.0])])))


# --- errors that pair ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cost_of_survival", *RISKS])
def test_paired_errors_are_those_of_replication(name: str) -> None:
    """Two policies on shared noise, drawn 400 times: the errors' mean is the deviation of what they are errors of."""
    rng = np.random.default_rng(11)
    gaps, errors, alone = [], [], []
    for _ in range(400):
        shared, own = rng.standard_normal((2, 300))
        first = outcome(200 + 30 * shared, shared > 1.2)
        second = outcome(205 + 35 * shared + 5 * own, shared + 0.3 * own > 1.0)
        one, other = measure(name, first), measure(name, second)
        gap, error = difference(one, other)
        gaps.append(gap)
        errors.append(error)
        alone.append(float(np.hypot(one.error or 0.0, other.error or 0.0)))
    spread = float(np.std(gaps, ddof=1))
    off = K * np.hypot(spread / np.sqrt(2 * 399), np.std(errors) / 20)  # errors of the two, and the bias of small tails
    assert np.mean(errors) == pytest.approx(spread, abs=off + 0.05 * spread)
    assert np.mean(errors) < 0.8 * np.mean(alone)  # pairing is worth it


def test_per_path_figures_have_the_errors_of_their_numbers() -> None:
    x = np.random.default_rng(3).gamma(2.0, 5.0, 400)
    one = outcome(x, x > 20)
    for name in ("cost_of_survival", "pnl_sd", "es_95", "drawdown_es_95"):
        found = measure(name, one)
        assert found.pull.mean() == pytest.approx(0.0, abs=1e-9 * abs(found.value))
        error = found.pull.std(ddof=1) / np.sqrt(x.size)
        assert error == pytest.approx(found.error, rel=0.02), name


def test_two_policies_that_no_path_tells_apart_are_not_clearly_different() -> None:
    one, other = (measure("liquidation_rate", outcome(np.ones(50), dead=np.arange(50) < n)) for n in (0, 0))
    gap, error = difference(one, other)
    assert gap == 0.0
    assert error == pytest.approx(1 / 52)  # half a path each way
    assert not measures.clearly_above(gap, error)
    assert np.isnan(difference(measure("pnl_sd", outcome([1.0])), measure("pnl_sd", outcome([2.0])))[1])


# --- appetites -------------------------------------------------------------------------------------------------------


def test_best_policies_by_hand(sweep: SweepResult) -> None:
    best = {row["appetite"]: row for row in best_policies(sweep).iter_rows(named=True)}
    chosen = {name: row["label"] for name, row in best.items()}
    assert chosen["cost only"] == "band 0.3"  # dead or alive
    assert chosen["thrifty"] == "band 0.01"  # the cheapest of the living
    assert chosen["cautious"] == "every"
    assert 390e6 + tail(390, 10) < 370e6 + tail(370, 60)
    balanced = {"every": 390e6 + tail(390, 10) / 4, "band 0.01": 370e6 + tail(370, 60) / 4}
    assert chosen["balanced"] == min(balanced, key=lambda label: balanced[label])
    assert chosen["survive"] == "every"  # none dead
    assert best["survive"]["runner_ups"] == ["band 0.01"]  # three of a hundred are not clearly more: said as a tie
    assert best["cautious"]["score"] == pytest.approx(best["cautious"]["cost"] + best["cautious"]["es_95"])
    assert all(row["within_limit"] for row in best.values())
    assert best["cost only"]["liquidation_rate"] == 1.0


def test_where_nobody_lives_the_least_dead_are_chosen_and_it_is_said(tmp_path: Path) -> None:
    dying = [(EVERY, lives(390, dead=40)), (TIGHT, lives(370, dead=60)), (NEVER, lives(150, dead=100))]
    sweep = write_policies(tmp_path / "sweep", dying)
    best = {row["appetite"]: row for row in best_policies(sweep).iter_rows(named=True)}
    assert best["thrifty"]["label"] == "every"
    assert not best["thrifty"]["within_limit"]
    lines = appetite_lines(best_policies(sweep), "covid_crash_2020")
    assert "(no policy stays below 5 %)" in " ".join(lines)
    assert any(
        "No policy keeps this desk alive: the least often liquidated is 'every'" in t for t in words.paragraphs(sweep)
    )


def test_runner_ups_are_those_that_pairs_of_paths_cannot_tell_apart(tmp_path: Path) -> None:
    first = lives(100)
    noise = np.random.default_rng(8).standard_normal(100) * 3 * MILLION
    close = {**first, "pnl": list(np.array(first["pnl"]) - noise + noise.mean() - 0.1 * MILLION)}
    far = {**first, "pnl": list(np.array(first["pnl"]) - 0.1 * MILLION)}  # as near, but on every path
    best = best_policies(write_policies(tmp_path / "sweep", [(EVERY, first), (TIGHT, close), (LOOSE, far)]))
    assert best.filter(pl.col("appetite") == "thrifty")["runner_ups"].to_list() == [["band 0.01"]]


def test_any_crisis_throws_the_paths_of_all_together(tmp_path: Path) -> None:
    sweep = write_policies(tmp_path / "sweep", POLICIES, scenarios=("covid_crash_2020", "calm_market"))
    for place in sorted((sweep.path / "paths").glob("*.parquet"))[4:]:  # in the second crisis every path loses 1bn more
        rows = pl.read_parquet(place)
        rows.with_columns(pl.col("pnl") - 1000 * MILLION).write_parquet(place)
    best = best_policies(open_sweep(sweep.path))
    assert best["scenario"].unique(maintain_order=True).to_list() == ["covid_crash_2020", "calm_market", ANY_CRISIS]
    anyhow, worse = (best.filter(pl.col("scenario") == s) for s in (ANY_CRISIS, "calm_market"))
    row, bad = (part.row(1, named=True) for part in (anyhow, worse))
    assert (row["appetite"], row["label"]) == ("cautious", "every")
    assert row["cost"] == pytest.approx((390 + 500) * MILLION)
    losses = np.sort([-p for p in lives(1390, wide=10)["pnl"]])[::-1] / MILLION
    assert row["es_95"] / MILLION == pytest.approx(losses[:10].mean())  # 5 % of both is a tenth of the worse one
    assert bad["es_95"] / MILLION == pytest.approx(losses[:5].mean())
    spec = json.dumps(appetite_chart(sweep).to_dict())
    assert "band 0.3" in spec and "any crisis" in spec


# --- words, charts, pages --------------------------------------------------------------------------------------------


def test_words_are_told_from_the_numbers(sweep: SweepResult) -> None:
    told = words.paragraphs(sweep)
    assert told[0].startswith("3 of 4 policies are efficient, from 'every' (mean cost $390 ± 1m")
    assert "'band 0.01'" in told[1] and "$370 ± 6m" in told[1]
    assert "it saves $20 ± 5m and risks $" in told[1]  # 60 - 10 wide, on one noise
    assert "feedback makes it $60" in told[-1]


def test_no_policy_is_called_cheaper_that_loses_more(sweep: SweepResult) -> None:
    """The figure that choices are made by orders policies as the money does, in every row of every answer."""
    for world in ("actual", "price_taker"):
        losses = {o.label: float(o.cost.mean()) for o in outcomes.outcomes(sweep, world=world)}
        found = frontier(sweep, world=world)
        assert dict(found.select("label", "cost").iter_rows()) == pytest.approx(losses)
        for row in best_policies(sweep, world=world).iter_rows(named=True):
            assert row["cost"] == pytest.approx(losses[row["label"]])
    alive = frontier(sweep).filter(pl.col("liquidation_rate") <= 0.05)
    thrifty = best_policies(sweep).filter(pl.col("appetite") == "thrifty")["cost"][0]
    assert thrifty == alive["cost"].min()


def test_chart_draws_every_policy_in_both_worlds_and_views(sweep: SweepResult) -> None:
    spec = frontier_chart(sweep).to_dict()
    panels = spec["vconcat"][0]["hconcat"]
    for panel, cost in zip(panels, (390, 330), strict=True):
        rows = spec["datasets"][panel["data"]["name"]]
        shown = {view: [r for r in rows if r["view"] == view] for view in (ALL, LIVING)}
        assert len(shown[ALL]) == 4
        assert {r["x"] for r in shown[ALL] if r["label"] == "every"} == {cost}
        assert all(r["inside"] != "white" for r in shown[LIVING])
        dominated = [r for r in shown[ALL] if not r["efficient"]]
        assert {r["tone"] for r in dominated} <= {"#aeb8c2"}
    first = spec["params"][0]
    assert first["value"] == [{"cell": 1}]  # the cheapest that lives
    assert first["views"] == [panel["layer"][-1]["name"] for panel in panels]
    assert spec["title"]["subtitle"][0].startswith("3 of 4 policies are efficient")


@pytest.mark.parametrize("risk", RISKS)
def test_report_is_complete_in_one_file(sweep: SweepResult, tmp_path: Path, risk: str) -> None:
    page = write_frontier_report(sweep, tmp_path / "frontier.html", risk=risk).read_text()
    assert "<script src" not in page and "<link" not in page
    assert "the loss over the run, marked at the end" in page
    assert "dominated by band 0.3" in page
    assert page.count('class="spec"') == 2


@pytest.mark.parametrize("risk", ["es_95", "pnl_sd", "liquidation_rate"])
def test_a_single_path_is_reported_without_errors(tmp_path: Path, risk: str) -> None:
    one = [(table, {name: values[:1] for name, values in paths.items()}) for table, paths in POLICIES]
    swept = write_policies(tmp_path / "sweep", one)
    found = frontier(swept, risk)
    assert found["cost_error"].null_count() == 4
    assert not found["clearly_dominated"].any()
    assert write_frontier_report(swept, tmp_path / "frontier.html", risk=risk).exists()


def test_bare_sweeps_are_reported_too(tmp_path: Path) -> None:
    for name, more in (("failed", {"failed": dict.fromkeys(range(4), "no")}), ("begun", {"missing": range(4)})):
        swept = write_policies(tmp_path / name, POLICIES, **more)
        assert best_policies(swept).height == 0
        assert "No policy has finished" in write_frontier_report(swept, tmp_path / f"{name}.html").read_text()
    alone = write_policies(tmp_path / "alone", POLICIES)
    manifest = json.loads((alone.path / "sweep.json").read_text())
    (alone.path / "sweep.json").write_text(json.dumps(manifest | {"twin": None}))
    alone = open_sweep(alone.path)
    assert len(frontier_chart(alone).to_dict()["vconcat"][0]["hconcat"]) == 1
    assert "Had the market not answered back" not in " ".join(words.paragraphs(alone))
    with pytest.raises(UserError, match=r"no such world"):
        frontier(alone, world="price_taker")


# --- the sweep of policies -------------------------------------------------------------------------------------------


def test_every_kind_is_tried_over_its_range_in_every_preset() -> None:
    policies = all_policies()
    assert 35 <= len(policies) <= 45
    assert {p["kind"] for p in policies} == {
        "never", "every", "band", "whalley_wilmott", "zakamouline", "leland", "on_move",
    }  # fmt: skip
    few = [policies[i] for i in (0, 8, 20, -1)]
    cells = Plan(frontier_spec(list(presets()), policies=few, paths=10))
    assert len(cells) == len(presets()) * 4
    for cell in cells:
        desk = next(a for a in cell.scenario.agents if a.role == "hedger")
        assert desk.policy.kind == cell.values["policy"]["kind"]  # type: ignore[attr-defined]


def test_a_policy_of_ones_own_is_tried_beside_the_others(tmp_path: Path) -> None:
    own = {"kind": "tests.policies_made:HalfHedge", "share": 0.7, "interval": "1d"}
    scenario = load("covid_crash_2020", {"agents.hedger.policy": own})
    spec = frontier_spec(scenario, paths=4)
    assert len(spec.axes[0].values) == len(all_policies()) + 1
    assert spec.axes[0].values[0] == own
    alone = dataclasses.replace(spec, axes=(dataclasses.replace(spec.axes[0], values=(own,)),))
    swept = sweep_cells(alone, out=tmp_path / "sweep", workers=1)
    assert frontier(swept).select("label", "kind", "parameter").row(0) == (
        "HalfHedge 0.7", "tests.policies_made:HalfHedge", "share = 0.7",
    )  # fmt: skip


@pytest.mark.slow
def test_dry_run_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["frontier", "covid_crash_2020", "--paths", "4", "--desks", "1,2", "--dry-run"])
    assert result.exit_code == 0, result.output
    assert f"cells    {2 * len(all_policies())}" in result.output
    assert "crowding_covid_crash_2020" in result.output
    assert not list(tmp_path.iterdir())


def test_desks_that_a_lender_names_cannot_be_copied() -> None:
    assert set(presets()) - set(everywhere((1, 2))) == {"gilt_ldi_2022"}
    with pytest.raises(UserError, match=r"need a lender that does not name it.*clearing_bank"):
        frontier_spec("gilt_ldi_2022", desks=(1, 2))
    assert frontier_spec("gilt_ldi_2022").agent == "fund_a"
    assert frontier_spec(["gilt_ldi_2022", "calm_market"]).agent is None


def test_command_line_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    assert numbers("1, 2,10,2") == (1, 2, 10)
    for wrong in ("0,1", "two", "1,,2"):
        with pytest.raises(UserError, match=r"desks are whole numbers"):
            numbers(wrong)
    with pytest.raises(UserError, match=r"give a SCENARIO, --history or --all.*none"):
        scenarios(None, False, (1,), Record(), ())
    with pytest.raises(UserError, match=r"give a SCENARIO, --history or --all.*several"):
        scenarios("calm_market", True, (1,), Record(), ())
    every = scenarios(None, True, (1, 5), Record(), ())
    assert isinstance(every, list) and "gilt_ldi_2022" not in every
    assert "left out, as a lender there names the desk: gilt_ldi_2022" in capsys.readouterr().err


@pytest.mark.slow
def test_a_small_frontier_from_end_to_end(tmp_path: Path) -> None:
    few = [{"kind": "every", "interval": "1d"}, {"kind": "band", "width": 0.1, "interval": "1d"}, {"kind": "never"}]
    sweep = run_frontier("covid_crash_2020", paths=6, policies=few, out=tmp_path / "sweep", workers=1)
    found = frontier(sweep)
    cells = sweep.cells.collect()
    assert found["policy"].to_list() == cells["policy"].to_list()
    for mine, theirs in (("cost", "cost_of_survival"), ("risk", "es_95"), ("liquidation_rate", "liquidation_rate")):
        assert found[mine].to_list() == pytest.approx(cells[theirs].to_list(), rel=1e-9)
        errors = zip(found[f"{mine}_error"], cells[f"{theirs}_error"], strict=True)
        assert all(a == b if a is None else a == pytest.approx(b, rel=1e-9) for a, b in errors)
    twin = frontier(sweep, "pnl_sd", world="price_taker")
    assert twin["risk"].to_list() == pytest.approx(cells["twin_pnl_sd"].to_list(), rel=1e-9)
    assert write_frontier_report(sweep, tmp_path / "frontier.html").exists()


def test_charts_by_name(sweep: SweepResult) -> None:
    spec = draw_sweep(sweep, "frontier", metric="liquidation_rate").to_dict()
    assert spec["title"]["text"] == "Cost of survival against probability of liquidation"
    assert draw_sweep(sweep, "frontier").to_dict()["title"]["text"] == "Cost of survival against ES 95 % of the loss"
    assert draw_sweep(sweep, "appetites").to_dict()["title"]["text"].startswith("Best policy by crisis")
    with pytest.raises(UserError, match="did you mean frontier"):
        draw_sweep(sweep, "frontiers")
