"""Results of every policy of a sweep, path by path, from which frontiers are made."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.numbers import FloatArray
from analysis.parts import cost_of, loss_of_sweep
from sim.errors import UserError
from sim.split import Split
from sim.sweep_dataset import SweepResult
from sim.sweep_manifest import POLICY as POLICY

DESKS, ACTUAL = "desks", "actual"
NAMES = {"whalley_wilmott": "Whalley-Wilmott", "zakamouline": "Zakamouline", "leland": "Leland", "on_move": "on move"}

_read: WeakKeyDictionary[SweepResult, dict[str, tuple[list[tuple[str, int]], Any]]] = WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One policy in one scenario, world and number of desks, (paths,) each, sorted by path."""

    cell: int
    policy: str  # as the sweep writes it: kind=band width=0.02 interval=tick
    label: str  # as a chart writes it: band 0.02
    kind: str
    parameter: str  # width = 0.02; empty for a policy that has none
    cost: FloatArray  # (paths,) $, cost of survival
    drawdown: FloatArray | None  # (paths,) $, None in a sweep of an older version
    unhedged_pnl: FloatArray  # (paths,) $
    liquidated: NDArray[np.bool_]  # (paths,)
    capital_needed: FloatArray | None = None  # (paths,) $, with which the lender takes nothing; NaN without a lender
    reduced: NDArray[np.bool_] | None = None  # (paths,) whether one took part; both None in a sweep of an older version


def outcomes(
    sweep: SweepResult, *, world: str = ACTUAL, scenario: str | None = None, desks: int | None = None
) -> list[Outcome]:
    """Every finished policy in the order of the axis; failed cells are left out.

    scenario: needed where the sweep has several. desks: the number of desks that run the policy, the least by default.
    Raises UserError for a sweep without an axis `policy` or without common noise, and for an unknown scenario, world or
    number of desks.
    """
    _check(sweep, world)
    chosen = finished(sweep).filter(pl.col("scenario") == pick_scenario(sweep, scenario))
    if DESKS in chosen.columns:
        chosen = chosen.filter(pl.col(DESKS) == pick_desks(sweep, desks))
    described, paths = describe(sweep), _paths(sweep)
    order = {policy: i for i, policy in enumerate(described)}
    cells = sorted(chosen.select("cell", POLICY).iter_rows(), key=lambda row: order.get(row[1], len(order)))
    loss = loss_of_sweep(sweep.manifest)
    return [_outcome(cell, policy, described[policy], paths[(cell, world)], loss) for cell, policy in cells]


def _paths(sweep: SweepResult) -> dict[tuple[Any, ...], pl.DataFrame]:
    """Rows of `paths` by cell and world, read once for as long as no cell is added or changed."""

    def read() -> dict[tuple[Any, ...], pl.DataFrame]:
        return sweep.paths.sort("cell", "world", "path").collect().partition_by("cell", "world", as_dict=True)

    found: dict[tuple[Any, ...], pl.DataFrame] = _kept(sweep, "paths", read)
    return found


def _kept(sweep: SweepResult, name: str, read: Callable[[], Any]) -> Any:
    """What `read` gives, remembered until something else has finished."""
    stamp = sweep.stamp
    known = _read.setdefault(sweep, {})
    if name not in known or known[name][0] != stamp:
        known[name] = stamp, read()
    return known[name][1]


def _outcome(cell: int, policy: str, described: tuple[str, str, str], rows: pl.DataFrame, loss: Split) -> Outcome:
    label, kind, parameter = described
    return Outcome(
        cell=cell,
        policy=policy,
        label=label,
        kind=kind,
        parameter=parameter,
        cost=rows.select(cost_of(loss, loss.name)).to_series().to_numpy(),
        drawdown=_column(rows, "drawdown"),
        unhedged_pnl=rows["unhedged_pnl"].to_numpy(),
        liquidated=rows["liquidated"].to_numpy(),
        capital_needed=_column(rows, "capital_needed"),
        reduced=_column(rows, "reduced"),
    )


def _column(rows: pl.DataFrame, name: str) -> NDArray[Any] | None:
    """A column that an older engine did not know: None if it is missing."""
    known = name in rows.columns and not rows[name].null_count()
    return rows[name].to_numpy() if known else None


def finished(sweep: SweepResult) -> pl.DataFrame:
    """cell, scenario and axes of the cells that are done, by their number."""

    def read() -> pl.DataFrame:
        axes = [axis["name"] for axis in sweep.axes]
        return sweep.cells.filter(pl.col("status") == "done").select("cell", "scenario", *axes).collect().sort("cell")

    found: pl.DataFrame = _kept(sweep, "cells", read)
    return found


