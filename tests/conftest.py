"""What every test may need."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Before NumPy is loaded, and for the processes that tests start too: on cores that are busy with other tests, threads
# of its linear algebra spin while they wait for each other, and small matrices cost up to a hundred times as much.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Examples are the same every time, and a slow machine is no failure. `--hypothesis-profile=wide` looks further.
SLOW = [HealthCheck.too_slow]
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=SLOW)
settings.register_profile("wide", deadline=None, max_examples=1_000, suppress_health_check=SLOW)
settings.load_profile("house")

if records := os.environ.get("SPIRAL_CRISES"):
    os.environ["SPIRAL_CRISES"] = os.path.abspath(records)  # as tests work in folders of their own

# Files that take longest begin first: of two processes none is left with one of them while the other has nothing to do.
LONG = ("test_docs", "test_validation", "test_invariants", "test_desk_look", "test_notebook")

NO_BROWSER = "no Chromium on this machine"  # why a test of the desk in a browser is skipped


@pytest.fixture(scope="session")
def crises() -> Path:
    """A folder of daily histories beside the checkout, or where SPIRAL_CRISES says; the test is skipped without one."""
    given = os.environ.get("SPIRAL_CRISES")
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "crises"
    if not folder.is_dir():
        pytest.skip(f"no folder of daily histories at {folder}; set SPIRAL_CRISES to one")
    return folder


@pytest.fixture(scope="module", autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The tests of a file work in a folder of their own: a run that is not told where to go writes into it."""
    with chdir(tmp_path_factory.mktemp("elsewhere")):
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONG)  # the others stay in their order


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in a line that nobody looked at the browser desk, where there is no browser."""
    left = sum(NO_BROWSER in str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
    if left:
        terminalreporter.write_line(f"Tests of the browser desk in a browser that were skipped: {left} ({NO_BROWSER})")
