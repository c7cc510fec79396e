"""Laws of the curve's noise: drivers with a residual, and Hull-White."""

from __future__ import annotations

import numpy as np
import pytest

from markets.curves.curve import curve_of
from markets.factors.key import OVERNIGHT, SPOT, US2Y, US10Y, USD, FactorKey
from markets.rate_vols.hull_white import HullWhite
from markets.spec import DriversSpec
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, K, correlation_error, crisis, standard_error, variance_error, watch, world_of

FLAT = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-06-17", "spot": 100.0}]
SHORT = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-02-21", "spot": 100.0}]
US5Y, US30Y = FactorKey(*USD, "us5y"), FactorKey(*USD, "us30y")
KEYS = (OVERNIGHT, US2Y, US5Y, US10Y, US30Y)
NODES = {"us5y": {"years": 5}, "us30y": {"years": 30}}
LEVELS = {"nodes": {"us5y": 0.028, "us30y": 0.033}}


def told(rates, anchors=SHORT, **more):
    first, *later = anchors
    market = {"dispersion": 1.0, "realised_ratio": 0.7, "rates": {"nodes": NODES, **rates}, **more}
    return crisis(anchors=[{**first, **LEVELS}, *later], market=market, minutes=390)


def moved(scenario, paths=2048, keys=KEYS):
    """(nodes, paths) changes over the first step, and of ln S; its trading years."""
    world = world_of(scenario, paths)
    seen = watch(world, Phase.MARKET, lambda: [world.factors.snapshot.row(key).copy() for key in (*keys, SPOT)])
    world.run()
    first, then = np.array(seen[0]), np.array(seen[1])
    change = then - first
    change[-1] = np.log(then[-1] / first[-1])
    return change, float(world.clock.variance_years[1])


# --- drivers ----------------------------------------------------------------------------------------------------------
def test_the_record_explains_most_by_three_drivers():
    spec = DriversSpec()
    assert spec.vol(10.0) == pytest.approx(7.5e-4 * np.sqrt(252), rel=0.02)  # bp a day of the pooled record
    *loadings, residual = np.array([spec.of(years) for years in spec.years]).T
    total = sum(np.sum(np.square(row)) for row in (*loadings, residual))
    shares = [np.sum(np.square(row)) / total for row in loadings]
    assert shares == pytest.approx([0.780, 0.124, 0.055], abs=0.005)


@pytest.mark.parametrize("vols", ["record", "nodes"])
def test_nodes_have_the_covariance_of_the_drivers(vols):
    """Variances and correlations of a step are those of loadings and residual; the overnight rate is still."""
    own = {"vol_us2y": 0.006, "vol_us10y": 0.009} if vols == "nodes" else {}
    spec = {"spot": [0.3, -0.4, 0.0], "vols": vols}
    change, years = moved(told({"drivers": spec, "mean_reversion": 0.0, **own}))
    drivers, tenors = DriversSpec(), (2.0, 5.0, 10.0, 30.0)
    rows = np.array([drivers.of(tenor) for tenor in tenors])
    covariance = rows[:, :3] @ rows[:, :3].T + np.diag(rows[:, 3] ** 2)
    sd = np.sqrt(np.diag(covariance))
    wanted = np.array([0.006, 0.010, 0.009, 0.010]) if vols == "nodes" else sd
    assert (change[0] == 0).all()
    for i, row in enumerate(change[1:5]):
        assert row.var() == pytest.approx(wanted[i] ** 2 * years, abs=K * variance_error(row))
        rho = np.corrcoef(row, change[5])[0, 1]
        expected = (0.3 * rows[i, 0] - 0.4 * rows[i, 1]) / sd[i]
        assert rho == pytest.approx(expected, abs=K * correlation_error(expected, row.size))
        for j in range(i):
            expected = covariance[i, j] / (sd[i] * sd[j])
            rho = np.corrcoef(row, change[1 + j])[0, 1]
            assert rho == pytest.approx(expected, abs=K * correlation_error(expected, row.size))
    assert np.linalg.eigvalsh(np.corrcoef(change[1:5]))[0] > 0.005


def test_a_further_node_changes_no_other_ones_noise():
    rates = {"drivers": {}}
    with_all, _ = moved(told(rates), 64)
    fewer = crisis(anchors=SHORT, market={"dispersion": 1.0, "realised_ratio": 0.7, "rates": rates}, minutes=390)
    without, _ = moved(fewer, 64, (OVERNIGHT, US2Y, US10Y))
    assert (with_all[[1, 3]] == without[[1, 2]]).all()


# --- Hull-White -------------------------------------------------------------------------------------------------------
A, SIGMA = 0.15, 0.012


