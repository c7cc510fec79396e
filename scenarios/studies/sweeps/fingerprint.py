"""Which engine made a result: the sources that decide it, and the versions of what they stand on."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# All that a cell loads of ours. The command line, calibration, charts and reports may change without asking.
SOURCES = (
    "sim/**/*.py",
    "markets/**/*.py",
    "agents/**/*.py",
    "scenarios/*.py",
    "scenarios/checking/*.py",
    "scenarios/describing/*.py",
    "scenarios/files/*.py",
    "scenarios/reading/*.py",
    "scenarios/worlds/*.py",
    "scenarios/studies/*.py",
    "scenarios/studies/replay/*.py",
    "scenarios/studies/calibrating/__init__.py",
    "scenarios/checking/outside.py",
    "scenarios/studies/sweeps/*.py",
    "analysis/__init__.py",
    "analysis/calendar_days.py",
    "analysis/counterfactual.py",
    "analysis/cash.py",
    "analysis/force.py",
    "analysis/frames.py",
    "analysis/given.py",
    "analysis/horizon.py",
    "analysis/liquidity.py",
    "analysis/numbers.py",
    "analysis/parts.py",
    "analysis/pnl.py",
    "analysis/summary.py",
    "analysis/twins.py",
    "analysis/way.py",
)
OURS = ("sim", "markets", "agents", "scenarios", "analysis")
LIBRARIES = ("spiral-crisis", "simpy", "numpy", "scipy", "polars", "numba")


@cache
def fingerprint() -> str:
    """Twelve hex digits of the sources and of the libraries' versions; equal on two machines only if both are."""
    return fingerprint_now()


def fingerprint_now() -> str:
    """The same of the sources as they stand now: another one where they were changed since this process began."""
    digest = hashlib.sha256()
    for file in sorted({file for pattern in SOURCES for file in ROOT.glob(pattern)}):
        digest.update(f"{file.relative_to(ROOT).as_posix()}\0".encode() + file.read_bytes())
    digest.update(repr(sorted(versions().items())).encode())
    return digest.hexdigest()[:12]


def of_classes(classes: Iterable[type]) -> dict[str, str]:
    """Hash of the file of each module that is the user's own, by name: an agent that was rewritten is another."""
    found = {}
    for name in sorted({cls.__module__ for cls in classes}):
        file = getattr(sys.modules.get(name), "__file__", None)
        if name.partition(".")[0] not in OURS and file is not None and Path(file).is_file():
            found[name] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return found


def versions() -> dict[str, str]:
    """Version of each library that a result depends on."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
