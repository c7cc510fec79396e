"""Data and axes: rows for a specification, money in a readable unit, dates along the bottom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import altair as alt
import numpy as np
import polars as pl

from analysis.charts.labels import tame
from analysis.charts.theme import WIDTH
from analysis.numbers import money_scale, scale_of
from sim.columns import Column

TIME = "%Y-%m-%dT%H:%M:%S"  # no time zone: Vega then reads local time, so that no date moves by a day


def rows(frame: pl.DataFrame) -> alt.InlineData:
    """The frame as inline data: times as ISO text, floats to five figures, what is not finite as null, text tame."""
    floats = [c for c, kind in frame.schema.items() if kind.is_float()]
    times = [c for c, kind in frame.schema.items() if kind.is_temporal()]
    tidy = [pl.when(pl.col(c).is_finite()).then(pl.col(c).round_sig_figs(5)).otherwise(None).alias(c) for c in floats]
    text = [pl.col(c).cast(pl.Datetime("us")).dt.strftime(TIME) for c in times]
    names = [tamed(frame[c]) for c, kind in frame.schema.items() if kind == pl.String]
    values = tuple(
        frame.with_columns(*tidy, *text, *names).to_dicts()
    )  # a tuple, as Altair copies lists with every layer
    return alt.InlineData(values=values)


def tamed(names: pl.Series) -> pl.Series:
    """Text as expressions may hold it."""
    wild = {name: tame(name) for name in names.unique().drop_nulls() if tame(name) != name}
    return names.replace(wild) if wild else names


@dataclass(frozen=True)
class Money:
    """A unit for amounts on one chart: `divisor` $ are 1 of `unit` ("$m")."""

    divisor: float
    unit: str

    def scaled(self, frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
        """The frame with these columns in this unit."""
        return frame.with_columns(pl.col(*columns) / self.divisor)


def money_of(frame: pl.DataFrame, columns: Iterable[str]) -> Money:
    """The unit that suits the largest amount in these columns."""
    largest = frame.select(pl.max_horizontal(pl.col(*columns).abs().max())).item() if frame.height else 0.0
    return Money(*money_scale(largest or 0.0))


def dates(frame: pl.DataFrame, *, title: str | None = None, labels: bool = True, width: int = WIDTH) -> alt.X:
    """The time axis for a frame with a `time` column; a year is written only where the run is long."""
    style = "%b %Y" if _span(frame) > timedelta(days=250) else "%-d %b"
    axis = alt.Axis(format=style, title=title, grid=False, labels=labels, ticks=labels, tickCount=max(width // 80, 2))
    return alt.X("time:T", axis=axis, scale=alt.Scale(padding=10))


def bar_width(frame: pl.DataFrame, width: int = WIDTH) -> float:
    """Pixels for one bar a close: 70 % of the narrowest usual gap between closes."""
    if frame.height < 2:
        return 24.0
    gaps = np.diff(np.unique(frame["time"].to_numpy()))
    gap = float(np.median(gaps) / np.timedelta64(1, "s")) if gaps.size else 0.0
    return min(max(0.7 * width * gap / max(_span(frame).total_seconds(), 1.0), 1.0), 24.0)


def _span(frame: pl.DataFrame) -> timedelta:
    first, last = frame["time"].min(), frame["time"].max()
    return last - first if isinstance(first, datetime) and isinstance(last, datetime) else timedelta(0)


def axis(title: str, *, form: str = ",.6~g", right: bool = False, grid: bool = True) -> alt.Axis:
    """A value axis whose title carries the unit."""
    side: dict[str, Any] = {"orient": "right"} if right else {}
    return alt.Axis(title=title, format=form, grid=grid and not right, tickCount=5, **side)


def titled(column: Column, *, of: str = "") -> tuple[float, str]:
    """Factor of a column's values on an axis, and the axis' title: label, `of`, and unit."""
    factor, suffix = scale_of(column.unit)
    label = f"{column.label[:1].lower()}{column.label[1:]}{of and f' of {of}'}"
    return factor, f"{label}, {suffix.strip()}" if suffix else label


def colours(palette: dict[str, str], **more: Any) -> alt.Color:
    """Colour by the field `series`, in the palette's order."""
    scale = alt.Scale(domain=list(palette), range=list(palette.values()))
    return alt.Color("series:N", scale=scale, sort=list(palette), **more)
