"""Portfolio margin: the worst of a grid by hand, beside other risks, and the mistakes that a file can hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from agents.funding.portfolio_margin import MoveRange, PortfolioMargin
from sim.errors import UserError
from sim.phases import Phase
from tests.small import watch, world_of
from tests.test_option_credit import EXPIRY, STRIKE, UNITS, VOL, scenario

INDEX = [-0.08, -0.064, -0.048, -0.032, -0.016, 0.012, 0.024, 0.036, 0.048, 0.06]  # ten points: 8 % down, 6 % up


def first(**keys):
    """The first initial margin, and the world."""
    world, found = world_of(scenario(**keys), 2), []

    def look():
        if world.tick_index == 0:
            found.append(world.lenders[0].clients["desk"].asked.initial_margin.copy())

    watch(world, Phase.END, look)
    world.run()
    return float(found[0][0]), world


def worth(spot, vol, years):
    """Of one put, Black and Scholes (1973) without rates, $."""
    sd = vol * np.sqrt(years)
    d = np.log(spot / STRIKE) / sd + sd / 2
    return STRIKE * norm.cdf(sd - d) - spot * norm.cdf(-d)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("vols", [[0.0], [-0.25, 0.0, 0.25]])
def test_the_worst_of_the_grid_by_hand(sign, vols):
    """Futures on a million, long or short, and puts on as many: long futures lose little in a fall."""
    margin, world = first(sign=sign, margin_model={"kind": "portfolio", "vol_moves": vols})
    years = world.clock.variance_years_to(EXPIRY)
    gains = [
        sign * 100.0 * by + worth(100.0 * (1 + by), VOL * (1 + vol_by), years) - worth(100.0, VOL, years)
        for by in [0.0, *INDEX]
        for vol_by in vols
    ]
    assert margin == pytest.approx(-UNITS * min(gains), rel=1e-9)


def test_the_grid_is_that_of_the_rule():
    assert [by for by, _ in PortfolioMargin().grid("asset")] == pytest.approx(INDEX)
    stocks = PortfolioMargin(assets={"bank": MoveRange()})
    assert [by for by, _ in stocks.grid("bank")] == pytest.approx(
        [-0.15, -0.12, -0.09, -0.06, -0.03, 0.03, 0.06, 0.09, 0.12, 0.15]
    )
    moved = PortfolioMargin(steps=1, vol_moves=(-0.2, 0.3))
    assert set(moved.grid("asset")) == {(by, vol_by) for by in (-0.08, 0.0, 0.06) for vol_by in (-0.2, 0.3)}
    assert list(moved.grid("bank", vols=False)) == [(-0.08, 0.0), (0.06, 0.0)]


def test_rates_ask_for_what_parametric_margin_asks():
    """A book of a swap alone has nothing that moves with the asset."""
    swap = [{"kind": "swap", "notional": 1e9, "months": 60}]
    keys = {"listed": False, "book": swap}
    assert first(**keys, margin_model={"kind": "portfolio"})[0] == pytest.approx(first(**keys)[0], rel=1e-12)
    apart = {"margin_days": {"rates": 5.0}}
    grid = first(**keys, **apart, margin_model={"kind": "portfolio"})[0]
    assert grid == pytest.approx(first(**keys, **apart)[0], rel=1e-12)


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        ({"up": -0.1}, "margin_model.up: must be >= 0, got -0.1"),
        ({"down": 1.0}, "margin_model.down: must be <= 0.99, got 1.0"),
        ({"steps": 0}, "margin_model.steps: must be >= 1, got 0"),
        ({"steps": 2.5}, "margin_model.steps: "),
        ({"vol_moves": []}, "margin_model.vol_moves: there is no move; write [0.0] for vols that stay as they are"),
        (
            {"vol_moves": [0.1, -1.0]},
            "vol_moves.2: a share of implied vol lies above -1 and is at most 10",
        ),
        ({"vol_moves": [float("nan")]}, "margin_model.vol_moves"),
        ({"vol_moves": [11.0]}, "margin_model.vol_moves"),
        ({"assets": {"bnak": {"up": 0.1}}}, "margin_model.assets.bnak: no such asset, got 'bnak'"),
        ({"range": 0.15}, "margin_model.range: unknown key"),
    ],
)
def test_wrong_grids(model, rule):
    with pytest.raises(UserError) as told:
        scenario(margin_model={"kind": "portfolio", **model})
    assert rule in str(told.value)
    assert "\n" not in str(told.value)
