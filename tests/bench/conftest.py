"""One table at the end: what every module of the suite shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.bench import timing
from tests.bench.table import Board

HERE = Path(__file__).parent
ORDER = (
    "pricing",
    "curves",
    "rates_day",
    "margin",
    "book",
    "hedging",
    "engine",
    "listed",
    "environment",
    "limit",
    "scaling",
    "workers",
    "sweep",
    "cold_start",
    "command",
    "log",
)  # of the table
_board = Board()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bench-out", default="runs/bench/bench.json", help="JSON of the figures")
    parser.addoption("--bench-paths", type=int, help="paths of the rows that say 10,000: fewer to try")
    parser.addoption("--bench-cells", type=int, default=8, help="cells of the sweep by two workers: 100 for its limit")
    parser.addoption("--bench-worker-paths", type=int, default=131_072, help="paths of the run by two workers")
    parser.addoption("--all", action="store_true", help="also what would make it take more than ten minutes")
    parser.addoption("--quick", action="store_true", help="fewer paths and turns, without what is long: two minutes")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: left out with --quick")
    config.addinivalue_line("markers", "longest: left out without --all")
    config.addinivalue_line("markers", "portable: not of kernels; left out where code is for another processor")
    if config.getoption("--quick"):
        timing.most = 3


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Topics in the order of the table, without those that are left out."""
    left_out = {
        "long": config.getoption("--quick"),
        "longest": not config.getoption("--all"),
        "portable": "NUMBA_CPU_NAME" in os.environ,
    }
    for name in [name for name, out in left_out.items() if out]:
        items[:] = [item for item in items if item.get_closest_marker(name) is None]
    items.sort(key=lambda item: ORDER.index(item.path.stem.removeprefix("test_")) if item.path.parent == HERE else -1)


@pytest.fixture(scope="module", autouse=True)
def elsewhere() -> None:
    """Benchmarks start their jobs as modules of the checkout: they stay in it."""


@pytest.fixture(scope="session")
def board() -> Board:
    """Where a benchmark puts its figures."""
    return _board


@pytest.fixture(scope="session")
def paths(request: pytest.FixtureRequest) -> int:
    """Paths of a full run."""
    usual = 2_000 if request.config.getoption("--quick") else 10_000
    return int(request.config.getoption("--bench-paths") or usual)


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:  # type: ignore[no-untyped-def]
    if not _board.rows:
        return
    place = Path(config.getoption("--bench-out"))
    _board.write(place)
    terminalreporter.write_line("")
    terminalreporter.write_line(_board.markdown())
    terminalreporter.write_line(f"\nwritten to {place}")
