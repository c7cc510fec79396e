"""Comparisons: runs on the paths that both have, worlds of one run, scenarios on the same random numbers."""

from __future__ import annotations

import io
import json
import math
import re
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from analysis import open_run, summarise
from analysis.compare import compare, differences, render_comparison, write_comparison
from analysis.sides import in_common, worlds_of
from scenarios import load, run
from scenarios.cli import main
from sim.dataset import Run
from sim.errors import UserError
from sim.seal import is_sealed
from tests.synthetic_run import write_run

QUICK = {"clock.tick_minutes": 390, "run.witnesses": 0}
PAIRED = ("pnl", "unhedged_pnl", "cost_of_survival", "convexity", "liquidity_tax")

SMALL = """
name = "{name}"
clock = {{ tick_minutes = 390 }}
storyline = {{ anchor = [
    {{ date = 2020-02-19, spot = 100, vol = 0.2, overnight = 0.02, us2y = 0.02, us10y = 0.02, credit = 0.01 }},
    {{ date = 2020-03-04, spot = 85, vol = 0.5 }},
] }}
[agents.maker]
type = "MarketMaker"
[agents.desk]
type = "Hedger"
capital = {capital}
book = [{{ kind = "put", moneyness = 0.95, months = 2, notional = -1e9 }}]
[run]
paths = {paths}
seed = {seed}
"""


def spiral(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    home = tmp_path_factory.mktemp("compare")
    bands = {**QUICK, "agents.hedger.policy.kind": "band"}
    made = {
        "short": run(load("covid_crash_2020", QUICK), out=home / "short", paths=12, workers=1),
        "long": run(load("covid_crash_2020", QUICK), out=home / "long", paths=20, workers=1),
        "band": run(load("covid_crash_2020", bands), out=home / "band", paths=20, workers=1),
        "other": run(load("covid_crash_2020", QUICK), out=home / "other", paths=12, seed=2, workers=1),
    }
    return {name: open_run(each.path) for name, each in made.items()}


def test_runs_of_one_seed_are_compared_on_the_paths_that_both_have(runs: dict[str, Run]) -> None:
    """The same scenario on more paths differs by nothing on the first of them."""
    found = compare(runs["short"], runs["long"])
    assert found.height > 60 and found["difference"].abs().max() == 0.0
    exact = {row["name"]: row for row in found.iter_rows(named=True)}
    assert all(exact[name]["error"] == 0.0 for name in PAIRED)
    mine = summarise(runs["short"])
    assert all(row["b"] == mine[name].value and row["b_error"] == mine[name].error for name, row in exact.items())
    assert {"paths: 12 against 20", "compared on the 12 paths that both have"} <= set(
        differences(runs["short"], runs["long"])
    )


def test_a_policy_is_compared_path_by_path(runs: dict[str, Run]) -> None:
    found = compare(runs["short"], runs["band"])
    row = found.row(by_predicate=pl.col("name") == "pnl", named=True)
    ends = [
        r.marks.filter(pl.col("time") == pl.col("time").max(), world="actual", agent="hedger").filter(
            pl.col("path") < 12
        )
        for r in (runs["short"], runs["band"])
    ]
    a, b = (end.sort("path").collect()["pnl"] for end in ends)
    assert row["difference"] == pytest.approx((b - a).mean()) and row["difference"] != 0
    assert row["error"] == pytest.approx((b - a).std() / 12**0.5)


def test_other_seeds_have_no_paths_in_common(runs: dict[str, Run]) -> None:
    assert in_common(runs["long"], runs["other"]) == (runs["long"], runs["other"])
    row = compare(runs["long"], runs["other"]).row(by_predicate=pl.col("name") == "pnl", named=True)
    assert row["error"] == pytest.approx((row["a_error"] ** 2 + row["b_error"] ** 2) ** 0.5)
    assert not any("both have" in line for line in differences(runs["long"], runs["other"]))


def test_two_worlds_of_one_run(runs: dict[str, Run]) -> None:
    """The twin less actual is what feedback added, with the sign turned, and its paired error."""
    long = runs["long"]
    twin, actual = worlds_of(long, "price_taker", "actual")
    found = {row["name"]: row for row in compare(twin, actual).iter_rows(named=True)}
    feedback = summarise(long)["feedback_cost"]
    assert found["cost_of_survival"]["difference"] == pytest.approx(feedback.value)
    assert found["cost_of_survival"]["error"] == pytest.approx(feedback.error)
    for side, world in (("a", "price_taker"), ("b", "actual")):
        own = summarise(long, world=world)
        assert all(row[side] == own[name].value for name, row in found.items())
    assert "feedback_cost" not in found  # known on neither side
    assert twin.altered is False
    for pair, said in ((("actual", "actual"), "with another one"), (("actual", "calm"), "no such world")):
        with pytest.raises(UserError, match=said):
            worlds_of(long, *pair)


def test_the_page(runs: dict[str, Run], tmp_path: Path) -> None:
    page = write_comparison(runs["short"], runs["band"], tmp_path / "both.html")
    text = page.read_text(encoding="utf-8")
    assert is_sealed(page) and 'id="chart-bands"' in text and 'id="chart-cost"' in text
    assert "compared on the 12 paths that both have" in text and "agents.hedger.policy" in text
    assert "path by path for averages" in text and "20 paths" not in text
    worlds = write_comparison(*worlds_of(runs["long"], "actual", "price_taker"), tmp_path / "worlds.html")
    assert "<h1>actual and price_taker</h1>" in worlds.read_text(encoding="utf-8")


def test_the_command_on_runs(runs: dict[str, Run], tmp_path: Path) -> None:
    long, page = runs["long"].path, tmp_path / "page.html"
    done = spiral("compare", long, "--worlds", "actual,price_taker", "--out", page)
    assert done.exit_code == 0, done.output
    assert "actual against price_taker" in done.output and done.output.rstrip().endswith(str(page))
    assert re.search(r"actual +price_taker +difference\n", done.output)  # a world's name is a heading in one piece
    assert spiral("compare", long, runs["band"].path, "--out", page).exit_code == 0  # Spiral's own page: replaced
    page.write_text("notes")
    refused = spiral("compare", long, runs["band"].path, "--out", page)
    assert refused.exit_code == 2 and "not as Spiral wrote it" in refused.output and page.read_text() == "notes"
    assert spiral("compare", long, runs["band"].path, "--out", page, "--force").exit_code == 0 and is_sealed(page)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("RUN",), "give two to compare, or --worlds of one"),
        (("RUN", "RUN", "--worlds", "actual,price_taker"), "give two to compare"),
        (("RUN", "--worlds", "actual"), "--worlds names two worlds"),
        (("RUN", "--worlds", "actual,calm"), "no such world"),
        (("RUN", "RUN", "--paths", "5"), "--paths is for what is still to be run"),
        (("RUN", "RUN", "--keep"), "--keep is for what is still to be run"),
        (("RUN", "RUN", "--out", "page.txt"), "written as HTML"),
        (("RUN", "nothing"), "a run is a folder"),
        (("RUN", "nothing.toml"), "no such scenario file"),
    ],
)
def test_mistakes(runs: dict[str, Run], arguments: tuple[str, ...], said: str) -> None:
    named = [str(runs["short"].path) if each == "RUN" else each for each in arguments]
    done = spiral("compare", *named)
    assert done.exit_code == 2 and said in done.output and done.output.count("\n") == 1, done.output


