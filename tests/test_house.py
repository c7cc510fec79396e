"""The house itself: packages are ours, pinned files are well formed, set-up names no place."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _python(code: str, *first_on_path: Path) -> subprocess.CompletedProcess[str]:
    path = [str(p) for p in first_on_path]
    start = f"import sys; sys.path[:0] = {path!r}; {code}"
    return subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize("room", ["sim", "markets", "agents", "analysis"])
@pytest.mark.parametrize("kind", ["package", "module", "namespace"])
def test_a_foreign_package_is_named_in_one_line(tmp_path: Path, room: str, kind: str) -> None:
    if kind == "module":
        (tmp_path / f"{room}.py").touch()
    else:
        (tmp_path / room).mkdir()
        if kind == "package":
            (tmp_path / room / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    done = _python("import scenarios", tmp_path)
    if kind == "namespace":  # a mere folder never wins over a package
        assert done.returncode == 0, done.stderr
        return
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    found = tmp_path / (f"{room}.py" if kind == "module" else room)
    assert f"package '{room}' was found at {found}, expected at {ROOT / room}" in last
    assert "install Spiral in a virtual environment of its own" in last


def test_a_foreign_package_imported_before_us_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "agents.py").touch()
    done = _python(f"import agents; sys.path.remove({str(tmp_path)!r}); import scenarios", tmp_path)
    assert "package 'agents' was found at" in done.stderr


def test_checking_the_house_imports_nothing_heavy() -> None:
    heavy = {"numpy", "pandas", "polars", "numba"}
    done = _python(f"from scenarios.house import verify; verify(); print({heavy!r} & set(sys.modules))")
    assert done.stdout.strip() == "set()"


def test_constraints_are_exact_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert len(lines) == len({_plain(line.split("==")[0]) for line in lines})
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    assert not any(line.startswith("spiral") for line in lines)


def test_every_dependency_is_pinned_and_explained() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[^A-Za-z0-9._-]", item)[0] for item in wanted}
    pinned = {_plain(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert {name for name in names if _plain(name) not in pinned} == set()
    reasons = (ROOT / "docs" / "decisions.md").read_text()
    assert {name for name in names if f"`{name}`" not in reasons} == set()


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("package", ["scenarios", "analysis"])
def test_completion_offers_what_a_package_gives(package: str) -> None:
    """Names that are fetched on first use are listed before it."""
    done = _python(f"import {package} as p; print(*(set(p.__all__) - set(dir(p))))")
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr
