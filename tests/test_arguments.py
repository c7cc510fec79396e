"""What Python callers get wrong is one UserError that names the argument, as on the command line."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scenarios
from agents.hedging.hedger import Hedger
from agents.policies import Band
from scenarios import Axis, SweepSpec, load, run, sweep
from scenarios.commands.options import HomePath
from scenarios.scenario import RunSpec, TwinSpec
from sim.arguments import path
from sim.errors import UserError
from tests.small import crisis

SMALL = crisis()
AXIS = Axis(name="depth", key="venue.asset.depth", values=(1e9, 2e9))
SPEC = SweepSpec(name="s", scenarios=(SMALL,), axes=(AXIS,))
MISTAKES: list[tuple[Any, dict[str, Any], str]] = [
    *((run, {"paths": value}, "run: paths: must be ") for value in (0, -5, 1.5, "10", True, np.nan, [], np.float64(3))),
    *((run, {"seed": value}, "run: seed: must be ") for value in (-1, 2**70, 1.0, "1", False)),
    *((run, {"witnesses": value}, "run: witnesses: must be ") for value in (-1, 0.5, "none")),
    *((run, {"twin": value}, "run: twin: must be ") for value in ("frozn", 1, True, "")),
    *((run, {"workers": value}, "workers: must be a whole number >= 1, got ") for value in (0, -1, 1.5, "2", True)),
    *((run, {"out": value}, "out: must be a path: text or a pathlib.Path, got ") for value in (123, b"x", "a\0b", [1])),
    (run, {"tables": ("mark",)}, "tables: must be one of .*got 'mark'; did you mean 'marks'?"),
    (run, {"tables": "marks"}, "tables: must be a list, got 'marks'; write ('marks',) for one"),
    (run, {"tables": 5}, "tables: must be a list, got 5"),
    (run, {"progress": 5}, "progress: must be a function, got 5"),
    (run, {"profile": "yes"}, "profile: must be True or False, got 'yes'"),
    (run, {"command": 1}, "command: must be text, got 1"),
    *((sweep, {"spec": SPEC, "paths": value}, "sweep: paths: must be ") for value in (0, 1.5, "10")),
    *((sweep, {"spec": SPEC, "seed": value}, "sweep: seed: must be ") for value in (-1, 2**70)),
    (sweep, {"spec": SPEC, "twin": "frozn"}, "sweep: twin: must be "),
    (sweep, {"spec": SPEC, "keep": "no"}, "sweep: keep: must be true or false"),
    (sweep, {"spec": SPEC, "path": 5}, "a sweep has no such setting, got 'path'; did you mean 'paths'?"),
    (sweep, {"spec": SPEC, "workers": 0}, "workers: must be a whole number >= 1, got 0"),
    (sweep, {"spec": SPEC, "changed": "keeep"}, "changed: must be one of .*; did you mean 'keep'?"),
    (sweep, {"spec": SPEC, "cluster": 8786}, "cluster: must be text, got 8786"),
    (sweep, {"spec": 5}, "spec: must be a path"),
    (sweep, {"spec": dataclasses.replace(SPEC, paths=0)}, "sweep: paths: must be > 0, got 0"),
    *((scenarios.frontier, {"paths": value}, "paths: must be a whole number >= 1, got ") for value in (0, "10")),
    (scenarios.frontier, {"desks": (0,)}, "desks: must be a whole number >= 1, got 0"),
    (scenarios.frontier, {"desks": 2}, "desks: must be a list, got 2"),
    (scenarios.frontier, {"policies": ("every",)}, "policies: must be a table with the policy's kind and keys"),
    (scenarios.frontier, {"settings": ["x"]}, "settings: must be a table of dotted keys"),
    *((scenarios.calibrate, {"paths": value}, "paths: must be a whole number >= 100, got ") for value in (0, 99, 1e4)),
    (scenarios.calibrate, {"workers": 0}, "workers: must be a whole number >= 1, got 0"),
    (scenarios.ablate, {"measure": 3}, "measure: must be a function, got 3"),
    (scenarios.ablate, {"scenario": "x", "measure": print}, "scenario: must be a Scenario, as load() gives it"),
    (scenarios.validate, {"workers": 0}, "workers: must be a whole number >= 1, got 0"),
    (scenarios.validate, {"names": 3}, "names: must be a list, got 3"),
    (scenarios.validate, {"names": "no_such_case"}, "there is no such case or chapter, got 'no_such_case'"),
    (scenarios.fit, {"histories": 7}, "the history's frame: is no history and no book, got 'int'"),
    (scenarios.fit, {"histories": "x.csv", "rho": "low"}, "rho: must be a number, got 'low'"),
    (scenarios.fit, {"histories": "x.csv", "rho": np.nan}, "rho: must be a finite number, got nan"),
    (load, {"name_or_path": 7}, "name_or_path: must be a path"),
    (load, {"name_or_path": "covid_crash_2020", "overrides": 7}, "overrides: overrides are a table or KEY=VALUE"),
    (load, {"name_or_path": "covid_crash_2020", "overrides": {7: 1}}, "--set: a key is written part.part.part, got 7"),
    (load, {"name_or_path": "covid_crash_2020", "overrides": [7]}, "--set: must be KEY=VALUE, got 7"),
    (scenarios.from_dict, {"tables": [1]}, "scenario: must be tables of keys, got 'list'"),
    (scenarios.open_run, {"path": 7}, "path: must be a path"),
    (scenarios.open_sweep, {"folder": None}, "folder: must be a path"),
]  # fmt: skip


def told(function: Any, given: dict[str, Any]) -> str:
    if function in (run, scenarios.frontier, scenarios.calibrate, scenarios.ablate):
        given = {"scenario": SMALL, **given}
    with pytest.raises(UserError) as caught:
        function(**given)
    return str(caught.value)


def fits(said: str, wanted: str) -> bool:
    parts = wanted.split(".*")
    return said.startswith(parts[0]) and all(part in said for part in parts)


@pytest.mark.parametrize(("function", "given", "wanted"), MISTAKES)
def test_one_line_names_the_argument(function: Any, given: Any, wanted: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    said = told(function, given)
    assert fits(said, wanted), said
    assert list(tmp_path.iterdir()) == []


BY_HAND = {
    "small: run.paths: must be > 0, got 0": {"run": dataclasses.replace(SMALL.run, paths=0)},
    "small: run.chunk: must be a whole number, got 1.5": {"run": RunSpec(paths=2, chunk=1.5)},
    "small: run: must be a RunSpec, got {'paths': 2}": {"run": {"paths": 2}},
    "small: title: must be a string, got 5": {"title": 5},
    "a b: name: not a usable name": {"name": "a b"},
    "small: market.rho: must be ": {"market": dataclasses.replace(SMALL.market, rho=7.0)},
    "small: market.beta: must be a finite number, got nan": {"market": dataclasses.replace(SMALL.market, beta=np.nan)},
    "small: agents.desk.capital: must be > 0, got -1": {"agents": (Hedger(name="desk", capital=-1.0),)},
    "small: agents.desk.policy.width: must be >= 0": {"agents": (Hedger(name="desk", policy=Band(width=-1.0)),)},
    "small: agents: must be agents": {"agents": ("desk",)},
    "small: agents: must be a tuple": {"agents": None},
    "small: storyline: must be a StorylineSpec": {"storyline": None},
    "small: agents.desk.book.1: must be a Position, got {'kind': 'put'}; make one": {
        "agents": (Hedger(name="desk", book=({"kind": "put"},)),)  # type: ignore[arg-type]
    },
}


@pytest.mark.parametrize("wanted", BY_HAND)
def test_a_scenario_made_by_hand(wanted: str, tmp_path: Path) -> None:
    scenario = dataclasses.replace(SMALL, **BY_HAND[wanted])
    said = told(run, {"scenario": scenario, "out": tmp_path / "r"})
    assert said.startswith(wanted), said
    assert list(tmp_path.iterdir()) == []


def test_a_function_that_does_not_take_an_argument_is_named() -> None:
    with pytest.raises(TypeError, match=r"^run\(\): got an unexpected keyword argument 'path'"):
        run(SMALL, path=3)  # type: ignore[call-arg]


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path("out", "~/runs") == str(tmp_path / "runs")
    assert path("out", Path("~/runs")) == tmp_path / "runs"
    assert path("out", "runs/~") == "runs/~"
    assert HomePath(path_type=Path).convert("~/runs", None, None) == tmp_path / "runs"


def test_a_folder_whose_path_is_no_text_is_refused_before_the_work(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    for refused in (lambda: run(SMALL, out=folder), lambda: scenarios.open_run(folder)):
        with pytest.raises(UserError, match=r"a folder of tables has a path in UTF-8, got .*caf.*udce9"):
            refused()
    assert list(tmp_path.iterdir()) == []


def test_what_is_as_good_is_taken(tmp_path: Path) -> None:
    twin = TwinSpec(name="other")
    found = run(SMALL, paths=np.int64(2), seed=np.uint8(3), workers=np.int32(1), twin=twin, out=str(tmp_path / "r"))
    assert (found.manifest["paths"], found.manifest["seed"], found.manifest["twin"]) == (2, 3, "other")
