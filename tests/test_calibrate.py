"""Observed anchors: the calibration finds the outside world, keeps the user's file, and refuses what it cannot do."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analysis.pages.report import write_report
from analysis.words import record_without_the_spiral
from markets.factors.storyline import lay_out, outside
from markets.spec import OUTSIDE, Anchor
from scenarios import from_dict, load, run
from scenarios.checking.outside import digest
from scenarios.cli import main
from scenarios.reading.shipped import catalogue
from scenarios.scenario import Scenario
from scenarios.studies.calibrating.calibrated_file import calibrated_text, write_calibrated
from scenarios.studies.calibrating.calibration import Calibration, calibrate
from scenarios.studies.calibrating.ensemble_medians import Ensemble, drawdown, explained, read
from scenarios.worlds.clock import make_clock
from sim.errors import SpiralError, UserError

PATHS = 512
TEXT = """
name = "strong"   # a fall of 10 % in six days, and a desk as large as the market

[clock]
tick_minutes = 65

[storyline]
# The record.
anchor = [
    { date = 2020-02-19, spot = 100.0, vol = 0.2, overnight = 0.02, us2y = 0.025, us10y = 0.03, credit = 0.01 }, # start
    { date = 2020-02-21, spot = 97, vol = 0.25 },
    # the worst day
    { date = 2020-02-25, spot = 90.0, vol = 0.4, credit = 0.015 },
    { date = 2020-02-27, spot = 93.0, vol = 0.35 },
]

# Paths stay near the record.
[market]
dispersion = 0.1

[agents.maker]
type = "MarketMaker"
capital = 5e9

[agents.hedger]
type = "Hedger"
capital = 20e9
policy = { kind = "every", interval = "tick" }
book = [{ kind = "put", moneyness = 0.95, months = 2, notional = -40e9 }]

[agents.treasury] # the lender
type = "FundingDesk"
capital = 50e9
line = 20e9
"""
BLOCKS = """
name = "blocks"

[[storyline.anchor]] # start
date = 2020-02-19
spot = 100.0
vol = 0.2
overnight = 0.02
us2y = 0.025
us10y = 0.03
credit = 0.01

[[storyline.anchor]]
date = "2020-02-27"
spot = 95.0 # lower

