"""Options under Heston's law: known answers, an independent library, limits."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from markets.kernels.heston import heston_options
from markets.kernels.options import CARRY, LOG_STRIKE, OPTION_TERMS, QUANTITY, SIGN, STRIKE
from markets.rate_vols.black import implied_black
from markets.vols.black_scholes import black_scholes
from markets.vols.heston import Heston
from markets.vols.rates_variance import RatesVariance
from sim.errors import UserError

LAW = Heston(v0=0.05, kappa=1.8, theta=0.045, xi=0.6, rho=-0.7)
RATES = RatesVariance(sigma=0.01, reversion=0.05)
KINDS = {1.0: "call", -1.0: "put"}


def test_known_answers() -> None:
    terms = {"rate": 0.04, "dividend_yield": 0.015}
    year, five = (90, 1), (100, 5)
    assert float(LAW.price(100, *year, **terms)) == pytest.approx(15.6368570271, rel=1e-12)
    assert float(LAW.price(100, *year, kind="put", **terms)) == pytest.approx(3.596712590503, rel=1e-12)
    assert float(LAW.price(100, *five, **terms)) == pytest.approx(21.67109601102, rel=1e-12)
    assert float(LAW.price(100, *five, kind="put", **terms)) == pytest.approx(10.76982268596, rel=1e-12)
    for strike, years, known in ((90, 1, 0.22458818114), (100, 5, 0.20248067904)):
        price = LAW.price(100, strike, years, **terms)
        forward, discount = 100 * math.exp(0.025 * years), math.exp(-0.04 * years)
        assert float(implied_black(price, forward, strike, years, discount)) == pytest.approx(known, rel=1e-10)
    assert float(LAW.price(100, *five, rates=RATES, **terms)) == pytest.approx(21.7827809742, rel=1e-11)
    assert float(RATES.bond(5)) == pytest.approx(0.0034689890292, rel=1e-11)


FAR = {  # variance, strike, years: call and put, by Lewis' integral with forty digits (mpmath), no rates
    (0.05, 75, 0.05): (25.00005204812639, 5.204812639066426e-05),
    (0.05, 130, 0.05): (1.109199446248679e-11, 30.00000000001109),
    (0.05, 165, 0.05): (0.0, 65.0),
    (0.002, 85, 0.05): (15.0000061739404, 6.173940395338928e-06),
    (0.002, 110, 0.05): (1.975385468090618e-09, 10.00000000197539),
    (0.002, 140, 0.05): (0.0, 40.0),
    (0.05, 40, 1.0): (60.05963897830167, 0.05963897830166581),
    (0.05, 300, 5.0): (0.004013477406510419, 200.0040134774065),
}


@pytest.mark.parametrize(("variance", "strike", "years"), FAR)
def test_far_from_the_money(variance: float, strike: float, years: float) -> None:
    """Also on a path whose variance is a twenty-fifth of that at the start, whose nodes are those of the start."""
    grid = LAW.grid(years)
    for sign, known in zip((1.0, -1.0), FAR[variance, strike, years], strict=True):
        terms, found, one = np.zeros((1, OPTION_TERMS)), np.zeros((8, 1)), np.ones(1)
        terms[0, [SIGN, QUANTITY, STRIKE, CARRY, LOG_STRIKE]] = sign, 1.0, strike, 1.0, math.log(strike)
        where = np.array([0, len(grid.nodes)]), grid.tails[None], grid.contours[None]
        market = np.array([100.0]), one, np.zeros((1, 1)), one, np.array([1.0, variance])
        heston_options(*market, terms, grid.nodes, *where, found)
        assert found[0, 0] == pytest.approx(known, abs=2e-12)
        assert float(
            dataclasses.replace(LAW, v0=variance).price(100, strike, years, kind=KINDS[sign])
        ) == pytest.approx(known, abs=2e-12)


ODD = {  # laws, with years: variance hardly comes back, or is far below what its noise would need
    "slow": (Heston(v0=0.13, kappa=0.073, theta=0.0015, xi=1.676, rho=-0.618), 10.0),
    "wild": (Heston(v0=0.0123, kappa=1.831, theta=0.0016, xi=1.166, rho=-0.855), 1.0),
}


@pytest.mark.parametrize("name", ODD)
def test_laws_whose_integral_ends_late(name: str) -> None:
    """Lewis' integral by panels of Gauss and Legendre, on quiet paths, not far from the money."""
    law, years = ODD[name]
    grid, levels, share = law.grid(years), np.array([-0.6, -0.2, -0.05, 0.0, 0.05, 0.2, 0.6]), 0.05
    terms, found, one = np.zeros((1, OPTION_TERMS)), np.zeros((1, levels.size)), np.ones(levels.size)
    terms[0, [SIGN, QUANTITY, STRIKE, CARRY]] = 1.0, 1.0, 100.0, 1.0
    where = np.array([0, len(grid.nodes)]), grid.tails[None], grid.contours[None]
    market = 100 * np.exp(levels), np.sqrt(share) * one, np.zeros((1, levels.size)), one, np.array([100.0, law.v0])
    heston_options(*market, terms, grid.nodes, *where, found)
    known = [_lewis(law, k, years, share * law.v0) for k in levels.tolist()]
    np.testing.assert_allclose(found[0], known, atol=1e-8, rtol=0)


