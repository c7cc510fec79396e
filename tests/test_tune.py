"""Tuned policies: a search on common noise, and checks where it was not searched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from agents.policies import Band, LearnedPolicy
from scenarios import Scenario, load, run, tune
from scenarios.cli import main
from scenarios.studies.tuning.losses import RISKS, desk_losses
from scenarios.worlds.blueprint import blueprint_of
from sim.errors import UserError
from tests.test_session import CRASH

FALL = """
name = "fall"
[storyline]
anchor = [
    { date = 2024-03-01, spot = 5000, vol = 0.14, overnight = 0.05, us2y = 0.045, us10y = 0.042, credit = 0.01 },
    { date = 2024-03-06, spot = 4600, vol = 0.3 },
]
[agents.maker]
type = "MarketMaker"
[agents.hedger]
type = "Hedger"
policy = { kind = "band" }
[[agents.hedger.book]]
kind = "put"
moneyness = 0.95
months = 2
notional = -4e9
"""
THIN = CRASH | {"venue.asset.depth": 6e9}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """A market so thin that hedging moves it."""
    return load("covid_crash_2020", THIN)


def test_losses_are_those_of_a_run(scenario, tmp_path) -> None:
    small = scenario.with_run(paths=16, seed=3)
    found = desk_losses(small, blueprint_of(small), "hedger")
    twin = desk_losses(small, blueprint_of(small), "hedger", price_takers=True)
    marks = run(small, out=tmp_path / "run", workers=1).marks.filter(agent="hedger").collect()
    last = marks.filter(time=marks["time"].max()).sort("path")
    for world, losses in (("actual", found), ("price_taker", twin)):
        mine = last.filter(world=world)
        np.testing.assert_allclose(losses.loss, -mine["pnl"], rtol=1e-12)
        np.testing.assert_array_equal(losses.reduced, mine["book_share"] < 1)


def test_risks_of_known_losses() -> None:
    losses = np.arange(100.0)
    assert RISKS["mean"](losses).value == pytest.approx(49.5)
    assert RISKS["es_95"](losses).value == pytest.approx(97)  # of 95 to 99
    assert RISKS["es_75"](losses).value == pytest.approx(87)
    assert RISKS["sd"](losses).value == pytest.approx(losses.std(ddof=1))


@pytest.mark.slow
def test_the_search_finds_the_least_of_its_trials_and_repeats_itself(scenario) -> None:
    first, again = (tune(scenario, {"kind": "band", "interval": "tick"}, paths=16, trials=6, risk="mean") for _ in "12")
    assert first.policy == again.policy and first.table.equals(again.table) and first.trials.equals(again.trials)
    trials = first.trials.filter(world="actual")
    assert trials["risk"].min() < trials["risk"][0]  # it has got better than where it began
    mine = first.table.filter(policy="tuned", noise="train", world="actual")
    assert mine["mean"][0] == trials["risk"].min()
    assert first.policy["width"] == trials.sort("risk")["width"][0]


def test_a_learned_policy_without_weights_is_a_band(scenario) -> None:
    small = scenario.with_run(paths=8)
    blueprint = blueprint_of(small)
    for hidden in (0, 2):
        learned = LearnedPolicy(interval="tick", half_width=0.03, hidden=hidden)
        one = desk_losses(small, blueprint, "hedger", learned).loss
        other = desk_losses(small, blueprint, "hedger", Band(interval="tick", width=0.03)).loss
        np.testing.assert_array_equal(one, other)


def test_a_learned_policy_by_hand(scenario) -> None:
    """Share a = w0 + w1 vol, band of no width: (1 + a) times neutral."""
    from agents.policies import Situation

    paths = np.ones(3)
    at = Situation(
        tick=1, due=True, spot=100 * paths, last_spot=100 * paths, target=-50 * paths, position=0 * paths,
        gamma=lambda: -2 * paths, vol=np.array([0.1, 0.2, 0.4]), half_spread=1e-3 * paths, discount=lambda: paths,
        gross_units=100.0 * paths, years=0.0, expiry_years=0.1, interval_years=0.01,
    )  # fmt: skip
    weights = (0.1, -0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    policy = LearnedPolicy(weights=weights, half_width=0.0)
    np.testing.assert_allclose(policy.desired(at), -50 * (1.1 - 0.5 * at.vol))
    net = (0.3, 0, 0, 0, 0, 1.0, 0, 0)  # h1 = tanh(0.3), h2 = tanh(vol)
    policy = LearnedPolicy(hidden=2, weights=(*net, 0.1, 0.2, -0.3, 0, 0, 0), half_width=0.0)
    share = 0.1 + 0.2 * np.tanh(0.3) - 0.3 * np.tanh(at.vol)
    np.testing.assert_allclose(policy.desired(at), -50 * (1 + share))


@pytest.mark.slow
def test_a_learned_policy_is_tuned(scenario) -> None:
    found = tune(scenario, {"kind": "learned", "interval": "tick"}, paths=16, trials=12, test_paths=16)
    assert len(found.policy["weights"]) == 8 and any(found.policy["weights"])
    again = load("covid_crash_2020", THIN | {"agents.hedger.policy": found.policy})
    assert again.agent("hedger").policy.weights == tuple(found.policy["weights"])  # a scenario file takes it


def test_another_crisis_may_call_its_desk_differently() -> None:
    from scenarios.studies.tuning.tune import _Lab, _namesake

    other = load("gilt_ldi_2022")
    assert _namesake(other, "hedger") is None and _namesake("covid_crash_2020", "hedger") == "hedger"
    assert _Lab.of(other, _namesake(other, "hedger"), 2, None).hedger.name in {agent.name for agent in other.agents}


@pytest.mark.parametrize(
    ("policy", "options", "line"),
    [
        ({"kind": "never"}, {}, "tune: policy: this policy has no parameter to tune, got 'never'"),
        ({"kind": "every"}, {}, "tune: policy: this policy has no parameter to tune"),
        ({"kind": "bend"}, {}, "did you mean 'band'?"),
        ({"kind": "band", "wdth": 0.1}, {}, "policy.wdth: unknown key"),
        ({"kind": "learned", "weights": [1.0, 2.0]}, {}, "policy.weights: are not as many as the network has, got 2"),
        ({"kind": "band", "interval": "often"}, {}, "policy.interval: an interval is a number and a unit"),
        (None, {"risk": "var"}, "risk: must be one of mean, es_75, es_95, sd, got 'var'"),
        (None, {"agent": "maker"}, "a policy is a hedger's, got 'maker'"),
        (None, {"trials": 1}, "trials: must be a whole number >= 5"),
        (None, {"paths": 1}, "paths: must be a whole number >= 2"),
        ({"kind": "band"}, {"crises": ["cvid"]}, "no such scenario, got 'cvid'"),
    ],
)
def test_mistakes_are_one_line(scenario, policy, options, line) -> None:
    with pytest.raises(UserError) as told:
        tune(scenario, policy, **options)
    assert line in str(told.value) and "\n" not in str(told.value)


def test_the_command_writes_page_and_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fall.toml").write_text(FALL)
    options = {"policy": "band", "interval": "1d", "paths": "8", "trials": "5", "out": "tuned"}
    arguments = [word for key, value in options.items() for word in (f"--{key}", value)]
    done = CliRunner().invoke(main, ["tune", "fall.toml", *arguments])
    assert done.exit_code == 0, done.output
    assert "tuned:             policy = { kind = " in done.output and "tuned in the twin" in done.output
    assert {file.name for file in (tmp_path / "tuned").iterdir()} == {"tuned.html", "checks.csv", "trials.csv"}
    wrong = CliRunner().invoke(main, ["tune", "fall.toml", "--policy", "never"])
    assert wrong.exit_code == 2 and wrong.output.count("\n") == 1
