"""A shock of price, vol and credit to a running market, and its file."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenarios import shock
from scenarios.studies.shocks_csv import read_shocks
from sim.errors import UserError
from tests.small import LEVEL, crisis

STILL = {"dispersion": 0.0, "realised_ratio": 0.0}
ANCHORS = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-02-26", "spot": 100.0}]
STOCK = {"kind": "asset", "quantity": 1e6}


def held(*book, **more):
    desk = {"type": "Hedger", "capital": 1e9, "book": list(book), "policy": {"kind": "never"}, "hedge_rates": False}
    return crisis(
        anchors=ANCHORS, agents={"desk": desk, "maker": {"type": "MarketMaker"}}, market=STILL, minutes=195, **more
    )


def test_a_fall_of_the_price_is_lost_at_once_and_for_good(tmp_path):
    """1e6 units at 100 $ that fall by 30 %, on a path without noise."""
    found = shock(held(STOCK), "", "2020-02-21", spot=-0.3, out=tmp_path / "runs", workers=1).row(0, named=True)
    assert found["static"] == pytest.approx(-3e7, rel=1e-3)
    assert found["lived"] == pytest.approx(-3e7, rel=1e-3)
    assert found["feedback"] == pytest.approx(0.0, abs=1.0)


FILE = {"factor": ["spot", "VIX", "Credit", "2Y", "10Y", "5y"], "shock": [-30, 25, 150, -100, -50, 20]}


def test_a_file_is_a_shock():
    """Percent, points and basis points; tenors of one curve are one stress, another curve is another shock."""
    curve = {**FILE, "curve": ["", "", "", "", "", "eur"]}
    first, second = read_shocks(curve)
    assert first == {
        "spot": -0.3,
        "vol": 0.25,
        "credit": pytest.approx(0.015),
        "stress": "2Y -100.000000, 10Y -50.000000",
    }
    assert second == {"stress": "5Y 20.000000 on eur"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"factor": ["gold"], "shock": [5]}, "factor: no such factor, got 'gold'"),
        ({"factor": ["spot"], "shock": [None]}, "shock: a number is needed"),
        ({"factor": ["spot", "Equity"], "shock": [1, 2]}, "factor: stands there twice, got 'Equity'"),
        ({"factor": ["2Y"], "shock": ["x"]}, "shock: must be a number, got 'x'"),
    ],
)
def test_wrong_files(table, message):
    with pytest.raises(UserError) as error:
        read_shocks(table)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "storyline.shock.1: a shock moves something; give stress, spot, vol or credit"),
        ({"spot": -1.0}, "storyline.shock.1.spot: must be > -1, got -1.0"),
        ({"vol": 0.1, "nodes": ["us2y"]}, "storyline.shock.1.nodes: nodes move by a stress, got 'us2y'"),
    ],
)
def test_wrong_shocks(keys, message):
    with pytest.raises(UserError) as error:
        held(STOCK, storyline={"anchor": ANCHORS, "shock": [{"date": "2020-02-21", **keys}]})
    assert message in str(error.value)


def test_a_shock_leaves_vol_positive(tmp_path):
    with pytest.raises(UserError, match=r"the shock makes vol negative, got -0\.5"):
        shock(held(STOCK), "", "2020-02-21", vol=-0.5, out=tmp_path / "runs", workers=1)


def test_words_or_a_file(tmp_path):
    with pytest.raises(UserError, match="a shock is in words or in a file"):
        shock(held(STOCK), "parallel 5", "2020-02-21", shocks=FILE, out=tmp_path / "runs", workers=1)


def test_vol_is_lived_through(tmp_path):
    """A bought call whose vol rises by twenty points: its vega at once, and most of it a week later."""
    call = {"kind": "call", "moneyness": 1.0, "months": 6, "quantity": 1e6}
    found = shock(held(call), "", "2020-02-21", vol=0.2, out=tmp_path / "runs", workers=1).row(0, named=True)
    bound = 1e6 * 100 * 0.2 * math.sqrt(0.5 / (2 * math.pi))  # of vols that move as much as the 30-day one
    assert 0.2 * bound < found["static"] < 1.05 * bound
    assert found["lived"] == pytest.approx(found["static"], rel=0.15)
    assert np.isfinite(found["untraded"])
