"""A made-up run on disk, in the layout of a real one: plausible paths of a crash, written without the engine."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from agents import tables as agents_tables
from agents.desk.loss import LOSS
from markets import tables as market_tables
from sim import schema
from sim.sessions import TRADING_DAYS

FIRST = date(2020, 2, 19)
ANCHORS: list[dict[str, Any]] = [
    {
        "date": "2020-02-19",
        "spot": 3386.15,
        "vol": 0.1438,
        "overnight": 0.0159,
        "us2y": 0.0142,
        "us10y": 0.0156,
        "credit": 0.0102,
    },
    {"date": "2020-02-28", "spot": 2954.22, "vol": 0.4011, "overnight": 0.016, "us2y": 0.0086, "us10y": 0.0113},
    {
        "date": "2020-03-16",
        "spot": 2386.13,
        "vol": 0.8269,
        "overnight": 0.0026,
        "us2y": 0.0036,
        "us10y": 0.0073,
        "credit": 0.0255,
    },
    {
        "date": "2020-03-23",
        "spot": 2237.40,
        "vol": 0.6159,
        "overnight": 0.0002,
        "us2y": 0.0028,
        "us10y": 0.0076,
        "credit": 0.0401,
    },
    {
        "date": "2020-04-03",
        "spot": 2488.65,
        "vol": 0.468,
        "overnight": 0.0001,
        "us2y": 0.0023,
        "us10y": 0.0062,
        "credit": 0.0308,
    },
]
COMPONENTS = tuple(column.name for column in LOSS.columns)
OTHERS = {"pnl", "unhedged_pnl", "book_share"}  # amounts of the marks that are not zero
ZEROS = tuple(
    column.name
    for column in agents_tables.MARKS.columns
    if column.kind == "number" and column.name not in {*COMPONENTS, *OTHERS}
)


def write_run(
    folder: Path,
    *,
    paths: int = 200,
    worlds: tuple[str, ...] = ("actual", "price_taker"),
    hedgers: tuple[str, ...] = ("hedger",),
    days: int = 33,
    size: float = 1.0,
    calls: bool = True,
    lender: bool = True,
    seed: int = 7,
) -> Path:
    """Write a run of `paths` paths; `size` scales the book (0: all money zero). Returns the folder."""
    dates = _sessions(days)
    times = [datetime.combine(day, datetime.min.time()) + timedelta(hours=16) for day in dates]
    noise = np.random.default_rng(seed).standard_normal((4, days, paths))
    for world in worlds:
        market = _market(dates, noise, thin=1.0 if world == "actual" else 0.0)
        _write(folder, "closes", world, _long(market, times, world, paths, venue="asset"))
        _write(folder, "peaks", world, _peaks(market, world, paths))
        frames = []
        for i, name in enumerate(hedgers):
            columns = _desk(market, size * (1 + i), thin=world == "actual")
            frames.append(_long(columns, times, world, paths, agent=name, role="hedger"))
        frames.append(_long(_idle(days, paths), times, world, paths, agent="bank", role="market_maker"))
        marks = pl.concat(frames, how="diagonal")
        _write(folder, "marks", world, marks)
        if calls:
            _write(folder, "margin_calls", world, _calls(marks, paths))
        if lender and hedgers:
            funding = pl.concat([_funding(marks, name) for name in hedgers])
            _write(folder, "funding", world, funding)
            _write(folder, "liquidity", world, _liquidity(funding))
    _manifest(folder, paths, worlds, dates)
    return folder


def write_exact(
    folder: Path, final: dict[str, dict[str, list[float]]], flags: dict[str, list[bool]] | None = None
) -> Path:
    """A two-day run whose last marks are given: {world: {column: values over paths}}, the rest zero."""
    worlds = tuple(final)
    paths = len(next(iter(final[worlds[0]].values())))
    dates = _sessions(2)
    times = [datetime.combine(day, datetime.min.time()) + timedelta(hours=16) for day in dates]
    noise = np.zeros((4, 2, paths))
    for world in worlds:
        market = _market(dates, noise, thin=0.0)
        _write(folder, "closes", world, _long(market, times, world, paths, venue="asset"))
        _write(folder, "peaks", world, _peaks(market, world, paths))
        columns = _idle(2, paths)
        for name, values in final[world].items():
            columns[name][1] = values
        columns["pnl"] = np.sum([columns[c] for c in COMPONENTS], axis=0)
        if flags and world in flags:
            columns["liquidated"][1] = flags[world]
        _write(folder, "marks", world, _long(columns, times, world, paths, agent="hedger", role="hedger"))
    _manifest(folder, paths, worlds, dates)
    return folder


def _sessions(days: int) -> list[date]:
    found: list[date] = []
    day = FIRST
    while len(found) < days:
        if day.weekday() < 5:
            found.append(day)
        day += timedelta(days=1)
    return found


def _level(dates: list[date], key: str, *, log: bool) -> np.ndarray:
    known = [a for a in ANCHORS if key in a]
    x = [(date.fromisoformat(a["date"]) - FIRST).days for a in known]
    y = np.array([a[key] for a in known])
    at = [(day - FIRST).days for day in dates]
    levels: np.ndarray = np.exp(np.interp(at, x, np.log(y))) if log else np.interp(at, x, y)
    return levels


def _market(dates: list[date], noise: np.ndarray, thin: float) -> dict[str, np.ndarray]:
    """(days, paths) levels of the market; `thin` 1 for the actual world, 0 for constant spread and depth, no impact."""
    noise = noise.copy()
    noise[:, 0] = 0.0
    walk = np.cumsum(noise, axis=1)
    spot = _level(dates, "spot", log=True)[:, None]
    vol = _level(dates, "vol", log=True)[:, None] * np.exp(0.04 * walk[1] - 0.02 * walk[0])
    push = -thin * 0.12 * (1 - spot / spot[0]) * (1 + 0.2 * np.tanh(walk[2] / 5))
    mid = spot * np.exp(0.012 * walk[0] + push)
    vol = vol * np.exp(-0.9 * push)
    multiple = np.where(thin > 0, vol / 0.1438, 1.0)
    full = np.ones_like(vol)
    return {
        "mid": mid,
        "vol": vol,
        "half_spread": 2e-4 * multiple,
        "depth": 2e9 / np.where(thin > 0, (vol / 0.1438) ** 2, 1.0),
        "impact": push,
        "credit": _level(dates, "credit", log=False)[:, None] * np.exp(0.02 * walk[3]),
        "overnight": _level(dates, "overnight", log=False)[:, None] * full,
        "us2y": _level(dates, "us2y", log=False)[:, None] * full + 2e-4 * walk[2],
        "us10y": _level(dates, "us10y", log=False)[:, None] * full + 3e-4 * walk[3],
        "tick_variance": 0.8 * np.diff(np.log(mid), axis=0, prepend=np.log(mid[:1])) ** 2,
        "loop_gain": thin * 0.03 * (vol / 0.1438) ** 1.1 * np.exp(-np.abs(np.log(mid / mid[0]) + 0.1) * 3),
    }


def _desk(market: dict[str, np.ndarray], size: float, *, thin: bool) -> dict[str, np.ndarray]:
    """Running totals of a short-put desk that re-hedges, made up but with the right signs."""
    mid, vol = market["mid"], market["vol"]
    move = np.diff(np.log(mid), axis=0, prepend=np.log(mid[:1]))
    steps = {name: np.zeros_like(mid) for name in COMPONENTS}
    steps["delta"] = 6e9 * move
    steps["gamma"] = -30e9 * move**2
    steps["theta"] = 30e9 * 0.3 * vol**2 / TRADING_DAYS
    steps["vega"] = -6e8 * np.diff(vol, axis=0, prepend=vol[:1])
    steps["rates"] = 2e8 * np.diff(market["us2y"], axis=0, prepend=market["us2y"][:1])
    steps["hedge"] = -0.97 * steps["delta"]
    flow = 12e9 * np.abs(move)
    steps["spread_cost_calm"] = -flow * 2e-4
    steps["spread_cost_crisis"] = -flow * (market["half_spread"] - 2e-4)
    steps["impact_cost"] = -flow * 0.02 * np.minimum(flow / market["depth"], 1.0) * thin
    steps["funding_overnight"] = -2e9 * market["overnight"] / TRADING_DAYS
    steps["funding_credit"] = -2e9 * market["credit"] / TRADING_DAYS
    for step in steps.values():
        step[0] = 0.0
    totals = {name: size * np.cumsum(step, axis=0) for name, step in steps.items()}
    pnl = np.sum(list(totals.values()), axis=0)
    equity = 3e9 + pnl
    unhedged = size * np.cumsum(
        steps["delta"] + steps["gamma"] + steps["theta"] + steps["vega"] + steps["rates"], axis=0
    )
    down = np.maximum.accumulate(equity < 2.05e9, axis=0)
    others = {name: np.zeros_like(mid) for name in ZEROS} | {"equity": equity}
    flags = {"liquidated": down, "defaulted": equity < 0, "book_share": np.where(down, 0.0, 1.0)}
    return {**totals, "pnl": pnl, "unhedged_pnl": unhedged, **others, **flags}


def _idle(days: int, paths: int) -> dict[str, np.ndarray]:
    money = {name: np.zeros((days, paths)) for name in (*COMPONENTS, "pnl", "unhedged_pnl", *ZEROS)}
    flags = {name: np.zeros((days, paths), bool) for name in ("liquidated", "defaulted")}
    return {**money, **flags, "book_share": np.ones((days, paths))}


def _long(columns: dict[str, np.ndarray], times: list[datetime], world: str, paths: int, **labels: str) -> pl.DataFrame:
    days = len(times)
    frame = pl.DataFrame(
        {
            "time": pl.Series(times, dtype=pl.Datetime("us")).gather(np.repeat(np.arange(days), paths)),
            "path": np.tile(np.arange(paths), days),
            **{name: values.ravel() for name, values in columns.items()},
        }
    )
    return frame.with_columns(world=pl.lit(world), **{name: pl.lit(value) for name, value in labels.items()})


def _peaks(market: dict[str, np.ndarray], world: str, paths: int) -> pl.DataFrame:
    base = {name: values[0] for name, values in market.items()}
    return pl.DataFrame(
        {
            "path": np.arange(paths),
            "low_mid": market["mid"].min(axis=0),
            "high_mid": market["mid"].max(axis=0),
            "peak_vol": market["vol"].max(axis=0),
            "peak_half_spread_multiple": (market["half_spread"] / base["half_spread"]).max(axis=0),
            "low_depth_multiple": (market["depth"] / base["depth"]).min(axis=0),
            "peak_credit": market["credit"].max(axis=0),
            "peak_loop_gain": market["loop_gain"].max(axis=0) * 1.15,
        }
    ).with_columns(world=pl.lit(world))


def _calls(marks: pl.DataFrame, paths: int) -> pl.DataFrame:
    """A call whenever the desk loses a tenth of a billion in a day; met while it has equity."""
    hedged = marks.filter(pl.col("role") == "hedger").sort("agent", "path", "time")
    lost = hedged.with_columns(loss=-pl.col("pnl").diff().over("agent", "path"))
    called = lost.filter(pl.col("loss") > 2e7)
    met = pl.col("equity") > 2.2e9
    return called.select(
        "time", "world", "path", "agent",
        required=pl.col("loss") * 3, called=pl.col("loss"), met=pl.when(met).then("loss").otherwise(0.0),
        deadline=pl.col("time") + timedelta(hours=1),
        outcome=pl.when(met).then(pl.lit("met")).otherwise(pl.lit("reduced")),
    )  # fmt: skip


def _funding(marks: pl.DataFrame, name: str) -> pl.DataFrame:
    """Margin that grows with the loss, a line of $1bn, and what cash is left."""
    loss = pl.max_horizontal(-pl.col("pnl"), 0.0)
    parts = {"short_sale_proceeds": 2e9 + 3 * loss, "variation_margin": loss, "initial_margin": 5e8 + 0.5 * loss}
    mine = marks.filter(pl.col("agent") == name).select("time", "world", "path", "agent", "equity", **parts)
    return mine.with_columns(free_cash=pl.col("equity") - 2e9 - pl.col("initial_margin"), line=pl.lit(1e9))


def _liquidity(funding: pl.DataFrame) -> pl.DataFrame:
    """The worst of each path's closes."""
    cash = pl.col("free_cash")
    high = {f"peak_{n}": pl.col(n).max() for n in ("short_sale_proceeds", "variation_margin", "initial_margin")}
    worst = funding.group_by("world", "path", "agent", maintain_order=True).agg(
        low_free_cash=cash.min(), low_free_cash_time=pl.col("time").get(cash.arg_min()),
        peak_line_share=(-cash).max().clip(0.0) / 1e9, **high,
    )  # fmt: skip
    return worst.with_columns(capital_needed=2e9 - pl.col("low_free_cash"))


