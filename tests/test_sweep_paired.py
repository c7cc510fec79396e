"""Differences between cells of a sweep: paired errors against the spread of ensembles, and what is said without."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from analysis.charts.sensitivity import tornado_chart
from analysis.sweeps import paired
from analysis.sweeps.sensitivity import tornado
from analysis.sweeps.words import paragraphs
from sim.sweep_dataset import SweepResult, open_sweep
from tests.sweeps_made import DEPTH, SIZE, listed, write_sweep

METRIC = "cost_of_survival"
PATHS, ENSEMBLES = 400, 200
Losses = np.ndarray[Any, np.dtype[np.float64]]


def put(sweep: Path, cell: int, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Change the rows of paths of a cell."""
    (file,) = (sweep / "paths").glob(f"{cell:05d}-*")
    change(pl.read_parquet(file)).write_parquet(file)


def losing(losses: Losses) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The actual world with these losses; a path that loses more than 2 is liquidated."""
    return lambda rows: rows.filter(world="actual").with_columns(
        pnl=pl.Series(-losses), liquidated=pl.Series(losses > 2.0), drawdown=pl.Series(np.maximum(losses, 0.0))
    )


@pytest.fixture(scope="module")
def ensembles(tmp_path_factory: pytest.TempPathFactory) -> tuple[SweepResult, list[tuple[Losses, Losses]]]:
    """Cells 2 k and 2 k + 1 are an ensemble of losses x, and of 1.1 x plus a little: one noise in two cells."""
    folder = tmp_path_factory.mktemp("paired") / "sweep"
    write_sweep(folder, [listed(SIZE, range(1, 2 * ENSEMBLES + 1))], paths=PATHS)
    rng, made = np.random.Generator(np.random.Philox(7)), []
    for k in range(ENSEMBLES):
        x = rng.lognormal(0.0, 0.8, PATHS)
        made.append((x, 1.1 * x + 0.1 * rng.standard_normal(PATHS)))
        for i, losses in enumerate(made[-1]):
            put(folder, 2 * k + i, losing(losses))
    return open_sweep(folder), made


def worst(losses: Losses) -> float:
    """Mean of the worst 5 %, 20 of 400 paths."""
    return float(np.sort(losses)[-PATHS // 20 :].mean())


MEASURES: dict[str, Callable[[Losses], float]] = {
    METRIC: lambda x: float(x.mean()),
    "pnl_sd": lambda x: float(x.std(ddof=1)),
    "es_95": worst,
    "liquidation_rate": lambda x: float((x > 2.0).mean()),
    "drawdown_es_95": lambda x: worst(np.maximum(x, 0.0)),
}


@pytest.mark.parametrize("metric", MEASURES)
def test_paired_errors_are_the_spread_of_the_differences(
    ensembles: tuple[SweepResult, list[tuple[Losses, Losses]]], metric: str
) -> None:
    """Variance over 200 ensembles against the mean squared error, within 4 standard errors of that ratio."""
    sweep, made = ensembles
    rows = (
        sweep.cells.with_columns(pl.lit(1.0).alias(metric), pl.lit(1.0).alias(f"{metric}_error")).collect().to_dicts()
    )
    found = [paired.apart(sweep, metric, rows[2 * k], rows[2 * k + 1]) for k in range(ENSEMBLES)]
    assert {each.unpaired for each in found} == {""}
    squares = np.array([each.error for each in found], dtype=float) ** 2
    gaps = np.array([MEASURES[metric](b) - MEASURES[metric](a) for a, b in made])
    apart = (gaps - gaps.mean()) ** 2
    ratio = squares.mean() / gaps.var(ddof=1)
    error = ratio * math.hypot(apart.std() / apart.mean(), squares.std() / squares.mean()) / math.sqrt(ENSEMBLES)
    assert abs(ratio - 1) < 4 * error
    alone = np.array([MEASURES[metric](a) for a, _ in made])
    assert squares.mean() < 0.3 * 2 * alone.var(ddof=1)  # far from what independent ends would have


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    """Size matters, depth does not matter at all."""
    folder = tmp_path / "sweep"
    write_sweep(
        folder, [listed(SIZE, (1, 2)), listed(DEPTH, (1, 2))], lambda p: {METRIC: 1e6 * p["size"], "es_95": 1.0}
    )
    return folder


def by_axis(folder: Path, metric: str = METRIC) -> dict[str, dict[str, Any]]:
    return {row["axis"]: row for row in tornado(open_sweep(folder), metric).iter_rows(named=True)}


def test_an_axis_that_changes_nothing_has_no_error(grid: Path) -> None:
    depth = by_axis(grid)["depth"]
    assert (depth["swing"], depth["swing_error"], depth["unpaired"]) == (0.0, None, "")
    told = " ".join(paragraphs(open_sweep(grid)))
    assert "; with market depth by $0." in told
    assert "independent" not in told


def test_a_small_effect_is_told_from_the_noise(grid: Path) -> None:
    more = pl.Series(np.where(np.arange(20) % 2, 3e3, 1e3))  # costs $2k more on average, of $1m ± 20k
    put(grid, 3, lambda rows: rows.with_columns(pnl=pl.when(world="actual").then(pl.col("pnl") - 2e6).otherwise("pnl")))
    put(grid, 1, lambda rows: rows.filter(world="actual").with_columns(pl.col("pnl") - more))
    error = by_axis(grid)["depth"]["swing_error"]
    assert error == pytest.approx(1e3 * math.sqrt(20 / 19) / math.sqrt(20))
    assert error < 0.02 * 1e6 / 50  # of each end alone


def test_what_feedback_costs_is_paired_in_both_worlds(tmp_path: Path) -> None:
    """What both worlds lose more has no part in the difference of what feedback costs."""
    folder = write_sweep(tmp_path / "sweep", [listed(SIZE, (1, 2)), listed(DEPTH, (1, 2))])
    noise = np.random.Generator(np.random.Philox(3)).standard_normal(20)
    fed = pl.Series(np.concatenate([noise, np.zeros(20)]))
    both = pl.Series(np.tile(1e6 * noise, 2))
    put(folder, 1, lambda rows: rows.with_columns(pl.col("pnl") - fed - both))
    found = by_axis(folder, "feedback_cost")["depth"]
    assert found["swing_error"] == pytest.approx(noise.std(ddof=1) / math.sqrt(20), rel=1e-3)
    twin = by_axis(folder, "twin_cost_of_survival")["depth"]
    assert twin["swing_error"] == pytest.approx(1e6 * noise.std(ddof=1) / math.sqrt(20), rel=1e-3)


def change_cell(sweep: Path, cell: int, **values: Any) -> None:
    (file,) = (sweep / "cells").glob(f"{cell:05d}-*")
    rows = pl.read_parquet(file)
    rows.with_columns(pl.lit(v, rows.schema[name]).alias(name) for name, v in values.items()).write_parquet(file)


def drop_paths(sweep: Path) -> None:
    for file in (sweep / "paths").iterdir():
        file.unlink()


def cut_paths(sweep: Path) -> None:
    put(sweep, 1, lambda rows: rows.filter(pl.col("path") < 10))


@pytest.mark.parametrize(
    ("change", "reason", "bound"),
    [
        (drop_paths, paired.NOT_KEPT, True),
        (cut_paths, paired.NOT_KEPT, True),
        (lambda sweep: change_cell(sweep, 1, paths=10), paired.PATHS, True),
        (lambda sweep: change_cell(sweep, 1, seed=2), paired.SEEDS, False),
    ],
)
def test_without_the_same_paths_the_bound_stays_and_is_called_so(
    grid: Path, change: Callable[[Path], None], reason: str, bound: bool
) -> None:
    change(grid)
    depth = by_axis(grid)["depth"]
    assert depth["unpaired"] == reason
    assert depth["swing_error"] == pytest.approx(0.02 * math.hypot(1e6, 1e6))
    for told in (
        " ".join(paragraphs(open_sweep(grid))),
        " ".join(tornado_chart(open_sweep(grid)).to_dict()["title"]["subtitle"]),
    ):
        assert f"take both ends as independent{', so ± is an upper bound' * bound}: {reason}." in told


def test_a_figure_that_paths_do_not_give_is_called_a_bound(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "sweep", [listed(SIZE, (1, 2)), listed(DEPTH, (1, 2))])
    found = by_axis(folder, "peak_vol")["size"]
    assert found["unpaired"] == paired.NOT_BY_PATH
    assert found["swing_error"] == pytest.approx(0.02 * math.hypot(found["low"], found["high"]))


def test_fresh_noise_is_independent_and_no_bound(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "sweep", [listed(SIZE, (1, 2)), listed(DEPTH, (1, 2))], noise="fresh")
    found = by_axis(folder)["size"]
    assert found["unpaired"] == paired.FRESH
    assert found["swing_error"] == pytest.approx(0.02 * math.hypot(found["low"], found["high"]))
    assert "bound" not in " ".join(paragraphs(open_sweep(folder)))


def test_a_turn_is_found_beside_noise_that_all_cells_share(tmp_path: Path) -> None:
    """Along size the cost is least in the middle, by far less than what a cell's own error is."""
    cost = {1: 1.00e6, 2: 0.99e6, 3: 1.01e6}
    folder = write_sweep(
        tmp_path / "sweep", [listed(SIZE, (1, 2, 3)), listed(DEPTH, (1, 2))],
        lambda p: {METRIC: cost[round(p["size"])]}, twin=None,
    )  # fmt: skip
    told = " ".join(paragraphs(open_sweep(folder)))
    assert "Along hedging gamma it turns: $990 ± 20k at 2 x base book lies below both ends." in told
