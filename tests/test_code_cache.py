"""Machine code between processes: whole files only, in nobody else's folder, and a run without any cache."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import codegen

from sim import cache_folder
from sim.cache_folder import code_folder
from sim.code_cache import KernelCache

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("sim", "agents", "markets", "scenarios", "analysis")
X = np.arange(5.0)
OWN = "import numba\n@numba.njit(cache=True)\ndef square(x):\n    return x * x\n"


def double_sum(x: Any) -> float:
    total = 0.0
    for value in x:
        total += 2.0 * value
    return total


def compiled(folder: Path) -> Any:
    """A new dispatcher of the same function, as the next process has it."""
    found = numba.njit(double_sum)
    found._cache = KernelCache(double_sum, folder)
    assert found(X) == 20.0
    return found.stats


def hits(folder: Path) -> int:
    return sum(compiled(folder).cache_hits.values())


def test_the_next_process_loads_what_this_one_compiled(tmp_path: Path) -> None:
    assert hits(tmp_path) == 0
    assert [place.suffix for place in tmp_path.iterdir()] == [".nbc"]
    assert hits(tmp_path) == 1


def test_a_loaded_kernel_is_inlined_where_another_calls_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bitcode is parsed then, and no sooner."""
    hits(tmp_path)
    parsed: list[bytes] = []
    parse = codegen.ll.parse_bitcode
    monkeypatch.setattr(codegen.ll, "parse_bitcode", lambda code: parsed.append(code) or parse(code))
    loaded = numba.njit(double_sum)
    loaded._cache = KernelCache(double_sum, tmp_path)
    assert loaded(X) == 20.0 and sum(loaded.stats.cache_hits.values()) == 1
    assert parsed == []
    assert numba.njit(lambda x: loaded(x) + 1.0)(X) == 21.0
    assert len(parsed) == 1


def test_numbas_own_cache_stays_as_it_is(tmp_path: Path) -> None:
    """Of a user's functions in the same process: numba without us reads it, and we read numba's."""
    (tmp_path / "own.py").write_text(OWN)
    ours = "from numba.core.registry import cpu_target\nfrom sim.late_bitcode import read_late\n"
    ours += "read_late(cpu_target.target_context.codegen())\n"
    for first in (ours, "", ours):
        code = f"{first}import own; print(own.square(3.0), sum(own.square.stats.cache_hits.values()))"
        environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", "NUMBA_CACHE_DIR": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout == ("9.0 0\n" if not list(tmp_path.glob("told")) else "9.0 1\n")
        (tmp_path / "told").touch()


@pytest.mark.parametrize("fault", ["empty", "cut", "bit", "other", "folder"])
def test_a_broken_file_is_compiled_again(tmp_path: Path, fault: str) -> None:
    hits(tmp_path)
    place = next(tmp_path.iterdir())
    whole = place.read_bytes()
    middle = len(whole) // 2
    changed = {
        "empty": b"",
        "cut": whole[:middle],
        "bit": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "other": b"not machine code at all",
    }
    if fault == "folder":
        place.unlink()
        place.mkdir()
    else:
        place.write_bytes(changed[fault])
    assert hits(tmp_path) == 0
    assert hits(tmp_path) == (0 if fault == "folder" else 1)  # and kept again, where it can be
    assert len(list(tmp_path.iterdir())) == 1  # no part of a file stays


def test_code_of_another_numba_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hits(tmp_path)
    monkeypatch.setattr(numba, "__version__", "another")
    assert hits(tmp_path) == 0


@pytest.mark.skipif(os.name == "nt", reason="rights are not in the mode there")
@pytest.mark.parametrize(
    ("mode", "private", "usable"),
    [
        (0o755, False, True),
        (0o700, False, True),
        (0o775, False, False),
        (0o777, False, False),
        (0o700, True, True),
        (0o755, True, False),
        (0o770, True, False),
    ],
)
def test_a_folder_that_others_can_write_to_is_not_used(tmp_path: Path, mode: int, private: bool, usable: bool) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    folder.chmod(mode)
    assert cache_folder._usable(folder, private, like=tmp_path) is usable


@pytest.mark.skipif(os.name == "nt", reason="rights are not in the mode there")
def test_a_folder_of_another_user_or_behind_a_link_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert cache_folder._usable(tmp_path / "real", private=True)
    assert not cache_folder._usable(tmp_path / "link", private=True)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert not cache_folder._usable(tmp_path / "real", private=True)


def test_an_unwritable_folder_is_passed_over_until_one_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sources, home, temporary = tmp_path / "sources", tmp_path / "home", tmp_path / "temporary"
    for folder in (sources, home, temporary):
        folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(temporary))
    cache_folder._say.cache_clear()

    def found(given: str = "") -> Path | None:
        return code_folder.__wrapped__(sources, given)

    place = found(str(tmp_path / "given"))
    assert place is not None and place.parent == tmp_path / "given"
    place = found("/dev/null/nowhere")
    assert place is not None and place.parent == sources / "__pycache__"
    shutil.rmtree(sources / "__pycache__")
    (sources / "__pycache__").touch()
    place = found()
    assert place is not None and place.parent == home / "spiral"
    assert capsys.readouterr().err == ""
    shutil.rmtree(home)
    home.touch()
    place = found()
    assert place is not None and place.parent.parent == temporary
    assert os.name == "nt" or stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert "it is kept in" in capsys.readouterr().err
    shutil.rmtree(place.parent)
    place.parent.touch()
    assert found() is None
    assert found() is None
    assert capsys.readouterr().err.count("machine code can be kept nowhere") == 1


@pytest.mark.slow
def test_a_command_runs_where_nothing_can_be_cached(tmp_path: Path) -> None:
    """A checkout whose byte code cannot be written, a user without a home, a temporary folder that is taken."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [tmp_path / "sim" / "kernels", tmp_path / "markets" / "kernels"]:
        (folder / "__pycache__").touch()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / f"spiral-code-{os.getuid()}").touch()
    away = {"HOME": "/dev/null", "XDG_CACHE_HOME": "", "NUMBA_CACHE_DIR": "", "TMPDIR": str(scratch)}
    command = [
        sys.executable,
        "-P",
        "-m",
        "scenarios",
        "run",
        "calm_market",
        "--paths",
        "2",
        "--workers",
        "1",
        "--quiet",
    ]
    command += ["--no-report", "--set", "clock.tick_minutes=390", "--out", str(tmp_path / "run")]
    environment = os.environ | away | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "manifest.json").is_file()
    assert done.stderr.startswith("note: machine code can be kept nowhere")
    assert done.stderr.count("\n") == 1


def test_the_script_of_reports_is_made_where_it_cannot_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from analysis import bundle

    vl_convert = pytest.importorskip("vl_convert")
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda *_: "drawn </script>")
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert bundle.script() == "drawn <\\/script>"
