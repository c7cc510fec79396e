"""The folder of a run: what a new run removes, keeps and refuses, whatever is killed, and who may write there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.compare import render_comparison
from analysis.pages.report import report_page, write_chart
from analysis.terminal import render
from scenarios.commands.finished import write_report
from scenarios.reading.loading import load
from scenarios.studies.run import run
from sim import manifest
from sim.dataset import open_run
from sim.earlier_run import collisions, retire
from sim.errors import SpiralError, UserError
from sim.manifest import MANIFEST, files_of
from sim.run_folder import check_place, claimed, own_folder
from sim.run_pages import add_page, check_report
from sim.scratch import OWNER, clear_dead, scratch
from sim.seal import sealed
from tests.command import ROOT, covid_run
from tests.run_kill import CASES, make
from tests.synthetic_run import write_run

KEYS = (  # of a manifest
    *("name", "title", "scenario", "seed", "paths", "witnesses", "worlds", "twin", "versions", "content_hash"),
    *("timing", "clock", "anchors", "base", "files", "command", "profile", "digest"),
)
QUICK = {"clock.tick_minutes": 390, "run.paths": 4, "run.witnesses": 2, "run.twin": "none"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of the engine's, not to be changed."""
    return run(load("calm_market", QUICK), out=tmp_path_factory.mktemp("whole") / "run", workers=1)


@pytest.fixture
def copied(whole, tmp_path):
    """A copy of it to break."""
    return Path(shutil.copytree(whole.path, tmp_path / "copied"))


def again(folder: Path, seed: int = 2):
    """A new run of the same scenario there."""
    return run(load("calm_market", QUICK), out=folder, seed=seed, workers=1)


@pytest.fixture
def impatient(monkeypatch):
    """A folder that is in use is not waited for."""
    monkeypatch.setattr("sim.run_folder.WAIT", 0.1)


