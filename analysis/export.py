"""A run as sheets for a spreadsheet: figures with units and errors, parts, attribution, closes, book, days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import polars as pl

from analysis import book, frames, liquidity, parts, pnl, twins, way
from analysis.numbers import Number
from analysis.sheets import Sheets as Sheets
from analysis.sheets import about
from analysis.summary import summarise
from sim.dataset import Run
from sim.errors import UserError
from sim.estimate import without_pulls

BOOK = "book"  # the sheet that a run without positions does not have
FIGURES = {"name": pl.String, "label": pl.String, "value": pl.Float64, "error": pl.Float64, "unit": pl.String}


def run_sheets(run: Run, *, agent: str | None = None) -> Sheets:
    """Sheets by name, each a frame whose columns are numbers, texts, dates or flags.

    `about`, `figures`, `daily_market`, `columns` (what the columns of the tables are called, and their units); with a
    hedger also `parts`, `attribution`, `worst_closes`, `book` and `daily_desk`. Money in $, rates, vols, spreads and
    shares as decimals; every world's rows are in one sheet.
    `agent` as for `summarise`. Raises UserError for an unknown one.
    """
    with run.reading(), without_pulls():
        made = ((name, make()) for name, make in _makers(run, agent).items())
        return {name: sheet for name, sheet in made if sheet is not None}


def run_sheet(run: Run, name: str, *, agent: str | None = None) -> pl.DataFrame:
    """One of them, without the others. Raises UserError for a name that none has."""
    with run.reading(), without_pulls():
        makers = _makers(run, agent)
        found = makers[name]() if name in makers else None
        if found is None:
            known = ", ".join(name for name, make in makers.items() if name != BOOK or make() is not None)
            raise UserError("there is no such sheet", value=name, place="--sheet", remedy=f"sheets: {known}")
        return found


def _makers(run: Run, agent: str | None) -> dict[str, Callable[[], pl.DataFrame | None]]:
    """What makes each sheet, by name, in their order; None where there is nothing to show."""
    worlds = [str(world) for world in run.manifest["worlds"]]
    makers: dict[str, Callable[[], pl.DataFrame | None]] = {
        "about": lambda: _about(run, agent),
        "figures": lambda: _figures(run, agent, worlds),
    }
    if frames.desks(run, agent):
        makers |= {
            "parts": lambda: _parts(run, agent, worlds),
            "attribution": lambda: _by_world({w: pnl.attribution_table(run, agent=agent, world=w) for w in worlds}),
            "worst_closes": lambda: _by_world({w: way.worst(run, agent, w) for w in worlds}),
            BOOK: lambda: _book(run, agent, worlds),
            "daily_desk": lambda: _by_world({w: frames.daily(run, agent, w) for w in worlds}),
        }
    makers["daily_market"] = lambda: _by_world({w: frames.closes(run, w) for w in worlds})
    return makers | {"columns": lambda: _columns(run)}


def _book(run: Run, agent: str | None, worlds: list[str]) -> pl.DataFrame | None:
    held = {w: book.by_position(run, agent, w) for w in worlds}
    return _by_world(held) if all(frame.height for frame in held.values()) else None


def _columns(run: Run) -> pl.DataFrame:
    """Label and unit of the columns that the sheets are made of."""
    tables = parts.schema_of(run).tables
    rows = [(table, c.name, c.label, c.unit) for table in ("marks", "closes", "book") for c in tables.get(table, ())]
    return pl.DataFrame(rows, schema=["table", "column", "label", "unit"], orient="row")


def _by_world(found: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Frames of one shape under one another, after a column that says of which world each row is."""
    columns = [frame.select(pl.lit(world).alias("world"), pl.all()) for world, frame in found.items()]
    return pl.concat(columns, how="vertical_relaxed")


def _about(run: Run, agent: str | None) -> pl.DataFrame:
    manifest = run.manifest
    clock, versions = manifest.get("clock") or {}, manifest.get("versions") or {}
    return about(
        {
            "title": manifest.get("title") or manifest["name"],
            "scenario": manifest["name"],
            "desk": frames.desk_name(run, agent),
            "worlds": ", ".join(map(str, manifest["worlds"])),
            "paths": manifest["paths"],
            "seed": manifest["seed"],
            "first": clock.get("first"),
            "last": clock.get("last"),
            **{f"version of {name}": number for name, number in versions.items()},
            "content hash": manifest.get("content_hash"),
            "command": manifest.get("command"),
            **{f"note {i + 1}": note for i, note in enumerate(manifest.get("notes") or ())},
        }
    )


def _figures(run: Run, agent: str | None, worlds: list[str]) -> pl.DataFrame:
    return _by_world({world: _numbers(summarise(run, agent=agent, world=world)) for world in worlds})


def _parts(run: Run, agent: str | None, worlds: list[str]) -> pl.DataFrame:
    """The cost of survival part by part, its sub-totals and the total, costs positive; and what feedback added."""
    names = list(parts.labels(parts.loss_of(run)))
    found = {world: liquidity.costs(run, agent=agent, world=world) for world in worlds}
    if len(worlds) > 1:
        found["due to feedback"] = twins.feedback_parts(run, agent=agent)
    return _by_world({world: _numbers(of, names) for world, of in found.items()})


def _numbers(found: Mapping[str, Number], names: Iterable[str] | None = None) -> pl.DataFrame:
    chosen = [name for name in (found if names is None else names) if name in found]
    rows = [(name, found[name].label, found[name].value, found[name].error, found[name].unit) for name in chosen]
    return pl.DataFrame(rows, schema=FIGURES, orient="row")
