"""Charts of sweeps draw on whole and on bare sweeps, and say what the cells say."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import polars as pl
import pytest
import vl_convert
from altair.utils import schemapi

from analysis.charts import theme
from analysis.charts.cell_detail import _said, first_cell
from analysis.charts.sweep import SWEEP_CHARTS, cell_detail, draw_sweep, heat_map, line, sobol_chart, tornado_chart
from analysis.charts.theme import MISSING
from analysis.sweeps import axes as names
from analysis.sweeps.gain import contour, tipping
from sim.errors import UserError
from sim.sweep_dataset import SweepResult, open_sweep
from tests.sweeps_made import DEPTH, POLICY, SIZE, calm, desk, listed, ranged, saltelli_points, write_sweep

SIZES, DEPTHS = (0.5, 1.0, 2.0, 4.0, 8.0), (0.25, 0.5, 1.0, 2.0)
POLICIES = [{"kind": "never"}, {"kind": "band", "width": 0.02}, {"kind": "every"}]
ERROR = "the ledger does not balance"
SAMPLED = [ranged("size", 0.25, 4.0), ranged("depth", 0.25, 4.0)]


def of_policy(point: Any) -> dict[str, float]:
    return desk({"size": len(point["policy"]) / 10 * point.get("size", 1.0)})


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    axes = [listed(SIZE, SIZES), listed(DEPTH, DEPTHS)]
    return open_sweep(write_sweep(tmp_path_factory.mktemp("grid") / "sweep", axes, failed={19: ERROR}))


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    folder = tmp_path_factory.mktemp("sampled") / "sweep"
    points = saltelli_points(SAMPLED, 32)
    return open_sweep(write_sweep(folder, SAMPLED, points=points, design="saltelli"))


def spec_of(chart: Any) -> dict[str, Any]:
    found: dict[str, Any] = chart.to_dict()  # validates against the Vega-Lite schema
    return found


def said(chart: Any) -> str:
    return " ".join(spec_of(chart)["title"]["subtitle"])


def data(spec: Any, *fields: str) -> Iterator[dict[str, Any]]:
    """Every row of the specification's data that has these fields, lists beside `cell` taken apart."""
    for rows in spec["datasets"].values():
        for row in (row for row in rows if set(fields) <= set(row)):
            lists = {k: v for k, v in row.items() if isinstance(v, list)}
            if not lists:
                yield row
            for entry in zip(*lists.values(), strict=True):
                yield {**row, **dict(zip(lists, entry, strict=True))}


def drawn(chart: Any) -> str:
    spec = json.dumps(spec_of(chart))
    assert "NaN" not in spec
    assert "Infinity" not in spec
    found: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return found


@pytest.mark.parametrize("name", [name for name in SWEEP_CHARTS if name != "sobol"])
@pytest.mark.parametrize("metric", ["cost_of_survival", "liquidation_rate"])
def test_every_chart_draws_and_reads_a_number_off(grid: SweepResult, name: str, metric: str) -> None:
    chart = draw_sweep(grid, name, metric=metric)
    drawn(chart)
    title = spec_of(chart)["title"]
    assert grid.manifest["metrics"][metric]["label"] in title["text"]
    assert any(c.isdigit() for c in title["subtitle"][0])


