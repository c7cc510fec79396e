"""A made-up sweep on disk, in the layout of a real one: given numbers, written without the engine."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

Point = Mapping[str, Any]
METRICS: dict[str, tuple[str, str]] = {
    "pnl": ("Hedged P&L, mean", "$"),
    "pnl_q05": ("Hedged P&L, 5 % quantile", "$"),
    "pnl_q50": ("Hedged P&L, median", "$"),
    "pnl_q95": ("Hedged P&L, 95 % quantile", "$"),
    "es_95": ("Expected shortfall 95 %, hedged", "$"),
    "survival_rate": ("Survival rate", "share"),
    "liquidation_rate": ("Liquidation rate", "share"),
    "convexity": ("Convexity (gamma)", "$"),
    "carry": ("Carry (theta)", "$"),
    "spread_cost_calm": ("Spread, calm", "$"),
    "spread_cost_crisis": ("Spread, crisis", "$"),
    "impact_cost": ("Impact", "$"),
    "funding_credit": ("Funding, credit", "$"),
    "cost_of_survival": ("Cost of survival", "$"),
    "feedback_cost": ("Cost due to feedback", "$"),
    "peak_vol": ("Peak implied vol, median", "vol"),
    "peak_spread_multiple": ("Peak spread, multiple of base, median", "multiple"),
    "peak_loop_gain": ("Peak loop gain, median", "gain"),
    "peak_credit": ("Peak credit spread, median", "rate"),
}
SIZE = {
    "name": "size", "keys": ["agents.hedger.book.1.notional"], "apply": "scale", "label": "Hedging gamma",
    "unit": "x base book", "scale": "log", "low": None, "high": None,
}  # fmt: skip
DEPTH = {**SIZE, "name": "depth", "keys": ["market.depth"], "label": "Market depth", "unit": "x base"}
POLICY = {
    **SIZE, "name": "policy", "keys": ["agents.hedger.policy"], "apply": "set", "label": "Policy", "unit": "",
    "scale": "category",
}  # fmt: skip


def listed(axis: Mapping[str, Any], values: Iterable[Any]) -> dict[str, Any]:
    """The axis with these values; tables are written as text."""
    found = [{"value": v, "text": _text(v)} for v in values]
    return {**axis, "values": found}


def ranged(name: str, low: float, high: float) -> dict[str, Any]:
    """A linear axis without listed values, as a sampled design has it."""
    more = {"keys": [f"market.{name}"], "label": name, "values": None, "low": low, "high": high}
    return {**SIZE, "name": name, "apply": "set", "unit": "", "scale": "linear", **more}


def desk(point: Point) -> dict[str, float]:
    """A desk in whose market gain rises with the book and falls with depth; its figures have closed forms.

    gain = size / (2 depth); the cost of survival is 1e6 (10 size + 40 gain size), of which the twin lacks the second.
    """
    size, depth = float(point.get("size", 1.0)), float(point.get("depth", 1.0))
    gain = 0.5 * size / depth
    parts = {"convexity": 14e6, "carry": -9e6, "spread_cost_calm": 2e6, "spread_cost_crisis": 2e6}
    parts = {name: value * size for name, value in parts.items()} | {"funding_credit": 1e6 * size}
    impact = 40e6 * gain * size
    cost = 10e6 * size + impact
    return parts | {
        "impact_cost": impact, "cost_of_survival": cost, "feedback_cost": impact, "pnl": -cost,
        "pnl_q05": -2 * cost, "pnl_q50": -cost, "pnl_q95": cost, "es_95": 3 * cost,
        "survival_rate": 1 / (1 + gain), "liquidation_rate": gain / (1 + gain), "peak_vol": 0.3 * (1 + gain),
        "peak_spread_multiple": 1 + gain, "peak_loop_gain": gain, "peak_credit": 0.01 * (1 + gain),
    }  # fmt: skip


def calm(point: Point) -> dict[str, float]:
    """The same desk with the loops cut: what `desk` gives at endless depth."""
    return desk({**point, "depth": 1e12})


def write_sweep(
    folder: Path,
    axes: list[dict[str, Any]],
    figures: Callable[[Point], Mapping[str, float]] = desk,
    *,
    twin: Callable[[Point], Mapping[str, float]] | None = calm,
    points: list[dict[str, Any]] | None = None,
    scenarios: tuple[str, ...] = ("covid_crash_2020",),
    design: str = "grid",
    noise: str = "common",
    error: float = 0.02,
    failed: Mapping[int, str] | None = None,
    missing: Iterable[int] = (),
    paths: int = 20,
) -> Path:
    """Write a sweep whose cells have these figures of their axis values, each with a standard error of `error` of it.

    `points`: axis values by cell, the grid of the axes' values where None; a point may name its `block` and `row`.
    `failed`: errors by cell; `missing`: cells that have not finished. Returns the folder.
    """
    if points is None:
        values = [[_stored(entry["value"]) for entry in a["values"]] for a in axes]
        points = [dict(zip([a["name"] for a in axes], row, strict=True)) for row in itertools.product(*values)]
    (folder / "cells").mkdir(parents=True)
    (folder / "paths").mkdir()
    cases = [(scenario, point) for scenario in scenarios for point in points]
    for cell, (scenario, point) in enumerate(cases):
        if cell in set(missing):
            continue
        name = f"{cell:05d}-{hashlib.sha256(repr((scenario, point)).encode()).hexdigest()[:12]}.parquet"
        head = {"cell": cell, "id": name[6:-8], "scenario": scenario, **point, "seed": 1, "paths": paths}
        told = (failed or {}).get(cell)
        status = {"status": "failed" if told else "done", "error": told, "seconds": 1.5, "engine": "0" * 16}
        mine = {} if told else figures(point)
        other = {} if told or twin is None else twin(point)
        row = head | status | _columns("", mine, error) | _columns("twin_", other, error)
        _frame(row, axes).write_parquet(folder / "cells" / name)
        if not told:
            _paths(cell, mine, other, paths).write_parquet(folder / "paths" / name)
    _manifest(folder, axes, design, noise, scenarios, len(cases), paths, twin is not None)
    return folder


def saltelli_points(axes: list[dict[str, Any]], rows: int, seed: int = 1) -> list[dict[str, Any]]:
    """Blocks A, B, AB1 ... of a scrambled Sobol sequence, as the design of that name has them."""
    from scipy.stats import qmc

    d = len(axes)
    unit = qmc.Sobol(2 * d, rng=np.random.default_rng(seed)).random(rows)
    low, high = (np.array([a[end] for a in axes]) for end in ("low", "high"))
    a, b = low + unit[:, :d] * (high - low), low + unit[:, d:] * (high - low)
    mixed = [np.where(np.arange(d) == i, b, a) for i in range(d)]
    blocks = {"A": a, "B": b, **{f"AB{i + 1}": block for i, block in enumerate(mixed)}}
    names = [axis["name"] for axis in axes]
    return [
        {**dict(zip(names, map(float, values), strict=True)), "block": block, "row": row}
        for block, points in blocks.items()
        for row, values in enumerate(points)
    ]


def _columns(prefix: str, figures: Mapping[str, float], error: float) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name in METRICS:
        value = figures.get(name)
        found[f"{prefix}{name}"] = value
        found[f"{prefix}{name}_error"] = None if value is None else abs(value) * error
    return found


def _frame(row: Mapping[str, Any], axes: list[dict[str, Any]]) -> pl.DataFrame:
    kinds: dict[str, Any] = {
        "cell": pl.Int32, "seed": pl.Int64, "paths": pl.Int64, "row": pl.Int32, "seconds": pl.Float64,
    }  # fmt: skip
    kinds |= dict.fromkeys(("id", "scenario", "block", "status", "error", "engine"), pl.String)
    kinds |= {a["name"]: pl.String if a["scale"] == "category" else pl.Float64 for a in axes}
    schema = {name: kinds.get(name, pl.Float64) for name in row}
    return pl.DataFrame([tuple(row.values())], schema=schema, orient="row")


def _paths(cell: int, mine: Mapping[str, float], other: Mapping[str, float], paths: int) -> pl.DataFrame:
    """Per path: the figures plus a fixed spread about them."""
    spread = np.linspace(-1, 1, paths)
    parts = []
    for world, figures in (("actual", mine), ("price_taker", other)):
        if not figures:
            continue
        cost = figures.get("cost_of_survival", 0.0)
        columns = {"pnl": -cost + spread, "unhedged_pnl": spread, "drawdown": np.maximum(cost - spread, 0.0)}
        columns |= {"capital_needed": cost - spread, "reduced": spread > 0}
        down = spread > 1 - 2 * figures.get("liquidation_rate", 0.0)
        head = {"cell": np.full(paths, cell, np.int32), "world": [world] * paths, "path": np.arange(paths)}
        parts.append(pl.DataFrame({**head, **columns, "liquidated": down}))
    return pl.concat(parts)


def _manifest(
    folder: Path, axes: list[dict[str, Any]], design: str, noise: str, scenarios: tuple[str, ...], cells: int,
    paths: int, twin: bool,
) -> None:  # fmt: skip
    manifest = {
        "name": "made", "title": "A made-up sweep", "description": "", "scenarios": list(scenarios), "design": design,
        "noise": noise, "seed": 1, "paths": paths, "agent": None, "keep": False,
        "twin": "price_taker" if twin else None,
        "axes": axes, "cells": cells,
        "metrics": {name: {"label": label, "unit": unit} for name, (label, unit) in METRICS.items()},
        "engine": {"fingerprint": "0" * 16, "versions": {"spiral": "0.1.0"}}, "command": "spiral sweep made.toml",
        "kind": "sweep",
    }  # fmt: skip
    (folder / "sweep.json").write_text(json.dumps(manifest))


def _text(value: Any) -> str:
    return " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, Mapping) else str(value)


def _stored(value: Any) -> Any:
    return _text(value) if isinstance(value, Mapping) else value
