"""What docs/sweeps.md shows is run, and what it says of options and columns is so."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from analysis.numbers import Number
from scenarios import sweep
from scenarios.cli import main
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.loading import load_sweep
from tests.documents import ROOT, block, blocks, few_paths, python

PAGE, STUDY = "docs/sweeps.md", "docs/studies/hedging_and_liquidity.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the examples are saved and run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gamma_and_depth.toml").write_text(block(PAGE, "toml", "gamma_and_depth.toml"))
    return tmp_path


@pytest.mark.slow
def test_the_file_and_its_folder(folder: Path) -> None:
    arguments = ["sweep", "gamma_and_depth.toml", "--paths", "8", "--workers", "1", "--keep"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    made = folder / "sweeps" / "gamma_and_depth"
    assert {p.name for p in made.iterdir() if not p.name.startswith(".")} == {
        "cells", "journal-0", "paths", "runs", "sweep.json", "sweep.html",
    }  # fmt: skip
    rows = pl.scan_parquet(made / "cells").collect()
    assert rows.height == 12
    said = " ".join((ROOT / PAGE).read_text().split())
    named = re.search(r"is the table[^:]*: (.*?)and for every figure", said)
    assert named is not None
    columns = set(re.findall(r"`(\w+)`", named[1]))
    assert columns == {"cell", "id", "scenario", "seed", "paths", "status", "error", "seconds", "engine"}
    assert columns | {"gamma", "depth", "es_95", "es_95_error", "twin_es_95"} <= set(rows.columns)
    again = CliRunner().invoke(main, ["report", str(made)])
    assert again.exit_code == 0, again.output
    drawn = CliRunner().invoke(main, ["chart", str(made), "heat_map", "map.svg", "--metric", "peak_loop_gain"])
    assert drawn.exit_code == 0, drawn.output
    assert (folder / "map.svg").read_text().startswith("<svg")
    wrong = CliRunner().invoke(main, ["chart", str(made), "heatmap", "map.svg"])
    assert wrong.exit_code == 2
    assert "did you mean heat_map?" in wrong.output


@pytest.mark.slow
def test_the_call_from_python(folder: Path) -> None:
    first, _ = blocks(PAGE, "python")
    printed = python(few_paths(first.text), folder)
    assert "cost_of_survival_error" in printed
    assert (folder / "sweeps" / "depth" / "sweep.html").stat().st_size > 100_000


@pytest.mark.slow
def test_the_frontier_from_python(folder: Path) -> None:
    _, second = blocks(PAGE, "python")
    printed = python(few_paths(second.text), folder)
    assert "thrifty" in printed and "cost only" in printed
    assert "the loss over the run, marked at the end" in (folder / "frontier.html").read_text()


def test_the_studies_are_what_their_page_says() -> None:
    place, said = ROOT / "docs" / "studies", (ROOT / STUDY).read_text()
    cells = {name: Plan(load_sweep(place / f"{name}.toml")) for name in ("phase_diagram", "which_loop")}
    assert len(cells["phase_diagram"]) >= 200
    assert all(f"{len(found)} cells" in said for found in cells.values())
    pages = "".join(page.read_text() for page in place.glob("*.md"))
    assert all(picture.name in pages for picture in place.glob("*.png"))
    assert all(picture.stat().st_size < 350_000 for picture in place.glob("*.png"))


@pytest.mark.slow
def test_a_row_of_the_studys_table_comes_out_again(folder: Path) -> None:
    """The preset's own book and depth, from the sweep's file."""
    spec = load_sweep(ROOT / "docs" / "studies" / "phase_diagram.toml")
    one = tuple(replace(axis, low=None, high=None, values=(1.0,)) for axis in spec.axes)
    row = sweep(replace(spec, axes=one), out=folder / "one", workers=1).cells.collect().row(0, named=True)
    (told,) = re.findall(r"^\| 1 \|.*$", (ROOT / STUDY).read_text(), re.MULTILINE)
    for name in ("cost_of_survival", "feedback_cost"):
        assert str(Number(value=row[name], unit="$", label=name, error=row[f"{name}_error"])) in told
