"""What was run before there was a choice of generator replays with NumPy's; a scenario file has the default."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from analysis.sides import same_noise
from scenarios import Axis, SweepSpec, open_session, resume_session, sweep
from scenarios.desk.trade.chosen import chosen
from scenarios.reading.loading import from_dict, load
from scenarios.reading.recorded import as_recorded
from scenarios.reading.shipped import catalogue
from scenarios.studies.run import run
from sim.dataset import Run
from sim.errors import UserError

LEVELS = {"spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.02, "us10y": 0.03, "credit": 0.01}
SMALL = {"clock.tick_minutes": 390, "run.paths": 4, "run.twin": "none", "run.witnesses": 0}


def older(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The tables as they were written before the key."""
    found = copy.deepcopy(dict(tables))
    del found["run"]["generator"]
    return found


@pytest.fixture(scope="module")
def numpys(tmp_path_factory: pytest.TempPathFactory) -> Run:
    scenario = load("calm_market", SMALL | {"run.generator": "numpy"})
    return run(scenario, out=tmp_path_factory.mktemp("numpys") / "run", workers=1)


def test_the_default_is_our_own_and_a_run_says_whose_noise_it_has(numpys: Run, tmp_path: Path) -> None:
    default = run(load("calm_market", SMALL), out=tmp_path / "run", workers=1)
    assert default.manifest["scenario"]["run"]["generator"] == "philox"
    assert not default.closes.collect().equals(numpys.closes.collect())
    assert not same_noise(numpys, default)


def test_a_manifest_without_the_key_replays(numpys: Run, tmp_path: Path) -> None:
    told = older(numpys.manifest["scenario"])
    again = run(from_dict(told), out=tmp_path / "again", workers=1)
    assert_frame_equal(again.closes.collect(), numpys.closes.collect(), check_exact=True)
    assert_frame_equal(again.desks.collect(), numpys.desks.collect(), check_exact=True)
    assert again.manifest["content_hash"] == numpys.manifest["content_hash"]
    assert from_dict(told, overrides={"run.generator": "philox"}).run.generator == "philox"


def test_the_earliest_manifests_had_fewer_keys(numpys: Run) -> None:
    told = older(numpys.manifest["scenario"])
    for key in ("unhedged", "as_given"):
        del told["run"][key]
    for key in ("notes", "assets"):
        del told[key]
    assert from_dict(told).run.generator == "numpy"


def test_a_scenario_file_without_the_key_has_the_default(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(catalogue()["calm_market"].read_bytes())
    assert load(file).run.generator == "philox"
    assert load(file, {"run.generator": "numpy"}).run.generator == "numpy"


def test_a_saved_session_without_the_key_goes_on_with_its_noise(tmp_path: Path) -> None:
    session = open_session(load("calm_market", SMALL | {"run.generator": "numpy"}), paths=2)
    session.advance()
    file = session.save(tmp_path / "monday.json")
    told = json.loads(file.read_text())
    file.write_text(json.dumps({**told, "scenario": older(told["scenario"])}))
    again = resume_session(file)
    assert session.advance().frame().equals(again.advance().frame())


def test_a_class_that_was_opened_before_keeps_its_noise() -> None:
    made = chosen({"case": "own", "preset": "calm_market"})
    assert made.read_scenario().run.generator == "philox"
    told = made.to_json()
    before = type(made).of_json({**told, "scenario": older(told["scenario"])})
    assert before.read_scenario().run.generator == "numpy"


def test_a_sweep_does_not_go_on_with_another_generator(tmp_path: Path) -> None:
    axis = Axis(name="depth", key="venue.asset.depth", values=(4e9,))
    for generator, done in (("numpy", True), ("philox", False)):
        base = load("calm_market", SMALL | {"run.generator": generator})
        spec = SweepSpec(name="small", scenarios=(base,), axes=(axis,))
        if done:
            sweep(spec, out=tmp_path / "s", workers=1)
            continue
        with pytest.raises(UserError, match="goes on as it began, got 'another: 0 of its 1 cells"):
            sweep(spec, out=tmp_path / "s", workers=1)


def test_a_file_that_names_every_key_of_its_run_has_the_default() -> None:
    """One key more, as `chunk`, is no other noise."""
    own = {key: {} for key in ("clock", "market", "venue", "feedback", "credit", "agents")}
    own["storyline"] = {"anchor": [{"date": day, **LEVELS} for day in ("2020-02-19", "2020-02-21")]}
    own["run"] = {"paths": 4, "seed": 1, "witnesses": 0, "twin": "none", "attribution": "tick", "chunk": 2}
    assert from_dict({"name": "own", **own}).run.generator == "philox"


@pytest.mark.parametrize("key", ["title", "clock", "feedback", "run"])
def test_tables_that_lack_one_key_are_no_record(key: str) -> None:
    told = older(load("calm_market").to_dict())
    assert as_recorded(told)["run"]["generator"] == "numpy"
    lacking = {name: table for name, table in told.items() if name != key}
    if isinstance(told[key], dict):
        lacking[key] = dict(list(told[key].items())[1:])
    assert as_recorded(lacking) is lacking


@pytest.mark.parametrize("table", [3, [], "numpy", {}, {"paths": 4}, None])
def test_what_is_not_complete_is_left_as_it_is(table: Any) -> None:
    told = {**load("calm_market").to_dict(), "run": table}
    assert as_recorded(told) is told
