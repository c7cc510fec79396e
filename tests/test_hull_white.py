"""The Hull-White model and its lattice: against known answers, closed forms, simulation and QuantLib."""

from __future__ import annotations

import numpy as np
import pytest

from markets.rate_vols.hull_white import HullWhite, SwapQuote, SwapTerms, estimate
from markets.rate_vols.lattice import Lattice, bermudan, cancellable
from sim.errors import UserError

FIRST = HullWhite(
    reversion=0.01, sigma=0.015, log_discount=lambda t: -(0.05 * t + 0.03 / 0.18 * np.expm1(-0.18 * t))
)  # f(0, t) = 0.05 - 0.03 e^(-0.18 t)
SWAP = SwapTerms(1.0, 1 + 0.25 * np.arange(1, 20), np.full(19, 0.25))
QUOTES = [SwapQuote(*q) for q in ((1, 5, 0.0088), (2, 5, 0.0090), (5, 5, 0.0089), (3, 7, 0.0088), (5, 10, 0.0084))]


def rising(years: np.ndarray) -> np.ndarray:
    return -(0.0375 + 0.0008 * np.asarray(years)) * years


FITTED = HullWhite(reversion=0.03, sigma=0.00963475402191, log_discount=rising)


def test_a_swaption_by_state_and_time() -> None:
    assert FIRST.swap_rate(SWAP) == pytest.approx((0.03310647064221, 4.303343274964), rel=1e-12)
    rates = np.array([-0.02, 0.0, 0.02, 0.04, 0.08, 0.2])
    payer = {
        0.0: [0.17521639726, 9.6433769885, 130.29294872, 569.74578079, 1826.6379076, 4153.7345265],
        0.5: [0.00017541633301, 0.41811983082, 47.437645889, 466.77024529, 1840.6297394, 4571.653819],
        0.75: [4.846278844e-10, 0.0019419959055, 12.218712274, 408.26700597, 1846.9774706, 4795.0994966],
    }
    receiver = {
        0.0: [2242.9081966, 1218.0091279, 426.94518075, 64.261282807, 0.029273335079, 2.8570457438e-29],
        0.5: [2356.0221579, 1325.0359218, 446.40811356, 35.64837113, 7.1022162788e-05, 4.9250814914e-57],
    }
    for side, known in (("payer", payer), ("receiver", receiver)):
        for now, values in known.items():
            got = 1e4 * FIRST.swaption(SWAP, 0.04, side=side, now=now, rate=rates)
            np.testing.assert_allclose(got, values, rtol=1e-8)


def test_a_bond_option_is_a_swaption_of_one_payment() -> None:
    put = FIRST.bond_option(2.0, 5.0, 1 / 1.12, side="put")
    payer = FIRST.swaption(SwapTerms(2.0, np.array([5.0]), np.array([3.0])), 0.04)
    assert 1.12 * put == pytest.approx(float(payer), rel=1e-11)
    call, bond = FIRST.bond_option(2.0, 5.0, 1 / 1.12), np.exp(FIRST.log_discount(np.array([2.0, 5.0])))
    assert call - put == pytest.approx(bond[1] - bond[0] / 1.12, rel=1e-11)


def test_bonds_meet_the_curve_and_average_to_it() -> None:
    """The mean of e^(-integral of r) over the state's law is the bond: checked through E[P(t, T) e^(-...)]."""
    np.testing.assert_allclose(
        FIRST.bond(0.0, [1.0, 7.0], FIRST.forward(0.0)), np.exp(FIRST.log_discount(np.array([1.0, 7.0])))
    )
    z, w = np.polynomial.hermite_e.hermegauss(40)
    rates = FIRST.forward(2.0) + np.sqrt(FIRST.variance(2.0)) * z  # forward measure to 2: mean f(0, 2)
    got = (w / w.sum()) @ FIRST.bond(2.0, np.full(40, 6.0), rates)
    ahead = np.exp(FIRST.log_discount(np.array([2.0, 6.0])))
    assert got == pytest.approx(ahead[1] / ahead[0], rel=1e-12)


def test_convexity_of_futures() -> None:
    flat = HullWhite(reversion=0.03, sigma=0.01, log_discount=lambda t: -0.04 * t)
    assert flat.futures_compounded(1.5, 1.75) == pytest.approx(0.04034695792801, rel=1e-12)
    assert flat.futures_term(1.5, 1.75) == pytest.approx(0.04034486537681, rel=1e-12)
    assert flat.futures_average(0.5, 7 / 12) == pytest.approx(0.04001446154427, rel=1e-12)
    ql = pytest.importorskip("QuantLib")
    theirs = ql.HullWhite.convexityBias(100 * (1 - flat.futures_term(1.5, 1.75)), 1.5, 1.75, 0.01, 0.03)
    forward = np.expm1(0.04 * 0.25) / 0.25
    assert flat.futures_term(1.5, 1.75) - forward == pytest.approx(theirs, rel=1e-8)


