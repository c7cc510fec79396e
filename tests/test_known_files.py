"""Checksums that are kept from the run that wrote the files to the one that replaces it."""

from __future__ import annotations

import os
import sys

import pytest

from scenarios import run
from sim import known_files, manifest
from sim.earlier_run import collisions, proven
from sim.manifest import files_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is kept there")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A run; the clock of the disk has gone on before its manifest was written."""
    found = run("covid_crash_2020", paths=16, workers=1, out=tmp_path_factory.mktemp("known") / "run")
    at = max(os.stat(found.path / name).st_ctime_ns for name in found.files)
    while os.stat(found.path / manifest.MANIFEST).st_ctime_ns <= at + known_files.TICK:
        (found.path / manifest.MANIFEST).touch()
    known_files.keep(found.path, found.manifest)
    return found


def hashed_by(monkeypatch, find):
    """Names of the files that are hashed meanwhile, by a process that has hashed none before."""
    names, digest_of = [], manifest.digest_of
    monkeypatch.setattr(manifest, "_by_heart", {})
    monkeypatch.setattr(manifest, "digest_of", lambda place: names.append(place.name) or digest_of(place))
    find()
    return names


def test_files_that_stand_as_written_are_not_hashed_again(written, monkeypatch):
    assert not hashed_by(monkeypatch, lambda: collisions(written.path, written.files))
    assert set(written.files) < set(proven(written.path))


def test_what_is_kept_are_the_checksums_of_the_manifest(written):
    kept = known_files.kept(written.path, written.manifest)
    assert sorted(kept.values()) == sorted(file.sha256 for file in files_of(written.manifest).values())


def test_a_file_that_was_changed_is_hashed_again_though_its_size_and_time_are_as_before(written, monkeypatch):
    name = next(name for name in written.files if name.startswith("closes/"))
    place = written.path / name
    at, content = os.stat(place), place.read_bytes()
    place.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(place, ns=(at.st_atime_ns, at.st_mtime_ns))
    assert os.stat(place).st_mtime_ns == at.st_mtime_ns
    assert hashed_by(monkeypatch, lambda: collisions(written.path, written.files)) == [place.name]
    assert collisions(written.path, [name]) == [name]
    place.write_bytes(content)


def test_files_as_young_as_their_manifest_are_not_kept(written, monkeypatch):
    monkeypatch.setattr(known_files, "TICK", 1 << 62)
    other = {**written.manifest, "digest": "0" * 64}
    known_files.keep(written.path, other)
    assert not known_files.kept(written.path, other)


@pytest.mark.parametrize("digest", [None, 7, "", "../../x"])
def test_a_manifest_without_a_digest_of_ours_has_nothing_kept(written, digest):
    other = {**written.manifest, "digest": digest}
    known_files.keep(written.path, other)
    assert known_files.kept(written.path, other) == {}
