"""A command that looks, asked again: the same words without NumPy, and never where what it read has changed."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.house import loaded, stamp_of
from sim.files_seen import FilesSeen, unchanged
from tests.test_imports import ROOT

POLICY = """
from agents.policies import Band
from sim.dataclass import dataclass

@dataclass(frozen=True, kw_only=True)
class Mine(Band):
    pass
"""
SCENARIO = 'base = "other.toml"\nname = "own"\n'
CHECK = ("check", "own.toml", "--book", "book.csv")
BOOK = "kind,quantity,moneyness,months\nput,-100000,0.95,2\n"
PROGRAM = """
import sys
sys.argv = ["spiral", *sys.argv[1:]]
import atexit
atexit.register(lambda: print("numpy" in sys.modules, file=sys.stderr))
from scenarios.__main__ import start
start("spiral")
"""


class Asked:
    """What a command said, its exit code, and whether it was answered from memory."""

    def __init__(self, folder: Path, *words: str, **environment: str) -> None:
        call = [sys.executable, "-c", PROGRAM, *words]
        places = {"NUMBA_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            call, cwd=folder, capture_output=True, text=True, env=os.environ | places | environment, check=False
        )
        *lines, numpy = done.stderr.splitlines()
        self.said, self.code, self.again = (done.stdout, lines), done.returncode, numpy == "False"


@pytest.fixture(scope="module")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of kept files that has the calendar of the scenario, which pandas would make for every test."""
    made = tmp_path_factory.mktemp("calendars")
    (made / "cache").mkdir()
    assert Asked(made, "check", "covid_crash_2020").code == 0
    return made / "cache"


@pytest.fixture
def folder(tmp_path: Path, calendars: Path) -> Path:
    """A scenario upon another, and a book; older than what is asked."""
    shutil.copytree(calendars, tmp_path / "cache")
    fill(tmp_path)
    make_old(tmp_path)
    return tmp_path


def fill(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "scenarios" / "catalogue" / "covid_crash_2020.toml", tmp_path / "other.toml")
    (tmp_path / "own.toml").write_text(SCENARIO)
    (tmp_path / "book.csv").write_text(BOOK)
    (tmp_path / "below").mkdir()


def make_old(folder: Path) -> None:
    """Nothing can make a file's time of change older: wait until the margin is over."""
    newest = max(file.stat().st_ctime for file in folder.iterdir())
    time.sleep(max(newest + 0.15 - time.time(), 0.0))


def test_the_second_time_it_is_said_from_memory(folder: Path):
    first, second = (Asked(folder, *CHECK) for _ in range(2))
    assert (first.again, second.again) == (False, True)
    assert first.code == second.code == 0 and first.said == second.said
    assert "own.toml: ok" in first.said[0]


def change(file: str, old: str, new: str) -> Callable[[Path], object]:
    return lambda folder: (folder / file).write_text((folder / file).read_text().replace(old, new))