def _write(folder: Path, table: str, world: str, frame: pl.DataFrame) -> None:
    (folder / table).mkdir(parents=True, exist_ok=True)
    frame.write_parquet(folder / table / f"{world}-0000000.parquet")


def answer_for_all(folder: Path) -> None:
    """Have the manifest name every table's file that is in the folder."""
    place = folder / "manifest.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"files": _files(folder)}))


def _files(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_size for p in sorted(folder.rglob("*.parquet"))}


def _manifest(folder: Path, paths: int, worlds: tuple[str, ...], dates: list[date]) -> None:
    manifest = {
        "name": "covid_crash_2020",
        "title": "Covid crash, February to April 2020",
        "seed": 1,
        "paths": paths,
        "worlds": list(worlds),
        "twin": worlds[1] if len(worlds) > 1 else None,
        "witnesses": min(32, paths),
        "versions": {"spiral": "0.1.0", "numpy": "2.4.6", "polars": "2.1.0"},
        "content_hash": "0" * 64,
        "timing": {"seconds": 12.3},
        "clock": {"first": str(dates[0]), "last": str(dates[-1]), "ticks": 14 * len(dates), "days": len(dates)},
        "anchors": ANCHORS,
        "base": {"spot": 3386.15, "vol": 0.1438, "half_spread": 2e-4, "depth": 2e9, "credit": 0.0102},
        **schema.described((*agents_tables.TABLES, *market_tables.TABLES), LOSS),
        "files": _files(folder),
        "scenario": {
            "name": "covid_crash_2020",
            "regime": "deflationary bust",
            "description": "The S&P 500 falls 34 % in 23 trading days while the VIX passes 80. A desk short index "
            "puts sells into it.",
            "market": {"dispersion": 0.5, "beta": 8.0},
            "agents": {
                "hedger": {"type": "Hedger", "policy": {"kind": "every"}, "book": [{"kind": "put", "strike": 0.9}]}
            },
            "run": {"paths": paths, "seed": 1},
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
