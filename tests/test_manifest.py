"""What a manifest says of its files, and how it is held against them."""

from __future__ import annotations

import os

import pytest

from sim import manifest
from sim.manifest import Written, as_written, described


def test_files_just_written_are_not_read_twice_unless_touched(tmp_path, monkeypatch):
    place = tmp_path / "marks.parquet"
    place.write_bytes(b"twelve bytes")
    told = Written(**described(tmp_path, [place.name])[place.name])

    def never(_):
        raise AssertionError("it was read again")

    with monkeypatch.context() as patch:
        patch.setattr(manifest, "digest_of", never)
        assert as_written(place, told)
        renamed = tmp_path / "moved"
        place.rename(renamed)
        assert as_written(renamed, told), "a folder that gets its name keeps its files"
    place.write_bytes(b"twelve bytes")
    assert as_written(place, told), "another file of the same content"
    place.write_bytes(b"twelve BYTES")
    assert not as_written(place, told)


def test_a_bit_that_flips_later_is_seen_in_the_process_that_wrote_it(tmp_path):
    place = tmp_path / "marks.parquet"
    place.write_bytes(b"twelve bytes")
    told = Written(**described(tmp_path, [place.name])[place.name])
    seen = place.stat()
    with place.open("r+b") as stream:
        stream.write(b"T")
    os.utime(place, ns=(seen.st_atime_ns, seen.st_mtime_ns + 1))
    assert not as_written(place, told)


def test_another_runs_files_are_forgotten(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
    told = Written(**described(tmp_path, ["a"])["a"])
    described(tmp_path, ["b"])
    read = []
    monkeypatch.setattr(manifest, "digest_of", lambda place: read.append(place) or told.sha256)
    assert as_written(tmp_path / "a", told)
    assert read == [tmp_path / "a"]


@pytest.mark.parametrize("content", [b"", b"shorter", b"longer than before"])
def test_another_size_is_seen_without_reading(tmp_path, content, monkeypatch):
    place = tmp_path / "f"
    place.write_bytes(b"before")
    told = Written(**described(tmp_path, ["f"])["f"])
    place.write_bytes(content)
    monkeypatch.setattr(manifest, "digest_of", lambda _: told.sha256)
    assert not as_written(place, told)