def test_calibration_to_swaptions() -> None:
    model, errors = HullWhite.calibrate(QUOTES, rising, reversion=0.03)
    assert model.sigma == pytest.approx(0.00963475402191, rel=1e-8)
    np.testing.assert_allclose(1e4 * errors, [3.950030, 0.747913, -1.684280, -0.903964, -2.526917], atol=2e-6)
    prices = [0.015590857947, 0.02081223956, 0.027436946696, 0.031203654845, 0.045131964611]
    for quote, price in zip(QUOTES, prices, strict=True):
        swap = SwapTerms.regular(quote.expiry, quote.length)
        assert float(model.swaption(swap, model.swap_rate(swap)[0])) == pytest.approx(price, rel=1e-8)
    free, closer = HullWhite.calibrate(QUOTES, rising)
    assert (closer**2).sum() < (errors**2).sum() and 0.005 < free.reversion < 0.03


def test_theta_is_where_the_short_rate_goes() -> None:
    np.testing.assert_allclose(
        FITTED.theta([0.0, 1.0, 5.0]), [0.090833333333, 0.095436616736, 0.11219969552], rtol=1e-9
    )


def test_estimation_from_a_history() -> None:
    """The truth lies within 3.5 standard errors, and a better likelihood is found nowhere near."""
    rng, steps = np.random.default_rng(5), np.full(4000, 1 / 52)
    steps[::7] *= 3  # gaps in the record
    rates = [0.03]
    for step in steps:
        kept = np.exp(-1.5 * step)
        sd = 0.012 * np.sqrt((1 - kept**2) / 3.0)
        rates.append(0.04 + kept * (rates[-1] - 0.04) + sd * rng.standard_normal())
    got = estimate(rates, np.concatenate([[0], np.cumsum(steps)]))
    assert abs(got.reversion - 1.5) < 3.5 * got.reversion_se < 1.5
    assert abs(got.sigma / 0.012 - 1) < 3.5 / np.sqrt(2 * 4000)
    assert abs(got.mean - 0.04) < 3.5 * 0.012 / 1.5 / np.sqrt(steps.sum())


def test_a_bermudan_swaption() -> None:
    dates, times = [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6]
    payer = bermudan(FITTED, dates, times, 0.043)
    receiver = bermudan(FITTED, dates, times, 0.043, side="receiver")
    assert payer == pytest.approx(0.026101, abs=1e-6) and receiver == pytest.approx(0.019396, abs=1e-6)
    assert cancellable(FITTED, dates, times, 0.043) == pytest.approx(0.019407, abs=1e-6)
    best = max(float(FITTED.swaption(SwapTerms.regular(k, 6 - k), 0.043)) for k in dates)
    assert payer > best


def test_a_bermudan_swaption_with_one_date_is_european() -> None:
    for start, side in ((2, "payer"), (5, "receiver")):
        european = float(FITTED.swaption(SwapTerms.regular(start, 4), 0.043, side=side))
        got = bermudan(FITTED, [start], [start + 1, start + 2, start + 3, start + 4], 0.043, side=side)
        assert got == pytest.approx(european, abs=1e-11)


def test_a_lattice_does_not_depend_on_its_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    times = np.arange(0.5, 8.01, 0.5).tolist()
    coarse = bermudan(FITTED, times[:-1], times, 0.043)
    monkeypatch.setattr("markets.rate_vols.lattice.POINTS", 401)
    monkeypatch.setattr("markets.rate_vols.lattice.GAUSS", 16)
    assert bermudan(FITTED, times[:-1], times, 0.043) == pytest.approx(coarse, abs=1e-7)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: HullWhite(reversion=0, sigma=0.01, log_discount=rising),
            "reversion of a Hull-White model is positive",
        ),
        (lambda: HullWhite(reversion=0.1, sigma=-1, log_discount=rising), "sigma of a Hull-White model is positive"),
        (lambda: HullWhite.calibrate([], rising, reversion=0.03), "calibrated to 1 swaptions or more"),
        (lambda: HullWhite.calibrate(QUOTES[:1], rising), "calibrated to 2 swaptions or more"),
        (
            lambda: HullWhite.calibrate([SwapQuote(1, 5, 0.0)], rising, reversion=0.1),
            "expiry, length and vol are positive",
        ),
        (lambda: estimate([0.01, 0.02], [0, 1]), "a history has a rate for each of three times or more"),
        (lambda: estimate([0.01, 0.02, 0.03], [0, 2, 1]), "a history has finite rates at rising times"),
        (lambda: estimate([0.01, 0.01, 0.01], [0, 1, 2]), "a history of short rates moves"),
        (lambda: Lattice(FITTED, [], 0.04), "a Bermudan option has rising exercise dates after the start"),
        (lambda: bermudan(FITTED, [1, 2], [2], 0.04), "a swap pays after it is entered"),
        (lambda: bermudan(FITTED, [1], [2], 0.04, side="buyer"), "a swaption is a payer or a receiver"),
    ],
)
def test_bad_input_is_one_line(make: object, message: str) -> None:
    with pytest.raises(UserError) as caught:
        make()  # type: ignore[operator]
    assert message in str(caught.value) and "\n" not in str(caught.value)
