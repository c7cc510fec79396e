"""The stylised facts of several scenarios side by side, as Markdown, from the folders that `spiral facts` wrote."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analysis.fact import FACTS
from analysis.loops import clear
from analysis.numbers import Number
from sim.errors import UserError
from sim.names import ACTUAL, FROZEN, PRICE_TAKER

SHOWN = ("kurtosis_tick", "kurtosis_1d", "tail_gains", "skewness", "acf_1", "acf_abs_1", "leverage_1d")
RAW = ("kurtosis_tick", "tail_losses", "skewness", "acf_1", "acf_abs_1", "acf_abs_1d", "leverage_1d")
VERDICTS = ("creates", "weakens", "moves", "feeds")


def markdown(folder: str | Path) -> str:
    """Three tables: fluctuations, actual less the price-taker twin; raw returns; what each loop does.

    One row a scenario.

    `folder`: holds one folder a scenario, as `spiral facts SCENARIO --loops --out FOLDER/SCENARIO` writes them.
    Raises UserError if there is none.
    """
    places = sorted(p.parent for p in Path(folder).glob("*/loops.csv"))
    if not places:
        remedy = "spiral facts SCENARIO --loops --out FOLDER/SCENARIO"
        raise UserError("a folder of facts holds a folder a scenario", place=str(folder), remedy=remedy)
    frames = {place.name: pl.read_csv(place / "facts.csv") for place in places}
    loops = {place.name: pl.read_csv(place / "loops.csv") for place in places}
    differences = {place.name: pl.read_csv(place / "differences.csv") for place in places}
    both = {t: {n: _both(f, t) for n, f in frames.items()} for t in ("fluctuations", "raw")}
    parts = (
        _table(
            "Fluctuations: actual, and (price taker; every loop cut)",
            SHOWN,
            both["fluctuations"],
        ),
        _table("Fluctuations: actual less price taker", SHOWN, {n: _apart(f) for n, f in differences.items()}),
        _table(
            "Raw returns: actual, and (price taker; every loop cut)",
            RAW,
            both["raw"],
        ),
        _loops(loops),
    )
    return "\n\n".join(parts) + "\n"


def _table(title: str, names: tuple[str, ...], cells: dict[str, dict[str, str]]) -> str:
    rows = [(scenario, *(found[name] for name in names)) for scenario, found in cells.items()]
    return _lines(title, ("scenario", *(FACTS[name].label for name in names)), rows)


def _lines(title: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(
        [f"**{title}**", "", *("| " + " | ".join(r.replace("|", "\\|") for r in row) + " |" for row in lines)]
    )


def _both(frame: pl.DataFrame, treatment: str) -> dict[str, str]:
    found = {}
    of = {(r["fact"], r["world"]): r for r in frame.filter(pl.col("treatment") == treatment).iter_rows(named=True)}
    for name in FACTS:
        actual, twin, cut = (_number(of[name, world]) for world in (ACTUAL, PRICE_TAKER, FROZEN))
        found[name] = f"{actual} ({twin}; {cut})" if actual.known else "n/a"
    return found


def _apart(frame: pl.DataFrame) -> dict[str, str]:
    """Bold where it counts."""
    found = {}
    for r in frame.iter_rows(named=True):
        text = str(_number(r))
        found[r["fact"]] = f"**{text}**" if r["value"] is not None and clear(r["value"], r["z"]) else text
    return found


def _number(row: dict[str, float | None]) -> Number:
    value = row["value"]
    return Number(value=float("nan") if value is None else value, unit="number", label="", error=row["error"])


def _loops(loops: dict[str, pl.DataFrame]) -> str:
    """Number of facts by loop and verdict."""
    names = list(dict.fromkeys(loop for table in loops.values() for loop in table["loop"]))
    rows = []
    for scenario, table in loops.items():
        counts = {(loop, v): n for loop, v, n in table.group_by("loop", "verdict").len().iter_rows()}
        said = [", ".join(f"{v} {counts[loop, v]}" for v in VERDICTS if (loop, v) in counts) or "-" for loop in names]
        rows.append((scenario, *said))
    return _lines(f"What each loop does to the {len(FACTS)} facts", ("scenario", *names), rows)
