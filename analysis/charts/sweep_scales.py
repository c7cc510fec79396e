"""Axes and metrics of a sweep as encodings of a chart: log where the manifest says so, units on every axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import polars as pl

from analysis.charts.theme import MUTED
from analysis.numbers import money_scale
from analysis.sweeps import axes as names
from analysis.sweeps.axes import Axis
from sim.columns import Unit
from sim.sweep_dataset import SweepResult

# Sequential, light to dark; and Paul Tol's "vibrant" scheme (personal.sron.nl/~pault) for names.
RAMP = ("#fdf3e3", "#f2c79a", "#dd8a6f", "#b3476a", "#5c1a4a")
ORDERED = ("#33BBEE", "#0077BB", "#332288", "#882255", "#CC3311", "#EE7733")
NAMED = ("#0077BB", "#EE7733", "#009988", "#CC3311", "#33BBEE", "#EE3377", "#332288", "#999933", "#AA4499", "#555555")
SHOWN = {"share": (100.0, "%"), "vol": (100.0, "%"), "rate": (1e4, "bp"), "multiple": (1.0, "x")}
MOST_TICKS = 9
DECADES = 50  # times the least that the largest is where a scale is better logarithmic


@dataclass(frozen=True)
class Measure:
    """A metric as a chart shows it: values times `factor` are in `unit`."""

    label: str
    factor: float
    unit: str

    @property
    def title(self) -> str:
        return f"{self.label}, {self.unit}" if self.unit else self.label

    def scaled(self, frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
        """The frame with these columns in this unit."""
        return frame.with_columns(pl.col(*columns) * self.factor)


def measure(sweep: SweepResult, metric: str, frame: pl.DataFrame, columns: Sequence[str]) -> Measure:
    """The metric in the unit that suits the largest of these columns."""
    label, unit = names.metric(sweep, metric)
    return Measure(label, *unit_of(unit, frame, columns))


def unit_of(unit: Unit, frame: pl.DataFrame, columns: Sequence[str]) -> tuple[float, str]:
    """(factor, unit) to show values of this unit; dollars as suits the largest, or the median far below it."""
    if unit == "$":
        sizes = np.abs(np.concatenate([frame[c].drop_nulls().drop_nans().to_numpy() for c in columns]))
        largest, middle = (float(sizes.max()), float(np.median(sizes))) if sizes.size else (0.0, 0.0)
        divisor, name = money_scale(middle if middle * DECADES < largest else largest)
        return 1 / divisor, name
    return SHOWN.get(unit, (1.0, ""))


def position(
    a: Axis, values: Iterable[Any], *, span: tuple[float, float] | None = None, listed: bool = True
) -> dict[str, Any]:
    """Arguments of `alt.X` or `alt.Y` for an axis, over `span` if given.

    Ticks stand at its values where they are few, unless they are not `listed` but happen to lie there.
    """
    known = sorted(v for v in set(values) if v is not None)
    if not known:
        return {"axis": alt.Axis(title=a.title)}
    if a.category:
        written = [v for v in a.texts if v in known]
        label = f"replace(datum.label, '{names.KIND}', '')"
        named = alt.Axis(title=a.title, labelExpr=label, labelAngle=0, labelLimit=170, grid=False)
        return {"axis": named, "sort": written or known}
    low, high = span or _around(a, known[0], known[-1])
    exact = listed and len(known) <= MOST_TICKS
    ticks: dict[str, Any] = {"values": known} if exact else _ticks(a, (low, high))
    scale: dict[str, Any] = {"type": "log"} if a.log else {"zero": False}
    scale |= {"domain": [low, high], "nice": False}
    return {"axis": alt.Axis(title=a.title, format=",.3~g", grid=False, **ticks), "scale": alt.Scale(**scale)}


def _around(a: Axis, low: float, high: float) -> tuple[float, float]:
    """A little more than from `low` to `high`."""
    if a.log:
        room = (high / low) ** 0.03 if high > low else 1.2
        return low / room, high * room
    room = 0.03 * (high - low) or max(abs(low) * 0.1, 0.1)
    return low - room, high + room


def _ticks(a: Axis, span: tuple[float, float]) -> dict[str, Any]:
    """Along a log axis its round values; a linear one's are Vega's."""
    return {"values": log_ticks(*span)} if a.log else {"tickCount": MOST_TICKS - 2}


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten from `low` to `high`; the powers alone where that is many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if len(powers) < 5 else (1,)
    return [v for v in (float(f"{m}e{p}") for p in powers for m in steps) if low <= v <= high]


def edges(a: Axis, values: Sequence[float]) -> dict[float, tuple[float, float]]:
    """From where to where each value's cell reaches: to the middle between neighbours, in ln on a log axis."""
    at = np.array(sorted(set(values)), dtype=np.float64)
    u = np.log(at) if a.log else at
    if len(u) == 1:
        half = np.array([0.5 if a.log else max(abs(u[0]) / 2, 0.5)])
        low, high = u - half, u + half
    else:
        middle = (u[1:] + u[:-1]) / 2
        low = np.concatenate([[2 * u[0] - middle[0]], middle])
        high = np.concatenate([middle, [2 * u[-1] - middle[-1]]])
    if a.log:
        low, high = np.exp(low), np.exp(high)
    return {float(v): (float(lo), float(hi)) for v, lo, hi in zip(at, low, high, strict=True)}


def ramp(frame: pl.DataFrame, column: str) -> alt.Scale:
    """Colours from light to dark; about zero where values have both signs; on a log scale where they span decades."""
    low, high = (float(frame[column].min() or 0.0), float(frame[column].max() or 0.0)) if frame.height else (0.0, 0.0)  # type: ignore[arg-type]
    if low < 0 < high:
        return alt.Scale(range=["#0077BB", "#f5f5f5", "#b3476a"], domainMid=0, interpolate="lab")
    kind: dict[str, Any] = {"type": "log"} if low > 0 and high > DECADES * low else {}
    return alt.Scale(range=list(RAMP), interpolate="lab", **kind)


def gradient(title: str) -> alt.Legend:
    """The legend of a ramp: one line, its title at the left."""
    words: dict[str, Any] = {"titleColor": MUTED, "titleFontWeight": "normal", "titleFontSize": 11.5}
    bar: dict[str, Any] = {"gradientLength": 220, "gradientThickness": 10, "titleOrient": "left", "titlePadding": 10}
    return alt.Legend(title=title, titleLimit=400, **words, **bar)


def palette(series: Sequence[str], *, ordered: bool) -> dict[str, str]:
    """A colour a series: along a ramp where they are ordered."""
    if not ordered:
        return {name: NAMED[i % len(NAMED)] for i, name in enumerate(series)}
    at = np.linspace(0, len(ORDERED) - 1, len(series)) if len(series) > 1 else np.array([1.0])
    return {name: _between(float(u)) for name, u in zip(series, at, strict=True)}


def _between(u: float) -> str:
    """The colour at `u` along ORDERED."""
    low = min(int(u), len(ORDERED) - 2)
    ends = [[int(ORDERED[low + i][j : j + 2], 16) for j in (1, 3, 5)] for i in (0, 1)]
    mixed = [round(x + (u - low) * (y - x)) for x, y in zip(*ends, strict=True)]
    return "#" + "".join(f"{m:02x}" for m in mixed)
