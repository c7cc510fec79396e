"""How far the market moved: price, vol, yields, rates vol and credit at the start, at the worst and at the end."""

from __future__ import annotations

import numpy as np

from analysis import curve, frames, parts
from analysis.figure_text import MINUS, text_of
from analysis.numbers import FloatArray
from analysis.page import Table
from sim.columns import Column
from sim.dataset import Run

HEADER = ("level", "start", "furthest", "on", "moved", "end")
NOTE = "Medians over paths at closes. Furthest: where the median is furthest from its start; moved: up to there."


def moves(run: Run, world: str = "actual") -> Table:
    """A row a level: its median over paths at the first close, at the one furthest from it, and at the last."""
    nodes, known = curve.nodes(run), frames.asset_closes(run, world).collect_schema()
    levels = [name for name in ("mid", "vol", *nodes, "rates_vol", "credit") if name in known]
    times, rows = frames.close_times(run, world), []
    for name, medians in zip(levels, _medians(run, world, levels), strict=True):
        column, furthest = parts.schema_of(run).column("closes", name), int(np.abs(medians - medians[0]).argmax())
        start, far, end = (_level(column, medians[at], in_percent=name in nodes) for at in (0, furthest, -1))
        rows.append((column.label, start, far, f"{times[furthest]:%Y-%m-%d}", _moved(column, medians, furthest), end))
    return Table(f"How the market moved ({world})", HEADER, rows, note=NOTE)


def _medians(run: Run, world: str, levels: list[str]) -> FloatArray:
    """(levels, closes)."""
    closes = frames.closes_by_close(run, world, *levels)
    return np.array([[np.median(closes.at(i, name)) for i in range(len(closes.times))] for name in levels])


def _level(column: Column, value: float, *, in_percent: bool) -> str:
    """Yields in percent, as they are quoted; spreads and rates vol in basis points."""
    return f"{100 * value:.2f} %".replace("-", MINUS) if in_percent else text_of(value, column.unit or "number")


def _moved(column: Column, medians: FloatArray, furthest: int) -> str:
    """Prices in percent of the start, vol in points, rates in basis points."""
    start, far = medians[0], medians[furthest]
    if column.unit == "price":
        size, digits, unit = 100 * (far / start - 1), 1, "%"
    elif column.unit == "vol":
        size, digits, unit = 100 * (far - start), 1, "points"
    else:
        size, digits, unit = 1e4 * (far - start), 0, "bp"
    return f"{round(size, digits) + 0.0:+.{digits}f} {unit}".replace("-", MINUS)
