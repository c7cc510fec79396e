"""The benchmarks' verdicts: only what every end of the interval says."""

from __future__ import annotations

import json

import pytest

from tests.bench import timing
from tests.bench.table import Board
from tests.bench.timing import Turns, in_turns, of_turns


def row(board: Board):
    return board.rows[-1]


@pytest.mark.parametrize(("limit", "said"), [(1.5, "yes"), (2.0, "unclear"), (2.5, "no")])
def test_a_limit_within_the_interval_is_unclear(limit, said):
    board = Board()
    ours, theirs = of_turns([1.0, 1.2, 1.1]), of_turns([2.0, 2.5, 2.1])
    board.faster("x", "y", ours=ours, theirs=theirs, at_least=limit)
    assert row(board).reached == said
    assert (row(board).low, row(board).high) == (pytest.approx(2.1 / 1.1), pytest.approx(2.5 / 1.2))
    board.within("x", "y", ours=theirs, theirs=ours, at_most=limit)
    assert row(board).reached == {"yes": "no", "no": "yes", "unclear": "unclear"}[said]
    board.rate("x", "y", ours=1 / ours, theirs=1 / theirs, at_least=limit, goal="", unit="1/s")
    assert row(board).reached == said


@pytest.mark.parametrize(("limit", "said"), [(5.0, "yes"), (4.4, "unclear"), (2.0, "no")])
def test_what_was_measured_once_is_uncertain_by_a_quarter(limit, said):
    board = Board()
    board.figure("x", 4.0, "s", at_most=limit)
    assert row(board).reached == said
    board.figure("x", 4.0, "MiB", at_most=4.0, exact=True)
    assert row(board).reached == "yes"
    assert row(board).low is None


def test_nine_turns_lose_the_lowest_and_the_highest():
    assert Turns(1.0, tuple(map(float, range(9)))).interval == (1.0, 7.0)
    assert Turns(1.0, tuple(map(float, range(5)))).interval == (0.0, 4.0)


def test_turns_alternate_and_are_scaled(monkeypatch):
    order = []
    monkeypatch.setattr(timing, "most", 2)
    first, second = in_turns(5, lambda job: order.append(job) or float(len(order)), "a", "b")
    assert order == ["a", "b", "a", "b"]
    assert (2 * first / 4).turns == (0.5, 1.5)
    assert (second - first).turns == (1.0, 1.0)


def test_the_table_shows_the_spread(tmp_path):
    board = Board()
    board.faster("x", "y", ours=of_turns([1.0, 1.1]), theirs=4.0, at_least=2)
    board.figure("z", 0.5, "s")
    text = board.markdown().splitlines()
    assert text[2] == "| x | y | 1 s | 4 s | 3.82x | 3.64x to 4x (2) | at least 2x | yes |"
    assert text[3] == "| z |  | 500 ms |  |  | once | stated |  |"
    board.write(tmp_path / "bench.json")
    assert json.loads((tmp_path / "bench.json").read_text())["rows"][0]["reached"] == "yes"
