"""Lines across a map of cells: loop gain 1, and half of the paths liquidated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from analysis.charts.scales import rows
from analysis.charts.theme import INK
from analysis.sweeps import gain
from analysis.sweeps.axes import Axis


@dataclass(frozen=True)
class Line:
    """A level of a metric that a map draws, its name, its dashes, and how far along the line its name stands."""

    metric: str
    level: float
    text: str
    dash: tuple[int, int]
    at: float


GAIN = Line(gain.GAIN, gain.TIPPING, "loop gain = 1", (1, 0), 0.5)
DEATH = Line("liquidation_rate", 0.5, "half liquidated", (6, 4), 0.8)


def crosses(line: Line, cells: pl.DataFrame, x: Axis, y: Axis) -> bool:
    """Whether the line passes between cells of the map."""
    return bool(_found(line, cells, x, y))


def draw(line: Line, cells: pl.DataFrame, x: Axis, y: Axis) -> list[alt.Chart]:
    """The line with its name; nothing if it does not cross the map."""
    found = _found(line, cells, x, y)
    if not found:
        return []
    points = [
        {"x": float(u), "y": float(v), "line": i, "order": j}
        for i, part in enumerate(found)
        for j, (u, v) in enumerate(part)
    ]
    base = alt.Chart(rows(pl.DataFrame(points))).encode(x="x:Q", y="y:Q", detail="line:N", order="order:Q")
    halo = base.mark_line(color="white", strokeWidth=5, opacity=0.75)
    drawn = base.mark_line(color=INK, strokeWidth=2.2, strokeDash=list(line.dash))
    u, v = found[0][round(line.at * (len(found[0]) - 1))]
    name = alt.Chart(rows(pl.DataFrame({"x": [float(u)], "y": [float(v)]}))).encode(x="x:Q", y="y:Q")
    words: dict[str, Any] = {"text": line.text, "fontSize": 12, "fontWeight": 600, "align": "left", "dx": 9, "dy": 12}
    shade = name.mark_text(**words, color="white", stroke="white", strokeWidth=4, strokeJoin="round")
    return [halo, drawn, shade, name.mark_text(**words, color=INK)]


def _found(line: Line, cells: pl.DataFrame, x: Axis, y: Axis) -> list[gain.FloatArray]:
    if x.category or y.category or line.metric not in cells.columns:
        return []
    return gain.contour(cells, x, y, line.metric, line.level)