@pytest.fixture(scope="module")
def hull_white():
    """(ticks, nodes, paths) of a year of days, the clock, and the model on the starting curve."""
    scenario = told({"hull_white": {"reversion": A, "sigma": SIGMA}}, FLAT)
    world = world_of(scenario, 2048)
    seen = watch(world, Phase.MARKET, lambda: [world.factors.snapshot.row(key).copy() for key in KEYS])
    world.run()
    rates = np.array(seen)
    curve, start = curve_of(scenario.market.rates), rates[0, :, 0]
    logs = np.vectorize(lambda t: -float(curve.zero(float(t), start)))
    return rates, world.clock.calendar_years, HullWhite(reversion=A, sigma=SIGMA, log_discount=logs)


def test_the_short_rate_has_the_models_mean_and_variance(hull_white):
    rates, years, model = hull_white
    for tick in (1, len(years) // 3, len(years) - 1):
        short, t = rates[tick, 0], years[tick]
        mean = float(model.forward(t)) + SIGMA**2 / (2 * A**2) * (1 - np.exp(-A * t)) ** 2
        assert short.mean() == pytest.approx(mean, abs=K * standard_error(short) + 1e-7)
        assert short.var() == pytest.approx(float(model.variance(t)), abs=K * variance_error(short))


def test_on_every_path_bonds_have_the_models_price(hull_white):
    """Of the short rate alone: P(t, t + T) of each node, to what differences leave of forwards."""
    rates, years, model = hull_white
    for tick in (1, len(years) // 2, len(years) - 1):
        t = float(years[tick])
        for row, tenor in zip(rates[tick, 1:], (2.0, 5.0, 10.0, 30.0), strict=True):
            price = model.bond(t, np.full(2048, t + tenor), rates[tick, 0])
            np.testing.assert_allclose(np.exp(-tenor * row), price, rtol=2e-6)


def test_discounted_bonds_are_martingales(hull_white):
    """E exp(-int r) P(t, t + T) = P(0, t + T); the integral by trapezia of days."""
    rates, years, model = hull_white
    last = len(years) - 1
    short = rates[:, 0]
    paid = np.exp(-np.sum(0.5 * (short[1:] + short[:-1]) * np.diff(years)[:, None], axis=0))
    for row, tenor in zip(rates[last, 1:], (2.0, 5.0, 10.0, 30.0), strict=True):
        worth = paid * np.exp(-tenor * row)
        expected = float(np.exp(model.log_discount(np.array(years[last] + tenor))))
        assert worth.mean() == pytest.approx(expected, abs=K * standard_error(worth) + 2e-6)
    assert paid.mean() == pytest.approx(float(np.exp(model.log_discount(np.array(years[last])))), abs=1e-4)


# --- mistakes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({"drivers": {}, "hull_white": {}}, "market.rates.hull_white: the curve moves by drivers"),
        ({"drivers": {}, "vol_us10y": 0.02}, "market.rates.vol_us10y: is not read where `drivers` moves the curve"),
        ({"drivers": {}, "corr_us2y_us10y": 0.5}, "market.rates.corr_us2y_us10y: is not read where `drivers`"),
        ({"drivers": {"level": [1.0]}}, "market.rates.drivers.level: a driver has a loading at each of the 9 tenors"),
        ({"drivers": {"years": [2.0, 1.0]}}, "market.rates.drivers.years: tenors rise"),
        ({"drivers": {"spot": [0.9, 0.9, 0.0]}}, "market.rates.drivers.spot: squares of the drivers' correlations"),
        ({"drivers": {}, "nodes": {"us5y": {"years": 5, "vol": 0.02}}}, "market.rates.nodes.us5y.vol: is not read"),
        ({"hull_white": {"sigma": -1.0}}, "market.rates.hull_white.sigma: must be >= 0, got -1.0"),
        ({"hull_white": {}, "mean_reversion": 3.0}, "market.rates.mean_reversion: is not read where `hull_white`"),
    ],
)
def test_mistakes_in_one_line(rates, said):
    level = {"nodes": {"us5y": 0.03}} if "nodes" in rates else {}
    with pytest.raises(UserError) as caught:
        crisis(anchors=[{**SHORT[0], **level}, SHORT[1]], market={"rates": rates})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_later_anchors_tell_a_hull_white_curve_nothing():
    with pytest.raises(UserError, match=r"2020-02-21\.us10y: a Hull-White curve follows from its first day"):
        crisis(anchors=[SHORT[0], {**SHORT[1], "us10y": 0.03}], market={"rates": {"hull_white": {}}})
