"""The storyline and the bridge to its anchors."""

from __future__ import annotations

import numpy as np
import pytest

from markets.factors.key import SPOT
from markets.factors.storyline import LEAST_VOL, lay_out
from scenarios.worlds.clock import make_clock
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, K, crisis, only, standard_error, variance_error, watch, world_of

ANCHORS = [
    {"date": "2020-02-19", **LEVEL},
    {"date": "2020-02-25", "spot": 90.0, "vol": 0.35, "overnight": 0.015, "us2y": 0.02, "us10y": 0.022, "credit": 0.02},
    {"date": "2020-03-04", "spot": 95.0, "vol": 0.30, "overnight": 0.01, "us2y": 0.018, "us10y": 0.02, "credit": 0.03},
]
ANCHORS_DATES = [s.date for s in crisis(anchors=ANCHORS).storyline.anchor]
NOISE = {
    "dispersion": 0.0,
    "realised_ratio": 1.0,
    "xi": 1.5,
    "rates": {"vol_overnight": 0.01, "vol_us2y": 0.01, "vol_us10y": 0.02},
    "jumps": {"kind": "merton", "intensity": 500.0},
}
FACTORS = ("spot", "vol", "overnight", "us2y", "us10y")
MOST = 4096


def line_of(scenario):
    clock = make_clock(scenario)
    return lay_out(scenario.storyline, clock, scenario.market), clock


def closes_of(clock, day):
    return int(np.flatnonzero(clock.ticks == clock.seconds(day))[0])


def levels(scenario, paths, *names):
    """{name: (ticks, paths)} at MARK."""
    world = world_of(scenario, paths)
    seen = watch(world, Phase.MARK, lambda: [getattr(world.factors, name).copy() for name in names])
    world.run()
    return world, {name: np.stack([row[i] for row in seen]) for i, name in enumerate(names)}


# --- laid out ---------------------------------------------------------------------------------------------------------
def test_levels_run_straight_in_trading_time():
    """ln spot and ln vol, and rates and credit themselves: halfway through trading time, halfway there."""
    line, clock = line_of(crisis(anchors=ANCHORS))
    first, last = 0, closes_of(clock, ANCHORS_DATES[1])
    share = clock.variance_years[: last + 1] / clock.variance_years[last]
    for name, scale in (("spot", np.log), ("vol", np.log), ("us10y", float), ("credit", float)):
        start, end = scale(ANCHORS[0][name]), scale(ANCHORS[1][name])
        level = (getattr(line, name, None) or line.nodes[name]).level
        np.testing.assert_allclose(level[first : last + 1], start + share * (end - start), rtol=1e-13)
        assert level[first] == start
        assert level[last] == end


def test_missing_cells_are_interpolated():
    """Each factor has its own anchors: dropping a level on the straight line between its neighbours changes nothing."""
    full, clock = line_of(crisis(anchors=ANCHORS))
    tick = closes_of(clock, ANCHORS_DATES[1])
    share = clock.variance_years[tick] / clock.variance_years[-1]
    holed = [ANCHORS[0], {k: v for k, v in ANCHORS[1].items() if k != "us10y"}, ANCHORS[2]]
    line, _ = line_of(crisis(anchors=holed))
    assert line.nodes["us10y"].level[tick] == pytest.approx(0.03 + share * (0.02 - 0.03), rel=1e-13)
    np.testing.assert_array_equal(line.spot.level, full.spot.level)
    assert line.nodes["us10y"].pull[tick] < 1  # not an anchor of this factor
    assert line.spot.pull[tick] == 1


def test_a_level_is_flat_after_its_last_anchor_and_free():
    anchors = [ANCHORS[0], ANCHORS[1], {"date": "2020-03-04", "spot": 95.0}]
    line, clock = line_of(crisis(anchors=anchors))
    after = np.arange(len(clock.ticks)) > closes_of(clock, ANCHORS_DATES[1])
    assert (line.credit.level[after] == 0.02).all()
    assert (line.nodes["us10y"].pull[after] == 0).all()
    assert (line.spot.pull[after] > 0).all()


