"""What a sweep file may say, and where its cells then lie."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import qmc

from agents.desk.loss import LOSS
from scenarios.reading.loading import load
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.design import points
from scenarios.studies.sweeps.loading import load_sweep, sweep_from_dict
from scenarios.studies.sweeps.spec import Axis, SweepSpec, text_of
from sim.errors import UserError
from sim.metric_names import metrics
from sim.sweep_manifest import AFTER, BEFORE, BLOCKS, PATHS, SCAN

DEPTH = {"key": "venue.asset.depth", "low": 1e9, "high": 16e9, "scale": "log"}
BOOK = "agents.hedger.book.*.notional"
BASE = {"name": "small", "scenarios": ["covid_crash_2020"], "paths": 8}


def spec_of(**tables):
    return sweep_from_dict({**BASE, "axes": {"depth": DEPTH}, **tables})


def test_a_grid_is_every_combination():
    spec = spec_of(
        axes={
            "depth": {**DEPTH, "steps": 3},
            "policy": {"key": "agents.hedger.policy.kind", "values": ["never", "every"]},
        }
    )
    found = [(p.values["depth"], p.values["policy"]) for p in points(spec, 1)]
    assert found == [(d, k) for d in (1e9, 4e9, 16e9) for k in ("never", "every")]


def test_a_range_has_both_ends_and_even_steps():
    axis = Axis(name="x", key="k", low=0.1, high=0.9, steps=9)
    assert axis.levels() == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert Axis(name="x", key="k", low=1, high=4, steps=9, integer=True).levels() == [1, 2, 3, 4]


@pytest.mark.parametrize("design", ["latin_hypercube", "sobol"])
def test_samples_fill_the_range_evenly(design):
    spec = spec_of(design=design, samples=64)
    logs = np.log([p.values["depth"] for p in points(spec, 3)])
    shares = (logs - np.log(1e9)) / np.log(16)
    assert sorted(np.floor(shares * 64).astype(int)) == list(range(64))  # one in each stratum: both designs promise it
    assert points(spec, 3) == points(spec, 3)
    assert points(spec, 3) != points(spec, 4)


def test_a_sobol_design_is_even_in_all_axes_together():
    spec = spec_of(
        design="sobol",
        samples=256,
        axes={"depth": DEPTH, "cost": {"key": "venue.asset.half_spread", "low": 0.0, "high": 1.0}},
    )
    shares = [(np.log(p.values["depth"] / 1e9) / np.log(16), p.values["cost"]) for p in points(spec, 1)]
    random = np.random.default_rng(1).random((256, 2))
    assert qmc.discrepancy(np.clip(shares, 0, 1)) < qmc.discrepancy(random) / 10


def test_saltelli_blocks_are_a_with_one_column_of_b():
    axes = {"depth": DEPTH, "spread": {"key": "venue.asset.half_spread", "low": 1e-4, "high": 1e-3}}
    spec = spec_of(design="saltelli", samples=8, axes=axes)
    found = points(spec, 5)
    assert len(found) == 8 * 4
    block = {name: [p.values for p in found if p.block == name] for name in ("A", "B", "AB1", "AB2")}
    for a, b, ab1, ab2 in zip(*block.values(), strict=True):
        assert ab1 == {"depth": b["depth"], "spread": a["spread"]}
        assert ab2 == {"depth": a["depth"], "spread": b["spread"]}


def test_keys_with_a_star_and_scaled_values():
    spec = spec_of(
        axes={"size": {"keys": [BOOK], "apply": "scale", "values": [0.5, 2]}},
        settings={"agents": {"hedger": {"capital": 3e9}}},
    )
    base = [leg.notional for leg in load("covid_crash_2020").agent("hedger").book]
    half, double = Plan(spec)
    assert [leg.notional for leg in half.scenario.agent("hedger").book] == [0.5 * n for n in base]
    assert [leg.notional for leg in double.scenario.agent("hedger").book] == [2 * n for n in base]
    assert half.scenario.agent("hedger").capital == 3e9
    assert half.scenario.run.witnesses == 0
    assert half.id != double.id


def test_desks_in_number_and_whole_policies():
    policy = {"kind": "band", "width": 0.05}
    spec = spec_of(
        axes={
            "desks": {"key": "agents.{desk}.count", "values": [1, 3]},
            "policy": {"key": "agents.{desk}.policy", "values": [policy]},
        }
    )
    alone, crowd = Plan(spec)
    assert [a.name for a in crowd.scenario.agents].count("hedger-3") == 1
    assert len(crowd.scenario.agents) == len(alone.scenario.agents) + 2
    assert alone.scenario.agent("hedger").policy.width == 0.05
    assert text_of(policy) == "kind=band width=0.05"


def test_common_noise_is_one_seed_and_fresh_noise_one_each():
    common = [cell.scenario.run.seed for cell in Plan(spec_of(seed=7))]
    fresh = [cell.scenario.run.seed for cell in Plan(spec_of(seed=7, noise="fresh"))]
    assert set(common) == {7}
    assert len(set(fresh)) == len(fresh)
    assert fresh == [cell.scenario.run.seed for cell in Plan(spec_of(seed=7, noise="fresh"))]


def test_a_list_and_scenarios_as_they_are():
    small = load("calm_market", {"clock.tick_minutes": 390})
    spec = SweepSpec(
        name="few", scenarios=(small, "covid_crash_2020"), design="list", paths=4,
        axes=(Axis(name="depth", key="venue.asset.depth", values=(1e9, 2e9)),), cells=({"depth": 2e9}, {"depth": 1e9}),
    )  # fmt: skip
    found = [(cell.index, cell.base, cell.scenario.venue.asset.depth) for cell in Plan(spec)]
    expected = [("calm_market", 2e9), ("calm_market", 1e9), ("covid_crash_2020", 2e9), ("covid_crash_2020", 1e9)]
    assert found == [(i, *rest) for i, rest in enumerate(expected)]


def test_one_scenario_alone_is_no_list_of_letters():
    with pytest.raises(UserError, match=r"base scenarios are a list, got 'calm_market'"):
        SweepSpec(name="one", scenarios="calm_market")


MISTAKES = tomllib.loads(Path(__file__).with_name("bad_sweeps.toml").read_text())["mistakes"]


@pytest.mark.parametrize(("tables", "said"), MISTAKES, ids=[said[:40] for _, said in MISTAKES])
def test_mistakes_in_one_line(tables, said):
    with pytest.raises(UserError) as error:
        Plan(spec_of(**tables)).check()
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


def test_a_file_names_itself_and_finds_scenarios_beside_it(tmp_path):
    (tmp_path / "mine.toml").write_text(load_text("calm_market"))
    file = tmp_path / "s.toml"
    file.write_text(
        'name = "s"\nscenarios = ["mine.toml"]\npaths = 4\n[axes.depth]\nkey = "venue.asset.depth"\nvalues = [1e9]\n'
    )
    (cell,) = Plan(load_sweep(file))
    assert cell.scenario.name == "calm_market"
    file.write_text('name = "s"\nscenarios = []\n[axes.depth]\nkey = "k"\nvalues = [1]\n')
    with pytest.raises(UserError, match=r"s\.toml: scenarios: a sweep has a scenario"):
        load_sweep(file)


@pytest.mark.parametrize(
    "name",
    [
        *BEFORE,
        *BLOCKS,
        *AFTER,
        *PATHS,
        *SCAN,
        *metrics(LOSS),
        "twin_pnl",
        "pnl_error",
        "twin_var_95_error",
        "PNL",
        " Pnl ",
        "",
        3,
    ],
)
def test_an_axis_is_not_called_like_a_result(name):
    """It would stand in the result's place, in the columns of the cells or of the paths. In Python and in files."""
    with pytest.raises(UserError, match=r"axes\."):
        Axis(name=name, key="venue.asset.depth", values=(1e9,))
    if name and isinstance(name, str):
        with pytest.raises(UserError, match=r"^sweep: axes\.") as error:
            spec_of(axes={name: DEPTH})
        assert "\n" not in str(error.value)


def test_axes_differ_in_more_than_case():
    with pytest.raises(UserError, match="axes have different names"):
        spec_of(axes={"depth": DEPTH, "Depth": DEPTH})


def load_text(name):
    from scenarios.reading.shipped import catalogue

    return catalogue()[name].read_text()
