"""Tables that Spiral wrote before there was a key: they mean what the engine did then, not today's default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.streams import Generator

FIRST: Generator = "numpy"  # the generator of noise of all runs before there was a choice
WRITTEN = ("name", "clock", "market", "venue", "feedback", "credit", "storyline", "agents", "run")
RUN = ("paths", "seed", "witnesses", "twin", "chunk", "attribution")


def as_recorded(tables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tables; with NumPy's generator where they are complete and name none.

    Complete are those of a manifest, a saved session or a class, as `Scenario.to_dict` has always written every key.
    A scenario file leaves keys out, and has the defaults.
    """
    run = tables.get("run")
    if not isinstance(run, Mapping) or "generator" in run:
        return tables
    complete = all(key in tables for key in WRITTEN) and all(key in run for key in RUN)
    return {**tables, "run": {**run, "generator": FIRST}} if complete else tables
