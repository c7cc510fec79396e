"""Curve models: minima, forecasts, drifts against simulation; a record becomes a scenario that runs."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from markets.curves.components import components
from markets.curves.diebold_li import SPEED, estimate
from markets.curves.hjm import drift, expected_forwards
from markets.curves.nelson_siegel import NelsonSiegel, fit, loadings, minima
from markets.specs.rates import RateSpec
from scenarios import load, model_curve, run
from scenarios.cli import main
from sim.errors import UserError

TENORS = {"us6m": 0.5, "us2y": 2.0, "us5y": 5.0, "us10y": 10.0, "us30y": 30.0}
YEARS = np.array(list(TENORS.values()))
K = 4.0


def record(days=900, seed=3) -> pl.DataFrame:
    """Daily zero rates, percent, of factors that wander."""
    rng = np.random.default_rng(seed)
    beta = np.array([4.0, -2.0, 0.5]) + np.cumsum(rng.normal(0, [0.03, 0.05, 0.08], (days, 3)), axis=0)
    rates = beta @ loadings(YEARS, (SPEED,)).T + rng.normal(0, 0.01, (days, len(YEARS)))
    dates = [date(2021, 1, 4) + timedelta(day) for day in range(2 * days) if (day % 7) < 5][:days]
    return pl.DataFrame({"date": dates, **{name: rates[:, i] for i, name in enumerate(TENORS)}})


# --- fits -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("speeds", "beta"), [((0.6,), (0.04, -0.02, 0.03)), ((1.5, 0.2), (0.04, -0.02, 0.03, -0.02))])
def test_a_curve_of_the_family_is_found_again(speeds, beta):
    years = np.array([0.25, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30])
    best = minima(years, NelsonSiegel(speeds, beta).zero(years), len(speeds))[0]
    assert best.speeds == pytest.approx(speeds, rel=1e-4)
    assert best.beta == pytest.approx(beta, rel=1e-3)


def test_forwards_are_the_slope_of_zero_rate_times_time():
    curve = NelsonSiegel((1.2, 0.3), (0.04, -0.02, 0.03, -0.01))
    for years in (0.5, 3.0, 20.0):
        slope = (curve.zero(years + 1e-5) * (years + 1e-5) - curve.zero(years - 1e-5) * (years - 1e-5)) / 2e-5
        assert float(curve.forward(years)) == pytest.approx(slope, abs=1e-9)
    assert float(curve.zero(0.0)) == pytest.approx(0.02, abs=1e-15)


def test_every_minimum_is_one():
    years = np.array([0.25, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30])
    rates = 0.04 - 0.02 * np.exp(-years) + 0.002 * np.sin(3 * years)
    found = minima(years, rates)
    for one in found:
        for aside in (0.99, 1.01):
            assert fit(years, rates, (one.speeds[0] * aside,)).rmse > one.rmse
    assert [one.rmse for one in found] == sorted(one.rmse for one in found)


# --- forecasts --------------------------------------------------------------------------------------------------------
def test_persistence_and_mean_are_found_in_long_records():
    rng, phi, mean = np.random.default_rng(7), np.array([0.9, 0.8, 0.5]), np.array([0.04, -0.02, 0.01])
    months, beta = 4000, mean.copy()
    betas = []
    for _ in range(months):
        beta = mean + phi * (beta - mean) + rng.normal(0, 0.003, 3)
        betas.append(beta)
    found = estimate(YEARS, np.array(betas) @ loadings(YEARS, (SPEED,)).T)
    assert found.phi == pytest.approx(phi, abs=K * np.sqrt((1 - phi**2) / months).max())
    assert found.mean == pytest.approx(mean, abs=K * (0.003 / (1 - phi)).max() / np.sqrt(months))
    assert found.now == pytest.approx(betas[-1], abs=1e-12)


# --- components and drift ---------------------------------------------------------------------------------------------
def test_all_components_give_the_covariance_back_and_fewer_keep_its_diagonal():
    covariance = np.cov(np.random.default_rng(2).normal(size=(50, 4)) @ np.diag([1, 2, 3, 4]), rowvar=False)
    found = components(covariance)
    assert found.covariance(4) == pytest.approx(covariance)
    assert np.diag(found.covariance(2)) == pytest.approx(np.diag(covariance))
    assert np.linalg.eigvalsh(found.covariance(2)).min() > 0


def test_discounted_bonds_are_martingales_under_the_drift():
    """Two factors, eight quarters: the mean of the discounted bond is its price now, and forwards have their mean."""
    step, steps, paths = 0.25, 8, 200_000
    begins = step * np.arange(1, 41)
    vols = np.array([0.012 * np.exp(-0.1 * begins), 0.008 * (1 - np.exp(-0.3 * begins))])
    forwards = 0.03 + 0.01 * (1 - np.exp(-0.2 * step * np.arange(41)))
    rng, rise = np.random.default_rng(11), drift(vols, step) * step
    rates, paid = np.tile(forwards, (paths, 1)), np.zeros(paths)
    for _ in range(steps):
        paid += rates[:, 0] * step
        shocks = rng.standard_normal((paths, 2)) @ vols[:, : rates.shape[1] - 1] * np.sqrt(step)
        rates = rates[:, 1:] + rise[: rates.shape[1] - 1] + shocks
    worth = np.exp(-paid - step * rates[:, :20].sum(axis=1))
    error = worth.std() / np.sqrt(paths)
    assert worth.mean() == pytest.approx(np.exp(-step * forwards[:28].sum()), abs=K * error)
    expected = expected_forwards(forwards, vols, step, steps)
    assert rates[:, 5].mean() == pytest.approx(expected[5], abs=K * rates[:, 5].std() / np.sqrt(paths))


# --- a record becomes a scenario --------------------------------------------------------------------------------------
def test_the_noise_of_the_scenario_is_that_of_the_record():
    model = model_curve(record(), number=5)
    moves = np.diff(record().select(*TENORS).to_numpy() / 100, axis=0)
    rates: RateSpec = model.scenario().market.rates
    vols = moves.std(axis=0, ddof=1) * np.sqrt(252)
    assert [rates.nodes["us6m"].vol, rates.vol_us2y, rates.nodes["us30y"].vol] == pytest.approx(
        vols[[0, 1, 4]], rel=1e-4
    )
    correlation = np.corrcoef(moves, rowvar=False)
    assert rates.corr_us2y_us10y == pytest.approx(correlation[1, 3], abs=1e-5)
    assert rates.nodes["us30y"].correlation["us6m"] == pytest.approx(correlation[4, 0], abs=1e-5)


@pytest.mark.parametrize(
    "kind", ["nelson_siegel", pytest.param("svensson", marks=pytest.mark.slow), "diebold_li", "hjm"]
)
def test_the_storyline_is_the_forecast(kind):
    model = model_curve(record(), kind=kind, quarters=3)
    anchors = model.scenario().storyline.anchor
    assert len(anchors) == 4
    for anchor, rates in zip(anchors, model.ahead, strict=True):
        assert [anchor.level(name) for name in TENORS] == pytest.approx(rates.tolist(), abs=1e-8)
    fitted = model.fits[0].zero(YEARS) if kind != "diebold_li" else model.forecast.curve(0).zero(YEARS)
    assert model.ahead[0] == pytest.approx(fitted, abs=1e-12)
    still = kind in ("nelson_siegel", "svensson")
    assert (model.ahead[-1] == pytest.approx(model.ahead[0])) == still


def test_the_command_writes_a_scenario_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    record().write_csv("curve.csv")
    told = CliRunner().invoke(main, ["curve-model", "curve.csv", "--quarters", "1", "--out", "ahead.toml"])
    assert told.exit_code == 0, told.output
    assert "PC1" in told.output and "every minimum" in told.output
    found = run(load("ahead.toml"), paths=4, workers=1, out=tmp_path / "run")
    assert found.closes.select("us30y").collect().height > 0


@pytest.mark.parametrize(
    ("options", "change", "said"),
    [
        ({"kind": "spline"}, None, "no such model, got 'spline'"),
        ({"quarters": 0}, None, "a storyline has 1 to 80 quarters, got 0"),
        ({"number": 9}, None, "there are 1 to 5 components, got 9"),
        ({"kind": "svensson"}, lambda t: t.drop("us6m"), "this model needs 5 tenors, got 4"),
        ({}, lambda t: t.drop("us2y"), "us2y"),
        ({}, lambda t: t.head(60), "diebold_li needs 24 months, got 3"),
        ({}, lambda t: t.head(9), "at least 20 days"),
        ({}, lambda t: t.reverse(), "days must rise"),
        ({}, lambda t: t.with_columns(us2y=pl.col("us2y") * 100), "rates are in percent, from -5 to 30"),
    ],
)
def test_mistakes_in_one_line(options, change, said):
    with pytest.raises(UserError) as caught:
        model_curve(change(record()) if change else record(), **options)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
