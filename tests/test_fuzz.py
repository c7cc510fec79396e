"""Whatever a file, an override or a folder holds: an answer, or one line, the right exit code, and nothing written."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.fuzz import Case, hold, verdict
from tests.fuzz_cases import BOOK, CASES, HISTORY, SCENARIO, SWEEP, _estimated, _planned, _priced, _replayed

QUICK = [kind for kind in CASES if kind != "runs"]
FEW, MANY, RUNS = 60, 1500, 300  # inputs of each kind
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")  # a case holds whole files


@pytest.mark.parametrize("kind", QUICK)
def test_any_input_is_accepted_or_refused_in_one_line(kind: str) -> None:
    hold(CASES[kind], FEW)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(CASES))
def test_thousands_of_inputs_are_accepted_or_refused_in_one_line(kind: str) -> None:
    hold(CASES[kind], RUNS if kind == "runs" else MANY)


def test_what_is_spoiled_was_sound(tmp_path: Path) -> None:
    """Inputs that are refused for a fault of ours would test nothing."""
    scenario, sweep = {"x.toml": SCENARIO.encode()}, {"base.toml": SCENARIO.encode(), "sweep.toml": SWEEP.encode()}
    sound = [
        Case(scenario, ("check", "x.toml")),
        Case(scenario, ("show", "x.toml")),
        Case({"record.csv": HISTORY}, call=_replayed),
        Case({"record.csv": HISTORY}, call=_estimated),
        Case({"book.csv": BOOK}, call=_priced),
        Case(sweep, call=_planned),
    ]
    for number, case in enumerate(sound):
        assert verdict(case, tmp_path / str(number)) == "accepted"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
def test_an_answer_that_does_not_come_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def works(_: Path) -> None:
        while True:
            pass

    def waits(_: Path) -> None:
        time.sleep(60)

    monkeypatch.setattr("tests.fuzz.PATIENCE", 0.2)
    monkeypatch.setattr("tests.fuzz.LONGEST", 2)
    for call in (works, waits):
        (tmp_path / call.__name__).mkdir()
        assert verdict(Case({}, call=call), tmp_path / call.__name__).startswith("TimeoutError")


def test_what_is_broken_is_found(tmp_path: Path) -> None:
    def fails(_: Path) -> None:
        raise KeyError("x")

    def writes(folder: Path) -> None:
        (folder / "left").touch()
        from sim.errors import UserError

        raise UserError("no")

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert verdict(Case({}, call=fails), tmp_path / "a").startswith("KeyError at test_fuzz.py")
    assert verdict(Case({}, call=writes), tmp_path / "b") == "refused, and something was written"
