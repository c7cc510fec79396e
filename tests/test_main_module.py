"""Agents and policies of the main script: workers where they can have it, else one process and a word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sim.main_module import OneProcess, pickled_for_workers

CLASS = """
import sys
from dataclasses import dataclass
from agents.policies import Policy
from scenarios import run
from tests.small import crisis

@dataclass(frozen=True, kw_only=True)
class Mine(Policy):
    def desired(self, at):
        return at.target

RUN = {"paths": 4, "chunk": 2, "twin": "none"}

def go():
    desk = {"type": "Hedger", "policy": {"kind": "__main__:Mine"},
            "book": [{"kind": "put", "moneyness": 0.9, "months": 6, "quantity": -1e6}]}
    small = crisis(agents={"maker": {"type": "MarketMaker"}, "desk": desk}, run=RUN)
    print(run(small, workers=2, out="run").manifest["paths"])
"""
GUARDED = f'{CLASS}\nif __name__ == "__main__":\n    go()\n'
ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("script", "alone"), [(f"{CLASS}\ngo()\n", True), pytest.param(GUARDED, False, marks=pytest.mark.slow)]
)
def test_a_policy_of_the_script(script: str, alone: bool, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(script)
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    (tmp_path / "script.py").write_text(code + script)
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr
    word = "spiral:0: OneProcess: one process instead of several: an agent or a policy is defined in the main script"
    assert done.stderr.startswith(word) == alone
    assert done.stderr.count("\n") == int(alone)


def test_what_cannot_be_sent_is_told() -> None:
    class Inside:
        pass

    with pytest.warns(
        OneProcess, match=r"it cannot be sent to other processes \(.*Inside.*give it a module of its own"
    ):
        assert pickled_for_workers(Inside()) is None
    assert pickled_for_workers([1]) is not None
