"""Hedging as a Gymnasium environment."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from scenarios import Scenario, hedging_env, load, run
from scenarios.studies.sessions.features import FEATURES
from sim.errors import UserError
from tests.test_session import CRASH

RUIN = {"agents.hedger.capital": 6e8, "agents.treasury.line": 1e8}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("covid_crash_2020", CRASH)


def test_gymnasium_finds_no_fault(scenario) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*alternative render modes.*")  # it has none
        check_env(hedging_env(scenario))


def test_what_is_seen_has_a_name_and_a_unit(scenario) -> None:
    env = hedging_env(scenario, paths=3)
    seen, _ = env.reset(seed=1)
    assert seen.shape == (3, len(FEATURES)) and seen.dtype == np.float32
    assert env.observation_space.contains(seen)
    first = dict(zip((feature.name for feature in FEATURES), seen[0], strict=True))
    assert first["time_left"] == 1 and first["spot"] == 0 and first["equity"] == pytest.approx(1)
    assert first["neutral"] == pytest.approx(first["held"]) == pytest.approx(-1, abs=1e-6) or first["neutral"] != 0
    assert all(feature.unit for feature in FEATURES)


def play(env, choose, seed: int = 5) -> list[tuple]:
    env.reset(seed=seed)
    turns = []
    while not turns or not np.all(turns[-1][2] | turns[-1][3]):
        turns.append(env.step(choose(len(turns))))
    return turns


def test_rewards_add_up_to_the_pnl(scenario) -> None:
    env = hedging_env(scenario, paths=4)
    turns = play(env, lambda n: np.full((4, 1), -0.5, dtype=np.float32))
    capital = scenario.agent("hedger").capital
    np.testing.assert_allclose(sum(turn[1] for turn in turns), turns[-1][4]["pnl"] / capital, rtol=1e-9)
    assert not turns[-1][2].any() and turns[-1][3].all()  # alive at the end: truncated, not terminated
    assert not any(turn[3].any() for turn in turns[:-1])


def test_a_path_is_an_environment_of_its_own(scenario) -> None:
    """The first of many is the only one of one; what the others do is nothing to it."""
    rng = np.random.default_rng(1)
    choices = rng.uniform(-1, 1, (50, 3, 1)).astype(np.float32)
    many = play(hedging_env(scenario, paths=3), lambda n: choices[n])
    one = play(hedging_env(scenario), lambda n: choices[n, 0])
    assert len(many) == len(one)
    for (seen, reward, *_), (seen_alone, reward_alone, *_) in zip(many, one, strict=True):
        np.testing.assert_array_equal(seen[0], seen_alone)
        assert reward[0] == reward_alone


def test_noise_is_new_unless_a_seed_is_given(scenario) -> None:
    env = hedging_env(scenario)
    step = np.zeros(1, dtype=np.float32)

    def walk(seed: int | None) -> float:
        env.reset(seed=seed)
        return env.step(step)[1]

    first, again = walk(3), walk(None)
    assert walk(3) == first and walk(None) == again and first != again


def test_the_neutral_choice_is_the_policy_that_hedges_at_every_decision(scenario, tmp_path) -> None:
    policy = {"agents.hedger.policy": {"kind": "every", "interval": "tick"}}
    hedged = load("covid_crash_2020", CRASH | policy)
    env = hedging_env(hedged, paths=2, decide="tick")
    turns = play(env, lambda n: np.zeros((2, 1), dtype=np.float32))
    seed = env._game._session.scenario.run.seed
    usual = run(hedged, paths=2, seed=seed, out=tmp_path / "run", workers=1, twin="none")
    marks = usual.marks.filter(agent="hedger").collect()
    last = marks.filter(time=marks["time"].max()).sort("path")["pnl"]
    np.testing.assert_allclose(turns[-1][4]["pnl"], last, rtol=1e-9)


def test_other_hedges_are_a_second_choice(tmp_path) -> None:
    """A book of swaps: neutral by the second number is neutral, and none is none."""
    swaps = load("bear_flattener", {"agents.hedger.policy": {"kind": "every", "interval": "tick"}})
    env = hedging_env(swaps, paths=2, decide="1d")
    assert env.single_action_space.shape == (2,)
    env.reset(seed=1)
    env.step(np.zeros((2, 2), dtype=np.float32))
    venues = env._game._session.observe().venues
    rates = {name: venue for name, venue in venues.items() if venue.neutral.any() and name != "asset"}
    assert rates
    for venue in rates.values():
        np.testing.assert_allclose(venue.held, venue.neutral, rtol=0.2)
    env.step(-np.ones((2, 2), dtype=np.float32))
    after = env._game._session.observe().venues
    assert all(np.abs(after[name].held).max() < 0.02 * np.abs(rates[name].held).max() for name in rates)


def test_a_desk_that_is_gone_is_terminated_and_earns_nothing(scenario) -> None:
    poor = load("covid_crash_2020", RUIN)
    env = hedging_env(poor, paths=8)
    assert env.metadata["autoreset_mode"] is AutoresetMode.DISABLED
    turns = play(env, lambda n: -np.ones((8, 1), dtype=np.float32))
    dead = np.array([turn[2] for turn in turns])
    assert dead.any() and (np.diff(dead.astype(int), axis=0) >= 0).all()  # who is gone stays gone
    rewards = np.array([turn[1] for turn in turns])
    assert (rewards[1:][dead[:-1]] == 0).all()
    assert not (turns[-1][2] & turns[-1][3]).any()
    np.testing.assert_array_equal(turns[-1][4]["alive"], ~turns[-1][2])


def test_after_the_end_comes_a_reset(scenario) -> None:
    env = hedging_env(scenario)
    with pytest.raises(UserError, match=r"call reset\(\) first"):
        env.step(np.zeros(1, dtype=np.float32))
    env.reset()
    for wrong in (np.zeros(3), [np.nan]):
        with pytest.raises(UserError, match="an action is 1 x 1 finite numbers"):
            env.step(wrong)
    with pytest.raises(UserError, match="an ensemble has one seed"):
        hedging_env(scenario, paths=2).reset(seed=[1, 2])


def test_without_gymnasium_one_line_says_so(scenario, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    monkeypatch.delitem(sys.modules, "scenarios.studies.sessions.environment", raising=False)
    with pytest.raises(UserError, match=r'pip install "spiral-crisis\[env\]"'):
        hedging_env(scenario)
