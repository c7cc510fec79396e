"""Everything that the README and the page on scenarios show is run as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from scenarios.cli import main
from scenarios.reading.shipped import presets
from tests.documents import ROOT, block, blocks, commands, few_paths, python

README, PAGE = "README.md", "docs/scenarios.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the examples are saved and run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def spiral(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result


def small(*arguments: str) -> Result:
    """A run of a few paths in this process."""
    return spiral("run", *arguments, "--paths", "8", "--workers", "1", "--quiet", "--out", "out")


def test_picture_is_small() -> None:
    assert (ROOT / "docs" / "covid_crash_2020.png").stat().st_size < 300_000


@pytest.mark.slow
def test_python_example(folder: Path) -> None:
    printed = python(few_paths(block(README, "python")), folder)
    assert re.search(r"^every .*\$", printed, re.MULTILINE) and re.search(r"^band .*\$", printed, re.MULTILINE)
    assert (folder / "runs" / "band.html").stat().st_size > 100_000
    assert all((folder / "runs" / f"{policy}.png").is_file() for policy in ("every", "band"))


@pytest.mark.slow
def test_live_example(folder: Path) -> None:
    assert "['hedger']" in python(block(README, "python", "live"), folder)
    assert (folder / "runs" / "mine" / "orders").is_dir()


def test_options_example(folder: Path) -> None:
    """Puts and their four numbers, one a strike; the last is deep in the money."""
    printed = python(block(README, "python", "options"), folder)
    numbers = [float(each) for each in re.findall(r"-?\d\S*?(?=[\s\]])", printed)]
    assert len(numbers) == 20
    assert numbers[4] > 100 * (1.2 - 1) - 1 and -1 < numbers[9] < -0.9


def test_scenario_and_its_commands(folder: Path) -> None:
    (folder / "two_weeks.toml").write_text(block(README, "toml"))
    check, run = (command for command in commands(README) if "two_weeks.toml" in command)
    assert "note" not in spiral(*check).output
    small(*run[1:], "--no-report")
    marks = pl.read_parquet("out/marks/*.parquet")
    assert marks["agent"].unique().sort().to_list() == ["hedger", "maker", "treasury"]


def test_agent(folder: Path) -> None:
    """The fund of the README sells in the fall, on every path in the end, and its account is marked."""
    (folder / "stop_loss.py").write_text(block(README, "python", "agent"))
    (folder / "two_weeks.toml").write_text(block(README, "toml") + block(README, "toml", "agent"))
    small(str(folder / "two_weeks.toml"), "--no-report")
    trades = pl.read_parquet("out/trades/*.parquet").filter(taker="fund", world="actual")
    assert trades["path"].n_unique() == 8 and (trades["quantity"] <= 0).all() and (trades["quantity"] < 0).any()
    last = pl.read_parquet("out/marks/*.parquet").filter(agent="fund", world="actual").sort("time").tail(8)
    assert (last["pnl"] < 0).all() and (last["hedge_value"] >= 0).all()


def test_count_of_the_scenarios() -> None:
    assert len(presets()) == 20
    for name in (README, "docs/getting_started.md"):
        assert re.search(r"Twenty (scenarios )?are shipped", (ROOT / name).read_text())


def test_every_command_is_in_the_table() -> None:
    named = set(re.findall(r"^\| `spiral ([\w-]+)", (ROOT / README).read_text(), re.MULTILINE))
    assert named == set(main.commands)


@pytest.mark.parametrize("text", [b.text for b in blocks(PAGE, "toml", "")])
def test_page_scenarios(folder: Path, text: str) -> None:
    (folder / "page.toml").write_text(text)
    small("page.toml", "--no-report")


def test_page_commands(folder: Path) -> None:
    """The runs among them; the options of all are looked at in `tests.test_docs`."""
    runs = [command for command in commands(PAGE) if command[0] == "run"]
    assert runs
    for run in runs:
        small(*run[1:], "--no-report", "--twin", "none", "--witnesses", "0")


def test_page_python(folder: Path) -> None:
    assert python(block(PAGE, "python"), folder) == "2.0 4000000000.0\n"


@pytest.mark.slow
def test_page_survival_capital(folder: Path) -> None:
    said = python(few_paths(block(PAGE, "python", "capital")), folder)
    share, level, capital, error = map(float, re.findall(r"[\d.]+", said))
    assert share < level < 1 < error < capital


@pytest.mark.slow
def test_page_history_and_book(folder: Path) -> None:
    (folder / "history.csv").write_text(block(PAGE, "csv", "history.csv"))
    (folder / "book.csv").write_text(block(PAGE, "csv", "book.csv"))
    small("--history", "history.csv", "--book", "book.csv", "--no-report")


def test_page_positions(folder: Path) -> None:
    """A call less a put less a future at their strike is worth nothing, at the worst close and at the end."""
    preset = (ROOT / "scenarios" / "catalogue" / "covid_crash_2020.toml").read_text()
    (folder / "book.toml").write_text(preset + "\n" + block(PAGE, "toml", "book"))
    small("book.toml", "--no-report", "--twin", "none", "--witnesses", "0")
    lines = pl.read_parquet("out/book/*.parquet").filter(pl.col("number").is_in([4, 5, 6]))
    sums = lines.group_by("path", "at").agg(pl.col("value", "delta_dollars", "pnl").sum())
    assert lines["value"].abs().max() > 1e8 and sums.height == 17
    assert all(sums[column].abs().max() < 1.0 for column in ("value", "delta_dollars", "pnl"))


def test_page_debts(folder: Path) -> None:
    """On every path the fund's default takes the bank with it; the insurer stands."""
    (folder / "debts.toml").write_text(block(PAGE, "toml", "debts.toml"))
    small("debts.toml", "--no-report")
    settled = pl.read_parquet("out/settlements/*.parquet").filter(world="actual")
    assert dict(settled.group_by("debtor").agg(pl.col("round").unique()).rows()) == {"fund": [1], "bank": [2]}
    assert (settled["paid"] < settled["owed"]).all() and settled["path"].n_unique() == 8


def test_page_funds(folder: Path) -> None:
    """On average the funds' sales take both assets down, and leave the further one alone where they do not count."""
    (folder / "funds.toml").write_text(block(PAGE, "toml", "funds.toml"))
    small("funds.toml", "--no-report")
    ends = pl.read_parquet("out/closes/*.parquet").sort("time").group_by("world", "venue", "path").last()
    means = ends.group_by("world", "venue").agg(pl.col("mid").mean())
    mid = {(world, venue): level for world, venue, level in means.rows()}
    assert mid["actual", "asset"] < mid["price_taker", "asset"] - 10
    assert mid["actual", "export"] < mid["price_taker", "export"] - 2


def test_page_policy(folder: Path) -> None:
    (folder / "patient.py").write_text(block(PAGE, "python", "patient.py"))
    (folder / "patient.toml").write_text(block(PAGE, "toml", "patient.toml"))
    small(str(folder / "patient.toml"), "--no-report")
