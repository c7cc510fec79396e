"""A desk's risk in rates and their vol: of its book, of each instrument that hedges it, and what is left open."""

from __future__ import annotations

import numpy as np
import polars as pl

from analysis import frames
from analysis.numbers import money
from analysis.page import Table
from sim.dataset import Run
from sim.figure_text import fixed

BOOK, NODE, VEGA = "book", "node", "vega"
SHOWN = 1e-3  # of the largest risk; buckets with less have no row
WORDS = {NODE: "DV01 by node", VEGA: "vega by expiry and length of the swap"}


@frames.shown
def by_holder(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """at, kind, bucket, holder, risk: means over paths, $ per basis point. Empty without the table `risk`."""
    table = frames.table(run, "risk")
    if table is None:
        return pl.DataFrame()
    mine = table.filter(pl.col("agent").is_in(frames.desks(run, agent)), pl.col("world") == world)
    keys = ("at", "kind", "bucket", "holder")
    several = mine.group_by(*keys, "path", maintain_order=True).agg(pl.col("risk").sum())
    return several.group_by(*keys, maintain_order=True).agg(pl.col("risk").mean()).collect()


def hedge_ratios(run: Run, agent: str | None, world: str) -> pl.DataFrame:
    """at, kind, holder, risk, ratio: one row an instrument; ratio = -risk of the hedge / risk of the book.

    Risk of all buckets together: DV01 and vega of a parallel move, $ per basis point.
    """
    found = by_holder(run, agent, world)
    if not found.height:
        return found
    sums = found.group_by("at", "kind", "holder", maintain_order=True).agg(pl.col("risk").sum())
    book = sums.filter(pl.col("holder") == BOOK).select("at", "kind", book="risk")
    ratio = pl.when(pl.col("book") != 0).then(-pl.col("risk") / pl.col("book"))
    return sums.join(book, on=("at", "kind"), maintain_order="left").with_columns(ratio=ratio).drop("book")


def tables(run: Run, agent: str | None, world: str) -> list[Table]:
    """The risk bucket by bucket at the start, of book, instruments and both; and the hedge ratios, start and end."""
    found = by_holder(run, agent, world)
    if not found.height:
        return []
    out = [_buckets(found, kind) for kind in (NODE, VEGA)]
    ratios = hedge_ratios(run, agent, world).filter(pl.col("holder") != BOOK, pl.col("risk").abs() > 0)
    if ratios.height:
        out.append(_ratios(ratios, world))
    return [table for table in out if table.rows]


def _buckets(found: pl.DataFrame, kind: str) -> Table:
    start = found.filter(pl.col("at") == "start", pl.col("kind") == kind)
    holders = [name for name, part in start.group_by("holder", maintain_order=True) if part["risk"].abs().max() != 0]
    names, rows, least = (
        [str(name[0]) for name in holders],
        [],
        SHOWN * float(np.abs(start["risk"].to_numpy()).max(initial=0.0)),
    )
    for (bucket,), part in start.group_by("bucket", maintain_order=True):
        risks = dict(part.select("holder", "risk").iter_rows())
        if max(map(abs, risks.values())) > least:
            cells = (money(risks.get(name, 0.0)) for name in names)
            rows.append((str(bucket), *cells, money(sum(risks.values()))))
    title = f"{WORDS[kind]} at the start, $ per basis point"
    return Table(f"{title[:1].upper()}{title[1:]}", ("bucket", *names, "open"), rows)


def _ratios(ratios: pl.DataFrame, world: str) -> Table:
    rows = []
    for (kind, holder), part in ratios.group_by("kind", "holder", maintain_order=True):
        cells = {at: (risk, ratio) for at, risk, ratio in part.select("at", "risk", "ratio").iter_rows()}
        shown = []
        for at in ("start", "end"):
            risk, ratio = cells.get(at, (0.0, 0.0))
            shown += [money(risk), "" if ratio is None else fixed(ratio, 2)]
        rows.append((str(holder), "DV01" if kind == NODE else "vega", *shown))
    note = "Ratio: risk of the hedge over that of the book, all buckets together; at the end means over paths."
    header = ("instrument", "of", "start, $ per bp", "ratio", "end, $ per bp", "ratio")
    return Table(f"Hedge ratio by instrument, {world} world", header, rows, note=note)
