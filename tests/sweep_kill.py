"""Sweeps that are killed: the command as users type it, and what must hold of its folder afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import polars as pl
import psutil

from sim.sweep_dataset import SweepResult, open_sweep
from tests.command import ROOT

SWEEP = """
name = "killed"
scenarios = ["covid_crash_2020"]
paths = {paths}

[settings]
clock.tick_minutes = {minutes}

[axes.depth]
key = "venue.asset.depth"
low = 2e9
high = 16e9
scale = "log"
steps = {steps}
"""


def write_sweep(folder: Path, *, steps: int, paths: int = 16, minutes: int = 195) -> Path:
    """A sweep file of so many cells."""
    file = folder / "killed.toml"
    file.write_text(SWEEP.format(steps=steps, paths=paths, minutes=minutes))
    return file


def start(file: Path, out: Path, *options: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """`spiral sweep FILE --out OUT`, in a process group of its own; `env` is added to this process' own."""
    command = [
        sys.executable,
        "-m",
        "scenarios",
        "sweep",
        str(file),
        "--out",
        str(out),
        "--no-report",
        "--quiet",
        *options,
    ]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **(env or {})}, start_new_session=True, **streams)


def finish(file: Path, out: Path, *options: str) -> None:
    """Run it to the end."""
    process = start(file, out, *options)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said


def done(out: Path) -> int:
    """How many cells have finished by now, as anyone who looks on sees it."""
    return SweepResult(out).done if (out / "sweep.json").is_file() else 0


def finished(out: Path) -> dict[int, tuple[str, float]]:
    """Id and time (to a microsecond: never twice the same) of each finished cell; its row and its paths are whole."""
    sweep = open_sweep(out)
    rows = sweep.cells.collect()
    assert rows["cell"].is_unique().all()
    assert rows["status"].to_list() == ["done"] * rows.height
    paths = sweep.paths.collect()
    assert dict(paths["cell"].value_counts().iter_rows()) == {
        cell: 2 * paths for cell, paths in rows.select("cell", "paths").iter_rows()
    }
    return {cell: (key, seconds) for cell, key, seconds in rows.select("cell", "id", "seconds").iter_rows()}


def wait_for(condition, seconds: float = 120.0) -> None:
    """Until it holds; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.02)


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Its worker processes: spawned by itself, or forked from the server that it has started."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it may end meanwhile
            forked = child.ppid() != process.pid
            if forked or "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def kill(pid: int) -> None:
    """As `kill -9` does."""
    os.kill(pid, signal.SIGKILL)


def table(out: Path) -> pl.DataFrame:
    """The rows without what differs between two runs of the same sweep."""
    return pl.scan_parquet(out / "cells").drop("seconds").sort("cell").collect()
