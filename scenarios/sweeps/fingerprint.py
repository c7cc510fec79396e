"""Which engine made a result: the sources that decide it, and the versions of what they stand on."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sim", "markets", "agents", "scenarios", "analysis")
LIBRARIES = ("spiral-crisis", "simpy", "numpy", "scipy", "polars", "numba")


@cache
def fingerprint() -> str:
    """Twelve hex digits of all sources and of the libraries' versions; equal on two machines only if both are."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            digest.update(f"{file.relative_to(ROOT).as_posix()}\0".encode() + file.read_bytes())
    digest.update(repr(sorted(versions().items())).encode())
    return digest.hexdigest()[:12]


def versions() -> dict[str, str]:
    """Version of each library that a result depends on."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
