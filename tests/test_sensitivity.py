"""Sobol indices against Ishigami's closed form, tornado and scans against figures with closed forms."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analysis.sweeps.sensitivity import scan, sobol_indices, tornado
from sim.errors import UserError
from sim.sweep_dataset import SweepResult, open_sweep
from tests.sweeps_made import DEPTH, POLICY, SIZE, Point, desk, listed, ranged, saltelli_points, write_sweep

A, B = 7.0, 0.1
METRIC = "cost_of_survival"
SIZES, DEPTHS = (0.5, 1.0, 2.0), (0.25, 1.0, 4.0)
AXES = [ranged(f"x{i}", -math.pi, math.pi) for i in (1, 2, 3)]


def ishigami(point: Point) -> dict[str, float]:
    """sin x1 + a sin^2 x2 + b x3^4 sin x1 (Ishigami and Homma 1990)."""
    x1, x2, x3 = (float(point[f"x{i}"]) for i in (1, 2, 3))
    return {METRIC: math.sin(x1) + A * math.sin(x2) ** 2 + B * x3**4 * math.sin(x1)}


def closed_form() -> tuple[list[float], list[float]]:
    """First-order and total indices of Ishigami's function on [-pi, pi]^3."""
    v1 = 0.5 * (1 + B * math.pi**4 / 5) ** 2
    v2 = A**2 / 8
    v13 = B**2 * math.pi**8 * (1 / 18 - 1 / 50)
    total = v1 + v2 + v13
    return [v1 / total, v2 / total, 0.0], [(v1 + v13) / total, v2 / total, v13 / total]


def sampled(folder: Path, rows: int) -> SweepResult:
    """Five blocks of so many rows."""
    points = saltelli_points(AXES, rows)
    return open_sweep(write_sweep(folder, AXES, ishigami, points=points, design="saltelli", twin=None, paths=2))