# The cast.
[agents.maker]
type = "MarketMaker"
"""


def spiral(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


@pytest.fixture(scope="module")
def strong() -> Scenario:
    return from_dict(tomllib.loads(TEXT))


@pytest.fixture(scope="module")
def found(strong: Scenario) -> Calibration:
    return calibrate(strong, paths=PATHS, workers=1)


@pytest.fixture(scope="module")
def elsewhere(found: Calibration, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ensemble]:
    """Both worlds of the calibrated scenario at a seed that the calibration has not seen."""
    folder = tmp_path_factory.mktemp("elsewhere") / "run"
    run(found.scenario, out=folder, paths=PATHS, seed=77, witnesses=0, workers=1)
    return read(folder, ("actual", "price_taker"))


def medians(ensemble: Ensemble, scenario: Scenario, column: str) -> np.ndarray:
    """Median at each anchor."""
    days = make_clock(scenario).session_dates
    closes = [days.index(row.date) for row in scenario.storyline.anchor]
    return np.array([ensemble.median(column, close, log=False) for close in closes])


def recorded(scenario: Scenario, name: str) -> np.ndarray:
    return np.array([getattr(row, name) for row in scenario.storyline.anchor], dtype=float)


def test_the_loop_is_strong_enough_to_be_seen(strong: Scenario, found: Calibration) -> None:
    first = found.rounds[0].residual
    assert first["spot"] > 0.01  # five tolerances
    assert first["vol"] > 0.05
    assert found.rounds[-1].residual["spot"] < 0.0005
    assert found.rounds[-1].residual["vol"] < 0.005


def test_the_actual_median_passes_through_the_record(
    strong: Scenario, found: Calibration, elsewhere: dict[str, Ensemble]
) -> None:
    assert medians(elsewhere["actual"], strong, "mid") == pytest.approx(recorded(strong, "spot"), rel=0.002)
    assert medians(elsewhere["actual"], strong, "vol") == pytest.approx(recorded(strong, "vol"), rel=0.02)
    credit = medians(elsewhere["actual"], strong, "credit")[2]
    assert credit == pytest.approx(strong.storyline.anchor[2].credit, rel=0.02)
    assert found.within


def test_the_twin_is_the_crisis_without_the_spiral(
    strong: Scenario, found: Calibration, elsewhere: dict[str, Ensemble]
) -> None:
    spot, vol = (medians(elsewhere["price_taker"], strong, column) for column in ("mid", "vol"))
    assert (spot[1:] > 1.002 * recorded(strong, "spot")[1:]).all()
    assert (vol[1:] < 0.98 * recorded(strong, "vol")[1:]).all()
    assert spot == pytest.approx(recorded(found.scenario, "outside_spot"), rel=0.002)
    assert vol == pytest.approx(recorded(found.scenario, "outside_vol"), rel=0.02)


def test_feedback_explains_part_of_the_crisis(found: Calibration, elsewhere: dict[str, Ensemble]) -> None:
    again = explained(elsewhere["actual"], elsewhere["price_taker"], 5)
    for name in ("drawdown", "vol_peak", "spread_peak"):
        stored, other = getattr(found.found, name), again[name]
        assert stored.actual > stored.price_taker > 0
        error = np.hypot(stored.error, other.error)
        assert error > 0
        assert (stored.actual - stored.price_taker) == pytest.approx(other.actual - other.price_taker, abs=4 * error)
    assert found.found.drawdown.actual == pytest.approx(0.10, abs=0.002)  # the record's


def test_the_start_is_known(found: Calibration) -> None:
    first = found.scenario.storyline.anchor[0]
    assert (first.outside_spot, first.outside_vol, first.outside_credit) == (first.spot, first.vol, first.credit)
    assert first.outside_us10y is None  # nobody trades swaps here


def test_a_calibration_starts_from_the_record(found: Calibration) -> None:
    again = calibrate(found.scenario, paths=PATHS, workers=1)
    assert again.scenario == found.scenario


def test_no_desk_no_correction() -> None:
    tables = tomllib.loads(TEXT)
    del tables["agents"]["hedger"]
    tables["market"] = {"dispersion": 0.0}
    tables["feedback"] = {"leverage": 0.0}
    points = calibrate(from_dict(tables), paths=200, workers=1).points
    assert all(p.outside == pytest.approx(p.record, rel=1e-5) for p in points if p.level in ("spot", "vol"))


def test_lay_out_takes_the_outside_levels(found: Calibration) -> None:
    scenario = found.scenario
    clock = make_clock(scenario)
    line = lay_out(scenario.storyline, clock, scenario.market)
    last = scenario.storyline.anchor[-1]
    assert last.outside_spot is not None
    assert np.exp(line.spot.level[-1]) == pytest.approx(last.outside_spot, rel=1e-12)
    exogenous = dataclasses.replace(scenario.storyline, anchors="exogenous")
    assert outside(exogenous) == exogenous.anchor
    assert np.exp(lay_out(exogenous, clock, scenario.market).spot.level[-1]) == pytest.approx(93.0, rel=1e-12)


def test_a_runaway_loop_is_refused_in_one_line() -> None:
    tables = tomllib.loads(TEXT)
    tables["agents"]["hedger"]["book"][0]["notional"] = -2e12
    tables["agents"]["hedger"]["capital"] = 9e12
    with pytest.raises(UserError, match=r"strong: storyline\.anchor\.2020-02-2\d: no outside world was found"):
        calibrate(from_dict(tables, as_given=True), paths=100, workers=1)


def test_few_paths_first_then_all(strong: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.studies.calibrating.calibration.COARSE", 64)
    told: dict[str, tuple[int, int]] = {}
    found = calibrate(
        strong, paths=128, workers=1, progress=lambda stage, done, total: told.update({stage: (done, total)})
    )
    sizes = [r.paths for r in found.rounds]
    assert sizes == sorted(sizes)
    assert set(sizes) == {64, 128}
    assert [stage.partition(",")[0] for stage in told] == [*(f"round {i + 1}" for i in range(len(sizes))), "check"]
    assert all(done == total for done, total in told.values())
    last = found.rounds[-1].residual
    assert last["spot"] < 0.0005
    assert last["vol"] < 0.005


def test_a_fit_that_does_not_hold_at_another_seed_is_told(strong: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    noisy = dataclasses.replace(strong, market=dataclasses.replace(strong.market, dispersion=1.0))
    monkeypatch.setattr(
        "scenarios.studies.calibrating.calibration.SIGMAS", 0.0
    )  # a hundred paths of free noise: no error is allowed for
    with pytest.raises(
        SpiralError, match=r"strong: at another seed the median (spot|vol) of 2020-02-2\d is .* take more"
    ):
        calibrate(noisy, paths=100, workers=1)


def test_drawdown_is_that_of_the_median_path() -> None:
    mids = np.array([[100.0, 100.0, 100.0], [110.0, 120.0, 100.0], [80.0, 99.0, 105.0], [120.0, 88.0, 90.0]])
    assert drawdown(mids) == pytest.approx(1 - 90.0 / 110.0)


# --- the file --------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_calibrate_keeps_the_file_and_adds_to_it(folder: Path) -> None:
    (folder / "strong.toml").write_text(TEXT)
    result = spiral("calibrate", "strong.toml", "--paths", "200", "--workers", "1")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "strong.toml"
    assert "What feedback explains" in result.stdout
    text = (folder / "strong.toml").read_text()
    kept = [line for line in TEXT.splitlines() if "date =" not in line and line != "[storyline]"]
    assert [line for line in text.splitlines() if line in kept and line] == [line for line in kept if line]
    assert text.index('anchors = "observed"') < text.index("# The record.")
    assert "credit = 0.01, outside_spot = 100.0, outside_vol = 0.2, outside_credit = 0.01 }, # start" in text
    calibrated = load("strong.toml")
    assert calibrated.storyline.anchors == "observed"
    assert all(row.outside_spot for row in calibrated.storyline.anchor)
    assert calibrated.to_dict() == from_dict(calibrated.to_dict()).to_dict()
    assert spiral("calibrate", "strong.toml", "--paths", "200", "--workers", "1", "--quiet").exit_code == 0
    assert (folder / "strong.toml").read_text() == text
    assert [p.name for p in folder.iterdir()] == ["strong.toml"]
    shown = spiral("show", "strong.toml").stdout
    assert "outside spot" in shown
    assert "What feedback explains" in shown


def test_a_preset_is_written_beside_not_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = folder / "catalogue"
    shelf.mkdir()
    (shelf / "strong.toml").write_text(TEXT)
    monkeypatch.setattr("scenarios.reading.shipped.FOLDER", shelf)
    result = spiral("calibrate", "strong", "--paths", "100", "--workers", "1", "--quiet")
    assert (result.exit_code, result.output) == (0, "strong.calibrated.toml\n")
    assert (shelf / "strong.toml").read_text() == TEXT
    assert load("strong.calibrated.toml").storyline.calibration is not None


@pytest.mark.parametrize("name", catalogue())
def test_every_presets_text_can_be_added_to(name: str, found: Calibration) -> None:
    text, scenario = catalogue()[name].read_text(), load(name)
    rows = tuple(dataclasses.replace(a, outside_spot=a.spot, outside_vol=a.vol) for a in scenario.storyline.anchor)
    calibration = dataclasses.replace(found.found, record=digest(rows))
    storyline = dataclasses.replace(scenario.storyline, anchors="observed", anchor=rows, calibration=calibration)
    once = calibrated_text(text, storyline, name)
    assert calibrated_text(once, storyline, name) == once
    assert from_dict(tomllib.loads(once)).storyline == storyline


@pytest.mark.parametrize("header", ["", "[storyline]", '[storyline]\nanchors = "exogenous" # for now'])
def test_anchors_as_tables_of_their_own(header: str, found: Calibration) -> None:
    text = BLOCKS.replace("[[storyline.anchor]] # start", f"{header}\n[[storyline.anchor]] # start")
    scenario = from_dict(tomllib.loads(text))
    rows = tuple(dataclasses.replace(a, outside_spot=a.spot, outside_vol=a.vol) for a in scenario.storyline.anchor)
    calibration = dataclasses.replace(found.found, record=digest(rows))
    storyline = dataclasses.replace(scenario.storyline, anchors="observed", anchor=rows, calibration=calibration)
    once = calibrated_text(text, storyline, "blocks.toml")
    assert from_dict(tomllib.loads(once)).storyline == storyline
    assert calibrated_text(once, storyline, "blocks.toml") == once
    assert "spot = 95.0 # lower\noutside_spot = 95.0\n\n# The cast.\n[agents.maker]" in once


def test_a_layout_that_cannot_be_followed_is_refused(found: Calibration) -> None:
    inline = '{ date = "2020-02-19", spot = 1, vol = 1, overnight = 0, us2y = 0, us10y = 0, credit = 0 }'
    text = f'name = "x"\nstoryline = {{ anchor = [{inline}, {{ date = "2020-02-27" }}] }}\n'
    storyline = from_dict(tomllib.loads(text)).storyline
    with pytest.raises(UserError, match=r"x\.toml: the storyline is laid out in a way"):
        calibrated_text(text, dataclasses.replace(storyline, calibration=found.found), "x.toml")


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "anchor = [\n    { date = 2020-02-19, spot = 100.0,",
            'anchors = "observed"\nanchor = [\n    { date = 2020-02-19, spot = 100.0, outside_spot = 100.0,',
            "bad.toml: storyline.anchor.2020-02-19.outside_vol: observed anchors need the outside world's vol; "
            "find it: spiral calibrate bad.toml, or write anchors = 'exogenous'",
        ),
        (
            "spot = 97,",
            "spot = 97, outside_spot = 98,",
            "bad.toml: storyline.anchor.2020-02-21.outside_spot: exogenous anchors are the outside world themselves, "
            "got 98.0; drop it, or write anchors = 'observed'",
        ),
    ],
)
def test_outside_levels_belong_to_observed_anchors(folder: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    (folder / "bad.toml").write_text(TEXT.replace(old, new, 1))
    result = spiral("check", "bad.toml")
    assert (result.exit_code, result.stderr) == (2, f"error: {said}\n")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"storyline.anchor.1.outside_spot": 101.0}, "at the first anchor the outside world is the record"),
        ({"storyline.anchor.2.outside_us2y": 0.01}, "there is no recorded us2y beside it"),
        ({"storyline.anchor.2.vol": 0.3}, "the record has changed since it was calibrated"),
    ],
)
def test_a_calibrated_record_is_not_to_be_changed(found: Calibration, changes: dict[str, float], said: str) -> None:
    with pytest.raises(UserError, match=said):
        from_dict(found.scenario.to_dict(), overrides=changes)


def test_the_rest_of_a_calibrated_scenario_may_be_changed(found: Calibration) -> None:
    tables = found.scenario.to_dict()
    assert from_dict(tables, overrides={"agents.hedger.capital": 1e9}).storyline == found.scenario.storyline
    plain = from_dict(tables, overrides={"storyline.anchors": "exogenous"})
    assert outside(plain.storyline) == plain.storyline.anchor


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("calibrate nowhere.toml", "no such scenario file, got 'nowhere.toml'"),
        ("calibrate covid", "no such scenario, got 'covid'"),
        ("calibrate calm_market --out no/such/x.toml", "no/such/x.toml: cannot be written: its folder is missing"),
        ("calibrate calm_market --out .", ".: cannot be written: it is a folder"),
        ("calibrate calm_market --paths 3", "Invalid value for '--paths'"),
    ],
)
def test_wrong_commands(folder: Path, command: str, said: str) -> None:
    result = spiral(*command.split())
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {said}")
    assert list(folder.iterdir()) == []


# --- what a run tells of it -------------------------------------------------------------------------------------------


def test_the_report_says_what_the_twin_is(found: Calibration, strong: Scenario, tmp_path: Path) -> None:
    small = {"paths": 8, "witnesses": 2, "workers": 1}
    calibrated = run(found.scenario, out=tmp_path / "calibrated", **small)
    said = record_without_the_spiral(calibrated)
    assert "the price-taker twin is this crisis without the spiral" in said
    page = write_report(calibrated, tmp_path / "r.html").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    assert "crisis without the spiral" in page
    # the run's own figures, the same as in its tables: near what the calibration measured, on eight paths
    told = r"Feedback took the price(?:'|&#39;)s drawdown on the median path from (\d+\.\d+) % to (\d+\.\d+) %"
    took = re.search(told, page)
    assert took and float(took[1]) == pytest.approx(found.found.drawdown.price_taker * 100, abs=0.6)
    assert float(took[2]) == pytest.approx(10.0, abs=0.6)
    plain = run(strong, out=tmp_path / "plain", **small)
    assert record_without_the_spiral(plain) == ""
    assert calibrated.manifest["anchors"][1]["spot"] == 97  # charts and tables go on showing the record


def test_outside_names_are_anchors_keys() -> None:
    names = {f.name for f in dataclasses.fields(Anchor)}
    assert set(OUTSIDE) | set(OUTSIDE.values()) <= names


def test_the_users_file_stays_as_it_is_but_for_the_levels(folder: Path, found: Calibration) -> None:
    """A link leads to its target, whose mode and line ends are kept."""
    (folder / "real").mkdir()
    mine = folder / "real" / "mine.toml"
    mine.write_bytes(TEXT.replace("\n", "\r\n").encode())
    mine.chmod(0o600)
    (folder / "mine.toml").symlink_to(mine)
    text = mine.read_bytes().decode()
    write_calibrated(text, folder / "mine.toml", found.scenario.storyline, "mine.toml")
    assert (folder / "mine.toml").is_symlink()
    assert mine.stat().st_mode & 0o777 == 0o600
    raw = mine.read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") > TEXT.count("\n")
    assert load(mine).storyline == found.scenario.storyline
    assert [p.name for p in mine.parent.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize("command", ["calibrate calm_market --out notes.toml", "new notes.toml"])
def test_another_file_is_not_overwritten_unasked(folder: Path, command: str) -> None:
    (folder / "notes.toml").write_text("mine")
    result = spiral(*command.split())
    assert (result.exit_code, (folder / "notes.toml").read_text()) == (2, "mine")
    assert "the file is there already" in result.stderr and "--force" in result.stderr


def test_a_further_node_that_funds_move_has_an_outside_level_of_its_own() -> None:
    """A levered fund sells bonds as the 30Y yield rises by 60 bp: without it the rise is smaller, and is found."""
    level = {"spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.025, "us10y": 0.03, "credit": 0.01}
    venue = {"half_spread": 1e-5, "depth": 2e9, "impact": 1e-3}
    rates = {"nodes": {"us30y": {"years": 30, "vol": 0.002}}, "bonds": {"gilt": {"node": "us30y", "venue": venue}}}
    tables = {
        "name": "gilts",
        "clock": {"tick_minutes": 390},
        "storyline": {
            "anchor": [
                {"date": date(2020, 2, 19), **level, "nodes": {"us30y": 0.031}},
                {"date": date(2020, 2, 24), **level, "nodes": {"us30y": 0.037}},
            ]
        },
        "market": {"dispersion": 0.1, "rates": rates},
        "agents": {
            "maker": {"type": "MarketMaker", "venues": ["asset", "gilt"], "capital": 5e9},
            "pensions": {"type": "LiabilityFund", "venue": "gilt", "capital": 2e9, "leverage": 4.0},
        },
    }
    found = calibrate(from_dict(tables), paths=100, workers=1)
    last = found.scenario.storyline.anchor[-1]
    (point,) = [point for point in found.points if point.level == "us30y"]
    assert 0.031 < last.outside_nodes["us30y"] < 0.037 - 5e-4  # five basis points at least are the fund's
    assert last.outside_nodes["us30y"] == pytest.approx(point.outside, rel=1e-12)
    assert point.actual == pytest.approx(0.037, abs=1e-4) and point.price_taker < 0.037 - 5e-4
    assert outside(found.scenario.storyline)[-1].nodes["us30y"] == last.outside_nodes["us30y"]
    assert from_dict(found.scenario.to_dict()).storyline == found.scenario.storyline
