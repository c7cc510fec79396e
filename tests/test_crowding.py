"""Crowding: what one more desk puts on the others, by hand and through the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from analysis.charts.crowding import crowding_chart
from analysis.pages.frontier_report import render, write_frontier_report
from analysis.sweeps import crowding_words
from analysis.sweeps.crowding import externality, frontiers
from scenarios.studies.policies_frontier import frontier as run_frontier
from sim.errors import UserError
from sim.sweep_dataset import SweepResult
from tests.policies_made import EVERY, MILLION, NEVER, lives, write_policies

CROWD = {
    1: [lives(300), lives(900, dead=100)],
    2: [lives(360, dead=10), lives(950, dead=100)],
    5: [lives(900, dead=100), lives(990, dead=100)],
}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    folder = tmp_path_factory.mktemp("crowd") / "sweep"
    twin = [lives(250), lives(800, dead=100)]
    return write_policies(folder, [(EVERY, CROWD[1][0]), (NEVER, CROWD[1][1])], twin=twin, desks=CROWD)


def test_externality_by_hand(crowd: SweepResult) -> None:
    found = externality(crowd)
    assert found.select("label", "desks", "more_desks").rows() == [
        ("every", 1, 2), ("every", 2, 5), ("never", 1, 2), ("never", 2, 5),
    ]  # fmt: skip
    first, second = found.row(0, named=True), found.row(1, named=True)
    assert first["cost_externality"] == pytest.approx(1 * 60 * MILLION)
    assert second["cost_externality"] == pytest.approx(2 * (900 - 360) / 3 * MILLION)
    assert (first["cost_total"], first["cost_total_after"]) == pytest.approx((300 * MILLION, 720 * MILLION))
    assert second["cost_total_after"] == pytest.approx(4500 * MILLION)
    assert (first["liquidation_rate"], first["liquidation_rate_after"]) == (0.0, 0.1)
    assert second["liquidation_rise"] == pytest.approx(0.9)


def test_errors_are_paired_path_by_path(tmp_path: Path) -> None:
    base = np.array([100.0, 200.0, 300.0, 400.0])
    more = base + np.array([10.0, 20.0, 10.0, 20.0])
    paths = [{"pnl": list(-x), "dead": [0.0] * 4} for x in (base, more)]
    sweep = write_policies(tmp_path / "sweep", [(EVERY, paths[0])], desks={2: [paths[0]], 6: [paths[1]]})
    (row,) = externality(sweep).iter_rows(named=True)
    gap = more - base
    assert row["cost_externality"] == pytest.approx(2 / 4 * 15)
    assert row["cost_externality_error"] == pytest.approx(2 / 4 * gap.std(ddof=1) / 2)  # not that of either mean
    assert row["cost_before_error"] == pytest.approx(base.std(ddof=1) / 2)
    assert row["cost_total_error"] == pytest.approx(2 * base.std(ddof=1) / 2)


def test_a_market_that_does_not_answer_puts_nothing_on_anybody(crowd: SweepResult) -> None:
    found = externality(crowd, world="price_taker")
    assert found["cost_externality"].to_list() == [0.0] * 4


def test_frontiers_stand_one_below_the_other(crowd: SweepResult) -> None:
    found = frontiers(crowd)
    assert found["desks"].to_list() == [1, 1, 2, 2, 5, 5]
    assert found["cost"].to_list() == pytest.approx([c * MILLION for c in (300, 900, 360, 950, 900, 990)])


def test_words_tell_what_a_crowd_loses(crowd: SweepResult) -> None:
    told = crowding_words.crowding(crowd)
    assert told[0].startswith("Take 'every', which risks least with 1. From 1 to 2 desks, one more desk puts $60.0m")
    assert "among 5 it loses $900.0 ± 0.1m and is liquidated on 100 ± 1 %" in told[0]
    assert told[1].endswith("by number of desks: 1: 'every' at $300.0 ± 0.1m; 2: none; 5: none.")
    assert told[2].endswith("puts $0 on the others.")


def test_chart_and_report(crowd: SweepResult, tmp_path: Path) -> None:
    spec = crowding_chart(crowd).to_dict()
    assert spec["title"]["subtitle"][0].startswith("Take 'every'")
    loss = spec["vconcat"][1]
    drawn = {(r["label"], r["step"]): r["y"] for r in rows_of(spec, loss) if "step" in r}
    assert drawn[("every", "1 to 2")] == pytest.approx(60.0)
    assert drawn[("never", "2 to 5")] == pytest.approx(2 * 40 / 3, rel=1e-4)
    page = write_frontier_report(crowd, tmp_path / "frontier.html").read_text()
    assert "What one more desk puts on the others" in page
    assert page.count('class="spec"') == 3
    render(crowd)


def rows_of(spec: Any, view: Any) -> list[dict[str, Any]]:
    """The rows that the layers of a view draw."""
    used = [view.get("data", {}), *(layer.get("data", {}) for layer in view["layer"])]
    given = [data.get("values") or spec.get("datasets", {}).get(data.get("name"), []) for data in used]
    return [row for rows in given for row in rows]


def test_one_number_of_desks_is_no_crowd(tmp_path: Path) -> None:
    sweep = write_policies(tmp_path / "sweep", [(EVERY, lives(1)), (NEVER, lives(2))])
    with pytest.raises(UserError, match=r"crowding needs two numbers of desks"):
        externality(sweep)


def test_two_desks_through_the_engine(tmp_path: Path) -> None:
    """In covid a second desk costs the first; in the twin with every loop cut it does not: to the last digits."""
    every = [{"kind": "every", "interval": "tick"}]
    sweep = run_frontier("covid_crash_2020", paths=64, desks=(1, 2), policies=every, out=tmp_path / "sweep", workers=1)
    (actual,) = externality(sweep).iter_rows(named=True)
    (twin,) = externality(sweep, world="price_taker").iter_rows(named=True)
    assert actual["cost_externality"] > 3.5 * actual["cost_externality_error"] > 0
    assert abs(twin["cost_externality"]) < 1e-6 * twin["cost_before"]
    assert twin["liquidation_rate"] == twin["liquidation_rate_after"]
    kept = sweep.paths.filter(pl.col("world") == "actual").collect()
    assert kept.height == 128  # of the first desk only