@pytest.mark.parametrize("case", CASES)
def test_killed_before_any_step_either_run_stands_whole(tmp_path, case):
    """And the next run works, keeps the user's files, and leaves nothing beside its folder."""
    command = [sys.executable, "-m", "tests.run_kill", case, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["steps"] >= {"first": 15, "replace": 50, "report": 10, "file": 4}[case]
    assert found["wrong"] == {}


def test_files_of_the_users_in_a_runs_folder_survive_a_new_run(copied):
    (copied / "notes.txt").write_text("mine")
    (copied / "marks" / "why.md").write_text("mine too")
    (copied / "draft" / "deep").mkdir(parents=True)
    (copied / "draft" / "deep" / "thesis.txt").write_text("chapter 1")
    (copied / "link").symlink_to(copied.parent)
    result = again(copied)
    assert result.manifest["seed"] == 2
    assert (copied / "notes.txt").read_text() == "mine"
    assert (copied / "marks" / "why.md").read_text() == "mine too"
    assert (copied / "draft" / "deep" / "thesis.txt").read_text() == "chapter 1"
    assert (copied / "link").is_symlink()
    assert [p.name for p in copied.parent.iterdir()] == ["copied"]


def test_an_earlier_runs_files_are_read_once(copied, tmp_path, monkeypatch):
    """Before the new run; at its end only those that were changed meanwhile, which are the user's."""
    read, taken = [], manifest.digest_of
    monkeypatch.setattr(manifest, "digest_of", lambda place: read.append(place.name) or taken(place))
    assert not collisions(copied, [])
    assert len(read) == len(files_of(open_run(copied).manifest))
    read.clear()
    changed = next((copied / "marks").iterdir())
    content = changed.read_bytes()
    changed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    (tmp_path / "new" / "marks").mkdir(parents=True)
    retire(copied, tmp_path / "new")
    assert read == [changed.name]
    assert [each.name for each in (tmp_path / "new").rglob("*") if each.is_file()] == [changed.name]


def test_a_changed_table_is_the_users_and_in_the_way(copied):
    table = next((copied / "marks").glob("*.parquet"))
    table.write_bytes(table.read_bytes() + b"edited")
    with pytest.raises(UserError, match=r"marks/actual-0000000.parquet: a run removes only what a run has written"):
        again(copied)
    assert table.read_bytes().endswith(b"edited")
    assert json.loads((copied / MANIFEST).read_text())["seed"] == 1


def test_nothing_behind_a_link_is_removed(copied, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.move(copied / "marks", elsewhere)
    (copied / "marks").symlink_to(elsewhere)
    before = sorted(p.name for p in elsewhere.iterdir())
    with pytest.raises(UserError, match="copied/marks: a run removes only what a run has written"):
        again(copied)
    assert sorted(p.name for p in elsewhere.iterdir()) == before


@pytest.mark.parametrize("manifest", ['{"name": "my page", "icons": []}', "{", "[]", '{"files": {"thesis.txt": 19}}'])
def test_a_strangers_manifest_makes_no_run(tmp_path, manifest):
    (tmp_path / MANIFEST).write_text(manifest)
    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(UserError, match="a run replaces only an earlier run"):
        again(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "three years of work"


@pytest.mark.parametrize("name", ["../../thesis.txt", "/etc/hostname", "marks/../../x-0.parquet", "thesis.txt"])
def test_a_manifest_answers_only_for_tables_in_its_folder(copied, name):
    manifest = json.loads((copied / MANIFEST).read_text())
    manifest["files"][name] = {"size": 1, "sha256": "0" * 64}
    (copied / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="is no table's file"):
        open_run(copied)


def test_a_place_for_no_run_is_told_before_the_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "run")
    above, below = Path(".."), tmp_path / "file" / "run"
    bad = [tmp_path / "link", tmp_path / "file", below, Path(), above, Path("/"), Path.home(), Path("/proc/run")]
    for place in (*bad, tmp_path / ("a" * 300), tmp_path / "zero\0"):
        with pytest.raises(UserError) as told, claimed(place, [MANIFEST]):
            pytest.fail(f"{place} was taken")
        assert "\n" not in str(told.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "link"]


@pytest.mark.parametrize("name", ["base [first]", "seed[12]", "*", "?", "{a,b}", "~run", "seed=2", "x" * 250])
def test_any_name_that_the_disk_takes(whole, tmp_path, name):
    """And it is taken literally: `seed[12]` is not `seed1`."""
    for other in ("seed1", "a", "b", "c"):
        make(tmp_path / other, 1)
    shutil.copytree(whole.path, tmp_path / name)
    again(tmp_path / name, seed=2)
    found = open_run(tmp_path / name)
    assert found.manifest["seed"] == 2
    assert found.marks.collect().height == whole.marks.collect().height
    if name == "seed[12]":
        assert write_report(found).is_file()


def test_only_the_files_that_the_manifest_names_are_read(copied, whole):
    shutil.copy(next((copied / "marks").glob("*.parquet")), copied / "marks" / "actual-9999999.parquet")
    assert open_run(copied).marks.collect().equals(whole.marks.collect())


def test_one_process_at_a_time(copied):
    page = sealed("<html>")
    with claimed(copied, [MANIFEST]):
        begun = time.monotonic()
        with pytest.raises(UserError, match="one process at a time writes in a run's folder"):
            again(copied)
        assert time.monotonic() - begun < 10
        found = open_run(copied)  # the earlier run may be read
        assert found.marks.collect().height
        with pytest.raises(UserError, match="one process at a time"):
            add_page(found, "report.html", page)
    assert [p.name for p in copied.parent.iterdir()] == ["copied"]


def test_a_run_that_is_replaced_while_it_is_read_is_told(copied):
    read = open_run(copied)
    again(copied)
    for reading in (report_page, write_report, lambda found: write_chart(found, "panels", copied.parent / "x.json")):
        with pytest.raises(UserError, match="another run has taken its place"):
            reading(read)
    assert [p.name for p in copied.parent.iterdir()] == ["copied"]


def test_a_refused_run_can_be_made_again_in_the_same_process(tmp_path):
    wrong = load(
        "calm_market", QUICK | {"storyline.anchor.2.date": "2019-05-31", "storyline.anchor.3.date": "2019-06-01"}
    )
    with pytest.raises(UserError):
        run(wrong, out=tmp_path / "runs" / "mine", workers=1)
    assert list(tmp_path.iterdir()) == []
    assert again(tmp_path / "runs" / "mine").manifest["seed"] == 2


def test_a_report_that_was_changed_is_not_replaced(copied):
    write_report(open_run(copied))
    write_report(open_run(copied))
    page = copied / "report.html"
    page.write_text(page.read_text() + "<!-- my remarks -->")
    with pytest.raises(UserError, match="a report replaces only a report that is as Spiral wrote it"):
        check_report(copied)
    with pytest.raises(UserError, match="as Spiral wrote it"):
        write_report(open_run(copied))
    again(copied)
    assert page.read_text().endswith("<!-- my remarks -->")


# --- broken runs ------------------------------------------------------------------------------------------------------


def told_by_all(folder: Path, match: str) -> None:
    """Summary, report, comparison and chart each say it in one line."""
    readers = (
        lambda found: render(found),
        report_page,
        lambda found: render_comparison(found, found),
        lambda found: write_chart(found, "panels", folder.parent / "x.json"),
    )
    for reader in readers:
        with pytest.raises(UserError, match=match) as told:
            reader_of(folder, reader)
        assert "\n" not in str(told.value)


def reader_of(folder: Path, reader) -> None:
    found = open_run(folder)
    with found.reading():
        reader(found)


def test_a_flipped_bit_is_told(copied):
    table = next((copied / "marks").glob("actual*.parquet"))
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 0x10
    table.write_bytes(content)
    told_by_all(copied, r"marks/actual-0000000.parquet: a run's files are as written, got 'its content has changed'")


def test_tables_that_nobody_reads_are_checked_on_demand(copied):
    table = next((copied / "quotes").glob("*.parquet"))
    table.write_bytes(table.read_bytes()[:-1] + b"\0")
    found = open_run(copied)
    assert found.marks.collect().height
    with pytest.raises(UserError, match=r"quotes/actual-0000000.parquet: a run's files are as written"):
        found.verify()


def test_a_manifest_without_checksums_is_read_and_its_broken_tables_are_told(tmp_path):
    folder = write_run(tmp_path / "run", paths=5)
    assert all(written.sha256 is None for written in files_of(open_run(folder).manifest).values())
    table = folder / "marks" / "actual-0000000.parquet"
    table.write_bytes(bytes(table.stat().st_size))
    told_by_all(folder, "a run's tables can be read")


def test_a_manifest_that_does_not_fit_its_tables_is_told(tmp_path):
    folder = write_run(tmp_path / "run", paths=5)
    place = folder / MANIFEST
    place.write_text(place.read_text().replace('"paths": 5', '"paths": 2'))
    with pytest.raises(UserError, match="a manifest and its tables belong together"):
        reader_of(folder, render)


def test_a_changed_manifest_is_noticed(copied):
    place = copied / MANIFEST
    assert not open_run(copied).altered
    place.write_text(place.read_text().replace('"paths": 4', '"paths": 5', 1))
    assert open_run(copied).altered


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """A run's folder, and the manifest that it was written with."""
    folder = write_run(tmp_path_factory.mktemp("made_up") / "run", paths=3, days=4)
    return folder, json.loads((folder / MANIFEST).read_text())


@pytest.mark.parametrize("key", ["", *KEYS])
def test_no_manifest_ends_in_a_traceback(made_up, key):
    """Every key that a run writes, of another type: refused in one line, or read as if it were not there."""
    folder, sound = made_up
    for value in ([], None, 7, -1, 2.5, True, "x", "", {}, {"a": 1}, [1], float("inf")):
        manifest = value if not key else sound | {key: value}
        (folder / MANIFEST).write_text(json.dumps(manifest))
        try:
            reader_of(folder, render)
        except UserError as error:
            assert "\n" not in str(error)


# --- what is left behind ----------------------------------------------------------------------------------------------


HOLD = (
    "import sys, time; from sim.scratch import scratch\nwith scratch('cell') as f: print(f, flush=True); time.sleep(60)"
)


def test_scratch_of_a_killed_process_is_removed_and_of_a_living_one_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    command, environment = [sys.executable, "-c", HOLD], os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        place = Path(process.stdout.readline().strip())
        (place / "run").mkdir()
        clear_dead()
        assert place.is_dir()
        process.kill()
    other = tmp_path / "spiral-cell-somebody"  # no owner is written in it
    other.mkdir()
    (other / "mine.txt").write_text("x")
    clear_dead()
    assert [p.name for p in tmp_path.iterdir()] == [other.name]


@pytest.mark.parametrize("change", [{"started": "1"}, {"boot": "another"}, {"pid": 2**22 + 1}])
def test_a_process_number_that_came_round_again_owns_nothing(tmp_path, monkeypatch, change):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch("job") as place:
        left = tmp_path / "spiral-job-00000000"
        shutil.copytree(place, left)
        owner = json.loads((left / OWNER).read_text())
        owner["owner"] |= change
        (left / OWNER).write_text(json.dumps(owner))
        clear_dead()
        assert not left.exists()
        assert place.is_dir()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="POSIX")
@pytest.mark.parametrize(("name", "workers"), [("SIGTERM", "2"), ("SIGHUP", "1")])
def test_a_polite_signal_leaves_nothing_behind(tmp_path, name, workers):
    out, room = tmp_path / "runs" / "mine", tmp_path / "tmp"
    room.mkdir()
    command = [*covid_run(50_000, out), "--workers", workers, "--quiet"]
    environment = os.environ | {"TMPDIR": str(room)}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(getattr(signal, name), signal.SIG_DFL),  # as a terminal starts it
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("runs/.mine.*.partial")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (128 + getattr(signal, name), "interrupted: nothing was kept\n")
    assert list(room.iterdir()) == []
    assert [p.name for p in tmp_path.iterdir()] == ["tmp"]


def test_a_full_disk_is_told_and_the_earlier_run_is_kept(copied):
    import resource

    found = open_run(copied)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        with pytest.raises(SpiralError, match="cannot be written: File too large") as told:
            again(copied)
        with pytest.raises(SpiralError, match=r"report.html cannot be written: File too large"):
            write_report(found)
        with pytest.raises(SpiralError, match=r"x.svg cannot be written: File too large"):
            write_chart(found, "panels", copied.parent / "x.svg")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not isinstance(told.value, UserError)
    assert open_run(copied).manifest["seed"] == 1
    assert [p.name for p in copied.parent.iterdir()] == ["copied"]
    assert not (copied / "report.html").exists()


@pytest.mark.slow
def test_killed_at_any_moment_a_run_stands(tmp_path):
    """The command itself, killed at random moments, with workers: the run under the name is whole each time."""
    import random

    chance, out = random.Random(3), tmp_path / "mine"
    again(out, seed=1)
    (out / "notes.txt").write_text("mine")
    for seed in range(2, 22):
        command = [*covid_run(64, out), "--seed", str(seed), "--set", "clock.tick_minutes=390", "--set", "run.chunk=16"]
        process = subprocess.Popen([*command, "--quiet"], cwd=ROOT, start_new_session=True)
        time.sleep(chance.uniform(1.0, 6.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        open_run(out).verify()
        assert (out / "notes.txt").read_text() == "mine"
    again(out, seed=99)
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


@pytest.mark.slow
def test_a_run_of_another_content_gets_a_folder_of_its_own(tmp_path, monkeypatch):
    """Not told where to go, a run replaces only one of the same content."""
    monkeypatch.chdir(tmp_path)
    runs = Path("runs")
    base = load("calm_market", QUICK)
    first = run(base, workers=1)
    assert first.path == runs / "calm_market-1"
    (first.path / "notes.txt").write_text("mine")
    what_if = run(load("calm_market", {**QUICK, "venue.asset.depth": 7.5e9}), workers=1)
    assert what_if.path == runs / "calm_market-1-2"
    assert run(base, workers=1, paths=3).path == runs / "calm_market-1-3"
    assert run(base, workers=1, twin="frozen").path == runs / "calm_market-1-4"
    again = run(base, workers=1)
    assert again.path == first.path
    assert (again.path / "notes.txt").read_text() == "mine"
    assert again.manifest["content_hash"] != what_if.manifest["content_hash"]
    assert run(load("calm_market", {**QUICK, "venue.asset.depth": 7.5e9}), workers=1).path == what_if.path
    assert run(base, workers=1, seed=2).path == runs / "calm_market-2"
    assert len(list(runs.iterdir())) == 5
    told = run(load("calm_market", {**QUICK, "venue.asset.depth": 9e9}), out=what_if.path, workers=1)
    assert told.path == what_if.path  # --out means this folder


def test_a_default_folder_that_no_run_made_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    theirs = Path("runs/calm_market-1")
    theirs.mkdir(parents=True)
    (theirs / "thesis.txt").write_text("chapter 1")
    with pytest.raises(UserError, match="a run replaces only an earlier run"):
        run(load("calm_market", QUICK), workers=1)
    assert [p.name for p in Path("runs").iterdir()] == ["calm_market-1"]


@pytest.mark.parametrize("inner", ["inner", "marks/deep/inner"])
def test_a_run_does_not_go_inside_a_finished_one(copied, inner):
    with pytest.raises(UserError, match=r"a run's folder holds that run alone, got 'a folder inside the run .*copied'"):
        check_place(copied / inner)


def test_a_link_to_itself_is_called_that(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UserError, match=r"got 'a link that leads to itself'; give another --out$"):
        check_place(tmp_path / "loop")


def test_a_run_that_was_made_meanwhile_is_not_replaced(copied, monkeypatch):
    """Between the choice of a folder and the claim another process may finish there: then the next one is chosen."""
    monkeypatch.chdir(copied.parent)
    Path("runs").mkdir()
    theirs, chosen = Path("runs/calm_market-2"), []

    def choose(folder, content):
        chosen.append(own_folder(folder, content))
        if not theirs.exists():
            shutil.copytree(copied, theirs)
        return chosen[-1]

    monkeypatch.setattr("sim.run_folder.own_folder", choose)
    mine = run(load("calm_market", QUICK), seed=2, workers=1)
    assert chosen == [theirs, Path("runs/calm_market-2-2")]
    assert mine.path == chosen[-1]
    assert json.loads((theirs / MANIFEST).read_text())["seed"] == 1
    assert sorted(p.name for p in Path("runs").iterdir()) == ["calm_market-2", "calm_market-2-2"]


def test_where_another_process_works_a_run_takes_a_folder_of_its_own(tmp_path, monkeypatch, impatient):
    """Whatever the other one makes there; told where to go, it is refused instead."""
    monkeypatch.chdir(tmp_path)
    first = Path("runs/calm_market-1")
    with claimed(first, [MANIFEST]):
        made = run(load("calm_market", QUICK), workers=1)
        assert made.path == first.with_name("calm_market-1-2")
        with pytest.raises(UserError, match="one process at a time"):
            run(load("calm_market", QUICK), out=first, workers=1)
    assert [p.name for p in first.parent.iterdir()] == ["calm_market-1-2"]


def test_another_process_that_begins_after_the_choice_is_passed_by(tmp_path, monkeypatch, impatient):
    monkeypatch.chdir(tmp_path)
    first = Path("runs/calm_market-1")
    choices = iter([first])
    with claimed(first, [MANIFEST]):
        monkeypatch.setattr("sim.run_folder.own_folder", lambda *given: next(choices, None) or own_folder(*given))
        made = run(load("calm_market", QUICK), workers=1)
    assert made.path == first.with_name("calm_market-1-2")
