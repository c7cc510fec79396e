"""A sweep's folder in a rough world: old layouts, links, strangers' files, broken files, disks that fail."""

from __future__ import annotations

import contextlib
import json
import os
import shutil

import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from scenarios.cli import main
from scenarios.studies.sweeps import writing
from scenarios.studies.sweeps.sweep import sweep
from sim.errors import SpiralError, UserError
from sim.sweep_dataset import open_sweep
from tests.sweep_results import result_of, spec_of, store_of, to_first_layout
from tests.synthetic_run import write_run


@pytest.fixture(scope="module")
def spec():
    return spec_of(6)


@pytest.fixture(scope="module")
def made(tmp_path_factory, spec):
    """A sweep of six cells, whole."""
    return fill(tmp_path_factory.mktemp("made") / "s", spec, range(6))


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "s")


def fill(out, spec, numbers):
    store = store_of(out, spec)
    with store.lock():
        store.begin()
        for number in numbers:
            store.write(result_of(number))
    return out


def go_on(out, spec, changed="refuse"):
    store = store_of(out, spec)
    with store.lock():
        store.begin(changed)
        left = store.todo()
        for number in left:
            store.write(result_of(number))
    return left


def read(out):
    found = open_sweep(out)
    return found.cells.collect(), found.paths.collect()


def said(*command):
    """What a command says, which is one line and no traceback, and its exit code."""
    found = CliRunner().invoke(main, [str(part) for part in command])
    assert found.exception is None or isinstance(found.exception, SystemExit), (command, found.exc_info)
    return found.exit_code, found.output


def test_a_folder_with_a_file_a_cell_is_read_and_goes_on(folder, made, tmp_path, spec):
    to_first_layout(folder, spec)
    old = open_sweep(folder)
    assert_frame_equal(old.cells.drop("id").collect(), open_sweep(made).cells.drop("id").collect())
    assert_frame_equal(old.paths.collect(), open_sweep(made).paths.collect())
    gone = next((folder / "cells").glob("00004-*"))
    gone.unlink()
    (folder / "cells" / "00007-notes.parquet").write_text("mine")
    assert go_on(folder, spec) == [4]
    new = open_sweep(folder)
    assert_frame_equal(new.cells.collect(), open_sweep(made).cells.collect())
    assert_frame_equal(new.paths.collect(), open_sweep(made).paths.collect())
    names = [place.name for place in (folder / "cells").iterdir()]
    assert [name for name in names if not name.startswith("segment-")] == ["00007-notes.parquet"]
    assert go_on(folder, spec) == []


@pytest.mark.parametrize("name", [".aside", "cells", "paths", "runs", ".lock", "sweep.json", "journal-0"])
def test_no_link_is_followed(folder, tmp_path, spec, name):
    theirs = tmp_path / "theirs"
    place = folder / name
    if place.is_dir() or name == "runs":
        theirs.mkdir()
        (theirs / "thesis.txt").write_text("mine")
        shutil.rmtree(place, ignore_errors=True)
    else:
        shutil.copy(place, theirs)
        place.unlink()
    place.symlink_to(theirs)
    was = sorted((p.name, p.read_bytes()) for p in tmp_path.rglob("*") if p.is_file())
    for changed in ("refuse", "recompute"):
        with pytest.raises(UserError, match="a sweep's folder holds its own files, got 'a link to"):
            go_on(folder, spec_of(5), changed)
    code, line = said("report", folder)
    assert code == 2 and line.count("\n") == 1
    assert sorted((p.name, p.read_bytes()) for p in tmp_path.rglob("*") if p.is_file()) == was


def test_a_link_that_waits_where_a_file_is_written_is_replaced(tmp_path, spec):
    (tmp_path / "thesis.txt").write_text("mine")
    fill(tmp_path / "s", spec, range(2))
    (tmp_path / "s" / ".aside" / "top-sweep.json").symlink_to(tmp_path / "thesis.txt")
    go_on(tmp_path / "s", spec)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_strangers_files_stay(folder, spec):
    theirs = [".aside/a.txt", "cells/mine.parquet", "paths/x.csv", "runs/00001/notes.txt", "journal-9", "notes.md"]
    write_run(folder / "runs" / "00001", paths=3)
    for name in theirs:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text("mine")
    other = spec_of(0, axes={"depth": {"key": "venue.asset.depth", "values": [5e9]}})
    assert go_on(folder, other, "recompute") == [0]
    assert [(folder / name).read_text() for name in theirs] == ["mine"] * len(theirs)
    assert os.listdir(folder / "runs" / "00001") == ["notes.txt"], "the cell's own tables have gone"


