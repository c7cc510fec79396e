"""The benchmarks' verdicts: only what every end of the interval says."""

from __future__ import annotations

import json

import pytest

from tests.bench import paste, timing
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


def written(place, code: str, ratio: float, *, more: bool = True) -> dict:
    """What a bench of two rows, or of one, has written."""
    board = Board()
    board.faster("x", "y", ours=of_turns([1.0, 1.1]), theirs=ratio, at_least=2)
    if more:
        board.figure("z", ratio, "ns", at_most=3.0, exact=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_CPU_NAME", code)
        board.write(place)
    return json.loads(place.read_text())


PAGE = f"# Speed\n{paste.BEGIN}| old |\n{paste.END}Words.\n"


def test_one_table_is_pasted_between_its_marks(tmp_path):
    page = paste.pasted(PAGE, written(tmp_path / "bench.json", "", 4.0))
    assert page.startswith(f"# Speed\n{paste.BEGIN}| what | opponent |")
    assert "| old |" not in page
    assert "machine code for this processor,\n" in page
    assert page.endswith(f"\n{paste.END}Words.\n")
    assert paste.pasted(page, written(tmp_path / "bench.json", "", 4.0)) == page


def test_the_ratios_of_code_for_another_processor_stand_beside_it(tmp_path):
    mine = written(tmp_path / "bench.json", "", 4.0)
    page = paste.pasted(PAGE, mine, written(tmp_path / "other.json", "x86-64-v3", 1.5, more=False))
    lines = page.splitlines()[2:6]
    assert lines[0].endswith("| to reach | reached | x86-64-v3 |")
    assert lines[1] == "|" + "---|" * 9
    assert lines[2] == "| x | y | 1 s | 4 s | 3.82x | 3.64x to 4x (2) | at least 2x | yes | 1.43x **no** |"
    assert lines[3] == "| z |  | 4 ns |  |  |  | at most 3 ns | **no** |  |"
    assert "in the last column for x86-64-v3 (both sides).\n" in page
    whole = paste.pasted(PAGE, mine, written(tmp_path / "other.json", "x86-64-v3", 2.5))
    assert whole.splitlines()[5].endswith("| **no** | 2.5 ns yes |")


def test_figures_of_two_machines_are_not_one_table(tmp_path):
    mine, other = (written(tmp_path / "bench.json", code, 4.0) for code in ("", "x86-64-v3"))
    other["machine"]["processor"] = "another"
    with pytest.raises(ValueError, match="of one machine"):
        paste.pasted(PAGE, mine, other)


def test_without_a_word_all_that_the_bench_has_written_is_pasted(tmp_path, monkeypatch):
    monkeypatch.setattr(paste, "FOUND", tmp_path)
    for name in ("bench-x86-64-v3.json", "bench.json", "old.json"):
        (tmp_path / name).touch()
    assert [place.name for place in paste.places()] == ["bench.json", "bench-x86-64-v3.json"]
