"""One table at the end: what every module of the suite shares."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    "environment",
    "limit",
    "scaling",
    "sweep",
    "cold_start",
    "command",
    "log",
)  # of the table
_board = Board()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bench-out", default="runs/bench/bench.json", help="JSON of the figures")
    parser.addoption("--bench-paths", type=int, default=10_000, help="paths of the rows that say 10,000: fewer to try")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Topics in the order of the table."""
    items.sort(key=lambda item: ORDER.index(item.path.stem.removeprefix("test_")) if item.path.parent == HERE else -1)


@pytest.fixture(scope="session")
def board() -> Board:
    """Where a benchmark puts its figures."""
    return _board


@pytest.fixture(scope="session")
def paths(request: pytest.FixtureRequest) -> int:
    """Paths of a full run."""
    return int(request.config.getoption("--bench-paths"))


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:  # type: ignore[no-untyped-def]
    if not _board.rows:
        return
    place = Path(config.getoption("--bench-out"))
    _board.write(place)
    terminalreporter.write_line("")
    terminalreporter.write_line(_board.markdown())
    terminalreporter.write_line(f"\nwritten to {place}")
