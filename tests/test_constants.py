"""Constants of our modules: each name is bound once, so that two uses cannot share it by chance."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("sim", "markets", "agents", "scenarios", "analysis")


def bound_twice(source: str) -> list[str]:
    """Constants that a module binds more than once at its top level."""
    targets = [
        target
        for line in ast.parse(source).body
        if isinstance(line, ast.Assign | ast.AnnAssign)
        for target in (line.targets if isinstance(line, ast.Assign) else [line.target])
    ]
    names = Counter(
        node.id
        for target in targets
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id.isupper()
    )
    return [name for name, times in names.items() if times > 1]


def test_a_constant_bound_twice_is_seen() -> None:
    assert bound_twice("GRID, FINE = 8192, 512\nlower = 1\nlower = 2\nFINE: int = 2048\n") == ["FINE"]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_constant_is_bound_twice(package: str) -> None:
    found = {str(path): twice for path in (ROOT / package).rglob("*.py") if (twice := bound_twice(path.read_text()))}
    assert not found