def test_vol_follows_spot_where_it_has_no_anchors():
    """One step at a time: ln s falls by beta (s_base/s) per unit of ln L, and reverts at kappa."""
    anchors = [ANCHORS[0], {"date": "2020-02-25", "spot": 90.0}, {"date": "2020-03-04", "spot": 95.0}]
    scenario = crisis(anchors=anchors, market={"beta": 8.0, "kappa": 20.0})
    line, clock = line_of(scenario)
    ln_vol, years = np.log(0.2), clock.variance_years
    for k in range(1, len(years)):
        elasticity = 8.0 * 0.2 / np.exp(ln_vol)
        reverted = np.log(0.2) + (ln_vol - np.log(0.2)) * np.exp(-20 * (years[k] - years[k - 1]))
        ln_vol = reverted - elasticity * (line.spot.level[k] - line.spot.level[k - 1])
        assert line.vol.level[k] == pytest.approx(ln_vol, rel=1e-12)
    assert line.vol.level[closes_of(clock, ANCHORS_DATES[1])] > np.log(0.2)


def test_realised_vol_holds_until_the_next_that_is_given():
    anchors = [{**ANCHORS[0], "realised": 0.1}, ANCHORS[1] | {"realised": 0.5}, ANCHORS[2]]
    line, clock = line_of(crisis(anchors=anchors))
    second = closes_of(clock, ANCHORS_DATES[1])
    assert (line.realised[:second] == 0.1).all()
    assert (line.realised[second:] == 0.5).all()
    line, _ = line_of(crisis(anchors=ANCHORS))
    assert np.isnan(line.realised).all()


def test_multiples_default_to_one():
    line, _ = line_of(crisis(anchors=ANCHORS))
    assert (line.spread.level == 0).all()
    line, _ = line_of(crisis(anchors=[*ANCHORS[:2], ANCHORS[2] | {"spread": 3.0}]))
    np.testing.assert_allclose(line.spread.level, np.log(3.0))


def test_anchors_on_one_trading_day_are_refused():
    saturday = [ANCHORS[0], {"date": "2020-02-21", "spot": 99.0}, {"date": "2020-02-22", "spot": 98.0}, ANCHORS[2]]
    with pytest.raises(UserError, match="anchors lie on different trading days, got '2020-02-22'"):
        line_of(crisis(anchors=saturday))


# --- bridged ----------------------------------------------------------------------------------------------------------
def test_without_dispersion_and_feedback_every_path_passes_through_every_anchor():
    scenario = crisis(anchors=ANCHORS, market=NOISE, feedback=only())
    world, seen = levels(scenario, 64, *FACTORS, "credit")
    for anchor, day in zip(ANCHORS, ANCHORS_DATES, strict=True):
        tick = closes_of(world.clock, day)
        for name in FACTORS:
            np.testing.assert_allclose(seen[name][tick], anchor[name], rtol=1e-12, err_msg=f"{name} {day}")
        np.testing.assert_allclose(seen["credit"][tick], anchor["credit"], rtol=1e-12)
    between = closes_of(world.clock, ANCHORS_DATES[1]) - 3
    for name in FACTORS:
        assert np.ptp(seen[name][between]) > 0.001 * np.mean(seen[name][between]), name


def test_credit_passes_through_its_anchors_only_where_its_loop_is_cut():
    scenario = crisis(anchors=ANCHORS, market=NOISE, feedback=only(credit=1.0))
    world, seen = levels(scenario, 16, "credit", "vol")
    tick = closes_of(world.clock, ANCHORS_DATES[1]) - 3
    assert np.ptp(seen["credit"][tick]) > 0
    spread = seen["credit"][tick] / np.sqrt(seen["vol"][tick])  # elasticity 1/2
    np.testing.assert_allclose(spread, spread[0], rtol=1e-12)