def test_what_is_no_dataset_of_a_cell_is_not_thrown_away(folder, spec):
    (folder / "runs" / "00001").mkdir(parents=True)
    (folder / "runs" / "00001" / "manifest.json").write_text('{"name": "a stranger"}')
    before = open_sweep(folder).cells.collect()
    with pytest.raises(UserError, match="only a cell's dataset is thrown away"):
        go_on(folder, spec_of(0, axes={"depth": {"key": "venue.asset.depth", "values": [5e9]}}), "recompute")
    assert_frame_equal(open_sweep(folder).cells.collect(), before)
    assert (folder / "runs" / "00001" / "manifest.json").read_text() == '{"name": "a stranger"}'


@pytest.mark.parametrize(
    "files", [{"sweep.json": "{}"}, {"cells/mine.csv": "1"}, {".lock": "mine"}, {"journal-0": "monday"}, {"a": "b"}]
)
def test_a_strangers_folder_is_left_as_it_is(tmp_path, spec, files):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError):
        go_on(tmp_path, spec)
    assert {str(p.relative_to(tmp_path)): p.read_text() for p in tmp_path.rglob("*") if p.is_file()} == files


@pytest.mark.parametrize("name", ["seed[12]", "a*b?", "{x,y}", "k=v", "50 %"])
def test_a_folders_name_is_taken_as_it_is(made, tmp_path, spec, name):
    fill(tmp_path / "s1", spec, range(1))
    out = shutil.copytree(made, tmp_path / name / "s")
    found = open_sweep(out)
    assert found.cells.collect().height == 6
    assert found.paths.collect().height == 36
    assert go_on(out, spec) == []
    to_first_layout(out, spec)
    assert open_sweep(out).paths.collect().height == 36


