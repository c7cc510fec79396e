"""Text stored between processes: the same as without, whatever happens to its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim import kept_text as module
from sim.kept_text import kept_text
from sim.sealed_file import read_sealed, write_sealed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "kept_folder", lambda: tmp_path)
    return tmp_path


def forbidden() -> str:
    raise AssertionError("computed again")


def test_what_was_computed_is_read(folder: Path):
    assert kept_text("a", (1, "x"), lambda: "told") == "told"
    assert kept_text("a", (1, "x"), forbidden) == "told"
    assert len(list(folder.iterdir())) == 1


def test_other_inputs_take_its_place(folder: Path):
    kept_text("a", (1,), lambda: "old")
    assert kept_text("a", (2,), lambda: "new") == "new"
    assert kept_text("a", (1,), lambda: "again") == "again" and len(list(folder.iterdir())) == 1
    assert kept_text("b", (1,), lambda: "other") == "other" and len(list(folder.iterdir())) == 2


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[" * 100_000, b'{"of": ["1"], "text": 3}', b'{"of": ["1"]}', b"[1]", b"\xff"]
)
def test_a_file_that_says_something_else_is_made_again(content: bytes, folder: Path):
    kept_text("a", (1,), lambda: "told")
    (file,) = folder.iterdir()
    write_sealed(file, content)
    assert kept_text("a", (1,), lambda: "told") == "told"
    assert json.loads(read_sealed(file) or b"")["text"] == "told"
    file.write_bytes(file.read_bytes()[:-1] + b"?")  # changed by hand
    assert kept_text("a", (1,), lambda: "told") == "told"


def test_without_a_safe_folder_it_is_computed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "kept_folder", lambda: None)
    told: list[Any] = []
    for _ in range(2):
        kept_text("a", (), lambda: told.append(1) or "told")
    assert len(told) == 2


def test_errors_are_raised_and_nothing_is_stored(folder: Path):
    with pytest.raises(AssertionError, match="again"):
        kept_text("a", (), forbidden)
    assert not list(folder.iterdir())
