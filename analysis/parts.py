"""The parts of a desk's loss as the run's manifest declares them; figures, tables, charts and texts read them here.

Cost of survival is the desk's whole loss over the run, marked at the end: minus its P&L. The parts add up to it on
every path.
"""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from sim.dataset import Run
from sim.schema import Schema, read
from sim.split import Item, Part, Split

EARLIER = Path(__file__).with_name("earlier_schema.json")  # the schema of runs whose manifest has none


def schema_of(run: Run) -> Schema:
    """The schema of a run's tables; for a run whose manifest has none, that of the version before."""
    return run.schema or _earlier()


def loss_of(run: Run) -> Split:
    """How the loss of a run's desks is split."""
    return schema_of(run).loss


def loss_of_sweep(manifest: Mapping[str, Any]) -> Split:
    """How the loss of a sweep's desks is split."""
    told = read({"tables": {}, **manifest})
    return _earlier().loss if told is None else told.loss


@functools.cache
def _earlier() -> Schema:
    found = read(json.loads(EARLIER.read_text(encoding="utf-8")))
    assert found is not None
    return found


def labels(loss: Split) -> dict[str, str]:
    """Labels in tables of the parts, the sub-totals and the loss, by name."""
    return {item.name: item.label for item in loss.items}


def spoken(item: Item) -> str:
    """Name of a part or a sub-total in a sentence."""
    return item.short if isinstance(item, Part) else f"{item.label[:1].lower()}{item.label[1:]}"


def column_of(name: str) -> str:
    """Column of a part, a sub-total or the loss in frames: costs positive, unlike the columns of `marks`."""
    return f"cost/{name}"


def cost_of(loss: Split, name: str) -> pl.Expr:
    """A part, a sub-total or the whole loss, $ (costs positive), from the columns of `marks`."""
    if name == loss.name:
        return loss.sign * pl.col(loss.column)
    if name == loss.lasting.name:
        return cost_of(loss, loss.name) - loss.sign * _sum(part for part in loss.parts if part.passing)
    return loss.sign * _sum(loss.parts_of(name))


def costs_of(loss: Split) -> dict[str, pl.Expr]:
    """The same for every part, sub-total and the loss, by the columns that frames give them."""
    return {column_of(item.name): cost_of(loss, item.name) for item in loss.items}


def _sum(parts: Iterable[Part]) -> pl.Expr:
    names = [column.name for part in parts for column in part.columns]
    return total(map(pl.col, names))


def total(terms: Iterable[pl.Expr]) -> pl.Expr:
    """Their sum from the first to the last, null as zero; `pl.sum_horizontal` adds in an order that threads decide."""
    return functools.reduce(operator.add, (term.fill_null(0.0) for term in terms), pl.lit(0.0))