@pytest.mark.parametrize("name", SWEEP_CHARTS)
def test_no_piece_of_a_chart_is_compared_with_the_schema(
    sampled: SweepResult, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which takes ten times as long as drawing; the other tests compare whole charts."""
    seen, finish = [], theme.finish
    monkeypatch.setattr(theme, "finish", lambda *given: seen.append(schemapi.DEBUG_MODE) or finish(*given))
    SWEEP_CHARTS[name](sampled)
    assert seen == [False] and schemapi.DEBUG_MODE


@pytest.mark.parametrize("name", SWEEP_CHARTS)
def test_sampled_designs_draw_too(sampled: SweepResult, name: str) -> None:
    drawn(draw_sweep(sampled, name))


@pytest.mark.slow
def test_bare_sweeps_draw(tmp_path: Path) -> None:
    one, policies = [listed(SIZE, SIZES)], [listed(POLICY, POLICIES)]
    flag = {**SIZE, "name": "desks", "label": "Desks", "unit": "", "scale": "linear", "apply": "set"}
    cases: dict[str, tuple[SweepResult, tuple[str, ...]]] = {
        "one axis": (open_sweep(write_sweep(tmp_path / "a", one)), ("line", "tornado", "cell_detail")),
        "no twin": (open_sweep(write_sweep(tmp_path / "b", one, twin=None)), ("line", "cell_detail")),
        "one cell": (open_sweep(write_sweep(tmp_path / "c", [listed(SIZE, (1.0,))])), ("line", "cell_detail")),
        "policies": (
            open_sweep(write_sweep(tmp_path / "d", policies, of_policy, twin=None)),
            ("line", "tornado", "cell_detail"),
        ),
        "policies by size": (
            open_sweep(write_sweep(tmp_path / "e", [*policies, listed(SIZE, (1.0, 2.0))], of_policy, twin=of_policy)),
            ("line", "heat_map", "tornado", "cell_detail"),
        ),
        "three axes": (
            open_sweep(write_sweep(tmp_path / "f", [*one, listed(DEPTH, DEPTHS), listed(flag, (1, 2, 5))])),
            ("line", "heat_map", "tornado", "cell_detail"),
        ),
        "under way": (
            open_sweep(write_sweep(tmp_path / "g", [*one, listed(DEPTH, DEPTHS)], missing=range(3, 20))),
            ("line", "heat_map", "cell_detail"),
        ),
        "two scenarios": (
            open_sweep(write_sweep(tmp_path / "h", one, scenarios=("covid_crash_2020", "gfc_2008"))),
            ("line", "tornado", "cell_detail"),
        ),
        "money of both signs": (
            open_sweep(write_sweep(tmp_path / "i", [*one, listed(DEPTH, DEPTHS)], lambda p: {
                "cost_of_survival": 1e6 * (p["size"] - 2) * p["depth"]}, twin=None)),
            ("line", "heat_map", "tornado", "cell_detail"),
        ),
    }  # fmt: skip
    for case, (sweep, charts) in cases.items():
        for name in charts:
            assert drawn(draw_sweep(sweep, name)), (case, name)


def test_lines_are_the_cells(grid: SweepResult) -> None:
    spec = spec_of(line(grid))
    unit = 1e6 if "$m" in json.dumps(spec) else 1e9
    rows = list(data(spec, "series", "world", "value"))
    actual = {(r["at"], r["series"]): r for r in rows if r["world"] == "actual"}
    for size, depth in itertools.product(SIZES, DEPTHS):
        if (size, depth) == (8.0, 2.0):
            assert (size, "2") not in actual
            continue
        cost = desk({"size": size, "depth": depth})["cost_of_survival"]
        row = actual[size, f"{depth:g}"]
        assert row["value"] * unit == pytest.approx(cost, rel=1e-4)
        assert (row["high"] - row["low"]) * unit == pytest.approx(4 * 0.02 * cost, rel=1e-3)
    twin = {r["at"]: r["value"] * unit for r in rows if r["world"] == "twin" and r["series"] == "1"}
    assert twin[4.0] == pytest.approx(calm({"size": 4.0})["cost_of_survival"], rel=1e-4)


def test_lines_by_scenario_and_held_axes(tmp_path: Path) -> None:
    axes = [listed(SIZE, SIZES), listed(DEPTH, DEPTHS)]
    sweep = open_sweep(write_sweep(tmp_path / "s", axes, scenarios=("covid_crash_2020", "gfc_2008")))
    spec = spec_of(line(sweep))
    assert {r["series"] for r in data(spec, "series", "world")} == {"covid_crash_2020", "gfc_2008"}
    assert "Held: Market depth at 1 x base" in said(line(sweep))
    assert "Held" not in said(line(sweep, scenario="gfc_2008"))
    along = spec_of(line(sweep, x="depth", by="size", scenario="gfc_2008"))
    assert {r["at"] for r in data(along, "at")} == set(DEPTHS)


def test_many_lines_are_thinned_to_seven_with_the_ends(tmp_path: Path) -> None:
    depths = [round(float(d), 3) for d in np.geomspace(0.1, 10, 20)]
    sweep = open_sweep(write_sweep(tmp_path / "s", [listed(SIZE, (1.0, 2.0)), listed(DEPTH, depths)]))
    series = {r["series"] for r in data(spec_of(line(sweep)), "series", "world")}
    assert len(series) == 7
    assert {"0.1", "10"} <= series


def test_the_contour_is_where_the_gain_is_one(grid: SweepResult) -> None:
    """gain = size / (2 depth) is 1 on depth = size / 2, a straight line in ln size and ln depth."""
    x, y = names.axes(grid)
    cells = grid.cells.collect()
    found = contour(cells, x, y)
    assert len(found) == 1
    at_nodes = [(s, d) for s, d in found[0] if any(math.isclose(s, v, rel_tol=1e-9) for v in SIZES)]
    assert len(at_nodes) >= 3
    for size, depth in at_nodes:
        assert depth == pytest.approx(size / 2, rel=1e-9)
    spec = spec_of(heat_map(grid))
    assert "loop gain = 1" in json.dumps(spec)
    assert {(r["x"], r["y"]) for r in data(spec, "line", "order")} >= {(1.0, 0.5), (2.0, 1.0)}


def test_contours_go_round_and_break_at_holes(tmp_path: Path) -> None:
    axes = [{**listed(a, range(-4, 5)), "scale": "linear"} for a in (SIZE, DEPTH)]

    def hill(p: Any) -> dict[str, float]:
        return {"cost_of_survival": 1.0, "peak_loop_gain": 4.0 - p["size"] ** 2 - p["depth"] ** 2}

    whole = open_sweep(write_sweep(tmp_path / "hill", axes, hill, twin=None))
    (ring,) = contour(whole.cells.collect(), *names.axes(whole))
    assert np.allclose(ring[0], ring[-1])
    assert np.hypot(*ring.T) == pytest.approx(math.sqrt(3), rel=0.07)  # linear between cells of width 1
    holed = open_sweep(write_sweep(tmp_path / "holed", axes, hill, twin=None, failed={9 * 4 + 6: ERROR}))
    parts = contour(holed.cells.collect(), *names.axes(holed))
    assert not np.allclose(parts[0][0], parts[0][-1])


def test_a_map_says_where_the_gain_reaches_one(grid: SweepResult, tmp_path: Path) -> None:
    over = sum(s / (2 * d) >= 1 for s, d in itertools.product(SIZES, DEPTHS)) - 1  # one failed
    assert f"at least 1 in {over} of 19 cells (beyond the solid line)" in said(heat_map(grid))
    assert "Grey: 1 cell failed" in said(heat_map(grid))
    mild = open_sweep(write_sweep(tmp_path / "mild", [listed(SIZE, (0.1, 0.2)), listed(DEPTH, (1.0, 2.0))]))
    assert "nowhere above 1: it is largest, 0.100 ± 0.002, at hedging gamma 0.2 x base book" in said(heat_map(mild))
    assert "loop gain = 1" not in json.dumps(spec_of(heat_map(mild)))
    wild = open_sweep(write_sweep(tmp_path / "wild", [listed(SIZE, (10, 20)), listed(DEPTH, (1.0, 2.0))]))
    assert "above 1 everywhere" in said(heat_map(wild))


def test_a_map_marks_where_half_of_the_paths_die(grid: SweepResult, tmp_path: Path) -> None:
    """liquidation = gain / (1 + gain) is a half where the gain is 1."""
    over = sum(s / (2 * d) >= 1 for s, d in itertools.product(SIZES, DEPTHS)) - 1  # one failed
    assert f"Beyond the dashed line, in {over} cells, the desk is liquidated on half" in said(heat_map(grid))
    assert "half liquidated" in json.dumps(spec_of(heat_map(grid)))
    mild = open_sweep(write_sweep(tmp_path / "mild", [listed(SIZE, (0.1, 0.2)), listed(DEPTH, (1.0, 2.0))]))
    assert "half liquidated" not in json.dumps(spec_of(heat_map(mild)))


def test_tiles_meet_on_log_axes_and_failed_ones_say_why(grid: SweepResult) -> None:
    tiles = {r["cell"]: r for r in data(spec_of(heat_map(grid)), "x_low", "y_high")}
    assert len(tiles) == 20
    first, below = tiles[0], tiles[4]  # sizes 0.5 and 1
    assert first["x_high"] == pytest.approx(math.sqrt(0.5 * 1.0), rel=1e-4)
    assert below["x_low"] == first["x_high"]
    assert first["x_low"] == pytest.approx(0.5 / math.sqrt(2), rel=1e-4)
    assert (tiles[19]["value"], tiles[19]["text"]) == (None, ERROR)
    filled = re.findall(r'aria-roledescription="rect mark"[^>]*fill="([^"]*)"', drawn(heat_map(grid)))
    assert len(filled) == 20
    assert filled.count(MISSING) == 1


def test_a_map_wants_two_axes(tmp_path: Path) -> None:
    sweep = open_sweep(write_sweep(tmp_path / "s", [listed(SIZE, SIZES)]))
    with pytest.raises(UserError, match="a map has two axes"):
        heat_map(sweep)


def test_tornado_and_sobol_charts_say_the_first_axis(grid: SweepResult, sampled: SweepResult) -> None:
    assert said(tornado_chart(grid)).startswith("It moves most with hedging gamma: by ")
    spec = spec_of(sobol_chart(sampled))
    rows = list(data(spec, "series", "low", "high"))
    assert {(r["label"], r["series"]) for r in rows} == set(
        itertools.product(("size", "depth"), ("first order", "total"))
    )
    assert all(r["low"] <= r["value"] <= r["high"] for r in rows)
    with pytest.raises(UserError, match="design saltelli"):
        sobol_chart(grid)


def test_the_detail_shows_the_tipping_cell_first_and_all_by_click(grid: SweepResult) -> None:
    spec = spec_of(cell_detail(grid))
    (chosen,) = spec["params"]
    cells = grid.cells.collect()
    row = cells.filter(cell=chosen["value"][0]["cell"]).row(0, named=True)
    assert row["peak_loop_gain"] == 1.0
    parts = [r for r in data(spec, "part", "amount") if r["cell"] == row["cell"] and r["series"] == "actual"]
    amounts = {r["part"]: r["amount"] for r in parts}
    assert sum(v for k, v in amounts.items() if k != "total") == pytest.approx(amounts["total"], rel=1e-4)
    assert amounts["total"] == pytest.approx(row["cost_of_survival"], rel=1e-4)
    told = {r["name"]: r["text"] for r in data(spec, "name", "text") if r["cell"] == 19}
    assert told["Cell 19"] == "failed, 1.5 s, 20 paths"
    assert told["Error"] == ERROR
    facts = {r["name"]: r["text"] for r in data(spec, "name", "text") if r["cell"] == 0}
    assert facts["Peak loop gain, median"] == str(names.figure(grid, cells.row(0, named=True), "peak_loop_gain"))
    assert "Peak loop gain" in drawn(cell_detail(grid))


def test_without_a_tipping_cell_the_dearest_is_shown(tmp_path: Path) -> None:
    sweep = open_sweep(write_sweep(tmp_path / "s", [listed(SIZE, (0.1, 0.3, 0.2))]))
    assert first_cell(sweep.cells.collect(), "cost_of_survival") == 1
    failed = open_sweep(write_sweep(tmp_path / "f", [listed(SIZE, (0.1, 0.3))], failed={0: "a", 1: "b"}))
    assert first_cell(failed.cells.collect(), "cost_of_survival") == 0


def test_tipping_counts_cells(grid: SweepResult) -> None:
    found = tipping(grid.cells.collect())
    assert found is not None
    assert found.crosses
    assert found.largest.value == 16.0
    assert tipping(pl.DataFrame({"peak_loop_gain": [None]}, schema={"peak_loop_gain": pl.Float64})) is None


def test_unknown_charts_are_told(grid: SweepResult) -> None:
    with pytest.raises(UserError, match="did you mean heat_map"):
        draw_sweep(grid, "heatmap")


@pytest.mark.parametrize(("amount", "text"), [(0.5, "$0.5"), (3e-9, "$0"), (-1.234e6, "−$1.23m"), (4.56e9, "$4.56bn")])
def test_an_amount_of_a_tooltip_is_no_million_where_it_is_half_a_dollar(amount: float, text: str) -> None:
    base = _said(alt.Chart(alt.InlineData(values=[{"amount": amount}])), "amount")
    svg = vl_convert.vegalite_to_svg(base.mark_text().encode(text="amount_said:N").to_dict(), allowed_base_urls=[])
    assert f">{text}<" in svg
