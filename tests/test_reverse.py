"""Reverse stress: the mildest storyline that ends a desk."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from scenarios import Scenario, load, reverse_stress, run
from scenarios.cli import main
from scenarios.studies.reverse.fate import fate_of
from scenarios.studies.reverse.levers import levers
from scenarios.studies.reverse.moments import CORRELATION, DAYS, DEVIATIONS, Move, covariance, distance, rarity
from scenarios.studies.reverse.stress_line import moved
from scenarios.worlds.blueprint import blueprint_of
from sim.errors import UserError
from tests.test_tune import FALL

LENDER = """
[agents.treasury]
type = "FundingDesk"
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    file = tmp_path_factory.mktemp("reverse") / "fall.toml"
    file.write_text(FALL + LENDER)
    return load(file, {"agents.hedger.capital": 2.5e8, "clock.tick_minutes": 130, "market.dispersion": 0.2})


def test_distance_is_in_standard_deviations_of_the_record() -> None:
    """A move of one factor and what the record has with it costs as many as it is alone."""
    for factor, deviation in enumerate(DEVIATIONS):
        likely = Move(*(2 * covariance(DAYS)[factor] / deviation))
        assert distance(likely, DAYS) == pytest.approx(2)
        assert distance(Move(*(2 * np.array(likely) / 2)), 4 * DAYS) == pytest.approx(1)  # four months: twice as likely
    alone = Move(-DEVIATIONS[0], 0.0, 0.0, 0.0)
    assert distance(alone, DAYS) > 1  # a fall without a rise of vol is rarer
    assert (np.linalg.eigvalsh(CORRELATION) > 0).all()


def test_rarity_in_words() -> None:
    assert "every second month" in rarity(1.0)
    assert "one month in 100 " in rarity(6.0)
    assert "farther than any month" in rarity(15.0)


def test_a_storyline_goes_to_its_move_and_stays(scenario, tmp_path) -> None:
    clock = blueprint_of(scenario).clock
    there = moved(scenario, clock, Move(-0.2, 0.7, 0.01, -0.002), days=2)
    finished = run(there.with_run(paths=4, twin="none"), out=tmp_path / "run", workers=1)
    anchors = there.storyline.anchor
    assert [anchor.date for anchor in anchors] == [clock.session_dates[i] for i in (0, 2, 3)]
    assert anchors[1].spot == pytest.approx(5000 * math.exp(-0.2)) == anchors[2].spot
    assert anchors[1].us10y == pytest.approx(0.04) and anchors[1].overnight == 0.05
    assert finished.manifest["scenario"]["storyline"]["anchors"] == "exogenous"


def test_fates_are_those_of_a_run(scenario, tmp_path) -> None:
    there = moved(scenario, blueprint_of(scenario).clock, Move(-0.38, 1.0, 0.02, 0.0), 2).with_run(
        paths=16, twin="none"
    )
    fate = fate_of(there, "hedger")
    marks = run(there, out=tmp_path / "run", workers=1).marks.filter(agent="hedger").collect()
    last = marks.filter(time=marks["time"].max()).sort("path")
    np.testing.assert_array_equal(fate.dead, last["liquidated"] | last["defaulted"])
    np.testing.assert_array_equal(fate.reduced, last["book_share"] < 1)
    np.testing.assert_allclose(fate.loss, -last["pnl"], rtol=1e-12)
    assert fate.reduced.any() and (fate.drawdown >= fate.loss).all()


def test_the_mildest_end(scenario) -> None:
    found = reverse_stress(scenario, ends="reduced", paths=16, directions=6, days=3)
    assert found.share >= 0.5 and distance(found.move, 3) == pytest.approx(found.distance)
    milder = found.along.filter(found.along["distance"] < 0.8 * found.distance)
    assert (milder["share"] < 0.5).all()
    again = reverse_stress(scenario, ends="reduced", paths=16, directions=6, days=3)
    assert again.move == found.move and again.levers.equals(found.levers)
    by = {row["lever"]: row for row in found.levers.iter_rows(named=True)}
    assert by["half the book"]["share"] < found.share  # what owes half has half the calls
    lived = fate_of(found.scenario, "hedger")
    assert lived.reduced.mean() == found.share


def test_levers_that_change_nothing_are_left_out(scenario) -> None:
    names = [lever.name for lever in levers(scenario, "hedger")]
    assert "nobody's trades move prices" in names and "twice the credit line" in names
    daily = load_with(scenario, {"kind": "every", "interval": "1d"})
    assert "hedged every day" not in [lever.name for lever in levers(daily, "hedger")]


def load_with(scenario: Scenario, policy: dict) -> Scenario:
    from scenarios import from_dict

    tables = scenario.to_dict()
    tables["agents"]["hedger"]["policy"] = policy
    return from_dict(tables)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"ends": "gone"}, "ends: must be one of dead, reduced, loss, drawdown, got 'gone'"),
        ({"ends": "loss"}, "limit: a loss has a limit above 0, got 0"),
        ({"limit": 5e8}, "limit: a limit is of a loss or a drawdown"),
        ({"share": 0}, "share: a share lies above 0"),
        ({"share": 1.5}, "share: a share lies above 0"),
        ({"days": 50}, "days: the scenario has 3 trading days, got 50"),
        ({"reach": 0}, "reach: lies between 0.1 and 1000"),
        ({"reach": float("nan")}, "reach: must be a finite number"),
        ({"agent": "maker"}, "a hedger is put to the test, got 'maker'"),
        ({"reach": 0.2, "ends": "loss", "limit": 1e12, "directions": 1}, "ends on no storyline within 0.2"),
    ],
)
def test_mistakes_are_one_line(scenario, options, line) -> None:
    with pytest.raises(UserError) as told:
        reverse_stress(scenario, **({"paths": 4} | options))
    assert line in str(told.value) and "\n" not in str(told.value)


def test_the_command_writes_page_tables_and_storyline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fall.toml").write_text(FALL + LENDER)
    options = {"ends": "loss", "limit": "2e8", "paths": "4", "directions": "1", "out": "found"}
    arguments = [word for key, value in options.items() for word in (f"--{key}", value)]
    coarse = ["--set", "clock.tick_minutes=390"]
    done = CliRunner().invoke(main, ["reverse", "fall.toml", *arguments, *coarse])
    assert done.exit_code == 0, done.output
    assert "standard deviations of the record's moves over 3 trading days" in " ".join(done.output.split())
    names = {"reverse.html", "levers.csv", "along.csv", "storyline.toml"}
    assert {file.name for file in (tmp_path / "found").iterdir()} == names
    page = (tmp_path / "found" / "reverse.html").read_text()
    assert "What would have saved it" in page
    again = CliRunner().invoke(main, ["run", "found/storyline.toml", "--quiet", "--out", "again"])
    assert again.exit_code == 0, again.output
