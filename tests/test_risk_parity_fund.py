"""Risk-parity funds: equal risk by closed form and by another solver, over assets and bonds, as vol moves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import root

from sim.errors import UserError
from sim.phases import Phase
from tests.rules_followed import DAYS, DEPTH, IMPACT, VENUE, seen, told
from tests.small import watch, world_of

D = 252  # trading days a year
MAKER = {"venues": ["asset", "oil", "gold", "note"]}
FUND = {"type": "RiskParityFund", "capital": 1e9, "venues": ["asset", "oil"], "max_leverage": 100.0}
SPOTS = {"asset": 100.0, "oil": 50.0, "gold": 20.0}


def asset(name, moves=(), impact=0.0):
    """A further asset with these returns, ln S, from close to close."""
    closes = SPOTS[name] * np.exp(np.cumsum(moves))
    anchors = [{"date": day, "spot": float(spot)} for day, spot in zip(DAYS[1:], closes, strict=False)]
    return {"spot": SPOTS[name], "vol": 0.0, "anchor": anchors, "venue": VENUE | {"impact": impact}}


def held(scenario, venues, name="fund"):
    """$ at each venue and equity, at every close: (venues + 1, closes)."""
    world = world_of(scenario, 2)
    at = [world.venue(venue) for venue in venues]
    rows = watch(
        world, Phase.MARK, lambda: (*(venue.held(name)[0] * venue.mid[0] for venue in at), world.equity_now(name)[0])
    )
    world.run()
    return np.array(rows).T[:, world.clock.is_close]


@pytest.mark.parametrize("weights", ["equal_risk", "inverse_vol"])
@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_two_assets_by_inverse_vol_whatever_their_correlation(weights, correlation):
    """w = target / (vol sqrt(2 + 2 rho)), at the start."""
    fund = FUND | {"vols": {"asset": 0.2, "oil": 0.4}, "correlation": correlation, "weights": weights}
    scenario = told(maker={"venues": ["asset", "oil"]}, assets={"oil": asset("oil")}, agents={"fund": fund})
    *exposures, equity = held(scenario, ["asset", "oil"])
    for vol, exposure in zip((0.2, 0.4), exposures, strict=True):
        assert exposure[0] == pytest.approx(1e9 * 0.1 / (vol * math.sqrt(2 + 2 * correlation)), rel=1e-12)
    assert equity[0] == pytest.approx(1e9)


@pytest.mark.parametrize("weights", ["equal_risk", "inverse_vol"])
def test_three_assets_as_their_covariance_moves(weights):
    """C by its recursion from the returns; equal risk by a root of x_i (C x)_i = 1/3 from another solver."""
    kept, vols, rho = 0.5 ** (1 / 3), np.array([0.2, 0.4, 0.1]), 0.2
    moves = np.array([[-0.02, 0.03, 0.01, -0.04], [0.03, -0.01, 0.02, 0.05], [-0.01, 0.02, 0.0, -0.02]])
    names = ["asset", "oil", "gold"]
    fund = FUND | {"venues": names, "vols": dict(zip(names, vols.tolist(), strict=True)), "correlation": rho}
    scenario = told(
        (100.0 * np.exp(np.cumsum([0.0, *moves[0]]))).tolist(),
        maker={"venues": names},
        assets={name: asset(name, moves[i + 1]) for i, name in enumerate(names[1:])},
        agents={"fund": fund | {"half_life_days": 3.0, "weights": weights}},
    )
    *exposures, equity = held(scenario, names)
    covariance = np.outer(vols, vols) * np.where(np.eye(3) == 1, 1.0, rho)
    for day in range(1, 5):
        move = moves[:, day - 1]
        covariance = kept * covariance + (1 - kept) * D * np.outer(move, move)
        x = 1 / np.sqrt(np.diag(covariance))
        if weights == "equal_risk":
            x = root(lambda x, c=covariance: x * (c @ x) - 1 / 3, x, tol=1e-14).x
        expected = 0.1 * x / math.sqrt(x @ covariance @ x) * equity[day]
        assert np.array(exposures)[:, day] == pytest.approx(expected, rel=1e-9)


def test_it_borrows_no_more_than_it_may():
    fund = FUND | {"vols": {"asset": 0.02, "oil": 0.06}, "max_leverage": 2.0}
    scenario = told(maker={"venues": ["asset", "oil"]}, assets={"oil": asset("oil")}, agents={"fund": fund})
    *exposures, _ = held(scenario, ["asset", "oil"])
    assert [each[0] for each in exposures] == pytest.approx([1.5e9, 0.5e9], rel=1e-12)


def test_bonds_are_held_by_the_vol_of_their_price():
    """A ten-year note at a yield vol of 1 % has 10 % a year: half of equal risk beside an asset of 20 %."""
    rates = {"bonds": {"note": {"node": "us10y", "venue": {"half_spread": 0.0, "impact": 0.0}}}}
    rates |= {"vol_us2y": 0.0, "vol_us10y": 0.0}
    fund = FUND | {"venues": ["asset", "note"], "vols": {"asset": 0.2}}
    scenario = told(maker={"venues": ["asset", "us10y", "note"]}, market={"rates": rates}, agents={"fund": fund})
    *exposures, _ = held(scenario, ["asset", "note"])
    years = world_of(scenario, 1).venue("note").listing.duration
    assert years == pytest.approx(10.0)
    assert exposures[0][0] == pytest.approx(1e9 * 0.1 / (0.2 * math.sqrt(2)), rel=1e-12)
    assert exposures[1][0] == pytest.approx(1e9 * 0.1 / (0.01 * years * math.sqrt(2)), rel=1e-12)
    assert exposures[1][-1] > exposures[1][0]  # nothing has moved since


def test_a_fall_in_one_makes_it_sell_the_other():
    """At its most the weights w stand, and the entry [at, moved] is (w_at w_moved - [same] w) W impact / depth."""
    fund = FUND | {"vols": {"asset": 0.2, "oil": 0.4}, "target": 0.9, "max_leverage": 3.0}
    scenario = told(
        venue={"impact": IMPACT},
        maker={"venues": ["asset", "oil"]},
        assets={"oil": asset("oil", impact=2 * IMPACT)},
        agents={"fund": fund | {"weights": "inverse_vol", "half_life_days": 2000.0}},
    )
    world = world_of(scenario, 2)
    gains = watch(world, Phase.MARK, world.loop_gains)
    world.run()
    weight = {"asset": 2.0, "oil": 1.0}
    for at, impact in (("asset", IMPACT), ("oil", 2 * IMPACT)):
        for moved in ("asset", "oil"):
            entry = (weight[at] * weight[moved] - (at == moved) * weight[at]) * 1e9 * impact / DEPTH
            assert gains[0][at, moved][0] == pytest.approx(entry, rel=1e-3, abs=1e-9)


def test_nothing_moves_and_nothing_is_divided():
    _, at = seen(told(maker={"venues": ["asset"]}, agents={"fund": FUND | {"venues": ["asset"], "max_leverage": 4.0}}))
    assert at.held == pytest.approx(4e7)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"venues": []}, "agents.fund.venues: holds nothing"),
        ({"venues": ["asset", "us10y"]}, "agents.fund.venues.2: no such asset or bond, got 'us10y'"),
        ({"venues": ["asset", "asset"]}, "agents.fund.venues.2: stands here twice, got 'asset'"),
        ({"vols": {"oil": 0.2}}, "agents.fund.vols.oil: holds no such venue, got 'oil'"),
        ({"vols": {"asset": 0.0}}, "agents.fund.vols.asset: must be > 0, got 0"),
        ({"correlation": 1.0}, "agents.fund.correlation: must be < 1"),
        ({"weights": "equal"}, "agents.fund.weights: must be 'inverse_vol' or 'equal_risk'"),
        ({"interval": "1w"}, "agents.fund.interval: an interval is a number and a unit"),
    ],
)
def test_mistakes_in_one_line(change, said):
    with pytest.raises(UserError) as caught:
        told(agents={"fund": FUND | {"venues": ["asset"]} | change})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
