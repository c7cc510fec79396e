"""Bounds: what is too deep, too long, too large or too far is one line with the key, the value and the remedy."""

from __future__ import annotations

import dataclasses
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scenarios.cli import main
from scenarios.reading.loading import from_dict, load
from scenarios.reading.made_by_hand import check_values
from scenarios.reading.plain_values import DEEPEST, MOST_BYTES
from scenarios.reading.shipped import read_toml
from scenarios.worlds.blueprint import blueprint_of
from scenarios.worlds.chunk_size import chunk_size
from scenarios.worlds.clock import make_clock
from sim.errors import UserError

PRESET = "calm_market"
DEEP = "[" * 500 + "]" * 500
SETTINGS = {
    "lists in lists": (f"agents.x={DEEP}", "nested at most 32 deep"),
    "a little too deep": (f"title={'[' * 40}{']' * 40}", "nested at most 32 deep"),
    "tables in tables": ("agents.x=" + "{a=" * 200 + "1" + "}" * 200, "nested at most 32 deep"),
    "thousands of digits": ("agents.hedger.capital=" + "9" * 6000, "a whole number has at most 64 bits"),
    "66 bits": ("run.seed=99999999999999999999", "a whole number has at most 64 bits, got 'about 10^20'"),
    "hexadecimal": ("run.seed=0x" + "F" * 5000, "a whole number has at most 64 bits"),
    "a long text": (f"title={'x' * 30_000}", "a text has at most 20,000 characters"),
    "a long title": (f"title={'x' * 301}", "must have at most 300 characters, got 301"),
    "a long name": (f"name={'x' * 101}", "must have at most 100 characters"),
    "paths": ("run.paths=1000000000", "run.paths: must be <= 10000000, got 1000000000"),
    "witnesses": ("run.witnesses=100000000", "run.witnesses: must be <= 10000000"),
    "chunk": ("run.chunk=10000000", "run.chunk: must be <= 1000000"),
    "copies": ("agents.hedger.count=1000000000", "agents.hedger.count: a scenario has at most 10,000 agents"),
    "a tick": ("clock.tick_minutes=600000", "clock.tick_minutes: must be <= 525600"),
    "months": ("agents.hedger.book.1.months=120000", "months: must be <= 1200, got 120000"),
    "latency": ("agents.hedger.latency_seconds=10000000000", "latency_seconds: must be <= 1000000000"),
    "deadline": ("agents.treasury.deadline_days=1000000", "deadline_days: must be <= 100000"),
    "halts": ("venue.asset.halt_minutes=1000000", "halt_minutes: must be <= 525600"),
    "year 1": ("storyline.anchor.1.date=0001-01-01", "must lie between 1800-01-01 and 2199-12-31, got '0001-01-01'"),
    "year 9999": ("agents.hedger.book.1.expiry=9999-12-31", "must lie between 1800-01-01 and 2199-12-31"),
    "a moment": ("storyline.anchor.1.date=2017-02-06T16:00:00", "must be a date, YYYY-MM-DD"),
    "a time": ("storyline.anchor.1.date=16:00:00", "must be a date, YYYY-MM-DD"),
    "no days": ("clock.days_a_year=0", "clock.days_a_year: must be > 0"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_settings_on_the_command_line_are_bounded(case: str) -> None:
    setting, rule = SETTINGS[case]
    done = CliRunner().invoke(main, ["check", PRESET, "--set", setting])
    assert done.exit_code == 2, done.output
    assert rule in done.output and done.output.count("\n") == 1 and len(done.output) < 700


VALUES = {
    "whole number": ({"run": {"seed": 10**30}}, "run.seed: a whole number has at most 64 bits"),
    "digits": (
        {"agents": {"hedger": {"capital": 10**5000}}},
        "a whole number has at most 64 bits, got 'about 10^5000'",
    ),
    "moment": ({"storyline": {"anchor": [{"date": datetime(2020, 1, 1)}, {}]}}, "must be a date"),
    "far": ({"storyline": {"anchor": [{"date": date(1, 1, 1)}, {}]}}, "must lie between"),
    "anchors": (
        {"storyline": {"anchor": [{"date": "2020-01-02"}] * 20_001}},
        "at most 20000 items, got 20001",
    ),
    "book": (
        {"agents": {"hedger": {"type": "Hedger", "book": [{"kind": "put"}] * 100_001}}},
        "at most 100000 items",
    ),
    "assets": ({"assets": {f"a{i}": {} for i in range(201)}}, "assets: a scenario has at most 200 further assets"),
    "agents": (
        {"agents": {f"m{i}": {"type": "MarketMaker", "count": 6_000} for i in range(2)}},
        "at most 10,000 agents",
    ),
}


@pytest.mark.parametrize("case", VALUES)
def test_values_from_python_are_bounded(case: str) -> None:
    changes, rule = VALUES[case]
    with pytest.raises(UserError) as caught:
        from_dict({**load(PRESET).to_dict(), **changes})
    assert rule in str(caught.value) and len(str(caught.value)) < 700


def test_a_list_in_itself_is_too_deep() -> None:
    inner: list[Any] = []
    inner.extend([inner, inner])
    with pytest.raises(UserError, match=f"nested at most {DEEPEST} deep"):
        from_dict({"name": "x", "storyline": inner})


FILES = {
    "deep": "a = " + "[" * 3000 + "]" * 3000,
    "deep, within the stack": "a = " + "[" * 100 + "]" * 100,
    "dotted": "a" + ".a" * 200_000 + " = 1",
    "dotted table": "[" + "a . " * 100_000 + "a]",
    "digits": "a = " + "1" * 100_000,
    "large": "a = '" + "x" * MOST_BYTES + "'",
    "long": "a = '" + "x" * 30_000 + "'",
}


@pytest.mark.parametrize("case", FILES)
def test_files_are_bounded_in_a_moment(tmp_path: Path, case: str) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(FILES[case])
    begun = time.process_time()
    with pytest.raises(UserError) as caught:
        read_toml(path)
    assert time.process_time() - begun < 2.0
    assert str(caught.value).startswith(f"{path}") and len(str(caught.value)) < 400
    for command in ("check", "sweep"):
        done = CliRunner().invoke(main, [command, str(path)])
        assert done.exit_code == 2 and done.output.count("\n") == 1


def test_a_description_with_many_dots_is_read(tmp_path: Path) -> None:
    path = tmp_path / "dots.toml"
    path.write_text(f'a = "wait {"." * 100} 1.5, 2.5, 3.5{", 4.5" * 100}"\nb.c.d = 1\n')
    assert read_toml(path)["b"] == {"c": {"d": 1}}


def test_many_ticks_are_refused_before_they_are_laid_out() -> None:
    scenario = load(
        PRESET, {"clock.tick_minutes": 1, "clock.calendar": "24/7", "storyline.anchor.3.date": "2190-01-01"}
    )
    begun = time.process_time()
    with pytest.raises(UserError, match="a run has at most 2,500,000 ticks, got 89934656"):
        make_clock(scenario)
    assert time.process_time() - begun < 5.0


DECADES = {"clock.tick_minutes": 1440, "storyline.anchor.3.date": "2037-03-02"}
LARGE = {
    "witnesses": ({**DECADES, "clock.tick_minutes": 5, "run.witnesses": 1000}, "run.witnesses: every tick of 1000 wit"),
    "agents": (
        {**DECADES, "agents.fast_maker.count": 9000},
        "agents: the closes of 64 paths must fit in 8 GB",
    ),
    "rows": ({**DECADES, "run.paths": 10_000_000}, "run.paths: a run writes at most"),
}


@pytest.mark.parametrize("case", ["agents", "rows", pytest.param("witnesses", marks=pytest.mark.slow)])
def test_a_run_that_no_machine_holds_is_refused(case: str) -> None:
    settings, rule = LARGE[case]
    scenario = load(PRESET, settings)
    with pytest.raises(UserError, match=rule):
        blueprint_of(scenario)


@pytest.mark.parametrize("changes", [{"paths": 10**8}, {"seed": 2**70}, {"witnesses": 10**8}])
def test_settings_changed_in_python_keep_their_bounds(changes: dict[str, int]) -> None:
    with pytest.raises(UserError, match=f"run: {next(iter(changes))}: must be <="):
        load(PRESET).with_run(**changes)
    scenario = load(PRESET)
    by_hand = dataclasses.replace(scenario, run=dataclasses.replace(scenario.run, **changes))
    with pytest.raises(UserError, match=f"run.{next(iter(changes))}: must be <="):
        check_values(by_hand)


def test_a_run_of_decades_goes_in_small_chunks() -> None:
    scenario = load(PRESET, DECADES)
    size = chunk_size(scenario, make_clock(scenario), worlds=1, paths=100_000, workers=1)
    assert size % 64 == 0 and 64 <= size < 1024
    assert size * 5_000 * 2 <= 2_000_000


@pytest.mark.parametrize("months", ["0", "120000"])
def test_densities_lie_within_a_century(months: str, tmp_path: Path) -> None:
    asked = ["show", PRESET, "--density", str(tmp_path / "d.html"), "--months", months]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 2 and not (tmp_path / "d.html").exists()


def test_a_long_value_does_not_bury_the_message() -> None:
    text = str(UserError("must be short", value="x" * 10_000, place="here", remedy="shorten it"))
    assert len(text) < 400 and text.startswith("here: must be short, got 'xxx") and text.endswith("...; shorten it")
    assert "a int too long to show" in str(UserError("must be small", value=10**6000))
