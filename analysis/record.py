"""The ensemble against the storyline: medians at the anchor dates beside the anchored levels."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from analysis import curve, frames
from analysis.calendar_days import day_of
from sim.dataset import Run
from sim.errors import UserError


def levels(run: Run) -> dict[str, str]:
    """Columns of the closes, by their names in an anchor."""
    return {"spot": "mid", "vol": "vol", **{name: name for name in curve.nodes(run)}, "credit": "credit"}


@frames.once
def anchors(run: Run) -> pl.DataFrame:
    """time and the anchored levels (spot, vol, rates, credit; decimals), one row a dated anchor; null if not given.

    The time is that of the day's close; anchors beyond the run's closes are left out.
    """
    rows: list[dict[str, Any]] = [
        {"date": _date(anchor["date"]), **{k: (anchor | anchor.get("nodes", {})).get(k) for k in levels(run)}}
        for anchor in run.manifest.get("anchors") or []
    ]
    schema = {"date": pl.Date, **dict.fromkeys(levels(run), pl.Float64)}
    frame = pl.DataFrame(rows, schema=schema, strict=False)
    times = frames.closes(run, "actual").select("time", date=day_of(run)).unique("date", keep="last")
    return frame.join(times, on="date", how="inner").sort("date")


def read_history(path: str | Path) -> pl.DataFrame:
    """A daily record `date,spx,vix,overnight,us2y,us10y,ig_oas` (rates and vol in %) as date and levels in decimals.

    Missing cells and columns are null. Raises UserError if the file is not such a table.
    """
    named = {
        "spx": "spot",
        "vix": "vol",
        "overnight": "overnight",
        "us2y": "us2y",
        "us10y": "us10y",
        "ig_oas": "credit",
    }
    try:
        frame = pl.read_csv(path, try_parse_dates=True)
    except (OSError, pl.exceptions.PolarsError) as error:
        remedy = "give a CSV with the columns date,spx,vix,overnight,us2y,us10y,ig_oas"
        raise UserError(
            "a record is a CSV file", place=str(path), value=str(error).splitlines()[0], remedy=remedy
        ) from None
    if frame.schema.get("date") != pl.Date:
        raise UserError("a record has a column of dates", place=str(path), remedy="name it date and write YYYY-MM-DD")
    known = [
        (pl.col(c).cast(pl.Float64) / (1 if c == "spx" else 100)).alias(level)
        for c, level in named.items()
        if c in frame.columns
    ]
    return frame.select("date", *known)


@frames.once
def against_storyline(run: Run, *, world: str = "actual") -> pl.DataFrame:
    """date, level, anchor, median: the ensemble's median close beside each anchored level, and `gap`, the relative
    difference (absolute for rates and credit)."""
    medians = frames.closes(run, world)
    found = []
    for level, column in levels(run).items():
        pair = anchors(run).filter(pl.col(level).is_not_null()).join(medians, on="time")
        apart = pl.col(f"{column}_q50") - pl.col(level)
        gap = apart / pl.col(level) if level in ("spot", "vol") else apart
        found.append(
            pair.select("date", level=pl.lit(level), anchor=pl.col(level), median=pl.col(f"{column}_q50"), gap=gap)
        )
    return pl.concat(found).sort("date", "level", maintain_order=True)


def _date(value: str | date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value[:10])
