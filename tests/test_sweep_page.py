"""What docs/sweeps.md shows is run, and what it says of options and columns is so."""

from __future__ import annotations

import re
from pathlib import Path

import click
import polars as pl
import pytest
from click.testing import CliRunner

from scenarios.cli import main
from tests.documents import ROOT, block, blocks, commands, few_paths, links, python

PAGE = "docs/sweeps.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the examples are saved and run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gamma_and_depth.toml").write_text(block(PAGE, "toml", "gamma_and_depth.toml"))
    return tmp_path


def test_the_file_and_its_folder(folder: Path) -> None:
    arguments = ["sweep", "gamma_and_depth.toml", "--paths", "8", "--workers", "1", "--keep"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    made = folder / "sweeps" / "gamma_and_depth"
    assert {p.name for p in made.iterdir() if not p.name.startswith(".")} == {
        "cells", "paths", "runs", "sweep.json", "sweep.html",
    }  # fmt: skip
    rows = pl.scan_parquet(made / "cells").collect()
    assert rows.height == 12
    said = (ROOT / PAGE).read_text()
    named = re.search(r"is the table: (.*?)and for every figure", said, re.DOTALL)
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


def test_the_call_from_python(folder: Path) -> None:
    first, _ = blocks(PAGE, "python")
    printed = python(few_paths(first.text), folder)
    assert "cost_of_survival_error" in printed
    assert (folder / "sweeps" / "depth" / "sweep.html").stat().st_size > 100_000


def test_the_frontier_from_python(folder: Path) -> None:
    _, second = blocks(PAGE, "python")
    printed = python(few_paths(second.text), folder)
    assert "thrifty" in printed and "cost only" in printed
    assert "Beware of cheap ones" in (folder / "frontier.html").read_text()


def test_commands_and_links_are_there() -> None:
    for arguments in commands(PAGE):
        command = main.commands[arguments[0]]
        with click.Context(command) as context:
            command.parse_args(context, list(arguments[1:]))
    assert all(target.exists() for target in links(PAGE))
