"""A desk's folder with runs, sweeps and studies to look at, and with what has gone wrong in every way."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl

from scenarios import load, run
from tests.policies_made import EVERY, NEVER, TIGHT, lives, write_policies
from tests.sweeps_made import DEPTH, SIZE, listed, write_sweep
from tests.synthetic_run import write_run

QUICK = {"clock.tick_minutes": 195, "run.witnesses": 4, "agents.hedger.capital": 2.0e9}
EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)">\u202e\x07'
AGENT = "<img src=x onerror=alert(3)>"


def make_folder(folder: Path) -> Path:
    """runs: covid, band, evil, and the broken ones of `BROKEN`; sweeps: grid, policies; a tuned policy and a reverse
    stress."""
    runs = folder / "runs"
    covid = load("covid_crash_2020", QUICK)
    run(covid, out=runs / "covid", paths=12, seed=3, workers=1)
    band = {**QUICK, "agents.hedger.policy.kind": "band"}
    run(load("covid_crash_2020", band), out=runs / "band", paths=12, seed=3, workers=1)
    write_run(runs / "evil", paths=8, hedgers=(AGENT,), days=8)
    _change(runs / "evil", title=EVIL, name=EVIL)
    write_run(runs / "<b>bold", paths=4, days=8)
    for name, spoil in BROKEN.items():
        shutil.copytree(runs / "covid", runs / name)
        spoil(runs / name)
    axes = [listed(SIZE, [0.5, 1.0, 2.0]), listed(DEPTH, [0.5, 1.0, 2.0])]
    write_sweep(folder / "sweeps" / "grid", axes, failed={4: f"no cell {EVIL}"})
    write_policies(folder / "sweeps" / "policies", [(EVERY, lives(10)), (TIGHT, lives(12)), (NEVER, lives(40))])
    for name, spoil in BROKEN_SWEEPS.items():
        shutil.copytree(folder / "sweeps" / "grid", folder / "sweeps" / name)
        spoil(folder / "sweeps" / name / "sweep.json")
    shutil.copytree(runs / "covid", folder / "sweeps" / "grid" / "runs" / "00000")
    _studies(runs)
    return folder


def _change(folder: Path, **more: Any) -> None:
    place = folder / "manifest.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | more))


def _cut(folder: Path) -> None:
    place = folder / "manifest.json"
    place.write_text(place.read_text()[:200])


def _list(folder: Path) -> None:
    (folder / "manifest.json").write_text("[1, 2]")


def _no_table(folder: Path) -> None:
    shutil.rmtree(folder / "marks")


def _spoilt(folder: Path) -> None:
    for place in (folder / "marks").glob("*.parquet"):
        content = bytearray(place.read_bytes())
        content[len(content) // 2] ^= 0xFF
        place.write_bytes(content)


def _other_columns(folder: Path) -> None:
    """Tables of another program: Parquet, but not these columns; the manifest says that they are as written."""
    place = folder / "manifest.json"
    manifest = json.loads(place.read_text())
    manifest.pop("digest", None)
    for name in manifest["files"]:
        pl.DataFrame({"a": [1]}).write_parquet(folder / name)
        manifest["files"][name] = (folder / name).stat().st_size
    place.write_text(json.dumps(manifest))


BROKEN = {
    "cut": _cut,
    "list": _list,
    "no_table": _no_table,
    "spoilt": _spoilt,
    "other_columns": _other_columns,
}


def _no_kind(place: Path) -> None:
    manifest = json.loads(place.read_text())
    del manifest["kind"]
    place.write_text(json.dumps(manifest))


def _other_cells(place: Path) -> None:
    for file in (place.parent / "cells").glob("*.parquet"):
        pl.DataFrame({"a": [1]}).write_parquet(file)


BROKEN_SWEEPS = {
    "sweep_cut": lambda place: place.write_text(place.read_text()[:100]),
    "sweep_list": lambda place: place.write_text("[]"),
    "no_kind": _no_kind,
    "no_cells": lambda place: shutil.rmtree(place.parent / "cells"),
    "other_cells": _other_cells,
}


def _studies(runs: Path) -> None:
    tuned, reverse = runs / "covid-tuned", runs / "covid-reverse"
    tuned.mkdir()
    reverse.mkdir()
    rows = [
        {"crisis": "covid", "noise": noise, "policy": policy, "world": world, "mean": 1e6 * i, "mean_error": 1e5,
         "es_95": 2e6 * i, "es_95_error": 1e5, "sd": 1e6, "sd_error": 1e4, "reduced": 0.1}
        for noise in ("train", "test")
        for i, policy in enumerate(("tuned", "every", EVIL), 1)
        for world in ("actual", "price_taker")
    ]  # fmt: skip
    pl.DataFrame(rows).write_csv(tuned / "checks.csv")
    trials = [
        {"world": world, "width": 0.1 * i, "risk": 1e6 / i} for world in ("actual", "price_taker") for i in (1, 2)
    ]
    pl.DataFrame(trials).write_csv(tuned / "trials.csv")
    along = [{"distance": 2.0 * i, "share": i / 10, "share_error": 0.05} for i in range(1, 9)]
    pl.DataFrame(along).write_csv(reverse / "along.csv")
    levers = [{"lever": "half the book", "share": 0.1, "share_error": 0.05, "distance": float("inf")}]
    pl.DataFrame(levers).write_csv(reverse / "levers.csv")
    (reverse / "storyline.toml").write_text('title = "<script>alert(4)</script>"\n')