def _check(sweep: SweepResult, world: str) -> None:
    place, manifest = str(sweep.path), sweep.manifest
    if POLICY not in [axis["name"] for axis in sweep.axes]:
        remedy = "give the sweep [axes.policy], or make one with `spiral frontier`"
        raise UserError("a frontier needs a sweep over policies", place=place, value="no axis `policy`", remedy=remedy)
    if manifest["noise"] != "common":
        remedy = 'sweep again with noise = "common"'
        raise UserError("policies are compared on the same noise", place=place, value=manifest["noise"], remedy=remedy)
    if world not in worlds(sweep):
        remedy = f"worlds: {', '.join(worlds(sweep))}"
        raise UserError("a sweep has no such world", value=world, place=place, remedy=remedy)


def has_frontier(sweep: SweepResult) -> bool:
    """Whether policies were swept on the same noise, and some are done."""
    over_policies = POLICY in [axis["name"] for axis in sweep.axes]
    return over_policies and sweep.manifest["noise"] == "common" and bool(scenarios(sweep))


def worlds(sweep: SweepResult) -> list[str]:
    """The names of the worlds: actual, and the twin if there is one."""
    twin = sweep.manifest["twin"]
    return [ACTUAL] if twin is None else [ACTUAL, str(twin)]


def scenarios(sweep: SweepResult) -> list[str]:
    """The scenarios of which at least one policy is done, in the sweep's order."""
    done = set(finished(sweep)["scenario"])
    return [name for name in sweep.manifest["scenarios"] if name in done]


def pick_scenario(sweep: SweepResult, scenario: str | None) -> str:
    """The scenario, or the only one. Raises UserError if it is not clear which."""
    known = scenarios(sweep)
    if scenario is None and len(known) == 1:
        return known[0]
    if scenario not in known:
        rule = "give the scenario of a frontier" if scenario is None else "a sweep has no such finished scenario"
        raise UserError(rule, value=scenario, place=str(sweep.path), remedy=f"scenarios: {', '.join(known) or 'none'}")
    return scenario


def desk_numbers(sweep: SweepResult) -> list[int]:
    """The numbers of desks that run the policy, ascending: [1] for a sweep that has no such axis."""
    cells = finished(sweep)
    return sorted({int(n) for n in cells[DESKS]}) if DESKS in cells.columns else [1]


def pick_desks(sweep: SweepResult, desks: int | None) -> int:
    """The number of desks, or the least. Raises UserError for a number that the sweep does not have."""
    known = desk_numbers(sweep)
    if desks is not None and desks not in known:
        remedy = f"desks: {', '.join(map(str, known))}"
        raise UserError("a sweep has no such number of desks", value=desks, place=str(sweep.path), remedy=remedy)
    return known[0] if desks is None else desks


def describe(sweep: SweepResult) -> dict[str, tuple[str, str, str]]:
    """(label, kind, parameter) of every policy on the axis, by the text that `cells` has for it.

    A label names what tells the policies of one kind apart: `band 0.02`, not the interval that they share.
    """
    axis = next(axis for axis in sweep.axes if axis["name"] == POLICY)
    tables = {str(item["text"]): _table(item["value"]) for item in axis["values"] or []}
    vary = _varying(list(tables.values()))
    return {text: _described(table, vary) for text, table in tables.items()}


def _table(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {"kind": str(value)}
    return {key: f"{item:g}" if isinstance(item, float) else str(item) for key, item in value.items()}


def _varying(tables: list[dict[str, str]]) -> dict[str, set[str]]:
    """By kind, the keys that tell its policies apart; of a kind that has one policy, all but the interval."""
    size = Counter(table["kind"] for table in tables)
    found: dict[str, set[str]] = {kind: set() for kind in size}
    for table in tables:
        kin = [other for other in tables if other["kind"] == table["kind"]]
        for key in table.keys() - {"kind"}:
            apart = len({other.get(key) for other in kin}) > 1
            if apart or (size[table["kind"]] == 1 and key != "interval"):
                found[table["kind"]].add(key)
    return found


def _described(table: dict[str, str], vary: dict[str, set[str]]) -> tuple[str, str, str]:
    kind = table["kind"]
    told = {key: value for key, value in table.items() if key in vary[kind]}
    name = NAMES.get(kind, kind.rpartition(":")[2])
    label = " ".join([name, *(_short(value) for value in told.values())])
    return label, kind, ", ".join(f"{key} = {_short(value)}" for key, value in told.items())


def _short(value: str) -> str:
    """1e-08 as 1e-8."""
    return re.sub(r"e([+-])0+(\d)", r"e\1\2", value)


def alike(found: list[Outcome]) -> bool:
    """Whether every policy has the same result on every path: the desk has nothing that a policy would hedge."""
    first = found[0] if found else None
    return first is not None and all(_same(first, other) for other in found[1:])


def _same(first: Outcome, second: Outcome) -> bool:
    scale = max(float(np.abs(first.cost).max(initial=0.0)), 1.0)  # $
    return bool(np.allclose(first.cost, second.cost, rtol=1e-9, atol=1e-9 * scale))