CHANGES: dict[str, Callable[[Path], object]] = {
    "the scenario": change("own.toml", "own", "mine"),
    "its base": change("other.toml", "shares", "shares"),  # the same but newer: content decides
    "the base's content": change("other.toml", "seed = ", "seed = 1"),
    "the book": change("book.csv", "0.95", "-0.95"),
    "no book": lambda folder: (folder / "book.csv").unlink(),
    "a link": lambda folder: (folder / "book.csv").rename(folder / "x").parent.joinpath("book.csv").symlink_to("x"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_is_read(folder: Path, what: str):
    first = Asked(folder, *CHECK)
    CHANGES[what](folder)
    second = Asked(folder, *CHECK)
    assert first.code == 0 and second.again == (what == "its base")
    if "book" in what:
        assert second.code == 2 and "book.csv" in second.said[1][0]


def test_another_question_has_another_answer(folder: Path):
    assert not Asked(folder, *CHECK).again
    assert not Asked(folder, *CHECK, "--set", "run.seed=7").again
    assert not Asked(folder, *CHECK, SPIRAL_SOMETHING="1").again
    assert Asked(folder, *CHECK).again
    assert not Asked(
        folder / "below", "check", "../own.toml", "--book", "../book.csv", NUMBA_CACHE_DIR=str(folder / "cache")
    ).again


def test_what_fails_or_writes_or_runs_code_of_a_users_own_is_done_each_time(folder: Path):
    for _ in range(2):
        found = Asked(folder, *CHECK, "--set", "agents.hedger.capital=-1")
        assert found.code == 2 and not found.again
    for _ in range(2):
        (folder / "x.svg").unlink(missing_ok=True)
        assert not Asked(folder, "show", "own.toml", "--chart", "x.json").again and (folder / "x.json").exists()
    (folder / "mine.py").write_text(POLICY)
    make_old(folder)
    for _ in range(3):
        found = Asked(folder, *CHECK, "--set", "agents.hedger.policy.kind=mine:Mine")
        assert found.code == 0 and not found.again, found.said


def test_a_file_that_is_new_is_not_trusted_to_stay(tmp_path: Path):
    seen = FilesSeen((), ())
    (tmp_path / "new").write_text("1")
    with seen.watched():
        (tmp_path / "new").read_text()
    assert seen.found() is None


def test_what_can_be_read_once_is_neither_kept_nor_read_again(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    keeper = os.open(tmp_path / "pipe", os.O_RDWR)  # so that opening does not wait
    os.write(keeper, b"1\n")
    os.utime(tmp_path / "pipe", (0, 0))
    seen = FilesSeen((), ())
    with seen.watched(), open(tmp_path / "pipe") as file:
        file.readline()
    seen._begun += 10  # however old it is
    assert seen.found() is None and not unchanged({str(tmp_path / "pipe"): "a file that was there"})
    os.close(keeper)


def test_reading_is_told_from_writing(tmp_path: Path):
    (tmp_path / "old").write_text("1")
    make_old(tmp_path)
    seen = FilesSeen((), ())
    with seen.watched():
        (tmp_path / "old").read_text()
        assert not (tmp_path / "none").exists() and list(tmp_path.iterdir())
        with pytest.raises(FileNotFoundError):
            (tmp_path / "none").read_text()
    found = seen.found()
    assert found is not None and {*found} == {str(tmp_path / "old"), str(tmp_path / "none"), str(tmp_path)}
    assert unchanged(found) and found[str(tmp_path / "none")] is None
    (tmp_path / "none").write_text("")
    assert not unchanged(found)
    for act in (lambda: (tmp_path / "x").write_text(""), lambda: (tmp_path / "old").unlink()):
        seen = FilesSeen((), ())
        with seen.watched():
            act()
        assert seen.found() is None


def test_byte_code_that_python_writes_is_no_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It makes the folder, then a file through a descriptor, and renames it."""
    (tmp_path / "fresh_module.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    seen = FilesSeen((), code=[str(tmp_path)])
    with seen.watched():
        importlib.import_module("fresh_module")
    del sys.modules["fresh_module"]
    assert list(tmp_path.glob("__pycache__/fresh_module.*.pyc")) and seen.found() is not None


@pytest.mark.slow  # Python compiles its library, NumPy and ours
def test_the_first_call_after_an_edit_is_kept(folder: Path):
    """It looks for byte code where there is none yet, and writes it."""
    (folder / f"below{ROOT}").mkdir(parents=True)
    first, second = (Asked(folder, *CHECK, PYTHONPYCACHEPREFIX=str(folder / "below")) for _ in range(2))
    assert [*(folder / f"below{ROOT}" / "scenarios").glob("house.*.pyc")]
    assert not first.again and second.again


@pytest.mark.skipif(sys.platform != "linux", reason="a folder in use can be removed on Linux")
def test_in_a_folder_that_is_gone_it_is_done(folder: Path):
    code = "import os; os.rmdir(os.getcwd())" + PROGRAM
    places = {"NUMBA_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-P", "-c", code, "check", "calm_market"]
    done = subprocess.run(line, cwd=folder / "below", capture_output=True, text=True, env=os.environ | places)
    assert done.returncode == 0 and "calm_market: ok" in done.stdout


def test_code_that_has_changed_finds_anew(tmp_path: Path):
    (tmp_path / "one.py").write_text("1")
    files = [str(tmp_path / "one.py")]
    before = stamp_of(files)
    assert stamp_of(files) == before
    (tmp_path / "one.py").write_text("22")
    assert stamp_of(files) != before
    assert str(ROOT / "scenarios" / "house.py") in loaded()
