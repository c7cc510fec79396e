"""A user's own record and book: taken as observed, by every command, and written as a scenario's file."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from markets.spec import OUTSIDE, FeedbackSpec
from scenarios.checking.outside import is_pending
from scenarios.cli import main
from scenarios.describing.scenario_file import check_reads_back, scenario_text, value_text
from scenarios.reading.loading import from_dict, load
from scenarios.reading.shipped import catalogue
from scenarios.scenario import Scenario
from scenarios.studies.ablation import ablate
from scenarios.studies.calibrating import before_run, calibration
from scenarios.studies.calibrating.calibration import calibrate
from scenarios.studies.calibrating.outside_fit import NAMED
from scenarios.studies.policies_frontier import frontier_spec
from scenarios.studies.replay.history import from_history
from scenarios.studies.run import run
from scenarios.studies.sweeps.bases import read_base
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.spec import Axis, SweepSpec
from scenarios.studies.sweeps.sweep import sweep
from scenarios.worlds.world import make_world
from sim.dataset import Run
from sim.ensemble import Chunk
from sim.errors import BugError, UserError
from tests.small import K

HISTORY = """\
date,spx,vix,overnight,us2y,us10y,ig_oas
2020-03-06,2972.37,41.94,1.08,0.49,0.74,1.67
2020-03-09,2746.56,54.46,1.10,0.38,0.54,1.96
2020-03-10,2882.23,47.30,1.10,0.50,0.76,
2020-03-12,2480.64,75.47,1.20,0.50,0.88,2.41
2020-03-13,2711.02,57.83,1.10,0.49,0.94,2.35
"""
BOOK = "kind,moneyness,months,notional\nput,0.95,2,-6e9\nput,0.85,3,-2.5e9\n"
COARSE = "clock.tick_minutes=130"
SMALL: dict[str, Any] = {"paths": 8, "witnesses": 2, "workers": 1}
RECORD = ("--history", "mine.csv", "--book", "book.csv")


def spiral(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


def words(text: str) -> str:
    """Without the line breaks and the frame of a terminal's box."""
    return " ".join(text.replace("│", " ").split())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text(HISTORY)
    (tmp_path / "book.csv").write_text(BOOK)
    return tmp_path


@pytest.fixture
def mine() -> Scenario:
    return from_history("mine.csv", "book.csv", overrides=[COARSE])


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be calibrated."""

    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a calibration was begun")

    monkeypatch.setattr(calibration, "calibrate", refused)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calibrations that were made, by the scenario's name."""
    made: list[str] = []
    really = calibration.calibrate

    def counting(scenario: Scenario, **settings: Any) -> Any:
        made.append(scenario.name)
        return really(scenario, **settings)

    monkeypatch.setattr(calibration, "calibrate", counting)
    return made


def closes(found: Run) -> pl.DataFrame:
    return found.table("closes").collect().sort("world", "time", "path")


# --- observed or exogenous --------------------------------------------------------------------------------------------


def test_a_record_is_observed_and_its_outside_world_is_found_before_the_run(mine: Scenario) -> None:
    assert mine.storyline.anchors == "observed"
    assert is_pending(mine.storyline)
    found = before_run.ready(mine)
    calibration = found.storyline.calibration
    assert calibration is not None
    # The check has a seed of its own: tolerance of the fit, and the errors of both medians.
    points = calibrate(mine, paths=before_run.PATHS, workers=1, rounds=before_run.ROUNDS).points
    for factor in NAMED[:2]:
        worst = max((p for p in points if p.level == factor.name), key=lambda p: abs(p.residual))
        assert getattr(calibration, f"residual_{factor.name}") == pytest.approx(abs(worst.residual), rel=1e-2)
        assert abs(worst.residual) < factor.tolerance + K * math.sqrt(2) * worst.error / worst.actual
    # Puts re-hedged into a fall deepen it: without the desks the lowest close lies above the record's.
    fall = calibration.drawdown
    assert fall.price_taker is not None and fall.actual - fall.price_taker > K * fall.error
    assert found.notes[:-1] == mine.notes
    assert "the desks' own impact was taken out of the record (512 paths, seed 1" in found.notes[-1]
    assert before_run.ready(found) is found


def test_the_outside_world_depends_on_the_seed_and_on_no_size(mine: Scenario) -> None:
    first = before_run.ready(mine).storyline
    assert before_run.ready(mine.with_run(paths=3, witnesses=1)).storyline == first
    other = before_run.ready(mine.with_run(seed=2)).storyline
    assert other.anchor != first.anchor
    last = before_run.ready(mine.with_run(seed=2**63 - 1)).storyline.calibration
    assert last is not None and last.check_seed == 0


