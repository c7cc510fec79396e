"""The debrief of a class: its life as a run, with its twin, and the runs of the policies that played along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis import frames, parts, way
from scenarios.desk.trade.chosen import SHARED, Chosen
from scenarios.desk.trade.class_desks import ClassDesks, Place, bot_scenario, class_desks
from scenarios.desk.trade.views import plain
from scenarios.studies.run import run
from sim.files import write_whole
from sim.names import PRICE_TAKER

if TYPE_CHECKING:
    from sim.dataset import Run

FILE = "debrief.json"


def debrief(chosen: Chosen, students: int, orders: list[list[Any]], folder: Path, out: Path) -> None:
    """Write the class's run to `out`, those of the bots and `debrief.json` into `folder`.

    orders: rows of tick, who, venue, units. The run's tables are as if the class had been a scenario.
    """
    desks = class_desks(chosen, students)
    result = _class_run(desks, chosen, max(students, 1), orders, out)
    with result.reading():
        found = [_desk(result, place, who=who) for who, place in enumerate(desks.places[:students])]
        bots = [_desk(result, Place(desk, 0), bot=name) for name, desk in desks.bots.items()]
        days = [str(day) for day in frames.mark_times(result, "actual").dt.date().to_list()]
        loss = parts.loss_of(result)
    if chosen.mode != SHARED:
        bots = [_bot(chosen, name, keys, folder / f"bot-{n}") for n, (name, keys) in enumerate(chosen.bots)]
    listed = [{"name": part.name, "label": part.label} for part in loss.parts]
    told = {"days": days, "parts": listed, "desks": found + bots, "run": out.name, "twin": PRICE_TAKER}
    write_whole(folder / FILE, json.dumps(told, allow_nan=False))


def _class_run(desks: ClassDesks, chosen: Chosen, students: int, orders: list[list[Any]], out: Path) -> Run:
    """Paths on which nobody sat are left out: a path does not depend on the others."""
    paths = 1 if chosen.mode == SHARED else students
    rows = [(tick, desks.places[who].path, desks.places[who].seat, venue, units) for tick, who, venue, units in orders]
    kinds = {"tick": pl.Int64, "path": pl.Int64, "seat": pl.String, "venue": pl.String, "units": pl.Float64}
    table = pl.DataFrame(rows, schema=kinds, orient="row")
    scenario = desks.scenario.with_run(paths=paths, witnesses=paths, twin=PRICE_TAKER, unhedged=False)
    return run(scenario, orders=table, seats=desks.seats, workers=1, out=out)


def _bot(chosen: Chosen, name: str, keys: dict[str, Any], out: Path) -> dict[str, Any]:
    scenario = bot_scenario(chosen, keys).with_run(twin=PRICE_TAKER, unhedged=False)
    result = run(scenario, workers=1, out=out)
    with result.reading():
        return _desk(result, Place(chosen.seat, 0), bot=name)


def _desk(run: Run, place: Place, *, who: int | None = None, bot: str | None = None) -> dict[str, Any]:
    """Figures of one desk on one path, $; losses and costs positive."""
    on_path = pl.col("path") == place.path
    last = frames.final(run, place.seat, "actual").filter(on_path)
    twin = frames.final(run, place.seat, PRICE_TAKER).filter(on_path)
    marks = frames.desk_marks(run, place.seat, on_path, pl.col("world") == "actual").sort("time").collect()
    twin_marks = frames.desk_marks(run, place.seat, on_path, pl.col("world") == PRICE_TAKER).sort("time").collect()
    fallen = frames.first_falls(run, place.seat).filter(on_path & (pl.col("world") == "actual"))
    drawdown = way.worst(run, place.seat, "actual").filter(on_path)["drawdown"].item()
    loss = parts.loss_of(run)
    costs = {part.name: plain(last[parts.column_of(part.name)].item()) for part in loss.parts}
    tax = [part.name for part in loss.parts_of("liquidity_tax")]
    return {
        "who": who,
        "bot": bot,
        "pnl": [plain(value) for value in marks["pnl"]],
        "twin_pnl": [plain(value) for value in twin_marks["pnl"]],
        "loss": plain(-last["pnl"].item()),
        "twin_loss": plain(-twin["pnl"].item()),
        "drawdown": plain(drawdown),
        "survived": fallen.height == 0,
        "fell": str(fallen["time"].dt.date().item()) if fallen.height else None,
        "liquidity_tax": plain(sum(costs[name] or 0.0 for name in tax)),
        "parts": costs,
    }
