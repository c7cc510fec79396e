"""Levered funds: leverage kept, margins that bite, redemptions, ruin and return; the ledger sees all of it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from scenarios.studies.run import run
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.errors import UserError

LEVEL = {"vol": 0.2, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
STILL = {"realised_ratio": 0.0, "dispersion": 0.0}


def still(spots, tmp_path, *, market=None, paths=2, asset=None, impact=0.0, maker=None, others=None, **fund):
    """The fund's trades and marks in a market that goes through these closes, a day each."""
    anchors = [{"date": f"2020-01-{day:02d}", "spot": spot, **LEVEL} for day, spot in enumerate(spots, 1)]
    scenario = textbook(
        minutes=1440,
        anchors=anchors,
        market={**STILL, **(market or {})},
        asset={"permanent_share": 1.0, **(asset or {})},
        feedback={"impact": impact},
        agents={
            "fund": {"type": "LeveredFund", "capital": 100.0, **fund},
            "maker": {**MAKER, **(maker or {})},
            **(others or {}),
        },
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


def equities(result) -> list[float]:
    marks = result.marks.filter((pl.col("agent") == "fund") & (pl.col("path") == 0)).sort("time").collect()
    return marks["equity"].to_list()


def test_investors_follow_performance(tmp_path):
    """Unlevered, one unit at 100, 110, 99: investors answer half of what the average return is above 2 %.

    What they bring after the first day is cash on the second, so that the return is less than the fall.
    """
    flow = {"flow": 0.5, "flow_benchmark": 0.02, "flow_memory": 0.25}
    result = still([100.0, 110.0, 99.0], tmp_path, max_leverage=1.0, **flow)
    first = 0.75 * 0.02 + 0.25 * 0.10
    after = 110.0 * (1 + 0.5 * (first - 0.02))
    second = 0.75 * first + 0.25 * -11.0 / after
    assert equities(result)[1:] == pytest.approx([after, (after - 11.0) * (1 + 0.5 * (second - 0.02))])
    marks = result.marks.filter((pl.col("agent") == "fund") & (pl.col("path") == 0)).sort("time")
    assert marks.collect()["pnl"].to_list() == pytest.approx([0.0, 10.0, -1.0])


def test_investors_withdraw_no_more_than_all(tmp_path):
    result = still([100.0, 50.0, 50.0], tmp_path, max_leverage=1.0, flow=10.0, flow_benchmark=0.0, flow_memory=1.0)
    assert equities(result)[1] == pytest.approx(0.0, abs=1e-9)


def test_what_investors_bring_is_no_performance(tmp_path):
    """A payout and a redemption between two looks leave the return, and so the flow, at zero."""
    flow = {"flow": 0.5, "flow_benchmark": 0.0, "flow_memory": 1.0}
    result = still([100.0] * 4, tmp_path, max_leverage=1.0, redemption=30.0, redemption_day="2020-01-03", **flow)
    assert equities(result)[1:] == pytest.approx([100.0, 70.0, 70.0])


@pytest.mark.parametrize("rescued", [False, True])
def test_ruin_is_judged_at_the_price_that_is_traded(tmp_path, rescued):
    """News alone would ruin the fund; where another buys within the same tick, nobody trades at that price."""
    buyer = {"type": "LeveredFund", "capital": 1e4, "aggressiveness": 100.0, "value": 100.0, "holding": 0.0}
    asset = {"depth": 1e4, "impact": 1.0, "capacity": 1.0, "clearing": "fixed_point"}
    others = {"buyer": buyer} if rescued else None
    result = still([100.0, 70.0, 70.0], tmp_path, impact=1.0, asset=asset, others=others, holding=3.0, ruin=0.2)
    assert (result.events.filter(pl.col("kind") == "ruined").collect().height == 0) == rescued


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_depth_in_units_forgets_a_round_trip(tmp_path, power):
    """Bought at 80 and sold at 100: so many units move ln S back by as much as they had moved it, so many $ by more."""
    asset = {"depth": 1e3, "impact": 0.5, "depth_price_power": power}
    fund = {"aggressiveness": 5.0, "value": 95.0, "holding": 0.0}
    result = still([100.0, 80.0, 100.0, 100.0], tmp_path, impact=1.0, asset=asset, **fund)
    closes = result.closes.filter((pl.col("path") == 0) & (pl.col("venue") == "asset")).sort("time").collect()["mid"]
    assert holdings(result)[1] > 0.5
    assert holdings(result)[2] == 0.0
    if power == 1.0:
        assert closes[-1] == pytest.approx(100.0, rel=1e-12)
    else:
        assert closes[-1] < 99.9


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
