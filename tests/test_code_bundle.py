"""One file of byte code for our modules: it is used, and never in place of a source that has changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
JOB = """
import sys
sys.dont_write_bytecode = {silent}
from sim.code_bundle import open_bundle
bundle = open_bundle(("sim",))
import sim.one, sim.box.two
print(sim.one.VALUE, sim.box.two.VALUE, type(sim.one.__loader__).__name__, sim.one.__file__, sim.box.__path__[0])
bundle.keep()
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "pread"), reason="there is no bundle on this system")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house of four modules."""
    (tmp_path / "house" / "sim" / "box").mkdir(parents=True)
    for name, text in {"__init__": "", "one": "VALUE = 1", "box/__init__": "", "box/two": "VALUE = 2"}.items():
        (tmp_path / "house" / "sim" / f"{name}.py").write_text(text)
    shutil.copy(ROOT / "sim" / "code_bundle.py", tmp_path / "house" / "sim")
    return tmp_path / "house"


def imported(house: Path, *, silent: bool = False) -> list[str]:
    """The values of the modules in a process of its own, who loaded them, and where they are."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    line = [sys.executable, "-c", JOB.format(silent=silent)]
    done = subprocess.run(line, cwd=house, env=environment | {"PYTHONPATH": str(house)}, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


def bundle(house: Path) -> Path:
    return house / "sim" / "__pycache__" / f"code_bundle.{sys.implementation.cache_tag}.bundle"


def test_the_second_time_modules_come_from_the_bundle(house: Path):
    places = [str(house / "sim" / "one.py"), str(house / "sim" / "box")]
    assert imported(house) == ["1", "2", "SourceFileLoader", *places]
    written = bundle(house).stat().st_mtime_ns
    assert imported(house) == ["1", "2", "_Loader", *places]
    assert bundle(house).stat().st_mtime_ns == written


def test_a_source_that_has_changed_is_read(house: Path):
    imported(house)
    (house / "sim" / "one.py").write_text("VALUE = 11")
    assert imported(house)[:3] == ["11", "2", "SourceFileLoader"]
    assert imported(house)[:3] == ["11", "2", "_Loader"]
    os.utime(house / "sim" / "one.py", (1, 1))
    assert imported(house)[:3] == ["11", "2", "SourceFileLoader"]


def test_a_house_that_was_moved_is_itself(house: Path):
    imported(house)
    moved = house.rename(house.with_name("moved"))
    assert imported(moved)[:2] == ["1", "2"]
    assert imported(moved)[3] == str(moved / "sim" / "one.py")


@pytest.mark.parametrize("content", [b"", b"\x08", b"\xff" * 100, b"\x04" + bytes(7) + b"N" * 50])
def test_a_broken_bundle_does_no_harm(house: Path, content: bytes):
    imported(house)
    bundle(house).write_bytes(content)
    assert imported(house)[:3] == ["1", "2", "SourceFileLoader"]
    assert imported(house)[:3] == ["1", "2", "_Loader"]


def test_a_bundle_cut_short_does_no_harm(house: Path):
    imported(house)
    content = bundle(house).read_bytes()
    bundle(house).write_bytes(content[: len(content) // 2])
    assert imported(house)[:2] == ["1", "2"]


@pytest.mark.parametrize("value", [b"VALUE", b"sim.one"])
def test_a_changed_byte_is_noticed(house: Path, value: bytes):
    imported(house)
    content = bytearray(bundle(house).read_bytes())
    for at in range(len(content) - len(value)):  # in the index, in the code
        if content[at : at + len(value)] == value:
            content[at] ^= 1
    bundle(house).write_bytes(content)
    assert imported(house)[:2] == ["1", "2"]


def test_who_wants_no_byte_code_gets_no_bundle(house: Path):
    imported(house, silent=True)
    assert not bundle(house).exists()
    imported(house)
    (house / "sim" / "__pycache__").chmod(0o555)
    (house / "sim" / "one.py").write_text("VALUE = 11")
    assert imported(house)[0] == "11"
    (house / "sim" / "__pycache__").chmod(0o755)
