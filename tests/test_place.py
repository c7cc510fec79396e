"""The place that an error message names."""

import pytest

from scenarios import load
from sim.errors import UserError
from sim.place import Place

TWO = Place("crash.toml").overridden_by([("run", "paths"), ("run", "steps")])


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (("run", "steps"), "--set run.steps"),
        (("run", "paths"), "--set run.paths"),
        (("run", "steps", "1"), "--set run.steps.1"),
        (("run",), "crash.toml: run"),
        (("market", "kappa"), "crash.toml: market.kappa"),
        ((), "crash.toml"),
    ],
)
def test_of_two_settings_of_a_table_the_one_in_question_is_named(keys, said):
    assert str(TWO.at(*keys)) == said


def test_a_setting_beside_another_of_its_table():
    with pytest.raises(UserError, match=r"--set run\.steps_per_day: unknown key"):
        load("covid_crash_2020", overrides={"run.paths": 4, "run.steps_per_day": 2})