def _lewis(law: Heston, k: float, years: float, variance: float) -> float:
    """A call at 100 on 100 e^k, $."""
    x, weight = np.polynomial.legendre.leggauss(60)
    ends, total = np.concatenate([[0.0], np.geomspace(0.05, 4e5, 160)]), 0.0
    for first, last in itertools.pairwise(ends.tolist()):
        cuts = np.linspace(first, last, 2 + int((last - first) * abs(k) / 40))
        half = 0.5 * np.diff(cuts)[:, None]
        u = 0.5 * (cuts[1:] + cuts[:-1])[:, None] + half * x
        certain, by_variance = law.exponents(u, years)
        size = np.exp(certain + by_variance * variance + 1j * u * k)
        total += float(np.sum(half * weight * size.real / (u**2 + 0.25)))
        if np.abs(size).max() < 1e-16:
            break
    return 100 * math.exp(k) - 100 * math.exp(0.5 * k) / math.pi * total


def test_sensitivities_do_not_know_where_the_contours_part() -> None:
    """Delta, gamma, vega and vanna over a range of spots are those of central differences; a path has them alone."""
    spots, step = np.linspace(60.0, 150.0, 46), 1e-4
    for kind in (1.0, -1.0):
        at, up, down = (_greeks(spots * (1 + by), 1.0, kind) for by in (0.0, step, -step))
        np.testing.assert_allclose(at[1], (up[0] - down[0]) / (2 * step * spots), atol=1e-6)
        np.testing.assert_allclose(at[2], (up[1] - down[1]) / (2 * step * spots), atol=1e-6)
        higher, lower = (_greeks(spots, 1.0 + by, kind) for by in (step, -step))
        np.testing.assert_allclose(at[3], (higher[0] - lower[0]) / (2 * step), atol=1e-4)
        np.testing.assert_allclose(at[4], (higher[1] - lower[1]) / (2 * step), atol=1e-5)
        alone = [_greeks(spots[j : j + 1], 1.0, kind)[:, 0] for j in range(0, spots.size, 5)]
        np.testing.assert_array_equal(np.array(alone).T, at[:, ::5])


def _greeks(spots: np.ndarray, vol: float, sign: float) -> np.ndarray:
    """Of options at 100 in a fifth of a year on many paths, (7, paths)."""
    grid, paths, terms = LAW.grid(0.2), spots.size, np.zeros((1, OPTION_TERMS))
    terms[0, [SIGN, QUANTITY, STRIKE, CARRY]] = sign, 1.0, 100.0, 1.0
    found, one, where = np.zeros((7, paths)), np.ones(paths), np.array([0, len(grid.nodes)])
    market = spots, np.full(paths, vol), np.zeros((1, paths)), one, np.array([100.0, LAW.v0])
    heston_options(*market, terms, grid.nodes, where, grid.tails[None], grid.contours[None], found)
    return found