def test_scenarios_are_run_on_the_same_random_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rich.toml").write_text(SMALL.format(name="rich", capital="1e9", paths=9, seed=4))
    Path("poor.toml").write_text(SMALL.format(name="poor", capital="0.9e9", paths=7, seed=5))
    done = spiral("compare", "rich.toml", "poor.toml", "--workers", "1", "--quiet")
    assert done.exit_code == 0, done.output
    assert "rich against poor" in done.output and "seed:" not in done.output and "paths:" not in done.output
    assert not Path("runs").exists()
    kept = spiral("compare", "rich.toml", "poor.toml", "--keep", "--paths", "6", "--workers", "1", "--quiet")
    assert kept.exit_code == 0, kept.output
    made = {place.name: json.loads((place / "manifest.json").read_text()) for place in Path("runs").iterdir()}
    assert {name: (m["seed"], m["paths"]) for name, m in made.items()} == {"rich-4": (4, 6), "poor-4": (4, 6)}
    row = compare(open_run("runs/rich-4"), open_run("runs/poor-4")).row(by_predicate=pl.col("name") == "pnl")
    assert row[-2:] == pytest.approx((0.0, 0.0), abs=1e-6)  # without a lender capital changes nothing
    beside = spiral(
        "compare", "runs/rich-4", "poor.toml", "--workers", "1", "--quiet"
    )  # takes seed and paths of the run
    assert beside.exit_code == 0 and "seed:" not in beside.output and "paths:" not in beside.output
    same = spiral("compare", "rich.toml", "rich.toml", "--keep", "--quiet")
    assert same.exit_code == 2 and "two scenarios of one name" in same.output


def test_no_figure_is_cut_however_narrow_the_terminal(runs: dict[str, Run]) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(render_comparison(runs["long"], runs["band"]))
    said = console.export_text()
    assert "\N{HORIZONTAL ELLIPSIS}" not in said and "second less first" in said
    money = [line for line in said.splitlines() if line.startswith("Hedged P&L, mean")]
    assert len(re.findall(r"\$[\d.,]+(?: ± [\d.,]+)?(?:m|k|bn)", money[0])) == 3


def test_a_run_and_itself_differ_by_nothing_where_averages_are_paired(runs: dict[str, Run]) -> None:
    rows = {row["name"]: row for row in compare(runs["long"], runs["long"]).iter_rows(named=True)}
    for name in ("pnl", "cost_of_survival", "feedback_cost", "unhedged_desk_pnl", "hedging_saved"):
        assert (rows[name]["difference"], rows[name]["error"]) == (0.0, 0.0), name


def test_a_shortfall_and_a_deviation_are_paired(tmp_path: Path) -> None:
    """Losses of one noise that differ by a thousandth: next to no error, whatever their own spread."""
    a, b = (open_run(write_run(tmp_path / name, paths=60, size=size)) for name, size in (("a", 1.0), ("b", 1.001)))
    found = {row["name"]: row for row in compare(a, b).iter_rows(named=True)}
    for name in ("pnl", "pnl_sd", "es_95", "drawdown_es_95"):
        row = found[name]
        assert 0 < row["error"] < 0.01 * math.hypot(row["a_error"], row["b_error"])
    same = {row["name"]: row for row in compare(a, a).iter_rows(named=True)}
    assert same["es_95"]["error"] == 0.0
    assert same["liquidation_rate"]["error"] > 0.0  # that no path differs does not say that none ever will
