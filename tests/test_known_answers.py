"""Published results, through the engine: scenario, agents, ledger and attribution. Tolerances are standard errors."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from scenarios.build import run
from tests.textbook import textbook

K = 3.5  # standard errors


def mean_error(x: np.ndarray) -> float:
    return float(x.std(ddof=1) / np.sqrt(len(x)))


def variance_error(x: np.ndarray) -> float:
    return mean_error((x - x.mean()) ** 2)


@pytest.mark.parametrize("a", [-0.3, -0.1, 0.1, 0.3])
def test_sequential_feedback_law(a, tmp_path):
    """One hedger of constant gamma, every tick, permanent impact: variances, autocorrelation, loop gain."""
    depth, impact, vol, steps, paths = 1e9, 0.01, 0.01, 364, 2048
    scenario = textbook(
        book=[{"kind": "gamma_claim", "strike": 100.0, "expiry": "2021-12-31", "quantity": -a * depth / impact / 100}],
        steps=steps,
        vol=vol,
        asset={"impact": impact, "depth": depth, "permanent_share": 1.0},
        feedback={"impact": 1.0},
        run={"paths": paths, "witnesses": paths},
    )
    market = run(scenario, out=tmp_path / "run", workers=1).market.filter(pl.col("venue") == "asset")
    frame = market.sort("path", "time").select("mid", "loop_gain").collect()
    mid = frame["mid"].to_numpy().reshape(paths, -1)
    returns = np.diff(np.log(mid), axis=1) / (vol / np.sqrt(steps))
    step = (1 + 2 * a - 2 * a**3) / (1 - a * a)

    per_path = (returns**2).mean(axis=1)
    assert abs(per_path.mean() - step) < K * mean_error(per_path)
    assert K * mean_error(per_path) < 0.02 * step  # a 2 % error would be seen
    whole = returns.sum(axis=1) / np.sqrt(steps)
    assert abs(whole.var() - 1 / (1 - a) ** 2) < K * variance_error(whole)
    products = (returns[:, 1:] * returns[:, :-1]).mean(axis=1)
    expected = a**2 + a**3 / (1 - a * a)  # covariance; its ratio to `step` is the autocorrelation of the table
    assert abs(products.mean() - expected) < K * mean_error(products)
    gain = frame["loop_gain"].to_numpy().reshape(paths, -1).mean(axis=1)
    # impact x Gamma S^2 / depth: linear in S, whose mean is 100 to second order in vol
    assert abs(gain.mean() - a) < K * mean_error(gain) + abs(a) * vol**2


HEDGING = {  # (vol before, vol after half a year): {N: (mean, variance)}
    (0.20, 0.20): {12: (-0.00082, 3.71851), 52: (-0.00019, 0.90423), 252: (-0.00004, 0.19178)},
    (0.04, 0.28): {12: (-0.00082, 6.88809), 52: (-0.00019, 1.71078), 252: (-0.00004, 0.36698)},
    (0.28, 0.04): {12: (-0.00082, 6.64575), 52: (-0.00019, 1.60642), 252: (-0.00004, 0.33614)},
}


def forward_vol(first: float, second: float, t: float) -> float:
    """RMS vol from t to 1."""
    left = max(0.5 - t, 0.0) * first**2 + (1 - max(t, 0.5)) * second**2
    return float(np.sqrt(left / (1 - t))) if t < 1 else second


def hedging_scenario(first: float, second: float, steps: int, paths: int):
    """Short put, r = 4 %, T = 1, mu = 5 %, hedged with the forward RMS vol."""
    import datetime as dt

    start = dt.date(2020, 1, 1)
    days = sorted({0, 364} | {round(364 * k / steps) for k in range(steps + 1) if (364 * k) % steps == 0} | {182})
    if first != second and steps != 52:
        days = sorted(set(range(365)))  # finer than the steps: implied vol is interpolated between days
    anchors = []
    for day in days:
        t = day / 364
        drift = 0.05 * t - 0.5 * (min(t, 0.5) * first**2 + max(t - 0.5, 0) * second**2)
        level = {
            "spot": 100 * float(np.exp(drift)),
            "vol": forward_vol(first, second, t),
            "overnight": 0.04,
            "us2y": 0.04,
        }
        realised = first if t < 0.5 else second
        date = start + dt.timedelta(days=day)
        anchors.append({"date": date, **level, "us10y": 0.04, "credit": 0.0, "realised": realised})
    book = [{"kind": "put", "strike": 100.0, "expiry": "2020-12-30", "quantity": -1.0}]
    return textbook(book=book, steps=steps, anchors=anchors, rate=0.04, run={"paths": paths})


@pytest.mark.parametrize("vols", list(HEDGING))
@pytest.mark.parametrize(("steps", "paths"), [(12, 16384), (52, 8192), (252, 4096)])
def test_discrete_hedging_error(vols, steps, paths, tmp_path):
    """Error at T of a put re-hedged N times: exact mean and variance (known answers, section 1)."""
    scenario = hedging_scenario(*vols, steps, paths)
    result = run(scenario, out=tmp_path / "run")
    hedger = result.marks.filter(pl.col("agent") == "hedger")
    final = hedger.filter(pl.col("time") == pl.col("time").max()).sort("path").collect()
    capital = 1e6
    error = final["pnl"].to_numpy() - capital * np.expm1(0.04)
    mean, variance = HEDGING[vols][steps]
    assert abs(error.mean() - mean) < K * mean_error(error)
    assert abs(error.var() - variance) < K * variance_error(error)


def test_unhedged_put_moments(tmp_path):
    """Unhedged short put: mean 0.389739, variance 82.8366, at T undiscounted."""
    scenario = hedging_scenario(0.2, 0.2, 12, 16384)
    result = run(scenario, out=tmp_path / "run")
    hedger = result.marks.filter((pl.col("agent") == "hedger") & (pl.col("time") == pl.col("time").max()))
    premium = 6.0040
    unhedged = hedger.collect()["unhedged_pnl"].to_numpy() + premium * np.expm1(0.04)
    assert abs(unhedged.mean() - 0.389739) < K * mean_error(unhedged)
    assert abs(unhedged.var() - 82.8366) < K * variance_error(unhedged)
