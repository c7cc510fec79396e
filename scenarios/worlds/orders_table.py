"""Orders of seats as a table: what a session has sent, and what a run repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.hedging.hedger import Hedger
from scenarios.checking.checks import cast_of
from scenarios.worlds.given_orders import GivenOrders
from sim.errors import UserError
from sim.names import ACTUAL
from sim.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import polars as pl
    from numpy.typing import NDArray

    from scenarios.scenario import Scenario
    from sim.clock import Clock

    Sent = Mapping[int, Mapping[str, NDArray[np.float64]]]  # units by venue, (paths,), by tick

COLUMNS = ("tick", "path", "seat", "venue", "units")


def seats_of(scenario: Scenario) -> list[str]:
    """Names of the desks that may have a seat."""
    return [agent.name for agent in scenario.agents if isinstance(agent, Hedger)]


def check_seat(seat: object, scenario: Scenario, place: str = "seat") -> str:
    """The name of a hedger. Raises UserError."""
    known = seats_of(scenario)
    if not isinstance(seat, str) or seat not in known:
        remedy = nearest(str(seat), known) if known else "give the scenario a hedger"
        raise UserError(f"{scenario.name} has no hedger of that name", value=seat, place=place, remedy=remedy)
    return seat


def given_orders(
    table: pl.DataFrame | pl.LazyFrame | None, seats: tuple[str, ...], scenario: Scenario, clock: Clock
) -> dict[str, GivenOrders]:
    """The orders of a table, by seat. Raises UserError for what no session could have sent.

    Of a run's table the orders of the actual world count: every other world had the same.
    """
    found: dict[str, dict[int, dict[str, NDArray[np.float64]]]] = {
        check_seat(seat, scenario, "seats"): {} for seat in seats
    }
    if table is None:
        return {seat: GivenOrders(by_tick) for seat, by_tick in found.items()}
    rows = _rows(table)
    paths, venues = scenario.run.paths, list(cast_of(scenario).venues)
    last = len(clock.ticks) - 1
    for tick, path, seat, venue, units in rows.iter_rows():
        check_seat(seat, scenario, "orders: seat")
        if venue not in venues:
            raise UserError("no such venue", value=venue, place="orders: venue", remedy=nearest(str(venue), venues))
        if not 0 <= tick <= last:
            raise UserError(f"the run's ticks are 0 to {last}", value=tick, place="orders: tick")
        if not 0 <= path < paths:
            raise UserError(f"the run's paths are 0 to {paths - 1}", value=path, place="orders: path")
        if not np.isfinite(units):
            raise UserError("must be a finite number", value=units, place="orders: units")
        sent = found.setdefault(seat, {}).setdefault(tick, {})
        sent.setdefault(venue, np.zeros(paths))[path] += units
    return {seat: GivenOrders(by_tick) for seat, by_tick in found.items()}


def _rows(table: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Its five columns, in order of time."""
    import polars as pl

    if isinstance(table, pl.LazyFrame):
        table = table.collect()
    if not isinstance(table, pl.DataFrame):
        remedy = "give Session.orders, or the table `orders` of a run"
        raise UserError("orders are a polars frame", value=type(table).__name__, place="orders", remedy=remedy)
    for column in COLUMNS:
        if column not in table.columns:
            rule, remedy = "a table of orders has no such column", f"its columns are {', '.join(COLUMNS)}"
            raise UserError(rule, value=column, place="orders", remedy=remedy)
    if "world" in table.columns:
        table = table.filter(pl.col("world") == ACTUAL)
    kinds = {"tick": pl.Int64, "path": pl.Int64, "seat": pl.String, "venue": pl.String, "units": pl.Float64}
    rows = table.select(COLUMNS)
    for column, kind in kinds.items():
        number = rows[column].dtype.is_numeric() if kind != pl.String else rows[column].dtype == pl.String
        if not number or rows[column].null_count():
            raise UserError("must be a number" if kind != pl.String else "must be text", place=f"orders: {column}")
        whole = rows[column].cast(pl.Int64, strict=False) if kind == pl.Int64 else None
        if whole is not None and (whole.null_count() or (whole != rows[column]).any()):
            raise UserError("must be a whole number", place=f"orders: {column}")
    return rows.cast(kinds)  # type: ignore[arg-type]


def orders_table(sent: Mapping[str, Sent], clock: Clock) -> pl.DataFrame:
    """Orders by seat as a table: `time` and the five columns, a row for each that is not zero."""
    import polars as pl

    data: list[tuple[datetime, int, int, str, str, float]] = []
    for seat, by_tick in sent.items():
        for tick, by_venue in by_tick.items():
            time = clock.timestamp(int(clock.ticks[tick]))
            for venue, units in by_venue.items():
                rows = np.flatnonzero(units).tolist()
                data.extend((time, tick, path, seat, venue, float(units[path])) for path in rows)
    schema: dict[str, pl.DataType] = {
        "time": pl.Datetime("us"),
        "tick": pl.Int64(),
        "path": pl.Int64(),
        "seat": pl.String(),
        "venue": pl.String(),
        "units": pl.Float64(),
    }
    return pl.DataFrame(data, schema=schema, orient="row").sort("tick", "seat", "venue", "path", maintain_order=True)
