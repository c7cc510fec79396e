"""What is said of a market's memory: before a run, in its manifest and in its report's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.numbers import Number
from analysis.words import remembered as words_of
from scenarios.scenario import Scenario
from scenarios.studies.run import run
from scenarios.studies.validation.cases.path_memory import remembering
from scenarios.studies.validation.textbook import textbook
from scenarios.worlds.clock import make_clock
from scenarios.worlds.remembered import memory_line, remembered
from sim.dataset import Run
from sim.errors import UserError

MONTH = [
    {"date": "2020-01-02", "spot": 100.0, "vol": 0.2, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.01},
    {"date": "2020-02-03", "spot": 100.0},
]
NEW_YORK = {"calendar": "XNYS", "tick_minutes": 65}


def by_path(**memory: float) -> Scenario:
    return remembering(dict(memory), anchors=MONTH, clock=NEW_YORK, run={"paths": 2})


def said_of(scenario: Scenario) -> str:
    return memory_line(scenario, make_clock(scenario))


def test_a_law_of_the_path_has_a_long_run() -> None:
    scenario = by_path()
    found = remembered(scenario, make_clock(scenario))
    assert found is not None
    assert found.long_run is not None
    assert found.half_days is not None
    assert found.tenth_days is not None
    assert 0 < found.half_days < found.tenth_days
    assert found.long_run.multiplier == pytest.approx(1 / (1 - found.long_run.gain))
    assert found.long_run.at[0] == found.long_run.gain
    assert "a rise of vol that lasts is multiplied by" in said_of(scenario)


def test_a_law_that_feeds_itself_is_refused() -> None:
    """Returns of a month hardly fade before the next one is over."""
    with pytest.raises(UserError, match="realised vol feeds on itself"):
        remembering({"realised_activity": 0.9}, steps=12, run={"paths": 2})


def test_the_one_factor_law_forgets_at_its_reversion() -> None:
    lasting = {"permanent_share": 1.0}
    scenario = textbook(anchors=MONTH, clock=NEW_YORK, feedback={"leverage": 1.0}, asset=lasting)
    assert said_of(scenario) == (
        "Memory: of a trade's trace in vol half is gone after 17 trading days, nine tenths after 58."
    )


def test_nothing_is_said_where_vol_does_not_answer() -> None:
    assert said_of(textbook(anchors=MONTH, clock=NEW_YORK)) == ""


def gain(value: float) -> Number:
    return Number(value=value, unit="gain", label="")


def test_a_run_knows_its_memory(tmp_path: Path) -> None:
    found = run(by_path(), out=tmp_path / "run")
    assert "through vol's memory the long-run gain would be 0.8" in words_of(found, gain(0.02))
    assert "that lasted would feed itself" in words_of(found, gain(0.6))
    assert "that lasted would feed itself" in words_of(found, gain(0.97))


def test_a_run_by_another_law_says_nothing(tmp_path: Path) -> None:
    found: Run = run(textbook(steps=2), out=tmp_path / "run", paths=2)
    assert "memory" not in found.manifest
    assert words_of(found, gain(0.5)) == ""
