"""Levered funds: leverage kept, margins that bite, redemptions, ruin and return; the ledger sees all of it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from scenarios.build import run
from scenarios.validation.textbook import MAKER, textbook
from sim.errors import UserError

LEVEL = {"vol": 0.2, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
STILL = {"realised_ratio": 0.0, "dispersion": 0.0}


def still(spots, tmp_path, *, market=None, paths=2, asset=None, impact=0.0, maker=None, **fund):
    """The fund's trades and marks in a market that goes through these closes, a day each."""
    anchors = [{"date": f"2020-01-{day:02d}", "spot": spot, **LEVEL} for day, spot in enumerate(spots, 1)]
    scenario = textbook(
        minutes=1440,
        anchors=anchors,
        market={**STILL, **(market or {})},
        asset={"permanent_share": 1.0, **(asset or {})},
        feedback={"impact": impact},
        agents={"fund": {"type": "LeveredFund", "capital": 100.0, **fund}, "maker": {**MAKER, **(maker or {})}},
        run={"paths": paths, "witnesses": paths},
    )
    return run(scenario, out=tmp_path / "run", workers=1)


def holdings(result) -> np.ndarray:
    """Units held after each day of path 0, from the marks."""
    marks = result.marks.filter((pl.col("agent") == "fund") & (pl.col("path") == 0)).sort("time")
    closes = result.closes.filter(pl.col("path") == 0).sort("time").select("mid").collect()["mid"].to_numpy()
    return marks.select("hedge_value").collect()["hedge_value"].to_numpy() / closes


def test_leverage_is_kept(tmp_path):
    held = holdings(still([100.0, 90.0, 99.0], tmp_path, max_leverage=3.0))
    equity = 100.0 + 3.0 * (90.0 - 100.0)
    assert held[0] == pytest.approx(3.0)
    assert held[1] == pytest.approx(3.0 * equity / 90.0)
    assert held[2] == pytest.approx(3.0 * (equity + held[1] * 9.0) / 99.0)


def test_appetite_grows_with_mispricing_up_to_the_limit(tmp_path):
    result = still([100.0, 95.0, 60.0], tmp_path, aggressiveness=10.0, max_leverage=5.0, value=100.0, holding=0.0)
    held = holdings(result)
    assert held[1] == pytest.approx(10.0 * np.log(100 / 95) * 100.0 / 95.0)
    equity = 100.0 + held[1] * (60.0 - 95.0)
    assert held[2] == pytest.approx(5.0 * equity / 60.0)


def test_a_margin_rises_with_the_fall(tmp_path):
    held = holdings(still([100.0, 90.0], tmp_path, margin=20.0, margin_sensitivity=0.5, holding=1.0))
    assert held[1] == pytest.approx((100.0 - 10.0) / (20.0 + 0.5 * 10.0))


def test_ruin_and_return(tmp_path):
    spots = [100.0, 70.0, 70.0, 70.0, 70.0, 70.0]
    result = still(spots, tmp_path, max_leverage=3.0, ruin=0.2, return_days=2)
    held = holdings(result)
    assert held[1] == 0.0
    assert held[2] == 0.0
    assert held[3] == pytest.approx(3.0 * 100.0 / 70.0)
    kinds = result.events.filter(pl.col("path") == 0).sort("time").collect()["kind"].to_list()
    assert kinds == ["ruined", "returned"]
    pnl = result.marks.filter(pl.col("agent") == "fund").sort("time").last().collect()["pnl"]
    assert pnl.item() == pytest.approx(-90.0)  # what the owners brought back is no gain


def test_redemption_and_payout_are_capital(tmp_path):
    result = still(
        [100.0, 100.0, 130.0, 130.0],
        tmp_path,
        max_leverage=2.0,
        redemption=50.0,
        redemption_day="2020-01-02",
        payout_above=0.6,
    )
    marks = result.marks.filter((pl.col("agent") == "fund") & (pl.col("path") == 0)).sort("time").collect()
    assert marks["equity"].to_list() == pytest.approx([100.0, 50.0, 60.0, 60.0])
    assert marks["pnl"].to_list() == pytest.approx([0.0, 0.0, 30.0, 30.0])


def test_more_leverage_falls_further(tmp_path):
    lows = []
    for leverage in (1.0, 3.0, 6.0):
        folder = tmp_path / f"{leverage:g}"
        result = still(
            [100.0, 97.0, 97.0],
            folder,
            max_leverage=leverage,
            impact=1.0,
            asset={"depth": 1e3, "impact": 0.2},
        )
        lows.append(result.closes.filter(pl.col("path") == 0).sort("time").last().collect()["mid"].item())
    assert lows[0] > lows[1] > lows[2]


def test_the_margin_replaces_the_leverage(tmp_path):
    with pytest.raises(UserError, match=r"agents\.fund\.ruin: must be < 1"):
        still([100.0, 90.0], tmp_path, ruin=1.5)


def test_a_fund_holds_an_asset_that_trades(tmp_path):
    with pytest.raises(UserError, match="no such asset"):
        still([100.0, 90.0], tmp_path, venue="us10y")
