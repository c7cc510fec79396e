"""A shock to a running market: what a revaluation says it costs, and what living through it costs."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from markets.spec import ShockSpec
from scenarios.parameters.models import build
from scenarios.reading.made_by_hand import meant
from scenarios.studies.calibrating.before_run import ready
from scenarios.studies.run import run
from scenarios.studies.shocks_csv import read_shocks
from scenarios.worlds.blueprint import blueprint_of
from scenarios.worlds.shocks import STATIC, tick_of
from sim.arguments import maybe, path, takes, text, whole
from sim.errors import UserError
from sim.estimate import Estimate
from sim.names import ACTUAL, PRICE_TAKER
from sim.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scenarios.files.frames import Source
    from scenarios.scenario import Scenario
    from sim.dataset import Run

Vector = NDArray[np.float64]
ROLES = ("hedger", "fund")
FIGURES = ("static", "lived", "untraded", "feedback")


@takes(stress=text, time=text, out=maybe(path), workers=maybe(whole(1)))
def shock(
    scenario: Scenario | str | Path,
    stress: str,
    at: date | str,
    *,
    time: str = "",
    nodes: tuple[str, ...] = (),
    spot: float = 0.0,
    vol: float = 0.0,
    credit: float = 0.0,
    shocks: Source = None,
    out: str | Path | None = None,
    workers: int | None = None,
    progress: Callable[..., None] | None = None,
) -> pl.DataFrame:
    """Run a scenario without and with a shock, on the same random numbers, and compare.

    Args:
        scenario: a `Scenario`, the name of a preset, or the path of a file.
        stress: 'parallel 50', 'steepener 25', '2Y 10, 10Y -5', in basis points; behind it 'on eur' for another
            currency's curve or a spread; empty: no rates move.
        at: the day.
        time: 'HH:MM' of the exchange; by default the first tick of the day.
        nodes: nodes that move, of any curve (default: all of the curve).
        spot, vol, credit: moves of the asset's price (share), of implied vol and of the credit spread (decimal).
        shocks: CSV or frame of factor and shock, in place of these: spot in percent, vol in points, credit and rates by
            tenor (2Y) in basis points, with a column curve where it is not the dollar's.
        out: folder in which the two runs go, as `without` and `with` (default: runs/NAME-SEED-shock).
        workers: processes (default: one a core).
        progress: called with (ticks done, all).

    Returns: a row an agent that hedges or is a fund, means over paths in $ with `*_error`, their standard errors:
        static: change of its equity, had the curve moved at that moment and nothing else. lived: P&L to the end with
        the shock less without it. untraded: the same where nobody's trades leave a trace (the price-taker twin).
        feedback: lived less untraded.

    Raises:
        UserError: if there is no such shape, node or tick, or no agent that hedges or is a fund.
    """
    base = ready(meant(scenario).with_run(twin=PRICE_TAKER, unhedged=False))
    day = at if isinstance(at, date) else _day(at)
    told = [{"stress": stress, "nodes": nodes, "spot": spot, "vol": vol, "credit": credit}]
    specs = [build(ShockSpec, {"date": day, "time": time, **each}, Place("shock")) for each in _asked(told, shocks)]
    struck = with_shocks(base, specs)
    spec = specs[0]
    folder = Path(out) if out is not None else Path("runs") / f"{base.name}-{base.run.seed}-shock"
    runs = [
        run(each, out=folder / name, workers=workers, progress=progress, tables=("marks", "events"))
        for name, each in (("without", base), ("with", struck))
    ]
    clock = blueprint_of(struck).clock
    moment = clock.timestamp(int(clock.ticks[tick_of(spec, clock, Place(base.name))]))
    return compared(runs[0], runs[1], [a.name for a in base.agents if a.role in ROLES], moment)


def _asked(told: list[dict[str, Any]], shocks: Source) -> list[dict[str, Any]]:
    """What is moved: as said, or as a file says it. Raises UserError for both."""
    if shocks is None:
        return told
    if any(value for value in told[0].values()):
        remedy = "leave out --stress, --spot, --vol, --credit and --node, or the file"
        raise UserError("a shock is in words or in a file", place="shock", remedy=remedy)
    return read_shocks(shocks)


def with_shocks(scenario: Scenario, specs: Sequence[ShockSpec]) -> Scenario:
    """The scenario with more shocks, checked. Raises UserError."""
    from scenarios.checking.checks import check

    story = dataclasses.replace(scenario.storyline, shock=(*scenario.storyline.shock, *specs))
    struck = dataclasses.replace(scenario, storyline=story)
    check(struck)
    blueprint_of(struck)
    return struck


def compared(without: Run, struck: Run, agents: list[str], moment: datetime) -> pl.DataFrame:
    """The rows of `shock`, from two runs on the same paths. moment: of the shock."""
    if not agents:
        raise UserError("nobody hedges and there is no fund", value="no agent", remedy="add a Hedger or a fund")
    rows = []
    for name in agents:
        static = _static(struck, name, moment)
        lived, untraded = (_pnl(struck, name, world) - _pnl(without, name, world) for world in (ACTUAL, PRICE_TAKER))
        found: dict[str, Any] = {"agent": name}
        for figure, values in zip(FIGURES, (static, lived, untraded, lived - untraded), strict=True):
            estimate = Estimate.mean(values)
            found |= {figure: estimate.value, f"{figure}_error": estimate.error}
        rows.append(found)
    schema: dict[str, Any] = {"agent": pl.String}
    schema |= {name: pl.Float64 for figure in FIGURES for name in (figure, f"{figure}_error")}
    return pl.DataFrame(rows, schema=schema)


def _pnl(run: Run, agent: str, world: str) -> Vector:
    """At the end, (paths,) $."""
    marks = run.marks.filter(agent=agent, world=world).filter(pl.col("time") == pl.col("time").max())
    return marks.sort("path").select("pnl").collect()["pnl"].to_numpy()


def _static(run: Run, agent: str, moment: datetime) -> Vector:
    """What the shock would do at once, (paths,) $."""
    events = run.events.filter(kind=STATIC, subject=agent, world=ACTUAL).filter(pl.col("time") == moment)
    return events.sort("path").select("value").collect()["value"].to_numpy()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError("is not a date", value=text, place="at", remedy="write it as 2020-03-09") from None