def test_a_run_calibrates_and_its_manifest_repeats_it(
    mine: Scenario, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = run(mine, out="one", **SMALL)
    two = run(mine, out="two", **{**SMALL, "workers": 2})
    assert counted == ["mine", "mine"]
    assert one.manifest["content_hash"] == two.manifest["content_hash"]
    assert one.manifest["scenario"]["storyline"]["anchor"][1]["outside_spot"] > 0
    assert any("taken out of the record" in note for note in one.manifest["notes"])
    again = run(from_dict(one.manifest["scenario"]), out="again", workers=1)
    assert counted == ["mine", "mine"]
    assert closes(again).equals(closes(one))
    assert closes(two).equals(closes(one))


@pytest.mark.usefixtures("never")
def test_exogenous_takes_the_record_as_it_is(mine: Scenario) -> None:
    plain = from_history("mine.csv", "book.csv", overrides=[COARSE], anchors="exogenous")
    assert from_history("mine.csv", "book.csv", overrides=[COARSE, "storyline.anchors=exogenous"]) == plain
    assert plain.storyline.anchor == mine.storyline.anchor
    assert "taken as the outside world (exogenous)" in plain.notes[-1]
    assert before_run.ready(plain) is plain
    assert before_run.plan(plain) is None
    finished = run(plain, out="plain", **SMALL)
    assert finished.manifest["scenario"]["storyline"]["anchors"] == "exogenous"


@pytest.mark.usefixtures("never")
def test_where_nobody_trades_the_record_is_the_outside_world(mine: Scenario) -> None:
    hedger = dataclasses.replace(mine.agent("hedger"), book=())
    agents = tuple(hedger if agent.name == "hedger" else agent for agent in mine.agents)
    idle = dataclasses.replace(mine, agents=agents)
    assert "nobody trades on a book" in (before_run.plan(idle) or "")
    found = before_run.ready(idle)
    assert found.storyline.anchors == "exogenous"
    assert all(getattr(anchor, key) is None for anchor in found.storyline.anchor for key in OUTSIDE.values())
    assert "nobody in this scenario trades on a book" in found.notes[-1]


def test_idle_makers_and_lenders_leave_the_record_as_it_is(mine: Scenario) -> None:
    """What `trades` takes for granted: without a book the median passes through the record, nothing taken out."""
    hedger = dataclasses.replace(mine.agent("hedger"), book=())
    agents = tuple(hedger if agent.name == "hedger" else agent for agent in mine.agents)
    plain = dataclasses.replace(mine.storyline, anchors="exogenous")
    market = dataclasses.replace(mine.market, dispersion=0.0)
    idle = dataclasses.replace(mine, agents=agents, storyline=plain, market=market)
    finished = run(idle, out="idle", **SMALL)
    spots = closes(finished).filter(world="actual", path=0)["mid"].to_list()
    known = [anchor.spot for anchor in plain.anchor]
    assert [min(spots, key=lambda spot: abs(spot - level)) for level in known] == pytest.approx(known, rel=1e-9)


def test_a_book_that_outruns_the_market_is_refused_with_the_remedy() -> None:
    Path("huge.csv").write_text("kind,moneyness,months,notional\nput,0.95,2,-4e11\n")
    overrides = [COARSE, "agents.hedger.capital=1e11", "agents.treasury.line=1e11", "agents.treasury.capital=1e12"]
    huge = from_history("mine.csv", "huge.csv", overrides=overrides)
    with pytest.raises(UserError) as told:
        run(huge, out="huge", **SMALL)
    assert "--exogenous" in str(told.value) and "spiral calibrate" in str(told.value)
    assert "mine" in str(told.value)
    assert not Path("huge").exists()


def test_an_uncalibrated_record_builds_no_world(mine: Scenario) -> None:
    with pytest.raises(UserError, match=r"mine: storyline\.anchors: observed anchors run in the outside world"):
        make_world(mine, Chunk("actual", 0, 2), FeedbackSpec())


def test_some_outside_levels_are_not_enough(mine: Scenario) -> None:
    with pytest.raises(UserError, match="observed anchors need the outside world's vol"):
        from_dict(mine.to_dict(), overrides={"storyline.anchor.1.outside_spot": 2972.37})


# --- sweeps, frontiers, facts -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_sweep_calibrates_once_and_its_cells_share_the_outside_world(mine: Scenario, counted: list[str]) -> None:
    axes = (Axis(name="depth", key="venue.asset.depth", values=(7.5e9, 15e9, 30e9)),)
    spec = SweepSpec(name="depths", scenarios=(mine,), axes=axes, paths=4)
    found = sweep(spec, out="swept", workers=1)
    assert counted == ["mine"]
    assert found.cells.collect()["status"].to_list() == ["done"] * 3
    cells = Plan(spec)
    assert [cell.scenario.storyline for cell in cells] == 3 * [before_run.ready(mine).storyline]


def test_a_frontier_varies_policies_in_one_outside_world(mine: Scenario, counted: list[str]) -> None:
    policies = [{"kind": "every", "interval": "1d"}, {"kind": "never"}]
    cells = Plan(frontier_spec(mine, paths=4, policies=policies))
    assert counted == ["mine"]
    first, second = (cell.scenario for cell in cells)
    assert first.storyline == second.storyline
    assert first.storyline.calibration is not None


def test_settings_of_a_sweep_count_before_the_calibration(mine: Scenario) -> None:
    axes = (Axis(name="depth", key="venue.asset.depth", values=(15e9,)),)
    settings = {"storyline.anchors": "observed", "agents.hedger.policy.kind": "band"}
    spec = SweepSpec(name="s", scenarios=(mine,), axes=axes, settings=settings)
    wanted = before_run.ready(from_dict(mine.to_dict(), overrides=settings)).storyline
    assert read_base(spec, mine).scenario.storyline == wanted


def test_every_world_of_the_facts_has_the_same_outside_world(mine: Scenario, counted: list[str]) -> None:
    def anchors(found: Run, world: str) -> str:
        return str(found.manifest["scenario"]["storyline"]["anchor"])

    told = ablate(mine.with_run(paths=4, witnesses=1), anchors, loops=True, workers=1)
    assert counted == ["mine"]
    assert len(told) > 2 and len(set(told.values())) == 1


# --- the commands -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "show", "check", "calibrate", "frontier", "sweep", "facts", "new"])
def test_every_command_takes_a_record(command: str) -> None:
    said = spiral(command, "--help").stdout
    assert all(option in said for option in ("--history", "--book", "--dates", "--exogenous"))


@pytest.mark.usefixtures("never")
@pytest.mark.parametrize("command", ["check", "show"])
def test_looking_calibrates_nothing_and_says_what_a_run_would_do(command: str) -> None:
    looked = spiral(command, *RECORD)
    assert looked.exit_code == 0, looked.output
    assert "a run first takes the desks' own impact out of the record" in words(looked.stdout)
    plain = words(spiral(command, *RECORD, "--exogenous").stdout)
    assert "taken as the outside world (exogenous)" in plain
    assert "a run first" not in plain


def test_run_says_what_it_took_out_and_how_long_that_took() -> None:
    done = spiral("run", *RECORD, "--set", COARSE, "--paths", "8", "--workers", "1", "--no-report")
    assert done.exit_code == 0, done.output
    assert "own impact was taken out of the record" in done.stderr
    assert re.search(r"of vol; that took \d+\.\d s\n", done.stderr)
    assert "note: --set counts before the desks' impact is taken out" in done.stderr
    assert "own impact was taken out of the record" in words(done.stdout)
    assert "So the price-taker twin is this crisis without the spiral" in words(done.stdout)
    plain = spiral("run", *RECORD, "--set", COARSE, "--paths", "8", "--workers", "1", "--no-report", "--exogenous")
    assert "taken as the outside world (exogenous)" in words(plain.stdout)
    assert "without the spiral" not in words(plain.stdout)
    assert sorted(path.name for path in Path("runs").iterdir()) == ["mine-1", "mine-1-2"]


def test_new_writes_the_record_as_a_file_of_the_same_content(mine: Scenario) -> None:
    done = spiral("new", "mine.toml", *RECORD, "--set", COARSE)
    assert done.exit_code == 0, done.output
    assert load("mine.toml") == mine
    text = Path("mine.toml").read_text()
    assert text.startswith("# A scenario of Spiral, written by `spiral new --history mine.csv --book book.csv`.")
    assert "# half-spread at base vol [share of mid, or decimal rate]" in text
    assert not re.search(r'^\w+ = (""|\[\])$', text, re.M)  # keys of a position that are left empty
    assert (
        run("mine.toml", out="file", **SMALL).manifest["content_hash"]
        == (run(mine, out="record", **SMALL).manifest["content_hash"])
    )
    again = spiral("new", "mine.toml", *RECORD)
    assert (again.exit_code, Path("mine.toml").read_text()) == (2, text)
    assert spiral("new", "mine.toml", *RECORD, "--exogenous", "--force").exit_code == 0
    assert load("mine.toml") == from_history("mine.csv", "book.csv", anchors="exogenous")


def test_calibrate_writes_the_record_with_its_outside_world() -> None:
    done = spiral("calibrate", *RECORD, "--paths", "100", "--workers", "1")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == "mine.calibrated.toml"
    found = load("mine.calibrated.toml")
    assert found.storyline.calibration is not None
    assert found.storyline.calibration.paths == 100
    assert dataclasses.replace(found, storyline=from_history("mine.csv").storyline) == from_history(
        "mine.csv", "book.csv"
    )
    assert before_run.ready(found) is found
    assert spiral("calibrate", *RECORD, "--paths", "100").exit_code == 2  # the file is there


@pytest.mark.parametrize("scenarios", ['scenarios = ["calm_market"]\n', ""])  # the record stands in their place
def test_a_sweeps_file_runs_over_the_record(scenarios: str) -> None:
    Path("depths.toml").write_text(
        f'name = "depths"\n{scenarios}paths = 4\nsettings = {{ clock.tick_minutes = 130 }}\n'
        '[axes.depth]\nkey = "venue.asset.depth"\nvalues = [7.5e9, 15e9]\n'
    )
    done = spiral("sweep", "depths.toml", *RECORD, "--workers", "1", "--no-report")
    assert done.exit_code == 0, done.output
    assert "every cell runs in that outside world" in done.stderr
    assert [path.name for path in Path("sweeps").iterdir()] == ["depths_mine"]


@pytest.mark.slow
def test_a_frontier_and_facts_of_the_record() -> None:
    done = spiral("frontier", *RECORD, "--set", COARSE, "--paths", "4", "--workers", "1", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "frontier_mine" in done.stdout
    assert "own impact was taken out of the record" in done.stderr
    told = spiral("facts", *RECORD, "--set", COARSE, "--paths", "40", "--witnesses", "40", "--workers", "1")
    assert told.exit_code == 0, told.output
    assert "own impact was taken out of the record" in told.stderr
    assert "Replay of mine.csv" in told.stdout


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("run", "give a SCENARIO or --history, one of the two, got 'neither'; spiral run covid_crash_2020"),
        ("show", "give a SCENARIO or --history, one of the two, got 'neither'; spiral show covid_crash_2020"),
        ("check", "give a SCENARIO or --history, one of the two, got 'neither'; spiral check covid_crash_2020"),
        ("facts covid_crash_2020 --history mine.csv", "give a SCENARIO or --history, one of the two, got 'both'"),
        ("calibrate", "give a SCENARIO or --history, one of the two, got 'neither'"),
        ("calibrate calm_market --book book.csv", "--book: --book goes with --history, got 'book.csv'"),
        ("calibrate --history mine.csv --exogenous", "--exogenous: a calibration takes the desks' impact out"),
        ("frontier", "give a SCENARIO, --history or --all, one of them, got 'none'"),
        ("frontier --all --history mine.csv", "give a SCENARIO, --history or --all, one of them, got 'several'"),
        ("frontier --all --book book.csv", "--book is for one scenario, got '--all'"),
        (
            "new x.toml --book book.csv",
            "--book, --curves, --fixings, --dates, --exogenous, --set and --as-given are of",
        ),
        (
            "new x.toml --set run.paths=3",
            "--book, --curves, --fixings, --dates, --exogenous, --set and --as-given are of",
        ),
        ("new x.toml --history nowhere.csv", "nowhere.csv: "),
        ("sweep s.toml --book book.csv", "--book: --book goes with --history, got 'book.csv'"),
    ],
)
def test_what_does_not_go_together(folder: Path, command: str, said: str) -> None:
    (folder / "s.toml").write_text(
        'name = "s"\nscenarios = ["calm_market"]\n[axes.a]\nkey = "venue.asset.depth"\nvalues = [1e9]\n'
    )
    before = sorted(folder.iterdir())
    done = spiral(*command.split())
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {said}"), done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(folder.iterdir()) == before


# --- a scenario's text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", catalogue())
@pytest.mark.parametrize("changes", [{}, {"run.twin": {"name": "half", "leverage": 0.5}, "run.seed": 7}])
def test_every_preset_is_written_and_read_back(name: str, changes: dict[str, Any]) -> None:
    scenario = load(name, changes)
    check_reads_back(scenario_text(scenario, "A preset."), scenario, Path())


def test_values_keep_their_last_digit() -> None:
    third = 1 / 3
    tables = {"a b": third, "c": None, "d": True, "e": [1, 1e20, 15e9, -0.0], "f": 'say "x"\n\\ é \x7f'}
    text = value_text(tables)
    assert text == (
        '{ "a b" = 0.3333333333333333, d = true, e = [1, 1e+20, 15e9, -0.0], f = "say \\"x\\"\\n\\\\ é \\u007f" }'
    )


def test_a_text_of_another_scenario_is_a_bug(mine: Scenario) -> None:
    text = scenario_text(mine, "Mine.").replace("dispersion = 0.25", "dispersion = 0.26")
    with pytest.raises(BugError, match="mine: the file that was to be written is another scenario"):
        check_reads_back(text, mine, Path())
