"""What stands in a folder of somebody's where a file should be: a pipe, a device, a loop, a file without end."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analysis import write_report
from scenarios.cli import main
from sim import sweep_journal
from sim.dataset import open_run
from sim.errors import UserError
from sim.ordinary import LARGE, is_inside, read_ordinary
from sim.sweep_dataset import open_sweep
from tests.sweeps_made import SIZE, listed, write_sweep
from tests.synthetic_run import write_run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links, pipes and devices of Unix")


def sparse(place: Path) -> None:
    with place.open("wb") as stream:
        stream.truncate(LARGE + 1)


KINDS: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "device": lambda place: place.symlink_to("/dev/zero"),
    "folder": Path.mkdir,
    "loop": lambda place: place.symlink_to(place),
    "huge": sparse,
    "empty": Path.touch,
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    write_run(folder / "run", paths=8, days=4)
    write_sweep(folder / "sweep", [listed(SIZE, [0.5, 1.0])])
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(file.relative_to(folder) for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_of_odd_files(sound: Path, tmp_path: Path, kind: str) -> None:
    for file in (Path("manifest.json"), next(file for file in files(sound / "run") if file.parts[0] == "marks")):
        folder = tmp_path / file.name
        shutil.copytree(sound / "run", folder)
        (folder / file).unlink()
        KINDS[kind](folder / file)
        with pytest.raises(UserError):
            write_report(open_run(folder), tmp_path / "r.html")


def everything(folder: Path) -> int:
    """Read all of a sweep; how many cells it has."""
    sweep = open_sweep(folder)
    sweep.paths.collect()
    return sweep.cells.collect().height


@pytest.mark.parametrize("kind", KINDS)
def test_a_sweep_of_odd_files(sound: Path, tmp_path: Path, kind: str) -> None:
    assert len(files(sound / "sweep")) >= 3
    for i, file in enumerate(files(sound / "sweep")):
        folder = tmp_path / str(i)
        shutil.copytree(sound / "sweep", folder)
        (folder / file).unlink()
        KINDS[kind](folder / file)
        with suppress(UserError):  # links to cells are passed over: those cells have not finished
            assert everything(folder) < 2 or file.parts[0] == "paths"


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_commands_say_so_in_one_line(sound: Path, tmp_path: Path, kind: str) -> None:
    KINDS[kind](tmp_path / "manifest.json")
    KINDS[kind](tmp_path / "own.toml")
    for command in (("report", str(tmp_path)), ("check", str(tmp_path / "own.toml"), "--untrusted")):
        found = CliRunner().invoke(main, command)
        assert (found.exit_code, found.stderr.count("\n")) == (2, 1), found.output


def test_a_journal_names_files_of_its_own_folder(tmp_path: Path) -> None:
    place = tmp_path / "journal-0"
    for name in ("../../segment-00000-0123456789abcdef.parquet", "/etc/passwd", "segment.parquet", ""):
        head = {"segments": [{"cells": name, "paths": None, "numbers": [0]}]}
        place.write_bytes(sweep_journal.MAGIC + sweep_journal.encode(head))
        with pytest.raises(UserError, match="a broken file"):
            sweep_journal.read(place)


def test_a_journal_of_nothing_but_marks_takes_no_square_of_its_length(tmp_path: Path) -> None:
    """Every mark claims all that follows: reading each of them would take hours."""
    place = tmp_path / "journal-0"
    mark = sweep_journal.HEAD.pack(sweep_journal.MARK, 2**20, 0, 0)
    place.write_bytes(sweep_journal.begin(()) + mark * 200_000)
    with pytest.raises(UserError, match="a broken file"):
        sweep_journal.read(place)


def test_a_deep_record_of_a_journal_is_broken(tmp_path: Path) -> None:
    place = tmp_path / "journal-0"
    deep = json.dumps({"a": 0}).replace("0", "[" * 100_000 + "]" * 100_000)
    record = sweep_journal.encode({"x": 0})
    text = deep.encode()
    lengths = sweep_journal.struct.pack("<II", len(text), 0)
    crc = sweep_journal.zlib.crc32(lengths + text)
    record = sweep_journal.HEAD.pack(sweep_journal.MARK, len(text), 0, crc) + text
    place.write_bytes(sweep_journal.MAGIC + record)
    with pytest.raises(UserError, match="a broken file"):
        sweep_journal.read(place)


def test_what_is_ordinary(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "out").symlink_to("/dev")
    assert read_ordinary(tmp_path / "link") == b"abc"
    with pytest.raises(OSError, match="larger than 0 MB"):
        read_ordinary(tmp_path / "a", 2)
    assert is_inside(tmp_path / "link", tmp_path)
    assert not is_inside(tmp_path / "out", tmp_path)
    assert not is_inside(tmp_path / "missing", tmp_path)


def changed(sound: Path, folder: Path, **keys: Any) -> Path:
    """A run whose manifest somebody has changed."""
    shutil.copytree(sound / "run", folder)
    manifest = json.loads((folder / "manifest.json").read_text()) | keys
    manifest.pop("digest", None)
    (folder / "manifest.json").write_text(json.dumps(manifest).replace('"DEEP"', "[" * 500 + "]" * 500))
    return folder


MANIFESTS: dict[str, tuple[dict[str, Any], str]] = {
    "deep": ({"notes": "DEEP"}, "nested at most 64 deep"),
    "long": ({"command": "x" * 2_000_000}, "a text has at most"),
    "title": ({"title": "x" * 30_000}, "title: String should have at most"),
    "paths": ({"paths": 2**31 - 1}, "a manifest and its tables belong together"),
    "above": ({"files": {"../marks/actual-0000000.parquet": 1}}, "no table's file"),
    "absolute": ({"files": {"/marks/actual-0000000.parquet": 1}}, "no table's file"),
    "no twin": ({"twin": "frozen"}, "the twin 'frozen' is none of the worlds actual"),
    "no unhedged": ({"unhedged": "desk"}, "'desk' is said to be unhedged, and there is no world 'unhedged'"),
    "world above": ({"worlds": ["actual", "../x"], "files": {"marks/../x-0000000.parquet": 1}}, "no table's file"),
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_manifest_of_a_strangers(sound: Path, tmp_path: Path, kind: str) -> None:
    keys, said = MANIFESTS[kind]
    folder = changed(sound, tmp_path / "run", **keys)
    with pytest.raises(UserError, match=said):
        write_report(open_run(folder), tmp_path / "r.html")


def test_a_runs_tables_are_no_links_to_elsewhere(sound: Path, tmp_path: Path) -> None:
    """The content may even be right: what lies elsewhere is not the run's."""
    for part in ("marks", "marks/actual-0000000.parquet"):
        folder = tmp_path / part.replace("/", "-")
        shutil.copytree(sound / "run", folder)
        shutil.move(folder / part, folder.with_suffix(".moved"))
        (folder / part).symlink_to(folder.with_suffix(".moved"))
        with pytest.raises(UserError, match="a link to elsewhere"):
            open_run(folder)
