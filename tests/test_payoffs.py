"""Claims on the closes of a run: closed forms, identities between claims, the control variate, mistakes."""

from __future__ import annotations

import re
from datetime import date
from math import exp, log, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from analysis import payoffs
from analysis.payoffs import Lognormal
from scenarios.studies.run import run
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.errors import UserError
from tests.documents import block, python
from tests.small import crisis

K = 4.0  # standard errors
RATE, DIVIDEND, VOL = 0.05, 0.01, 0.3
LAW = Lognormal.risk_neutral(spot=100.0, rate=RATE, dividend_yield=DIVIDEND, vol=VOL)
PATHS = 4096


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    """Half a year of 26 closes, risk neutral."""
    level = {"vol": VOL, "overnight": RATE, "us2y": RATE, "us10y": RATE, "credit": 0.0}
    ends = [("2020-01-01", 100.0), ("2020-07-01", 100 * exp(LAW.drift / 2))]
    scenario = textbook(
        anchors=[{"date": day, "spot": spot, **level} for day, spot in ends],
        minutes=7 * 1440,
        agents={"maker": MAKER},
        run={"paths": PATHS},
    )
    return run(scenario, out=tmp_path_factory.mktemp("payoffs") / "run", workers=1)


def near(price, exact):
    assert price.number.error is not None and price.number.error > 0
    assert abs(price.number.value - exact) < K * price.number.error


def test_closes_leave_the_start_out(ensemble):
    years, spot = payoffs.closes(ensemble)
    np.testing.assert_allclose(years, np.arange(1, 27) / 52, rtol=1e-14)
    assert spot.shape == (PATHS, 26)
    frame = ensemble.closes.filter(path=7).sort("time")
    np.testing.assert_array_equal(spot[7], frame.select("mid").collect()["mid"].to_numpy()[1:])
    assert payoffs.closes(ensemble, until=date(2020, 2, 1)).spot.shape == (PATHS, 4)


def test_years_of_an_exchange_are_trading_days(tmp_path):
    years, spot = payoffs.closes(run(crisis(run={"paths": 2, "twin": "none"}), out=tmp_path / "run", workers=1))
    np.testing.assert_allclose(years, np.arange(1, 11) / 252)
    assert spot.shape == (2, 10)


@pytest.mark.parametrize("kind", ["call", "put"])
@pytest.mark.parametrize("strike", [80.0, 100.0, 125.0])
def test_european_and_digital_against_black(ensemble, kind, strike):
    sign = 1 if kind == "call" else -1
    d2 = (log(100 / strike) + LAW.drift / 2) / (VOL * sqrt(0.5))
    forward = 100 * exp((RATE - DIVIDEND) / 2)
    exact = sign * (forward * norm.cdf(sign * (d2 + VOL * sqrt(0.5))) - strike * norm.cdf(sign * d2))
    assert LAW.terminal(0.5, strike, kind) == pytest.approx(exact, rel=1e-13)
    near(payoffs.european(ensemble, strike=strike, kind=kind), exact)
    near(payoffs.digital(ensemble, strike=strike, kind=kind, discount=0.9), 0.9 * norm.cdf(sign * d2))


def test_geometric_law_is_that_of_the_closes(ensemble):
    """Mean and variance of ln G from all pairs of times, and the claims from the law with these."""
    years, spot = payoffs.closes(ensemble)
    mean, variance = log(100) + LAW.drift * years.mean(), VOL**2 * np.minimum.outer(years, years).mean()
    logs = np.log(spot).mean(axis=1)
    assert abs(logs.mean() - mean) < K * logs.std() / sqrt(PATHS)
    assert abs(logs.var() / variance - 1) < K * sqrt(2 / PATHS)
    d2 = (mean - log(95)) / sqrt(variance)
    call = exp(mean + variance / 2) * norm.cdf(d2 + sqrt(variance)) - 95 * norm.cdf(d2)
    assert LAW.geometric(years, 95.0, "call") == pytest.approx(call, rel=1e-12)
    parity = exp(mean + variance / 2) - 95
    assert LAW.geometric(years, 95.0, "call") - LAW.geometric(years, 95.0, "put") == pytest.approx(parity, rel=1e-12)
    one = np.array([0.25])
    assert LAW.geometric(one, 95.0, "put") == pytest.approx(LAW.terminal(0.25, 95.0, "put"), rel=1e-13)


