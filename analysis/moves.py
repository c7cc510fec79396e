"""How far the market moved: price, vol, yields, rates vol and credit at the start, at the worst and at the end."""

from __future__ import annotations

import numpy as np
import polars as pl

from analysis import curve, frames, parts
from analysis.kept import shown
from analysis.numbers import FloatArray
from analysis.page import Table
from sim.columns import Column
from sim.dataset import Run
from sim.figure_text import fixed, percent, text_of

HEADER = ("level", "start", "furthest", "on", "moved", "end")
NOTE = "Medians over paths at closes. Furthest: where the median is furthest from its start; moved: up to there."


def moves(run: Run, world: str = "actual") -> Table:
    """A row a level: its median over paths at the first close, at the one furthest from it, and at the last."""
    nodes, schema, market = curve.nodes(run), parts.schema_of(run), frames.closes(run, world)
    found = {name: market[f"{name}_q50"] for name in ("mid", "vol", *nodes)}
    if curve.has_vol(run):
        found["rates_vol"] = rates_vol(run, world)["rates_vol_q50"]
    rows = []
    for name, medians in (found | {"credit": market["credit_q50"]}).items():
        levels, column = medians.to_numpy(), schema.column("closes", name)
        furthest = int(np.abs(levels - levels[0]).argmax())
        start, far, end = (_level(column, levels[at], in_percent=name in nodes) for at in (0, furthest, -1))
        day = f"{market['time'][furthest]:%Y-%m-%d}"
        rows.append((column.label, start, far, day, _moved(column, levels, furthest), end))
    return Table(f"How the market moved ({world})", HEADER, rows, note=NOTE)


@shown
def rates_vol(run: Run, world: str) -> pl.DataFrame:
    """The vol of rates day by day: `rates_vol_q05` ... `rates_vol_q95` over paths."""
    return frames.closes_by_close(run, world, "rates_vol").spread("rates_vol")


def _level(column: Column, value: float, *, in_percent: bool) -> str:
    """Yields in percent, as they are quoted; spreads and rates vol in basis points."""
    return percent(value, 2) if in_percent else text_of(value, column.unit or "number")


def _moved(column: Column, medians: FloatArray, furthest: int) -> str:
    """Prices in percent of the start, vol in points, rates in basis points."""
    start, far = medians[0], medians[furthest]
    if column.unit == "price":
        size, digits, unit = 100 * (far / start - 1), 1, "%"
    elif column.unit == "vol":
        size, digits, unit = 100 * (far - start), 1, "points"
    else:
        size, digits, unit = 1e4 * (far - start), 0, "bp"
    return fixed(size, digits, f" {unit}", plus=True)