BRIDGE = {"dispersion": 0.0, "realised_ratio": 1.0, "xi": 0.0}


def test_between_anchors_the_noise_is_a_brownian_bridge():
    """Var d(t) = sigma^2 t (T - t) / T and cov(d(t), d(u)) = sigma^2 t (T - u) / T, t < u."""
    flat = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "spot": 100.0}]
    world, seen = levels(crisis(anchors=flat, market=BRIDGE, feedback=only()), MOST, "spot")
    d, t = np.log(seen["spot"] / 100), world.clock.variance_years
    end = t[-1]
    for k in (1, 5, len(t) // 2, len(t) - 4):
        exact = 0.2**2 * t[k] * (end - t[k]) / end
        assert abs(d[k].var(ddof=1) - exact) < K * variance_error(d[k]), k
        assert abs(d[k].mean()) < K * standard_error(d[k])
    early, late = d[10], d[40]
    exact = 0.2**2 * t[10] * (end - t[40]) / end
    product = early * late
    assert abs(product.mean() - exact) < K * standard_error(product)


def test_free_paths_have_free_variance():
    market = BRIDGE | {"dispersion": 1.0}
    flat = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "spot": 90.0, "vol": 0.2}]
    world, seen = levels(crisis(anchors=flat, market=market, feedback=only()), MOST, "spot")
    d, t = np.log(seen["spot"]), world.clock.variance_years
    for k in (1, len(t) // 2, len(t) - 1):
        assert abs(d[k].var(ddof=1) - 0.2**2 * t[k]) < K * variance_error(d[k])
    assert abs(d[-1].mean() - np.log(90)) < K * standard_error(d[-1])


def test_dispersion_in_between_leaves_a_variance_in_between():
    flat = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "spot": 100.0}]
    spread = []
    for dispersion in (0.0, 0.2, 0.5, 0.8, 1.0):
        market = BRIDGE | {"dispersion": dispersion}
        _, seen = levels(crisis(anchors=flat, market=market, feedback=only(), minutes=390), 1024, "spot")
        spread.append(np.log(seen["spot"][-1]).std())
    assert spread[0] < 1e-12
    assert np.all(np.diff(spread) > 0)


def test_realised_vol_of_the_anchors_drives_the_path():
    flat = [{"date": "2020-02-19", **LEVEL, "realised": 0.6}, {"date": "2020-03-04", "spot": 100.0}]
    world, seen = levels(crisis(anchors=flat, market=BRIDGE | {"dispersion": 1.0}, feedback=only()), MOST, "spot")
    d, t = np.log(seen["spot"]), world.clock.variance_years
    assert abs(d[-1].var(ddof=1) - 0.6**2 * t[-1]) < K * variance_error(d[-1])


def test_a_long_rally_takes_vol_down_and_not_to_nothing():
    """Calm vol, and an outside storyline's paths pulled 30 % up in a month: the leverage effect has a floor."""
    anchors = [{"date": "2020-02-19", **LEVEL, "vol": 0.1}, {"date": "2020-03-18", "spot": 100.0}]
    world = world_of(crisis(anchors=anchors, market={"beta": 16.0, "kappa": 10.0}, feedback=only(leverage=1.0)))
    factors, seen = world.factors, []
    factors.let_move(SPOT, 1.0, 0.0)

    def rally():
        while True:
            yield world.tick(Phase.TRADE)
            factors.displace(SPOT, world.full(0.0025))
            seen.append(float(factors.vol[0]))

    world.start(rally())
    world.run()
    assert factors.spot[0] > 130.0
    assert 0.0 < seen[-1] < 0.02  # without the floor below 1e-300, and then not a number
    steepest = np.diff(np.log(seen)).min()
    assert steepest >= -16.0 * 0.1 / (LEAST_VOL * 0.1) * 0.0025 - 1e-9
    assert factors.leverage[0] == pytest.approx(16.0 * 0.1 / (LEAST_VOL * 0.1))
