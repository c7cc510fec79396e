"""The report, the terminal summary and the comparison of runs."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from analysis import open_run, render, summarise, write_comparison, write_report
from analysis.apart import said
from analysis.compare import compare, render_comparison
from analysis.pages.report import SECTIONS
from sim.dataset import Run
from tests.synthetic_run import write_run
from tests.test_analysis_charts import BARE


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(write_run(tmp_path_factory.mktemp("run"), paths=80))


@pytest.fixture(scope="module")
def page(run: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_report(run, tmp_path_factory.mktemp("page") / "report.html").read_text(encoding="utf-8")


def printed(item: object) -> str:
    console = Console(file=StringIO(), width=110, color_system=None)
    console.print(item)
    stream = console.file
    assert isinstance(stream, StringIO)
    return stream.getvalue()


def test_report_fetches_nothing(page: str) -> None:
    tags = re.sub(r"(<script[^>]*>).*?</script>", r"\1</script>", page, flags=re.DOTALL)
    assert not re.search(r"""<(script|link|img|iframe)[^>]*(src|href)\s*=""", tags)
    assert "http" not in tags
    style = page.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    for spec in specs(page).values():
        assert '"url"' not in json.dumps(spec)


def specs(page: str) -> dict[str, object]:
    found = re.findall(r'class="spec" data-chart="(\w+)">(.*?)</script>', page, flags=re.DOTALL)
    return {name: json.loads(text) for name, text in found}


def test_report_carries_every_chart_and_the_drawing_code_once(page: str) -> None:
    assert set(specs(page)) == {name for shown in SECTIONS.values() for name in shown}
    assert page.count("window.vegaEmbed=") == 1
    assert len(page) < 2_000_000


def test_report_says_the_figures_of_the_summary(run: Run, page: str) -> None:
    text = html.unescape(page).replace("\N{NO-BREAK SPACE}", " ")
    numbers = summarise(run)
    for name in ("cost_of_survival", "feedback_share", "survival_rate"):
        assert str(numbers[name]) in text
    assert "spiral run covid_crash_2020 --paths 80 --seed 1 --twin price_taker" in text
    assert "deflationary bust" in text
    assert '"dispersion": 0.5' in text


@pytest.mark.parametrize("case", ["no twin", "no hedger", "one path", "one day", "empty book"])
def test_bare_runs_are_reported(tmp_path: Path, case: str) -> None:
    run = open_run(write_run(tmp_path / "run", **({"paths": 5} | BARE[case])))
    text = write_report(run, tmp_path / "report.html").read_text(encoding="utf-8")
    body = text.split("<main>")[1].split("</main>")[0]
    assert not re.search(r"\b(nan|None|inf)\b", body)
    assert "P&L" in printed(render(run)) or case == "no hedger"


def test_scenario_text_cannot_break_the_page(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", paths=3)
    place = folder / "manifest.json"
    manifest = json.loads(place.read_text()) | {"title": "</script><script>alert(1)</script>"}
    place.write_text(json.dumps(manifest))
    text = write_report(open_run(folder), tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text


def test_terminal_summary_names_worlds_and_figures(run: Run) -> None:
    text = printed(render(run))
    for part in (
        "actual",
        "price_taker",
        "Cost of survival",
        "Survival rate",
        "Peak loop gain, median",
        "Share of the cost",
    ):
        assert part in text
    assert str(summarise(run)["cost_of_survival"]) in text


def test_a_run_compared_with_itself_differs_by_nothing(run: Run) -> None:
    found = compare(run, run)
    assert found["difference"].abs().max() == 0.0
    paired = found.filter(pl.col("name") == "cost_of_survival")
    assert paired["error"].item() == 0.0  # same seed and paths: compared path by path


def test_comparison_of_independent_runs_adds_errors(run: Run, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "other", paths=50, size=2.0, seed=8)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"seed": 8}))
    other = open_run(folder)
    row = compare(run, other).row(by_predicate=pl.col("name") == "pnl", named=True)
    assert row["difference"] == pytest.approx(row["b"] - row["a"])
    assert row["error"] == pytest.approx((row["a_error"] ** 2 + row["b_error"] ** 2) ** 0.5)
    assert "difference" in printed(render_comparison(run, other))
    text = write_comparison(run, other, tmp_path / "both.html").read_text(encoding="utf-8")
    assert set(specs(text)) == {"bands", "cost"}


def test_importing_analysis_loads_neither_polars_nor_altair() -> None:
    code = "import sys, analysis; assert not {'polars', 'altair', 'numpy'} & set(sys.modules); analysis.open_run"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_both_columns_have_their_units(run: Run, tmp_path: Path) -> None:
    other = open_run(write_run(tmp_path / "large", paths=60, size=1_000.0))
    told = printed(render_comparison(run, other))
    rows = {line[:40].strip(): line for line in told.splitlines()}
    dollars = [line for name, line in rows.items() if name.startswith(("Hedged P&L", "Gamma bleed", "Expected"))]
    assert len(dollars) > 4
    for line in dollars:
        assert re.fullmatch(r".*?((-|\N{MINUS SIGN})?\$[\d,.]+(k|m|bn|)\s+){2}.*", line), line
        assert " ±" not in line[: line.rindex("$")].rstrip()
    (share,) = [line for name, line in rows.items() if name.startswith("Survival rate")]
    assert re.search(r"\d %\s+[\d.]+ %\s+", share), share


def test_a_comparison_says_where_the_runs_differ(run: Run, tmp_path: Path) -> None:
    assert said(run, run) == ["nowhere: the same scenario, paths, seed, twin and versions"]
    folder = write_run(tmp_path / "other", paths=50, seed=8)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["scenario"]["market"] = {**manifest["scenario"].get("market", {}), "beta": 9.0, "own\x1b": "x" * 100}
    manifest["scenario"]["description"] = "other words"
    manifest |= {"seed": 8, "twin": None, "versions": {**manifest["versions"], "numpy": "9.9"}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    lines = said(run, open_run(folder))
    assert {"paths: 80 against 50", "twin: price_taker against none"} <= set(lines)
    assert any(line.startswith("seed: ") and line.endswith(" against 8") for line in lines)
    assert any(line.startswith("scenario: ") and "market" in line for line in lines)
    assert any(line.startswith("version of numpy: ") and line.endswith(" against 9.9") for line in lines)
    assert "\x1b" not in "".join(lines) and "description" not in "".join(lines)
    assert "paths: 80 against 50" in printed(render_comparison(run, open_run(folder)))
