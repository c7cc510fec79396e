"""Prices of options on rates at a vol, implied vols, and the SABR smile: against known answers and QuantLib."""

from __future__ import annotations

import numpy as np
import pytest

from markets.rate_vols.black import bachelier, black, implied_black, implied_normal
from markets.rate_vols.sabr import Sabr
from sim.errors import UserError

EXACT = 1e-12
RNG = np.random.default_rng(20)
STRIKES = np.array([0.0165, 0.0265, 0.0365, 0.0465, 0.0665])
HAGAN = Sabr(forward=0.0365, years=5, alpha=0.045, beta=0.5, rho=-0.25, nu=0.45, kind="lognormal")


@pytest.mark.parametrize(
    ("terms", "lognormal", "normal"),
    [
        (
            (0.036, 0.034, 2, 4.2),
            (0.25, 0.0250925697261, 0.0166925697261, 2.656441642, 124.3164784, 0.08055707801),
            (0.0088, 0.02532114127355, 0.01692114127355, 2.36811772, 132.9087412, 2.339193845),
        ),
        (
            (0.041, 0.046, 5, 7.9),
            (0.22, 0.04879815045401, 0.08829815045401, 3.987994675, 156.2478524, 0.2889179038),
            (0.0092, 0.0469907230035, 0.0864907230035, 3.19146567, 148.7430325, 6.842179495),
        ),
    ],
)
def test_swaptions_at_a_vol_are_worth_what_is_known(
    terms: tuple[float, ...], lognormal: tuple[float, ...], normal: tuple[float, ...]
) -> None:
    forward, strike, years, annuity = terms
    for price, (vol, payer, receiver, delta, gamma, vega) in ((black, lognormal), (bachelier, normal)):
        got = price(forward, strike, vol, years, annuity)
        np.testing.assert_allclose(got.value, payer, rtol=0, atol=1e-13)
        np.testing.assert_allclose(
            price(forward, strike, vol, years, annuity, side="receiver").value, receiver, atol=1e-13
        )
        np.testing.assert_allclose([got.delta, got.gamma, got.vega], [delta, gamma, vega], rtol=1e-9)


def test_a_vol_comes_back_from_its_price() -> None:
    forward, years = RNG.uniform(0.005, 0.08, 5000), RNG.uniform(0.05, 20, 5000)
    strike, side = forward * np.exp(RNG.normal(0, 0.5, 5000)), np.where(RNG.random(5000) < 0.5, "payer", "receiver")
    for price, implied, vol in (
        (black, implied_black, RNG.uniform(0.05, 0.9, 5000)),
        (bachelier, implied_normal, RNG.uniform(0.001, 0.03, 5000)),
    ):
        priced = price(forward, strike, vol, years, 3.0, side=side)
        back = implied(priced.value, forward, strike, years, 3.0, side=side)
        seen = priced.vega * vol > 1e-3 * forward  # elsewhere the price hardly depends on the vol
        assert seen.mean() > 0.5
        np.testing.assert_allclose(back[seen], vol[seen], rtol=1e-11)


def test_a_price_without_time_value_has_no_vol() -> None:
    assert np.isnan(implied_normal([0.0, -1.0, 0.0099], 0.03, [0.04, 0.04, 0.02], 1.0)).all()
    assert np.isnan(implied_black([0.0, 0.031, 0.0099], 0.03, [0.04, 0.04, 0.02], 1.0)).all()
    assert np.isnan(implied_normal(0.01, 0.03, 0.03, 0.0))


def test_a_shift_moves_forward_and_strike() -> None:
    moved = black(-0.002, 0.001, 0.3, 2.0, shift=0.03)
    np.testing.assert_allclose(moved.value, black(0.028, 0.031, 0.3, 2.0).value, rtol=EXACT)
    back = implied_black(moved.value, -0.002, 0.001, 2.0, shift=0.03)
    np.testing.assert_allclose(back, 0.3, rtol=1e-12)


def test_limits_of_the_normal_formula() -> None:
    got = bachelier([0.03, 0.03, 0.03, 0.03], [0.02, 0.03, 0.04, 0.04], [0.0, 0.0, 0.0, -0.01], 1.0)
    np.testing.assert_array_equal(got.value, [0.03 - 0.02, 0.0, 0.0, np.nan])
    np.testing.assert_array_equal(got.delta[:3], [1.0, 0.5, 0.0])
    assert bachelier(0.03, 0.5, 0.01, 1.0).value == 0.0


