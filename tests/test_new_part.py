"""A further part of the loss takes one declaration: ledger, marks, manifest, terminal, report, charts and sweeps."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analysis import open_run
from analysis.charts import theme
from tests.command import ROOT
from tests.stamp_duty import LABEL, NAME, SHORT


def duty(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """What became of an engine with a stamp duty, in a process of its own."""
    command = [sys.executable, "-m", "tests.stamp_duty", str(folder), *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("duty")
    done = duty(found, "declared")
    assert done.returncode == 0, done.stderr
    return found


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return found


@pytest.mark.slow
def test_a_cost_that_nobody_declared_does_not_add_up(tmp_path: Path) -> None:
    done = duty(tmp_path)
    assert done.returncode and "does not add up" in done.stderr


def test_marks_and_manifest(folder: Path) -> None:
    run = open_run(folder / "run")
    assert run.schema is not None
    assert run.schema.column("marks", NAME).unit == "$"
    part = next(part for part in run.schema.loss.parts if part.name == NAME)
    assert part in run.schema.loss.parts_of("liquidity_tax") and part in run.schema.loss.parts_of("frictions")
    marks = run.marks.collect()
    assert (marks[NAME] < 0).any()
    total = marks.select(pl.sum_horizontal(column.name for column in run.schema.loss.columns)).to_series()
    assert (total - marks["pnl"]).abs().max() < 1e-9 * marks["equity"].abs().max()  # type: ignore[operator]


def test_terminal_report_and_sheets(folder: Path, told: dict[str, Any]) -> None:
    (line,) = [line for line in (folder / "shown.txt").read_text().splitlines() if LABEL in line]
    assert told["cost"] > 0 and "$" in line
    assert LABEL in (folder / "report.html").read_text()
    assert NAME in told["sheet"] and NAME in told["compared"]


@pytest.mark.slow
def test_charts(told: dict[str, Any]) -> None:
    free = theme.PARTS[12]  # the first that no part has
    for name in ("panels", "attribution", "waterfall"):
        (scale, *_) = scales(told["charts"][name])
        assert scale["range"][scale["domain"].index(SHORT)] == free, name


def scales(spec: Any) -> list[dict[str, Any]]:
    """The scales of a chart that know the new part."""
    if isinstance(spec, list):
        return [found for each in spec for found in scales(each)]
    if not isinstance(spec, dict):
        return []
    own = [spec] if SHORT in (spec.get("domain") or ()) and "range" in spec else []
    return own + [found for each in spec.values() for found in scales(each)]


def test_sweeps(folder: Path, told: dict[str, Any]) -> None:
    assert len(told["cells"]) == 2 and all(cost > 0 for cost in told["cells"])
    manifest = json.loads((folder / "sweep" / "sweep.json").read_text())
    assert manifest["metrics"][NAME] == {"label": LABEL, "unit": "$"}
    assert SHORT in json.dumps(told["cell"])
