"""The page and the terminal's summary of a sweep: whole, bare and under way, and right in what they say."""

from __future__ import annotations

import html
import json
import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from analysis import open_sweep, write_sweep_report
from analysis.pages.sweep_report import render_sweep
from analysis.sweeps import axes as names
from analysis.sweeps.words import duration, paragraphs
from sim.errors import UserError
from sim.sweep_dataset import SweepResult
from tests.sweeps_made import DEPTH, POLICY, SIZE, desk, listed, ranged, saltelli_points, write_sweep
from tests.test_analysis_report import specs

SIZES, DEPTHS = (0.5, 1.0, 2.0, 4.0), (0.25, 0.5, 1.0)
ERROR = "the ledger does not balance"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    axes = [listed(SIZE, SIZES), listed(DEPTH, DEPTHS)]
    return open_sweep(write_sweep(tmp_path_factory.mktemp("sweep") / "made", axes, failed={11: ERROR}))


@pytest.fixture(scope="module")
def text(sweep: SweepResult) -> str:
    return write_sweep_report(sweep).read_text(encoding="utf-8")


def printed(sweep: SweepResult) -> str:
    stream = StringIO()
    Console(file=stream, width=150, color_system=None).print(render_sweep(sweep))
    return stream.getvalue()


def row(sweep: SweepResult, cell: int, metric: str) -> str:
    return str(names.figure(sweep, sweep.cells.filter(cell=cell).collect().row(0, named=True), metric))


def test_the_page_fetches_nothing_and_carries_the_charts(sweep: SweepResult, text: str) -> None:
    assert (sweep.path / "sweep.html").is_file()
    assert set(specs(text)) == {"cell_detail", "heat_map", "line", "tornado"}
    tags = re.sub(r"(<script[^>]*>).*?</script>", r"\1</script>", text, flags=re.DOTALL)
    assert not re.search(r"""<(script|link|img|iframe)[^>]*(src|href)\s*=""", tags)
    assert "http" not in tags
    assert all('"url"' not in json.dumps(spec) for spec in specs(text).values())
    assert text.count("window.vegaEmbed=") == 1


def test_the_page_says_what_the_cells_say(sweep: SweepResult, text: str) -> None:
    body = html.unescape(text.split("<main>")[1].split("</main>")[0]).replace("\N{NO-BREAK SPACE}", " ")
    assert not re.search(r"\b(nan|None|inf)\b", re.sub(r"<script>.*?</script>", "", body, flags=re.DOTALL))
    for cell in (0, 9):  # the cheapest has the least book in the deepest market; the dearest the reverse
        assert row(sweep, cell, "cost_of_survival") in body
    assert "spiral sweep made.toml" in body
    assert f"failed: {ERROR}" in body
    assert len(re.findall(r'<tr class="(?:done|failed)">', body)) == 12
    assert 'data-key="2.0">2<' in body


def test_words_read_their_numbers_off_the_cells(sweep: SweepResult) -> None:
    ran, cost, tips, feedback = paragraphs(sweep)
    assert ran == (
        f"All 12 cells have finished, 1 of them failed (cell 11: {ERROR}), in 18 s of computing: 20 paths a cell, the "
        "same random numbers in every cell."
    )
    low, high = row(sweep, 2, "cost_of_survival"), row(sweep, 9, "cost_of_survival")
    assert f"least, {low}, at hedging gamma 0.5 x base book, market depth 1 x base" in cost
    assert f"largest, {high}, at hedging gamma 4 x base book, market depth 0.25 x base" in cost
    assert "It moves most with hedging gamma: by $" in cost
    assert "between 0.5 x base book and 2 x base book, with market depth at 1 x base" in cost  # at size 4 it failed
    assert "turns" not in cost
    assert "reaches 1 in 8 of 11 cells (73 %)" in tips  # gain = size / (2 depth)
    assert "3 cells lie within two standard errors of 1" in tips
    assert f"it is largest, {row(sweep, 9, 'peak_loop_gain')} at hedging gamma 4" in tips
    assert f"feedback adds at most {row(sweep, 9, 'feedback_cost')} of the " in feedback
    assert "in every cell what it adds is clear of zero" in feedback
    assert f"at worst on {row(sweep, 9, 'liquidation_rate')}" in feedback


def test_words_bound_the_tipping_cells(tmp_path: Path) -> None:
    axes = [listed(SIZE, (0.1, 1.0, 2.0)), listed(DEPTH, (0.5, 1.0, 4.0))]
    tips = paragraphs(open_sweep(write_sweep(tmp_path / "s", axes)))[2]
    assert (
        "in 3 of 9 cells (33 %), all with hedging gamma 1 x base book or more and market depth 1 x base or less" in tips
    )
    assert "2 cells lie within two standard errors of 1" in tips
    mild = paragraphs(open_sweep(write_sweep(tmp_path / "m", [listed(SIZE, (0.1, 0.2))])))
    assert "stays below 1 in every cell: on the median path it peaks at 0.100 ± 0.002 at hedging gamma 0.2" in mild[2]


