"""A failing agent or policy is told in one line: who, when, where, what, and what there is instead."""

from __future__ import annotations

import gc
import multiprocessing
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agents.watching import frames
from scenarios import Axis, SweepSpec, run, sweep
from scenarios.cli import main
from sim.ensemble import chunks, run_chunks
from sim.errors import SpiralError, UserError
from tests import failing
from tests.small import crisis, world_of

BOOK = [{"kind": "put", "moneyness": 0.9, "months": 6, "quantity": -1e6}]
WHEN = r"(tick \d+ at 2020-0\d-\d\d \d\d:\d\d:00 \([A-Z]+\)|before the first tick), world actual"


def cast(agent: str | None = None, policy: str | None = None) -> dict[str, Any]:
    desk: dict[str, Any] = {"type": "Hedger", "book": BOOK}
    if policy:
        desk["policy"] = {"kind": f"tests.failing:{policy}", "interval": "tick"}
    fund = {"fund": {"type": f"tests.failing:{agent}"}} if agent else {}
    return {"maker": {"type": "MarketMaker"}, "desk": desk, **fund}


@pytest.fixture(scope="module", autouse=True)
def only_what_is_new() -> Iterator[None]:
    """`gc.collect` looks at what these tests made, and not each time at all that was there before them."""
    gc.freeze()
    yield
    gc.unfreeze()


def failed(**who: str) -> str:
    with pytest.raises(SpiralError) as caught:
        world_of(crisis(agents=cast(**who))).run()
    gc.collect()  # no generator of the failed run speaks up later: warnings are errors here
    told = str(caught.value)
    assert "\n" not in told
    assert not isinstance(caught.value, UserError)
    return told


@pytest.mark.parametrize("name", failing.AGENTS)
def test_an_agent(name: str) -> None:
    told = failed(agent=name)
    assert failing.AGENTS[name].__doc__ in told
    if name != "Stops":  # SimPy's own way to stop knows no agent
        assert re.match(rf"agent 'fund' \(tests.failing:{name}\), {WHEN}", told)


@pytest.mark.parametrize("name", failing.POLICIES)
def test_a_policy(name: str) -> None:
    told = failed(policy=name)
    assert failing.POLICIES[name].__doc__ in told
    assert re.match(rf"policy of 'desk' \(tests.failing:{name}\), {WHEN}", told)
    assert re.search(r"\(\S*tests/failing.py:\d+, in \S+\)$", told)


def spiral(*args: str) -> Any:
    return CliRunner().invoke(main, list(args))


BASE = """
name = "own"
clock = { tick_minutes = 390 }
run = { paths = 4, chunk = 2, twin = "none" }
storyline.anchor = [
    { date = 2020-02-19, spot = 100.0, vol = 0.2, overnight = 0.02, us2y = 0.025, us10y = 0.03, credit = 0.01 },
    { date = 2020-02-26, spot = 88.0 },
]
agents.maker = { type = "MarketMaker" }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "own.toml").write_text(BASE + 'agents.fund = { type = "tests.failing:Leaves" }\n')
    return tmp_path / "own.toml"


def test_an_agent_that_leaves_python_is_a_failed_run(file: Path) -> None:
    """In this process and in a worker, with nothing kept."""
    out = file.parent / "run"
    for workers in ("1", "2"):
        result = spiral("run", str(file), "--out", str(out), "--quiet", "--workers", workers)
        assert result.exit_code == 1
        assert re.fullmatch(r"failed: agent 'fund' \(tests.failing:Leaves\), .*\n", result.stderr)
        assert "it left Python (sys.exit(0))" in result.stderr
        assert [place.name for place in file.parent.iterdir()] == ["own.toml"]


def test_the_whole_traceback_is_there_when_asked_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPIRAL_TRACEBACK", raising=False)
    for asked in (True, False):
        result = spiral("run", str(file), "--quiet", "--workers", "1", *(["--traceback"] if asked else []))
        assert ("Traceback (most recent call last)" in result.stderr) == asked
        assert result.stderr.splitlines()[-1].startswith("failed: agent 'fund'")
    with pytest.raises(SpiralError) as caught:
        run(file, workers=1, out=file.parent / "r")
    assert isinstance(caught.value.__cause__, SystemExit)


def test_a_failed_cell_says_the_same(file: Path) -> None:
    axis = Axis(name="size", key="venue.asset.depth", values=(1e9,))
    found = sweep(SweepSpec(name="s", scenarios=(file,), axes=(axis,)), workers=1, out=file.parent / "s")
    ((status, error),) = found.cells.select("status", "error").collect().rows()
    assert status == "failed"
    assert error.startswith("agent 'fund' (tests.failing:Leaves), tick 2 at 2020-02-20 16:00:00 (TRADE), world actual")


def test_a_module_that_leaves_python(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file.parent / "leaving.py").write_text("import sys\nsys.exit(0)\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    file.write_text(BASE + 'agents.fund = { type = "leaving:Fund" }\n')
    result = spiral("check", str(file), "--trust")
    assert result.exit_code == 2
    assert "cannot import the class, got 'leaving:Fund'; SystemExit: 0" in result.stderr


def test_a_worker_whose_process_is_ended_is_a_failed_run() -> None:
    with pytest.raises(SpiralError, match=r"a worker process died \(its code left Python with exit code 0\)"):
        run_chunks(_polls, chunks(("actual",), 4, 2), ticks=1, workers=2)


def _polls(chunk: Any, tick_done: Any) -> None:
    if multiprocessing.parent_process() is not None:
        os._exit(0)
    for _ in range(3_000):
        time.sleep(0.01)
        tick_done(0)


def test_a_class_that_cannot_be_made(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from dataclasses import dataclass\nfrom agents.base import Agent\n"
    code += "@dataclass(frozen=True, kw_only=True)\nclass Fund(Agent):\n    def live(self, world):\n        yield\n"
    code += "    def __post_init__(self):\n        raise LookupError('no licence')\n"
    (file.parent / "unmade.py").write_text(code)
    monkeypatch.setattr(sys, "path", list(sys.path))
    file.write_text(BASE + 'agents.fund = { type = "unmade:Fund" }\n')
    result = spiral("check", str(file), "--trust")
    assert result.exit_code == 2
    assert result.stderr == f"error: {file}: agents.fund: cannot be made (LookupError: no licence); change its keys\n"


@pytest.mark.parametrize("folder", ["site-packages", "dist-packages"])
def test_libraries_that_a_user_has_put_elsewhere_are_no_code_of_the_users(folder, tmp_path, monkeypatch) -> None:
    """As `pip install --user` does: a fault that passes through SimPy there is told as one of the input."""
    packages = tmp_path / folder
    for place, theirs in ((packages, False), (tmp_path / "work", True)):
        monkeypatch.syspath_prepend(str(place))
        frames._libraries.cache_clear()
        assert frames.is_theirs(compile("", str(place / "simpy" / "core.py"), "exec")) is theirs
    frames._libraries.cache_clear()