@pytest.mark.parametrize("strike", [90.0, 100.0, 115.0])
def test_asian_parity_holds_with_the_control(ensemble, strike):
    """Call less put is the mean of the average less the strike, which is known: sum of forwards."""
    years = payoffs.closes(ensemble).years
    forward = float(100 * np.exp((RATE - DIVIDEND) * years).mean()) - strike
    call, put = (payoffs.asian(ensemble, strike=strike, kind=k, law=LAW) for k in ("call", "put"))
    assert call.reduction > 100 and put.reduction > 100
    assert call.number.error == pytest.approx(call.plain.error / sqrt(call.reduction), rel=1e-3)
    assert abs(call.number.value - put.number.value - forward) < K * (call.number.error + put.number.error)
    assert abs(call.number.value - call.plain.value) < K * call.plain.error
    assert payoffs.asian(ensemble, strike=strike).number == call.plain


def test_control_is_unbiased_and_its_error_is_right():
    """Over 400 small samples of e^x with the control x: the estimates scatter as their errors say.

    Fitting the slope on the sample itself costs -E (x^2 (e^x - E e^x)) / n = -e^(1/2) / n, to first order.
    """
    rng, found, errors = np.random.default_rng(7), [], []
    for _ in range(400):
        x = rng.standard_normal(256)
        y = np.exp(x) + 0.1 * rng.standard_normal(256)
        price = payoffs.price(y, 0.5, "e^x", x, 0.0)
        found.append(price.number.value)
        errors.append(price.number.error)
        assert price.reduction > 1
    found = np.array(found)
    scatter = found.std(ddof=1)
    assert abs(found.mean() - 0.5 * exp(0.5) * (1 - 1 / 256)) < K * scatter / 20
    assert np.mean(errors) == pytest.approx(scatter, rel=K / sqrt(2 * 400))


def test_barriers_in_and_out_make_the_european(ensemble):
    for level in (80.0, 120.0):
        parts = [payoffs.barrier(ensemble, strike=100.0, level=level, knock=k).plain.value for k in ("in", "out")]
        whole = payoffs.european(ensemble, strike=100.0).number.value
        assert sum(parts) == pytest.approx(whole, rel=1e-12) and min(parts) > 0
        sharper = payoffs.barrier(ensemble, strike=100.0, level=level, knock="out", law=LAW)
        assert sharper.number.error <= sharper.plain.error
        assert abs(sharper.number.value - sharper.plain.value) < K * sharper.plain.error


def test_lookback_by_hand(ensemble):
    spot = payoffs.closes(ensemble).spot
    call = payoffs.lookback(ensemble, strike=105.0, law=LAW)
    assert call.plain.value == pytest.approx(np.maximum(spot.max(axis=1) - 105, 0).mean(), rel=1e-13)
    put = payoffs.lookback(ensemble, strike=105.0, kind="put")
    assert put.number.value == pytest.approx(np.maximum(105 - spot.min(axis=1), 0).mean(), rel=1e-13)
    assert call.reduction > 2 and abs(call.number.value - call.plain.value) < K * call.plain.error


def test_a_control_of_another_law_is_refused(ensemble):
    wrong = Lognormal.risk_neutral(spot=100.0, rate=0.2, dividend_yield=0.0, vol=VOL)
    with pytest.raises(UserError, match="law of a control is that of the run"):
        payoffs.asian(ensemble, strike=100.0, law=wrong)


def test_mistakes(ensemble):
    with pytest.raises(UserError, match="a call or a put"):
        payoffs.asian(ensemble, strike=100.0, kind="straddle")
    with pytest.raises(UserError, match="strike is a positive price"):
        payoffs.european(ensemble, strike=-1.0)
    with pytest.raises(UserError, match="no closes by then"):
        payoffs.european(ensemble, strike=100.0, until=date(2019, 1, 1))
    with pytest.raises(UserError, match="no such world"):
        payoffs.european(ensemble, strike=100.0, world="price_taker")
    with pytest.raises(UserError, match="vol is a positive number"):
        Lognormal(spot=100.0, drift=0.0, vol=0.0)


@pytest.mark.slow
def test_the_example_of_the_page(tmp_path):
    """The Asian call of the page, with the control: its error is small, and the price is that of 182 closes."""
    printed = python(block("docs/scenarios.md", "python", "payoffs").replace("paths=2000", "paths=256"), tmp_path)
    found = re.search(r"^Asian call ([\d.]+) ± ([\d.]+) without the control [\d.]+ ± ([\d.]+)$", printed, re.MULTILINE)
    assert found is not None, printed
    price, error, plain = map(float, found.groups())
    assert abs(price - 5.32) < K * error + 0.01 and error < plain / 10
    assert len(printed.splitlines()) == 3