@pytest.fixture(scope="module")
def ishigami_sweep(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    return sampled(tmp_path_factory.mktemp("ishigami") / "sweep", 256)


@pytest.fixture
def grid(tmp_path: Path) -> SweepResult:
    return open_sweep(write_sweep(tmp_path / "sweep", [listed(SIZE, SIZES), listed(DEPTH, DEPTHS)]))


@pytest.mark.slow
def test_sobol_indices_are_ishigamis(ishigami_sweep: SweepResult) -> None:
    found = sobol_indices(ishigami_sweep, METRIC)
    assert found["axis"].to_list() == ["x1", "x2", "x3"]
    for kind, exact in zip(("first", "total"), closed_form(), strict=True):
        error = (found[f"{kind}_high"] - found[f"{kind}_low"]).to_numpy() / (2 * 1.96)
        off = np.abs(found[kind].to_numpy() - exact)
        assert np.all(off < 3.5 * error + 1e-9)
        assert np.all(error < 0.1)
        assert np.all(found[f"{kind}_low"].to_numpy() <= found[kind].to_numpy())
        assert np.all(found[f"{kind}_high"].to_numpy() >= found[kind].to_numpy())


@pytest.mark.slow
def test_sobol_indices_repeat_and_narrow_with_the_level(ishigami_sweep: SweepResult) -> None:
    first = sobol_indices(ishigami_sweep, METRIC, resamples=200)
    np.random.seed(5)  # noqa: NPY002 -- the global generator, from which SciPy's own bootstrap draws
    assert first.equals(sobol_indices(ishigami_sweep, METRIC, resamples=200))
    half = sobol_indices(ishigami_sweep, METRIC, resamples=200, level=0.5)
    widths = [(f["total_high"] - f["total_low"]).to_numpy() for f in (first, half)]
    assert np.all(widths[1] < widths[0])


def test_sobol_indices_of_one_axis_and_of_a_constant(tmp_path: Path) -> None:
    axes = [ranged("x1", 0.0, 1.0)]
    figures = {METRIC: lambda p: 3.0 * p["x1"], "peak_vol": lambda p: 0.5}
    folder = write_sweep(
        tmp_path / "one", axes, lambda p: {m: f(p) for m, f in figures.items()}, points=saltelli_points(axes, 16),
        design="saltelli", twin=None,
    )  # fmt: skip
    sweep = open_sweep(folder)
    assert sobol_indices(sweep, METRIC, resamples=50)["total"].item() == pytest.approx(1.0, abs=0.2)
    assert sobol_indices(sweep, "peak_vol", resamples=50).select("first", "total").row(0) == (0.0, 0.0)


def test_sobol_indices_want_their_design(grid: SweepResult) -> None:
    with pytest.raises(UserError, match=r"blocks of design saltelli, got 'grid'"):
        sobol_indices(grid, METRIC)


def test_sobol_indices_name_the_cells_they_lack(tmp_path: Path) -> None:
    points = saltelli_points(AXES, 4)
    folder = write_sweep(
        tmp_path / "torn", AXES, ishigami, points=points, design="saltelli", twin=None, failed={3: "no price"},
        missing=[7, 8],
    )  # fmt: skip
    with pytest.raises(UserError, match=r"cells 3 failed, 2 of 20 cells have not finished.*--retry-failed") as told:
        sobol_indices(open_sweep(folder), METRIC)
    assert "\n" not in str(told.value)
    whole = write_sweep(tmp_path / "mute", AXES, ishigami, points=points, design="saltelli", twin=None)
    with pytest.raises(UserError, match=r"cells 0, 1, 2, 3, 4, 5, 6, 7 and 12 more do not give it"):
        sobol_indices(open_sweep(whole), "peak_vol")


def test_tornado_moves_one_axis_from_the_base(grid: SweepResult) -> None:
    found = tornado(grid, METRIC)
    assert found["axis"].to_list() == ["size", "depth"]  # cost: 10 size + 20 size^2 / depth, in m
    size, depth = found.rows(named=True)
    assert (size["low"], size["high"]) == pytest.approx((10e6, 100e6))
    assert (depth["low"], depth["high"]) == pytest.approx((90e6, 15e6))
    assert (depth["low_at"], depth["high_at"]) == ("0.25 x base", "4 x base")
    assert depth["swing"] == pytest.approx(75e6)
    assert depth["swing_error"] is None and depth["unpaired"] == ""  # the same on every path, whatever their spread


def test_tornado_of_names_goes_from_the_least_to_the_greatest(tmp_path: Path) -> None:
    policies = [{"kind": "never"}, {"kind": "band", "width": 0.02}, {"kind": "every"}]
    costs = {"kind=never": 30e6, "kind=band width=0.02": 10e6, "kind=every": 50e6}
    folder = write_sweep(
        tmp_path / "sweep", [listed(POLICY, policies)], lambda p: {METRIC: costs[p["policy"]]}, twin=None
    )
    bar = tornado(open_sweep(folder), METRIC).row(0, named=True)
    assert (bar["low_at"], bar["high_at"], bar["swing"]) == ("band width=0.02", "every", 40e6)


def test_tornado_of_a_list_rests_where_most_cells_do(tmp_path: Path) -> None:
    sizes, depths = listed(SIZE, (1.5, 3.0)), listed(DEPTH, (1.5, 0.5))
    points = [{"size": s, "depth": d} for s, d in ((1.5, 1.5), (3.0, 1.5), (1.5, 0.5))]
    found = tornado(open_sweep(write_sweep(tmp_path / "s", [sizes, depths], points=points, design="list")), METRIC)
    swings = dict(zip(found["axis"], found["swing"], strict=True))
    assert swings["depth"] == pytest.approx(desk(points[2])[METRIC] - desk(points[0])[METRIC])
    assert swings["size"] == pytest.approx(desk(points[1])[METRIC] - desk(points[0])[METRIC])


@pytest.mark.slow
def test_tornado_of_a_sampled_design_compares_tenths(ishigami_sweep: SweepResult) -> None:
    found = {row["axis"]: row for row in tornado(ishigami_sweep, METRIC).iter_rows(named=True)}
    for name in ("x2", "x3"):  # in which Ishigami's function is even
        assert found[name]["swing"] < 4 * found[name]["swing_error"]
    # mean over x2 and x3 of the function at x1: a / 2 + sin(x1) (1 + b pi^4 / 5); over the first tenth of x1
    ends = np.linspace(-math.pi, -0.8 * math.pi, 10001)
    exact = A / 2 + float(np.sin(ends).mean()) * (1 + B * math.pi**4 / 5)
    assert abs(found["x1"]["low"] - exact) < 3.5 * found["x1"]["low_error"]
    assert found["x1"]["low_error"] > 0


def test_scan_averages_over_the_other_axes(grid: SweepResult) -> None:
    along = scan(grid, METRIC, "size")
    assert along["size"].to_list() == list(SIZES)
    for size, value, error, cells in along.iter_rows():
        costs = [desk({"size": size, "depth": d})[METRIC] for d in DEPTHS]
        assert value == pytest.approx(np.mean(costs))
        assert error == pytest.approx(0.02 * np.mean(costs))
        assert cells == 3


def test_scan_with_fresh_noise_has_smaller_errors(tmp_path: Path) -> None:
    axes = [listed(SIZE, (1.0,)), listed(DEPTH, (1.0, 2.0))]
    errors = [
        scan(open_sweep(write_sweep(tmp_path / noise, axes, noise=noise)), METRIC, "size")["error"].item()
        for noise in ("common", "fresh")
    ]
    single = [0.02 * desk({"depth": d})[METRIC] for d in (1.0, 2.0)]
    assert errors == pytest.approx([np.mean(single), math.hypot(*single) / 2])


def test_scan_by_a_second_axis_and_held(grid: SweepResult) -> None:
    apart = scan(grid, f"twin_{METRIC}", "size", by="depth")
    assert apart.height == 9
    assert set(apart["cells"]) == {1}
    at_one = scan(grid, METRIC, "size", at={"depth": 1.0})
    assert at_one["value"].to_list() == pytest.approx([desk({"size": s})[METRIC] for s in SIZES])
    with pytest.raises(UserError, match="hold axes at values they have"):
        scan(grid, METRIC, "size", at={"depth": 3.0})


def test_scan_of_a_sampled_design_in_bins(tmp_path: Path) -> None:
    along = scan(sampled(tmp_path / "sweep", 64), METRIC, "x1")
    assert set(along["cells"]) == {12, 13}
    assert along["cells"].sum() == 128  # of the blocks A and B
    assert along["x1"].is_sorted()
    exact = A / 2 + np.sin(along["x1"].to_numpy()) * (1 + B * math.pi**4 / 5)
    assert np.all(np.abs(along["value"].to_numpy() - exact) < 4 * along["error"].to_numpy())


def test_a_sampled_axis_of_a_few_values_is_grouped_by_value(tmp_path: Path) -> None:
    axes = [ranged("x", 0.0, 1.0), listed(POLICY, [{"kind": "never"}, {"kind": "every"}])]
    policies = ("kind=never", "kind=every")
    points = [{"x": i / 40, "policy": policies[i % 2]} for i in range(40)]
    folder = write_sweep(
        tmp_path / "s", axes, lambda p: {METRIC: p["x"] + 5 * (p["policy"] == "kind=never")}, points=points,
        design="latin_hypercube", twin=None,
    )  # fmt: skip
    means = [float(np.mean([p["x"] for p in points if p["policy"] == name])) for name in policies]
    bar = tornado(open_sweep(folder), METRIC).row(0, named=True)
    assert (bar["axis"], bar["low_at"], bar["high_at"]) == ("policy", "every", "never")
    assert bar["swing"] == pytest.approx(5 + means[0] - means[1])
    along = scan(open_sweep(folder), METRIC, "policy")
    assert along["value"].to_list() == pytest.approx([means[1], 5 + means[0]])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda s: scan(s, "cost", "size"), "no such metric, got 'cost'"),
        (lambda s: scan(s, METRIC, "sise"), "did you mean size"),
        (lambda s: tornado(s, METRIC, scenario="gfc"), "no such scenario, got 'gfc'"),
    ],
)
def test_unknown_names_are_told(grid: SweepResult, call: object, told: str) -> None:
    assert callable(call)
    with pytest.raises(UserError, match=told):
        call(grid)


def test_a_tornado_needs_two_values(tmp_path: Path) -> None:
    axes = [listed(SIZE, (1.0,)), listed(DEPTH, (1.0,))]
    with pytest.raises(UserError, match="differ in one axis only"):
        tornado(open_sweep(write_sweep(tmp_path / "s", axes)), METRIC)
    with pytest.raises(UserError, match="a finished cell gives this metric"):
        tornado(open_sweep(write_sweep(tmp_path / "f", axes, failed={0: "x"})), METRIC)
    assert isinstance(tornado(open_sweep(write_sweep(tmp_path / "t", [listed(SIZE, (1, 2))])), METRIC), pl.DataFrame)
