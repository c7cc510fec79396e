"""Curves of many days: a folder of dated files of quotes, or one table of several days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from markets.curves.conventions import convention_named
from markets.curves.curve_set import CurveSet, solve_set
from markets.curves.tents import KEYS
from scenarios.files.frames import Source, is_path
from scenarios.studies.curves.quotes_csv import Quotes, read_days
from scenarios.studies.curves.solving import day_in_name, interpolation_named
from sim.errors import UserError
from sim.ordinary import is_ordinary

if TYPE_CHECKING:
    import polars as pl

TRADING_DAYS = 252.0  # a year, of a vol


def curve_history(
    source: Source,
    *,
    years: Sequence[float] = KEYS,
    convention: str | None = None,
    interpolation: str | None = None,
    dates: str | None = None,
    as_given: bool = False,
) -> pl.DataFrame:
    """Solve the curves of every day of a history.

        history = curve_history("curves/")          # curves/2026-03-02.csv, curves/2026-03-03.csv, ...

    Args:
        source: a folder of CSV files of quotes, each dated in a column or in its name, or a table of several days.
        years: at which zero rates are read; those beyond a day's last quote are left out.
        convention: of curves that neither say theirs nor are named after one.
        interpolation: `log_linear`, `linear_zero` or `log_cubic`.
        dates: order of day and month in tables, `mdy`, `dmy` or `iso`.
        as_given: take rates that no market has had.

    Returns:
        date, curve, years, zero (continuous, decimal): a row a day, curve and time.

    Raises:
        UserError: a mistake in a file, two files of one day, or no quotes at all.
    """
    import polars as pl

    market = None if convention is None else convention_named(convention, "--convention").name
    way = None if interpolation is None else interpolation_named(interpolation)
    frames = []
    for day, quotes in days_of(source, dates, market, as_given=as_given):
        specs = quotes.specs if way is None else {k: replace(v, interpolation=way) for k, v in quotes.specs.items()}
        frames.append(_zeros(solve_set(specs, day, lines=quotes.places), years))
    return pl.concat(frames)


def moves(history: pl.DataFrame) -> pl.DataFrame:
    """curve, years, first, last (decimal), change, vol a year and largest daily move (bp), and the day of that."""
    import polars as pl

    move = (pl.col("zero").diff() * 1e4).over("curve", "years")
    by = history.sort("curve", "years", "date").with_columns(move=move)
    largest = pl.col("move").abs().arg_max()
    return by.group_by("curve", "years", maintain_order=True).agg(
        days=pl.len(),
        first=pl.col("zero").first(),
        last=pl.col("zero").last(),
        change=(pl.col("zero").last() - pl.col("zero").first()) * 1e4,
        vol=pl.col("move").std() * np.sqrt(TRADING_DAYS),
        largest=pl.col("move").get(largest, null_on_oob=True),
        on=pl.col("date").get(largest, null_on_oob=True),
    )


def days_of(
    source: Source, dates: str | None, convention: str | None, *, as_given: bool
) -> Iterator[tuple[date, Quotes]]:
    """The quotes of each day of a folder or a table, in order. Raises UserError."""
    found: dict[date, Quotes] = {}
    for each in _files(source):
        for quotes in read_days(each, dates=dates, convention=convention, as_given=as_given):
            place = str(each) if is_path(each) else "the quotes' frame"
            day = quotes.day or (day_in_name(place, []) if is_path(each) else None)
            if day is None:
                remedy = "name it 2026-03-02.csv, or add a column date"
                raise UserError("nothing says the valuation day", place=place, remedy=remedy)
            if day in found:
                raise UserError("a day stands in two files", value=str(day), place=place, remedy="keep one of them")
            found[day] = quotes
    yield from sorted(found.items(), key=lambda item: item[0])


def _files(source: Source) -> list[Source]:
    if not is_path(source) or not Path(source).is_dir():
        return [source]
    files = sorted(Path(source).glob("*.csv"))
    if not files:
        raise UserError("the folder has no CSV file", place=str(source), remedy="put one a day in it: 2026-03-02.csv")
    for file in files:
        if not is_ordinary(file):
            raise UserError("is no ordinary file", place=str(file), remedy="move it away")
    return list(files)


def _zeros(curves: CurveSet, years: Sequence[float]) -> pl.DataFrame:
    import polars as pl

    frames = []
    for name, curve in curves.curves.items():
        kept = [t for t in years if t <= curve.years[-1] + 0.02]  # a node stands a few days behind its tenor
        columns = {"date": [curves.day] * len(kept), "curve": [name] * len(kept), "years": kept}
        schema = {"date": pl.Date, "curve": pl.String, "years": pl.Float64}
        frames.append(pl.DataFrame(columns, schema=schema).with_columns(zero=pl.Series(curve.zero(np.array(kept)))))
    return pl.concat(frames)
