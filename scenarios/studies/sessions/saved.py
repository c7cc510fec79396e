"""A session in a file: what it was opened with, and all that was ordered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.reading.loading import from_dict
from scenarios.studies.sessions.plan import Plan
from scenarios.worlds.orders_table import COLUMNS, given_orders
from sim.arguments import path, whole
from sim.errors import UserError
from sim.files import write_whole
from sim.json_file import read_json

if TYPE_CHECKING:
    import polars as pl

    from scenarios.worlds.given_orders import GivenOrders

FORM = "spiral session 1"
KEYS = ("scenario", "seats", "decide", "tick", "orders")


def write(plan: Plan, tick: int, orders: pl.DataFrame, file: str | Path) -> Path:
    """Write a session whole or not at all; returns the file. Raises UserError or SpiralError."""
    target = Path(path("file", file))
    told = {
        "form": FORM,
        "scenario": plan.scenario.to_dict(),
        "seats": list(plan.seats),
        "decide": plan.decide,
        "tick": tick,
        "orders": [list(row) for row in orders.select(COLUMNS).iter_rows()],
    }
    write_whole(target, json.dumps(told))
    return target


def read(file: str | Path, *, trust: bool) -> tuple[Plan, dict[str, dict[int, dict[str, Any]]], int]:
    """Plan, orders by seat and tick, and the tick at which a session stood. Raises UserError."""
    import polars as pl

    place = str(path("file", file))
    told = _told(Path(file), place)
    scenario = from_dict(told["scenario"], place=place, trust=trust)
    seats = told["seats"]
    if not isinstance(seats, list) or not all(isinstance(seat, str) for seat in seats):
        raise _wrong(place, "seats are names", seats)
    plan = Plan.of(scenario, tuple(seats), None, None, told["decide"])
    tick = whole(0)("tick", told["tick"])
    try:
        rows = pl.DataFrame(told["orders"], schema=list(COLUMNS), orient="row")
    except Exception:  # polars has many of its own
        raise _wrong(place, "orders are rows of tick, path, seat, venue and units", "something else") from None
    given = given_orders(rows if len(rows) else None, plan.seats, scenario, plan.blueprint.clock)
    return plan, {seat: _sent(orders) for seat, orders in given.items()}, min(tick, len(plan.blueprint.clock.ticks) - 1)


def _sent(orders: GivenOrders) -> dict[int, dict[str, Any]]:
    return {tick: dict(by_venue) for tick, by_venue in orders.by_tick.items()}


def _told(file: Path, place: str) -> dict[str, Any]:
    try:
        told = read_json(file)
    except OSError as error:
        raise _wrong(place, f"cannot be read: {error.strerror}", file.name) from None
    except ValueError as error:
        raise _wrong(place, f"is no JSON that a session wrote: {error}", file.name) from None
    if not isinstance(told, Mapping) or told.get("form") != FORM or not all(key in told for key in KEYS):
        raise _wrong(place, "is no saved session", file.name)
    return dict(told)


def _wrong(place: str, rule: str, value: Any) -> UserError:
    return UserError(rule, value=value, place=place, remedy="give the file that Session.save wrote")
