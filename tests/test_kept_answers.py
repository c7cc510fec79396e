"""Answers about runs that commands remember: the same as without, of the same run only, and of no damaged one."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from analysis import open_run
from analysis.charts import CATALOGUE, draw
from analysis.compare import compare, side_figures
from analysis.export import run_sheet
from analysis.pages.report import IF_THERE, spec_of
from analysis.side_figures import compared, packed, unpacked
from analysis.workbook import csv
from scenarios import load, run
from scenarios.cli import main
from sim import kept_answers as module
from sim.errors import UserError
from sim.kept_answers import kept_answer
from sim.sealed_file import read_sealed, write_sealed

QUICK = {"clock.tick_minutes": 390, "run.witnesses": 0}


NO_DESK = """
name = "no_desk"
clock = { tick_minutes = 390 }
storyline = { anchor = [
    { date = 2020-02-19, spot = 100, vol = 0.2, overnight = 0.02, us2y = 0.02, us10y = 0.02, credit = 0.01 },
    { date = 2020-02-21, spot = 85, vol = 0.5 },
] }
[agents.maker]
type = "MarketMaker"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(load("covid_crash_2020", QUICK), out=tmp_path_factory.mktemp("kept") / "run", paths=9, workers=1).path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sim.kept_folder.kept_folder", lambda: tmp_path / "code")
    (tmp_path / "code").mkdir()
    return tmp_path / "code" / "answers"


def forbidden() -> str:
    raise AssertionError("found again")


def asked(place: Path, find: Any = forbidden, sources: str = "now", question: tuple[object, ...] = ("q", None)) -> Any:
    return kept_answer(open_run(place), question, sources, find)


def test_what_was_found_is_read(made: Path, folder: Path, tmp_path: Path):
    assert asked(made, lambda: [1.5, None, {"a": float("inf")}]) == [1.5, None, {"a": float("inf")}]
    assert asked(made) == [1.5, None, {"a": float("inf")}]
    shutil.copytree(made, tmp_path / "moved")
    assert asked(tmp_path / "moved") == asked(made) and len(list(folder.iterdir())) == 1


def test_another_question_or_code_is_asked_anew(made: Path, folder: Path):
    asked(made, lambda: "old")
    assert asked(made, lambda: "other", question=("q", 1)) == "other"
    assert asked(made, lambda: "new", sources="later") == "new"
    assert asked(made, lambda: "newest") == "newest" and len(list(folder.iterdir())) == 2


def test_a_damaged_table_is_told_as_if_it_were_read(made: Path, folder: Path, tmp_path: Path):
    place = shutil.copytree(made, tmp_path / "damaged")
    opened = open_run(place)
    found = kept_answer(opened, ("rows",), "now", lambda: opened.closes.select(pl.len()).collect().item())
    assert asked(place, question=("rows",)) == found
    file = next((place / "closes").glob("actual-*"))
    content = bytearray(file.read_bytes())
    content[50] ^= 1
    file.write_bytes(content)
    with pytest.raises(UserError, match="its content has changed"):
        asked(place, question=("rows",))


def test_a_changed_manifest_is_no_key(made: Path, folder: Path, tmp_path: Path):
    place = shutil.copytree(made, tmp_path / "changed")
    asked(place, lambda: "as made")
    manifest = json.loads((place / "manifest.json").read_text())
    (place / "manifest.json").write_text(json.dumps(manifest | {"title": "mine"}))
    assert asked(place, lambda: "anew") == "anew" and asked(place, lambda: "again") == "again"
    del manifest["digest"]
    (place / "manifest.json").write_text(json.dumps(manifest))
    assert asked(place, lambda: "without") == "without" and len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b'{"of": 3, "answer": 3}', b"[1]", b"\xff", b"null"])
def test_a_file_that_says_something_else_is_made_again(content: bytes, made: Path, folder: Path):
    asked(made, lambda: "told")
    (file,) = folder.iterdir()
    write_sealed(file, content)
    assert asked(made, lambda: "told") == "told" and json.loads(read_sealed(file) or b"")["answer"] == "told"


def test_the_oldest_go(made: Path, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST", 2_000)
    for i in range(30):
        module._prune.cache_clear()
        asked(made, lambda: "x" * 100, question=("q", i))
        for age, file in enumerate(sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)):
            os.utime(file, (age + 1, age + 1))  # as some file systems know seconds only
    assert 1 < len(list(folder.iterdir())) < 10 and asked(made, question=("q", 29)) == "x" * 100


def test_without_a_safe_folder_it_is_found_each_time(made: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sim.kept_folder.kept_folder", lambda: None)
    told: list[int] = []
    for _ in range(2):
        asked(made, lambda: told.append(1))
    assert len(told) == 2


@pytest.mark.parametrize("plain", [4_096, 4])
def test_a_kept_side_compares_to_the_last_bit(plain: int, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of JSON, without NumPy and with: the same figures and errors as from the rows."""
    monkeypatch.setattr("analysis.side_figures.PLAIN", plain)
    bands = {**QUICK, "agents.hedger.policy.kind": "band"}
    other = run(load("covid_crash_2020", bands), out=tmp_path / "band", paths=9, workers=1)
    sides = [side_figures(each, None) for each in (open_run(made), other)]
    kept = [unpacked(json.loads(json.dumps(packed(side)))) for side in sides]
    assert len(json.loads(json.dumps(packed(sides[0])))["by_path"]) > 20
    for paired in (True, False):
        assert repr(compared(*kept, paired=paired)) == repr(compared(*sides, paired=paired))
    frame = compare(open_run(made), other)
    assert [repr(tuple(row)) for row in compared(*kept, paired=True)] == [repr(row) for row in frame.iter_rows()]


@pytest.mark.parametrize("scenario", [NO_DESK, f'{NO_DESK}[agents.desk]\ntype = "Hedger"\n'])
def test_a_command_that_has_written_a_report_keeps_what_others_ask(
    scenario: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("s.toml").write_text(scenario)
    for words in ("run s.toml --paths 3 --workers 1 --quiet --out a", "compare a a", "export a a.csv"):
        done = CliRunner().invoke(main, words.split())
        assert done.exit_code == 0, done.output
        answers = [each for each in folder.iterdir() if not each.name.startswith("files-")]  # of `sim.known_files`
        assert len(answers) == 2 + len(CATALOGUE) - len(IF_THERE)
    for name in CATALOGUE.keys() - IF_THERE.keys():
        assert CliRunner().invoke(main, ["chart", "a", name, "x.json"]).exit_code == 0
        assert Path("x.json").read_text() == json.dumps(spec_of(draw(open_run("a"), name)), ensure_ascii=False), name
    assert Path("a.csv").read_text() == csv(run_sheet(open_run("a"), "figures")).decode()
