"""The stylised facts as tables for a terminal and as one HTML page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from analysis import page
from analysis.charts import facts as charts
from analysis.fact import FACTS
from analysis.facts import number
from analysis.loops import CLEAR, SMALLEST, clear
from analysis.numbers import named
from sim.estimate import Estimate
from sim.figure_text import fixed
from sim.names import ACTUAL, PRICE_TAKER
from sim.screen.table import Table
from sim.screen.text import Text

Facts = Mapping[str, Mapping[str, Estimate]]  # by world, then by fact
HEADER = ("", ACTUAL, PRICE_TAKER, "difference", f"raw, {ACTUAL}", f"raw, {PRICE_TAKER}")
NOTE = (
    "Fluctuations: returns less the ensemble's mean at their instant, over its standard deviation there, so that the "
    "storyline's own falls and its rise of volatility do not count. Raw: returns as they are, as one historian would "
    "measure them. ±: one standard error; the difference is taken path by path, so its error is small."
)
LOOPS_NOTE = (
    "Each cell: with this loop alone less the frozen world, in which every loop is cut | actual less the world without "
    "the loop. "
    f"A dot is a difference within {CLEAR} standard errors, or below {SMALLEST}."
)


def fact_rows(fluctuations: Facts, raw: Facts) -> list[tuple[str, ...]]:
    """Rows under `HEADER`; a fact that no world has is left out. `fluctuations`, `raw`: by world, then by fact."""
    found = []
    for name, fact in FACTS.items():
        cells = [str(number(name, fluctuations[world])) for world in (ACTUAL, PRICE_TAKER)]
        raws = [str(number(name, raw[world])) for world in (ACTUAL, PRICE_TAKER)]
        if any(name in worlds[world] for worlds in (fluctuations, raw) for world in (ACTUAL, PRICE_TAKER)):
            found.append((fact.label, *cells, difference(name, fluctuations), *raws))
    return found


def difference(name: str, worlds: Facts) -> str:
    """Actual less price_taker with its error, starred where it is clear of zero; "n/a" where a world lacks the fact."""
    if any(name not in worlds[world] for world in (ACTUAL, PRICE_TAKER)):
        return "n/a"
    apart = worlds[ACTUAL][name] - worlds[PRICE_TAKER][name]
    return str(named(apart, FACTS[name].unit, "")) + (" *" if clear(apart.value, apart.standard_errors) else "")


def loop_rows(table: pl.DataFrame) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of fact by loop, "alone | left out" in each cell."""
    loops = table["loop"].unique(maintain_order=True).to_list()
    cells = {(r["fact"], r["loop"]): r for r in table.iter_rows(named=True)}
    rows = []
    for name, fact in FACTS.items():
        of = [cells[name, loop] for loop in loops]
        if all(cell["verdict"] == "n/a" for cell in of):
            continue
        rows.append((fact.label, *(" | ".join((_clear(r, "alone"), _clear(r, "left_out"))) for r in of)))
    return ("", *loops), rows


def _clear(row: Mapping[str, float], column: str) -> str:
    value, z = row[column], row[f"{column}_z"]
    if value != value:
        return "n/a"
    return fixed(value, 3, plus=True) if clear(value, z) else "\N{MIDDLE DOT}"


def render(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table for a terminal; clear differences are bold."""
    table = Table(title=title, box=False, pad_edge=False)
    for i, name in enumerate(header):
        table.add_column(name, justify="right" if i else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell, "bold" if cell.endswith("*") else "") for cell in row))
    return table


def write_facts(
    path: str | Path,
    *,
    title: str,
    meta: str,
    rows: Sequence[Sequence[str]],
    memory: dict[str, pl.DataFrame],
    loops: pl.DataFrame | None = None,
) -> Path:
    """Write the tables and charts as one self-contained HTML file and return its path.

    `rows`: of `fact_rows`; `memory`: of `facts.memory` by world, empty without witnesses; `loops`: of `loops_table`.
    """
    tables, figures = [page.Table("Actual, and the price-taker twin", HEADER, rows, note=NOTE)], []
    if memory:
        how = "A line above zero: large moves are followed by large moves, whichever way, that much later."
        figures.append(page.figure("memory", charts.memory(memory), how))
    if loops is not None:
        how = (
            "Orange raises the figure, blue lowers it; a fact that is orange or blue at the left is made by that loop "
        )
        figures.append(page.figure("loops", charts.loops_heat(loops), how + "alone, one at the right needs it."))
        header, cells = loop_rows(loops)
        tables.append(page.Table("Loop by loop", header, cells, note=LOOPS_NOTE))
    return page.write_page(Path(path), "facts.html.j2", title=title, meta=meta, charts=figures, tables=tables)