def test_the_lognormal_smile_of_hagan() -> None:
    expected = [0.3909708440763, 0.3001336153702, 0.2503310619454, 0.2305514390755, 0.2351796145389]
    calls = [0.02200202435592, 0.01415907820394, 0.008045672417725, 0.004330478487152, 0.001602159260777]
    normal = [0.00954541829475, 0.00920142058042, 0.00901918464627, 0.00941706403372, 0.0116274112606]
    np.testing.assert_allclose(HAGAN.vol(STRIKES), expected, rtol=1e-12)
    np.testing.assert_allclose(HAGAN.price(STRIKES).value, calls, rtol=1e-11)
    np.testing.assert_allclose(implied_normal(calls, 0.0365, STRIKES, 5), normal, rtol=1e-11)
    slope, density = HAGAN.density([0.001, 0.0025, 0.005, 0.0165, 0.0665])
    np.testing.assert_allclose(slope, [-0.8795245, -0.8945283, -0.8973138, -0.839677, -0.0635881], rtol=1e-6)
    np.testing.assert_allclose(density, [-20.20858, -4.416304, 1.015982, 8.500776, 3.888008], rtol=1e-5)


def test_the_density_turns_negative_below_a_strike() -> None:
    low, high = HAGAN.density([0.0042379709 - 1e-6, 0.0042379709 + 1e-6])[1]
    assert low < 0 < high


def test_the_normal_smile_is_that_of_beta_0() -> None:
    smile = Sabr(forward=0.0365, years=5, alpha=0.0085, rho=-0.15, nu=0.4)
    strikes = np.array([0.0065, 0.0265, 0.0365, 0.0465, 0.0665])
    vols = [0.0117506819121, 0.00964838311364, 0.00904754166667, 0.00905947710764, 0.0105127680686]
    calls = [0.031659068492, 0.0145153238426, 0.0080709686397, 0.00404676983582, 0.00112554480872]
    np.testing.assert_allclose(smile.vol(strikes), vols, rtol=1e-11)
    np.testing.assert_allclose(smile.price(strikes).value, calls, rtol=1e-10)


def test_alpha_at_the_money() -> None:
    got = Sabr.at_the_money(0.26, forward=0.0365, years=5, beta=0.5, rho=-0.25, nu=0.45, kind="lognormal")
    assert got.alpha == pytest.approx(0.0467564285119, rel=1e-11)
    normal = Sabr.at_the_money(0.009, forward=-0.002, years=3, rho=0.3, nu=0.6)
    assert float(normal.vol(-0.002)) == pytest.approx(0.009, rel=EXACT)


@pytest.mark.parametrize("smile", [HAGAN, Sabr(forward=0.01, years=2, alpha=0.008, rho=0.35, nu=0.7)])
def test_a_fit_returns_the_parameters(smile: Sabr) -> None:
    strikes = smile.forward + np.array([-0.012, -0.005, 0.0, 0.01, 0.03]) * (1 if smile.kind == "normal" else 0.8)
    terms = {"forward": smile.forward, "years": smile.years, "beta": smile.beta, "kind": smile.kind}
    got = Sabr.fit(strikes, smile.vol(strikes), **terms)
    np.testing.assert_allclose([got.alpha, got.rho, got.nu], [smile.alpha, smile.rho, smile.nu], rtol=1e-7)


def test_a_shifted_smile_against_quantlib() -> None:
    ql = pytest.importorskip("QuantLib")
    smile = Sabr(forward=-0.002, years=4, alpha=0.03, beta=0.6, rho=-0.4, nu=0.5, kind="lognormal", shift=0.03)
    for strike in (-0.015, -0.002, 0.01, 0.05):
        theirs = ql.shiftedSabrVolatility(strike, -0.002, 4, 0.03, 0.6, 0.5, -0.4, 0.03)
        assert float(smile.vol(strike)) == pytest.approx(theirs, rel=1e-10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: black(0.03, 0.03, 0.2, 1, side="buyer"), "an option on a rate is a payer or a receiver, got 'buyer'"),
        (lambda: bachelier([0.03, 0.02], [0.1] * 3, 0.01, 1), "the shapes of the arguments go together"),
        (lambda: Sabr(forward=0.03, years=1, alpha=0.01, rho=1.5, nu=0.4), "rho of a SABR smile lies between -1 and 1"),
        (lambda: Sabr(forward=0.03, years=1, alpha=0.01, rho=0, nu=0.4, beta=0.5), "a normal SABR smile has beta 0"),
        (
            lambda: Sabr(forward=-0.01, years=1, alpha=0.1, rho=0, nu=0.4, kind="lognormal"),
            "a lognormal forward rate is positive when shifted",
        ),
        (lambda: Sabr.fit([0.03, 0.04], [0.01, 0.01], forward=0.03, years=1), "fitted to three quotes or more"),
        (lambda: Sabr.fit([0.02, 0.03, 0.04], [0.01, 0, 0.01], forward=0.03, years=1), "vols are positive"),
    ],
)
def test_bad_input_is_one_line(make: object, message: str) -> None:
    with pytest.raises(UserError) as caught:
        make()  # type: ignore[operator]
    assert message in str(caught.value) and "\n" not in str(caught.value)
