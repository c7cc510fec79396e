"""`spiral gains`: the matrix at its worst is that of the run's own tables."""

import polars as pl
import pytest
from click.testing import CliRunner

from scenarios import load, run
from scenarios.cli import main
from scenarios.studies.worst_gains import worst_gains

PATHS = 8
DAILY = {"clock.tick_minutes": 390}


def test_the_day_and_the_radius_are_those_of_the_closes(tmp_path):
    scenario = load("bear_flattener", DAILY)
    found = worst_gains(scenario, paths=PATHS)
    made = run(scenario, paths=PATHS, twin="none", out=tmp_path / "run", workers=1)
    closes = made.closes.filter(world="actual").collect().group_by("time").agg(pl.col("spectral_radius").mean())
    worst = closes.sort("spectral_radius").row(-1, named=True)
    assert (found.day, found.radius.value) == (worst["time"].date(), pytest.approx(worst["spectral_radius"], rel=1e-9))
    assert 0 < found.radius.value < 1 and found.above_one < 1


def test_without_impact_nothing_feeds_on_itself():
    found = worst_gains(load("bear_flattener", {**DAILY, "feedback.impact": 0.0}), paths=2)
    assert found.radius.value == 0.0 and found.gains == {} and found.venues == ()


def test_the_command_prints_what_moves_what():
    done = CliRunner().invoke(
        main, ["gains", "bear_flattener", "--paths", "2", "--set", "clock.tick_minutes=390"], env={"COLUMNS": "200"}
    )
    assert done.exit_code == 0, done.output
    assert "spectral radius" in done.output and "us10y moves" in done.output
    assert "at least 1 on 0 % of 2 paths" in done.output.splitlines()[0]  # the title takes the whole line


def test_one_path_has_no_standard_error_and_is_refused():
    done = CliRunner().invoke(main, ["gains", "bear_flattener", "--paths", "1"])
    assert done.exit_code == 2 and len(done.stderr.strip().splitlines()) <= 4