def test_every_broken_file_is_told_in_one_line(folder, spec):
    whole = {p: p.read_bytes() for p in (*(folder / "cells").iterdir(), *(folder / "paths").iterdir())}
    breaks = {
        "cut": lambda data: data[: len(data) // 2], "zeros": lambda data: bytes(len(data)), "empty": lambda data: b"",
        "flipped": lambda data: data[:99] + bytes([data[99] ^ 8]) + data[100:], "text": lambda data: b"hello",
    }  # fmt: skip
    for place, data in whole.items():
        for broken in breaks.values():
            place.write_bytes(broken(data))
            with pytest.raises(UserError, match=r"a cell's file is whole, got 'a broken file'; delete it and"):
                read(folder)
        if place.parent.name == "cells":
            for command in (("report", folder), ("chart", folder, "line", folder / "x.json")):
                code, line = said(*command)
                assert code == 2 and line.count("\n") == 1 and place.name in line
            with pytest.raises(UserError, match="a cell's file is whole"):
                go_on(folder, spec)
        place.unlink()
        code, line = said("report", folder)
        assert code == 2 and "a sweep's files are there" in line and line.count("\n") == 1
        assert go_on(folder, spec) == list(range(6)), "what it held is run again"
        shutil.rmtree(folder / place.parent.name)
        (folder / place.parent.name).mkdir()
        for again, content in whole.items():
            again.write_bytes(content)
        assert go_on(folder, spec) in ([], list(range(6)))


def test_a_journal_that_is_lost_costs_nothing(folder, made, spec):
    (folder / "journal-0").unlink()
    assert_frame_equal(open_sweep(folder).cells.collect(), open_sweep(made).cells.collect())
    assert go_on(folder, spec) == []
    assert_frame_equal(open_sweep(folder).paths.collect(), open_sweep(made).paths.collect())


WRONG = ([], None, 7, -1, 1.5, "x", {}, [1], [None], {"a": 1}, True, "\u001b[31m")


def keys_of(table, above=()):
    """Every place in a manifest, one item of each list."""
    items = table.items() if isinstance(table, dict) else list(enumerate(table))[:1] if isinstance(table, list) else ()
    for key, value in items:
        yield (*above, key)
        yield from keys_of(value, (*above, key))


@pytest.mark.parametrize("kind", ["sweep", "frontier"])
def test_a_manifest_with_anything_in_any_place_is_read_or_refused(folder, kind):
    """Summary, page's words and table, and the frontier's: a figure or one line, for every key and kind of value."""
    from analysis.pages.sweep_report import render_sweep
    from analysis.sweeps.axes import axes
    from analysis.sweeps.frontier import frontier

    text = json.loads((folder / "sweep.json").read_text()) | {"kind": kind}
    text["axes"][0] |= {
        "values": [{"value": 2e9, "text": "2e9"}, {"value": 4e9, "text": "4e9"}],
        "low": None,
        "high": None,
    }
    text["metrics"] = {name: text["metrics"][name] for name in list(text["metrics"])[:2]}
    refused = tried = 0
    for at in keys_of(text):
        for wrong in WRONG:
            odd = json.loads(json.dumps(text))
            holder = odd
            for key in at[:-1]:
                holder = holder[key]
            holder[at[-1]] = wrong
            (folder / "sweep.json").write_text(json.dumps(odd))
            tried += 1
            try:
                found = open_sweep(folder).snapshot()
                axes(found)
                repr(found)
                (frontier if kind == "frontier" else render_sweep)(found)
            except UserError as error:
                assert "\n" not in str(error)
                refused += 1
    assert tried > 500
    assert refused > tried / 2


@pytest.mark.parametrize("text", ["", "[]", "null", "7", "{", "[" * 100_000, '{"cells": ' + "9" * 5000 + "}", "\ud800"])
def test_what_is_no_manifest_is_told_in_a_line(folder, spec, text):
    (folder / "sweep.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    for command in (("report", folder), ("chart", folder, "line", folder / "x.json")):
        code, line = said(*command)
        assert code == 2 and line.count("\n") == 1
    with pytest.raises(UserError, match="a manifest is"):
        go_on(folder, spec)


def spoilt(out, spec, spoil):
    """A sweep to which something happens when one cell is kept and the next is to be."""
    store = store_of(out, spec)
    with store.lock():
        store.begin()
        store.write(result_of(0))
        spoil()
        store.write(result_of(1))


def test_a_disk_that_fails_is_told_in_a_line_and_costs_one_cell(tmp_path, spec, monkeypatch):
    def full(stream, data):
        os.write(stream, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    out = tmp_path / "s"
    with pytest.raises(SpiralError, match=r"journal-0 cannot be written \(No space left on device\); the same"):
        spoilt(out, spec, lambda: monkeypatch.setattr(writing, "put", full))
    monkeypatch.undo()
    assert open_sweep(out).cells.collect()["cell"].to_list() == [0]
    assert os.listdir(out / ".aside") == []
    assert go_on(out, spec) == [1, 2, 3, 4, 5]


def test_a_folder_that_is_gone_is_told_in_a_line(tmp_path, spec):
    with pytest.raises(SpiralError, match=r"journal-0 cannot be written \(.*\); the same command"):
        spoilt(tmp_path / "s", spec, lambda: shutil.move(tmp_path / "s", tmp_path / "elsewhere"))
    assert open_sweep(tmp_path / "elsewhere").done == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told_in_a_line(tmp_path, spec):
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="the folder can be written"):
        go_on(tmp_path / "s", spec)
    tmp_path.chmod(0o700)


def test_a_place_that_cannot_be_a_folder_is_told_in_a_line(tmp_path, spec):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for place in (tmp_path / "file", tmp_path / "file" / "s", tmp_path / "nowhere", tmp_path / ("x" * 300)):
        with pytest.raises(UserError):
            sweep(spec, out=place, workers=1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "nowhere"]


def test_a_snapshot_stands_still(folder, spec, tmp_path):
    part = fill(tmp_path / "part", spec, range(3))
    live, then = open_sweep(part), open_sweep(part).snapshot()
    go_on(part, spec)
    assert (live.done, then.done) == (6, 3)
    assert live.cells.collect().height == 6
    with contextlib.suppress(UserError):  # its small segment has gone into a larger one
        assert then.cells.collect().height == 3
    assert pl.scan_parquet(part / "cells").collect().height == 6
