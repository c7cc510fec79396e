"""Whose time a run takes: every owner and phase is heard, and a world without a profile wraps nothing."""

from __future__ import annotations

import time

import pytest

from scenarios.commands.profile_table import render
from scenarios.reading.loading import load
from scenarios.studies.run import run
from sim.phases import Phase
from sim.profile import ENGINE, Profile, merged
from tests.small import crisis, world_of

QUICK = {"clock.tick_minutes": 390, "run.paths": 12, "run.chunk": 4, "run.witnesses": 2}


@pytest.mark.slow
def test_a_profile_of_a_run_names_every_owner_and_changes_no_result(tmp_path):
    scenario = load("covid_crash_2020", QUICK)
    with_profile = run(scenario, out=tmp_path / "with", workers=1, profile=True)
    without = run(scenario, out=tmp_path / "without", workers=1)
    assert with_profile.marks.collect().equals(without.marks.collect())
    assert sorted(p.name for p in (tmp_path / "with").iterdir()) == sorted(
        p.name for p in (tmp_path / "without").iterdir()
    )
    assert "profile" not in without.manifest
    profile = with_profile.manifest["profile"]
    assert {a.name for a in scenario.agents} | {"market", "accountant", "recorder", ENGINE} <= set(profile)
    assert {"QUOTE"} <= set(profile["bank"]) and {"TRADE", "CLEAR"} <= set(profile["hedger"])
    assert {"MARKET", "CLEAR", "SHOCK"} <= set(profile["market"])
    assert set(profile[ENGINE]) == {"set-up", "SimPy", "tables"}
    total = sum(seconds for phases in profile.values() for seconds in phases.values())
    assert 0 < total <= with_profile.manifest["timing"]["seconds"]
    rows = render(profile, with_profile.manifest["scenario"]["agents"])
    assert "hedger (Hedger)" in [cell.plain for cell in rows.columns[0].cells]


def test_time_is_given_to_who_spends_it():
    """A process that sleeps 50 ms, and one that it starts, are the sleeper's; others' time is not."""
    world = world_of(crisis(), paths=2)
    world.profile = profile = Profile()

    def helper():
        time.sleep(0.03)
        yield world.tick(Phase.MARK)

    def sleeper():
        yield world.tick(Phase.TRADE)
        time.sleep(0.05)
        world.start(helper())

    def waits():
        yield world.tick(Phase.TRADE)

    world.start(sleeper(), "sleeper")
    world.start(waits(), "waits")
    world.run()
    assert sum(profile.seconds["sleeper"].values()) == pytest.approx(0.08, abs=0.03)
    assert profile.seconds["sleeper"]["TRADE"] >= 0.05
    assert sum(profile.seconds["waits"].values()) < 0.02


def test_a_metered_process_answers_fails_and_ends_as_the_one_inside():
    world = world_of(crisis(), paths=2)
    world.profile = Profile()
    seen = []

    def process():
        seen.append((yield world.env.timeout(1, "answer")))
        try:
            yield world.env.event().fail(KeyError("gone"))
        except KeyError:
            seen.append("failed")

    world.start(process(), "one")
    world.run()
    assert seen == ["answer", "failed"]


def test_without_a_profile_nothing_is_wrapped(monkeypatch):
    def never(*_):
        raise AssertionError("wrapped")

    monkeypatch.setattr(Profile, "process", never)
    world_of(crisis(), paths=2).run()


def test_profiles_add_up():
    one, other = {"a": {"QUOTE": 1.0}}, {"a": {"QUOTE": 2.0, "MARK": 1.0}, "b": {"MARK": 4.0}}
    assert merged([one, other]) == {"a": {"QUOTE": 3.0, "MARK": 1.0}, "b": {"MARK": 4.0}}
