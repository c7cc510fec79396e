"""Every row of a frontier is a command: run alone, it gives the row's figures."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from analysis import open_run, summarise
from analysis.cash import known_quantile
from analysis.pages.frontier_report import all_rows, command_lines, write_frontier_report
from analysis.sweeps import measures
from analysis.sweeps.frontier import frontier
from analysis.sweeps.measures import CAPITAL
from scenarios.cli import main
from scenarios.studies.policies_frontier import frontier as run_frontier
from sim.errors import UserError
from sim.sweep_dataset import open_sweep
from tests.policies_made import EVERY, NEVER, TIGHT, lives, write_policies
from tests.small import K

POLICIES = [
    {"kind": "band", "width": 0.02, "interval": "tick"},
    {"kind": "whalley_wilmott", "risk_aversion": 1e-8, "interval": "2d"},
    {"kind": "never"},  # the scenario's own policy has an interval, which would stay
]
SETTINGS = {"clock.tick_minutes": 390, "agents.hedger.policy.hedge_vol": 0.3, "storyline.anchors": "exogenous"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("frontier") / "sweep"
    return run_frontier(
        "covid_crash_2020", paths=12, seed=5, desks=(1, 2), policies=POLICIES, settings=SETTINGS, out=folder, workers=1
    )


@pytest.mark.parametrize("desks", [1, 2])
@pytest.mark.parametrize("row", range(len(POLICIES)))
def test_a_row_run_alone_gives_the_row_s_figures(made, row, desks, tmp_path):
    found = frontier(made, CAPITAL, desks=desks).row(row, named=True)
    words = shlex.split(found["command"])
    assert words[0] == "spiral"
    out = tmp_path / "run"
    told = CliRunner().invoke(main, [*words[1:], "--out", str(out), "--no-report", "--quiet", "--workers", "1"])
    assert told.exit_code == 0, told.output
    alone = summarise(open_run(out), agent="hedger")
    assert alone["cost_of_survival"].value == pytest.approx(found["cost"], rel=1e-12)
    assert alone[CAPITAL].value == pytest.approx(found["risk"], rel=1e-12)
    assert alone["liquidation_rate"].value == pytest.approx(found["liquidation_rate"], rel=1e-12)
    assert alone["reduced_rate"].value == found["reduced_rate"]
    twin = frontier(made, CAPITAL, desks=desks, world="price_taker").row(row, named=True)
    assert twin["command"] == found["command"]
    assert summarise(open_run(out), world="price_taker")["cost_of_survival"].value == pytest.approx(
        twin["cost"], rel=1e-12
    )


def test_the_command_is_as_one_would_write_it(made):
    first, _, never = frontier(made)["command"]
    assert "--set agents.hedger.count=1 'agents" not in first
    for part in (
        "spiral run covid_crash_2020 --paths 12 --seed 5 --twin price_taker",
        "--set storyline.anchors=exogenous",
    ):
        assert first.startswith(part) or f" {part}" in first
    assert never.endswith("""--set 'agents.hedger.policy={kind = "never"}'""")


def test_terminal_page_and_csv_have_the_commands(made, tmp_path):
    page = write_frontier_report(made, tmp_path / "frontier.html")
    rows = pl.read_csv(tmp_path / "frontier.csv")
    assert rows.height == 2 * len(POLICIES) and rows["command"].n_unique() == rows.height
    assert rows.columns == all_rows(made).columns
    text = page.read_text(encoding="utf-8")
    assert "Each policy as a command" in text and "width = 0.02, interval" in text
    head, *lines = command_lines(made)
    assert "alone" in head
    assert set(lines) == set(frontier(made).filter("efficient")["command"])
    assert made.manifest["desks"] == {
        "covid_crash_2020": {"name": "hedger", "policy": ["kind", "interval", "hedge_vol"]}
    }


def test_a_plain_policy_is_set_key_by_key(tmp_path):
    sweep = run_frontier(
        "calm_market",
        paths=2,
        policies=[POLICIES[0]],
        settings={"clock.tick_minutes": 390},
        out=tmp_path / "sweep",
        workers=1,
    )
    (line,) = frontier(sweep)["command"]
    keys = ("kind=band", "width=0.02", "interval=tick")
    assert line.endswith(" ".join(f"--set agents.hedger.policy.{key}" for key in keys))


def test_a_sweep_that_does_not_name_its_desk_gives_no_command(tmp_path):
    sweep = write_policies(tmp_path / "sweep", [(EVERY, lives(10)), (NEVER, lives(20))])
    assert frontier(sweep)["command"].null_count() == 2
    assert command_lines(sweep) == []
    assert frontier(open_sweep(sweep.path))["survival_capital"].to_list() == pytest.approx(
        [float(np.quantile(2e9 - np.array(lives(loss)["pnl"]), 0.95)) for loss in (10, 20)]
    )


# --- survival capital as a risk ---------------------------------------------------------------------------------------
def test_the_error_of_a_quantile_and_of_a_paired_difference():
    """Against the deviation over many samples of a normal."""
    noise = np.random.default_rng(3).standard_normal((2, 400, 2000))
    first, second = noise[0], 0.8 * noise[0] + 0.6 * noise[1]
    found = [known_quantile(values, 0.95, "$", "q") for values in first]
    other = [known_quantile(values, 0.95, "$", "q") for values in second]
    true = np.std([one.value for one in found])
    said = [one.error for one in found]
    assert np.mean(said) == pytest.approx(true, abs=K * true / np.sqrt(2 * 400) + 0.03 * true)
    gaps = [measures.difference(a, b) for a, b in zip(found, other, strict=True)]
    apart = np.std([gap for gap, _ in gaps])
    assert np.mean([error for _, error in gaps]) == pytest.approx(
        apart, abs=K * apart / np.sqrt(2 * 400) + 0.05 * apart
    )


def test_a_policy_that_loses_the_whole_book_does_not_look_safe():
    values = np.arange(100.0)
    values[:6] = np.inf
    lost = known_quantile(values, 0.95, "$", "q")
    assert lost.text() == "n/a" and lost.value == np.inf
    few = known_quantile(np.where(np.arange(100) < 4, np.inf, np.arange(100.0)), 0.95, "$", "q")
    assert few.value == pytest.approx(98.05) and few.error is None
    gap, error = measures.difference(lost, few)
    assert gap == np.inf and np.isnan(error) and not measures.clearly_above(gap, error)


def test_survival_capital_needs_a_lender(tmp_path):
    lone = tmp_path / "lone.toml"
    text = (Path(__file__).parents[1] / "scenarios" / "catalogue" / "calm_market.toml").read_text(encoding="utf-8")
    start = text.index("[agents.treasury]")
    end = text.index("[run]")
    lone.write_text(text[:start] + text[end:], encoding="utf-8")
    told = CliRunner().invoke(
        main, ["frontier", str(lone), "--risk", CAPITAL, "--paths", "2", "--out", str(tmp_path / "f")]
    )
    assert told.exit_code == 2
    assert "survival capital needs a lender" in told.output and told.output.count("\n") == 1
    assert not (tmp_path / "f").exists()


def test_an_older_sweep_without_it_says_so(tmp_path):
    sweep = write_policies(tmp_path / "sweep", [(TIGHT, lives(10)), (NEVER, lives(20))])
    for place in (sweep.path / "paths").glob("*.parquet"):
        pl.read_parquet(place).drop("capital_needed", "reduced").write_parquet(place)
    older = open_sweep(sweep.path)
    assert frontier(older)["survival_capital"].null_count() == 2
    with pytest.raises(UserError, match="does not hold the capital"):
        frontier(older, CAPITAL)
