"""What the benchmarks start in processes of their own still runs: they follow the presets."""

from __future__ import annotations

import polars as pl

from scenarios.worlds.blueprint import draw_up
from tests.bench.listed_job import listed
from tests.bench.movement import kernel_traffic
from tests.bench.scale_job import KEPT, short, simulate
from tests.bench.worlds import run_all


def test_the_scaling_job(tmp_path):
    scenario = short(1024)
    simulate(scenario, draw_up(scenario), 4, tmp_path)
    assert [place.name for place in tmp_path.iterdir()] == list(KEPT)
    assert pl.scan_parquet(tmp_path / "peaks" / "*.parquet").select("path").collect()["path"].n_unique() == 4


def test_the_desk_of_the_options_bench_hedges_in_them():
    def held(world):
        return {option.name for option in world.options if world.ledger.reached("hedger", option.name)}

    assert run_all(listed("hedged", clock__tick_minutes=390), 1, held) == [{"o3_100", "o6_90"}]


def test_a_tick_calls_kernels_on_vectors_over_paths():
    found = kernel_traffic(4)
    assert found["ticks"] == 505
    assert found["launches"] > 10
    assert found["bytes"] > 8 * found["launches"]
