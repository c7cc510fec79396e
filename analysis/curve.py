"""The curve of a run: its nodes, by the manifest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sim.dataset import Run
from sim.figure_text import tenor

ALWAYS = {"overnight": 0.0, "us2y": 2.0, "us10y": 10.0}  # nodes of every run, years


def levels(nodes: Iterable[str]) -> tuple[str, ...]:
    """Levels of the main market that are shown by close, with those of the curve's nodes: columns of `closes`."""
    return ("mid", "vol", "half_spread", "depth", "credit", *nodes, "loop_gain")


def nodes(run: Run) -> dict[str, str]:
    """Labels of the nodes by their column, the shortest first."""
    rates = _rates(run)
    years = ALWAYS | {name: float(node["years"]) for name, node in rates.get("nodes", {}).items()}
    return {name: tenor(years[name]) if years[name] else name for name in sorted(years, key=lambda name: years[name])}


def has_vol(run: Run) -> bool:
    """Whether the vol of rates moves, by the manifest."""
    return bool(_rates(run).get("vol"))


def _rates(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run.manifest.get("scenario", {}).get("market", {}).get("rates", {})
    return found