def test_black_scholes_with_moving_rates() -> None:
    known = {-0.3: (0.2145983111, 22.555545079), 0.0: (0.2215712026, 23.064770859), 0.3: (0.2283312517, 23.558490052)}
    for correlation, (vol, price) in known.items():
        found = float(RATES.effective_vol(0.22, 5, correlation=correlation))
        assert found == pytest.approx(vol, abs=5e-11)
        priced = black_scholes(100, 100, found, 5, 0.04, dividend_yield=0.015)
        assert float(priced.value) == pytest.approx(price, abs=5e-10)


def test_random_options_against_quantlib() -> None:
    ql = pytest.importorskip("QuantLib")
    random = np.random.Generator(np.random.Philox(3))
    today = ql.Date(2, 3, 2026)
    ql.Settings.instance().evaluationDate = today
    count = ql.Actual365Fixed()
    for _ in range(25):
        v0, theta = random.uniform(0.01, 0.3, 2)
        kappa, xi, rho = random.uniform(0.3, 4), random.uniform(0.1, 1.2), random.uniform(-0.95, 0.5)
        rate, dividend, days = random.uniform(-0.01, 0.08), random.uniform(0, 0.04), int(random.integers(30, 3650))
        strike = 100 * math.exp(random.uniform(-0.5, 0.5))
        flat = [ql.YieldTermStructureHandle(ql.FlatForward(today, r, count)) for r in (rate, dividend)]
        spot = ql.QuoteHandle(ql.SimpleQuote(100.0))
        model = ql.HestonModel(ql.HestonProcess(*flat, spot, v0, kappa, theta, xi, rho))
        payoff = ql.PlainVanillaPayoff(ql.Option.Put, strike)
        option = ql.VanillaOption(payoff, ql.EuropeanExercise(today + days))
        option.setPricingEngine(ql.AnalyticHestonEngine(model, 1e-13, 1_000_000))
        law = Heston(v0=v0, kappa=kappa, theta=theta, xi=xi, rho=rho)
        mine = law.price(100, strike, days / 365, rate, dividend_yield=dividend, kind="put")
        assert float(mine) == pytest.approx(option.NPV(), abs=1e-9)  # $ on 100; QuantLib's own tolerance


def test_limits() -> None:
    quiet = Heston(v0=0.04, kappa=2.0, theta=0.04, xi=1e-4, rho=0.0)
    strikes = np.array([60.0, 90, 100, 110, 160])
    close = black_scholes(100, strikes, 0.2, 0.7, 0.03)
    np.testing.assert_allclose(quiet.price(100, strikes, 0.7, 0.03), close.value, atol=1e-7)
    np.testing.assert_array_equal(LAW.price(100, strikes, 0.0, 0.03), np.maximum(100 - strikes, 0))
    for years in (1 / 365, 0.05, 0.4, 3.0):  # far from the money nothing is left, and nothing is negative
        far = np.exp(np.linspace(-1.5, 1.5, 31)) * 100
        calls, puts = (LAW.price(100, far, years, kind=kind) for kind in ("call", "put"))
        np.testing.assert_allclose(calls - puts, 100 - far, atol=1e-9)
        assert (np.minimum(calls, puts) > -1e-9).all()
        assert (np.diff(calls) <= 1e-9).all()
    assert np.isnan(LAW.price(-1.0, 100, 1.0)) and np.isnan(LAW.price(100, 0.0, 1.0))
    still = RatesVariance(sigma=0.01, reversion=0.0)
    np.testing.assert_allclose(still.bond(5.0), RatesVariance(sigma=0.01, reversion=1e-5).bond(5.0), rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: Heston(v0=0.0, kappa=1, theta=0.04, xi=0.5, rho=0), "v0 of Heston's law is positive"),
        (lambda: Heston(v0=0.04, kappa=1, theta=0.04, xi=0.5, rho=-1), "lies between -1 and 1"),
        (lambda: RatesVariance(sigma=-0.01), "sigma of rates is not negative"),
        (lambda: RATES.effective_vol(0.2, 1, correlation=2), "a correlation lies between"),
        (lambda: LAW.price(100, 100, 1, kind="straddle"), "a call or a put"),
        (lambda: LAW.price([100, 100], [1, 2, 3], 1), "go together"),
    ],
)
def test_wrong_terms(make, rule) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match=rule):
        make()
