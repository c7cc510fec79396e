"""The kept script of reports: used when it is whole, made again when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import vl_convert

from analysis import bundle


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every script that was bundled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found: list[str] = []

    def bundled(snippet: str, version: str) -> str:
        found.append(f"draw();\n</script {len(found)}")
        return found[-1]

    monkeypatch.setattr(vl_convert, "javascript_bundle", bundled)
    return found


def kept(folder: Path) -> Path:
    (found,) = (folder / "spiral").iterdir()
    return found


def test_a_script_is_made_once(made: list[str], tmp_path: Path) -> None:
    assert bundle.script() == bundle.script() == "draw();\n<\\/script 0"
    assert len(made) == 1


@pytest.mark.parametrize("damage", [b"", b"draw(", b"// sha256 0\ndraw();", b"\xff\xfe", None])
def test_a_damaged_one_is_made_again(made: list[str], tmp_path: Path, damage: bytes | None) -> None:
    first = bundle.script()
    place = kept(tmp_path)
    place.write_bytes(place.read_bytes()[:-1] if damage is None else damage)
    assert bundle.script() == first.replace("0", "1")
    assert len(made) == 2
    assert bundle.script() == first.replace("0", "1")
    assert len(made) == 2


def test_a_cache_that_cannot_be_written_is_done_without(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert bundle.script().startswith("draw")
    assert bundle.script().startswith("draw")
    assert len(made) == 2
