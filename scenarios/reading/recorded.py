"""Tables that Spiral wrote before there was a key: they mean what the engine did then, not today's default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.streams import Generator

FIRST: Generator = "numpy"  # the generator of noise of all runs before there was a choice
# Every key of the first manifests whose default a hand-written file seldom repeats, by table.
WRITTEN = {
    (): (
        "name",
        "title",
        "description",
        "regime",
        "clock",
        "market",
        "venue",
        "feedback",
        "credit",
        "storyline",
        "agents",
    ),
    ("clock",): ("calendar", "tick_minutes", "overnight_variance"),
    ("market",): ("dispersion", "realised_ratio", "kappa", "xi", "rho", "beta", "skew", "jumps", "rates"),
    ("venue",): ("asset", "us2y", "us10y"),
    ("feedback",): ("leverage", "spread", "depth", "impact", "credit", "margin"),
    ("credit",): ("elasticity", "stress_elasticity"),
    ("run",): ("paths", "seed", "witnesses", "twin", "chunk", "attribution"),
}


def as_recorded(tables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tables; with NumPy's generator where they are complete and name none.

    Complete are those of a manifest, a saved session or a class, as `Scenario.to_dict` has always written every key.
    A scenario file leaves keys out, and has the defaults, however many keys of `run` it names.
    """
    run = tables.get("run")
    if not isinstance(run, Mapping) or "generator" in run:
        return tables
    return {**tables, "run": {**run, "generator": FIRST}} if _complete(tables) else tables


def _complete(tables: Mapping[str, Any]) -> bool:
    for place, keys in WRITTEN.items():
        table: Any = tables
        for key in place:
            table = table.get(key)
        if not isinstance(table, Mapping) or not all(key in table for key in keys):
            return False
    return True