def test_words_tell_where_a_metric_turns(tmp_path: Path) -> None:
    axes = [listed(SIZE, (1.0, 2.0, 4.0)), listed(DEPTH, (0.5, 1.0))]
    costs = {1.0: 10e6, 2.0: 30e6, 4.0: 15e6}
    sweep = open_sweep(
        write_sweep(tmp_path / "s", axes, lambda p: {"cost_of_survival": costs[p["size"]] / p["depth"]}, twin=None)
    )
    said = paragraphs(sweep)
    assert "Along hedging gamma it turns: $30.0 ± 0.6m at 2 x base book lies above both ends." in said[1]
    assert "Along market depth" not in said[1]
    assert said[-1] == "Without a twin the sweep does not say what feedback added."


@pytest.mark.slow
def test_words_of_a_saltelli_design_go_by_variance(tmp_path: Path) -> None:
    axes = [ranged("size", 0.5, 4.0), ranged("depth", 0.9, 1.0)]
    folder = write_sweep(tmp_path / "s", axes, points=saltelli_points(axes, 64), design="saltelli")
    sweep = open_sweep(folder)
    assert "It moves most with size, which has a hand in 9" in paragraphs(sweep)[1]
    assert "sobol" in specs(write_sweep_report(sweep).read_text(encoding="utf-8"))


def test_feedback_that_saves_is_said_so(tmp_path: Path) -> None:
    saved = {"cost_of_survival": 5e6, "feedback_cost": -2e6}
    sweep = open_sweep(write_sweep(tmp_path / "s", [listed(SIZE, (1.0, 2.0))], lambda p: saved, twin=desk))
    assert "Feedback saves everywhere: at least $2.00 ± 0.04m" in paragraphs(sweep)[2]


def test_several_scenarios_and_policies_are_reported(tmp_path: Path) -> None:
    axes = [listed(POLICY, [{"kind": "never"}, {"kind": "band", "width": 0.02}]), listed(SIZE, (1.0, 4.0))]
    scenarios = ("covid_crash_2020", "gfc_2008")
    sweep = open_sweep(write_sweep(tmp_path / "s", axes, scenarios=scenarios))
    said = paragraphs(sweep)
    assert [text.partition(":")[0] for text in said[1:]] == list(scenarios)
    assert "policy band width=0.02" in said[1]
    page = write_sweep_report(sweep, tmp_path / "both.html").read_text(encoding="utf-8")
    assert {"line", "cell_detail_0", "cell_detail_1", "heat_map_1"} <= set(specs(page))
    assert "gfc_2008" in printed(sweep)


@pytest.mark.parametrize("missing", [range(12), range(1, 12)])
def test_a_sweep_under_way_is_reported(tmp_path: Path, missing: range) -> None:
    axes = [listed(SIZE, SIZES), listed(DEPTH, DEPTHS)]
    sweep = open_sweep(write_sweep(tmp_path / "s", axes, missing=missing))
    finished = 12 - len(missing)
    assert f"{finished} of 12 cells have finished" in paragraphs(sweep)[0]
    assert f"{finished} of 12" in write_sweep_report(sweep).read_text(encoding="utf-8")
    assert f"{finished} of 12" in printed(sweep)


def test_a_sweep_that_failed_throughout_is_reported(tmp_path: Path) -> None:
    axes = [listed(SIZE, (1.0, 2.0))]
    sweep = open_sweep(write_sweep(tmp_path / "s", axes, failed={0: ERROR, 1: "<b>no price</b>"}))
    assert paragraphs(sweep)[0].startswith(f"All 2 cells have finished, 2 of them failed (cell 0: {ERROR}; cell 1: ")
    assert "<b>no price" not in write_sweep_report(sweep).read_text(encoding="utf-8")
    assert "failed" in printed(sweep)


def test_the_terminal_shows_all_cells_or_both_ends(sweep: SweepResult, tmp_path: Path) -> None:
    text = printed(sweep)
    assert row(sweep, 9, "cost_of_survival") in text
    assert sum(bool(re.match(r" *\d+ +[\d.]+ +[\d.]+ +(\$|failed)", line)) for line in text.splitlines()) == 12
    sizes = [1 + i / 100 for i in range(40)]
    large = open_sweep(write_sweep(tmp_path / "large", [listed(SIZE, sizes)]))
    lines = printed(large).splitlines()
    cells = [int(line.split()[0]) for line in lines if re.match(r" *\d+ +1\.?\d* +\$", line)]
    assert cells == [*range(10), *range(30, 40)]
    assert "the 10 cells with the least and the 10 with the most" in lines[-1]


def test_unknown_metrics_are_told(sweep: SweepResult) -> None:
    for call in (write_sweep_report, render_sweep):
        with pytest.raises(UserError, match="did you mean cost_of_survival"):
            call(sweep, metric="cost_of_surviva")


def test_durations_are_told_in_their_unit() -> None:
    assert [duration(s) for s in (42.4, 300, 9000, 400_000)] == ["42 s", "5.0 minutes", "2.5 hours", "4.6 days"]
