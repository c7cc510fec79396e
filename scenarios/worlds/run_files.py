"""Where a run goes, and the files that it writes there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agents.tables import DESKS, MARKS, TABLES
from markets.tables import TABLES as MARKET_TABLES
from scenarios.worlds.manifest import content_hash
from sim.dataset import MANIFEST
from sim.run_folder import own_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scenarios.scenario import Scenario
    from scenarios.worlds.given_orders import GivenOrders
    from sim.ensemble import Chunk


def default_folder(scenario: Scenario, orders: Mapping[str, GivenOrders] | None = None) -> Path:
    """The default folder of a run: of its name and seed, and without a run of different content."""
    return own_folder(first_folder(scenario), content_hash(scenario, orders))


def first_folder(scenario: Scenario) -> Path:
    """The folder of a run's name and seed."""
    return Path("runs") / f"{scenario.name}-{scenario.run.seed}"


def with_companions(tables: tuple[str, ...] | None, scenario: Scenario) -> tuple[str, ...] | None:
    """The tables of a run: `desks` goes with `marks`, but where `marks` is in full."""
    if tables is None:
        return None
    others = tuple(table for table in tables if table != DESKS)
    if scenario.run.marks is not None:
        return others
    return (*others, DESKS) if {MARKS.name, DESKS} & set(tables) else others


def file_names(parts: list[Chunk], tables: tuple[str, ...] | None) -> list[str]:
    """The files of a run, as far as they are known before it."""
    known = [table.name for table in (*TABLES, *MARKET_TABLES)] if tables is None else tables
    return [MANIFEST, *(f"{table}/{part.world}-{part.first:07d}.parquet" for table in known for part in parts)]
