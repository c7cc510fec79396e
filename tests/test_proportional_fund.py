"""Funds that sell in proportion: how much, of what, and for whose falls; several assets in one scenario."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from scenarios.reading.loading import from_dict
from scenarios.studies.run import run
from scenarios.studies.validation.textbook import FREE, MAKER, textbook
from sim.errors import UserError

LEVEL = {"vol": 0.2, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}


def two_assets(spots, others, *, impact=0.0, holdings=None, **fund):
    """Tables of a market without noise in which both assets go through these closes, a day each."""
    anchors = [{"date": f"2020-01-{day:02d}", "spot": spot, **LEVEL} for day, spot in enumerate(spots, 1)]
    still = {"realised_ratio": 0.0, "dispersion": 0.0}
    venue = {**FREE, "permanent_share": 1.0, "depth": 1e4, "impact": impact}
    tables = textbook(minutes=1440, anchors=anchors, market=still, asset=venue, feedback={"impact": 1.0}).to_dict()
    dated = [{"date": f"2020-01-{day:02d}", "spot": spot} for day, spot in enumerate(others[1:], 2)]
    tables["assets"] = {"bond": {"spot": others[0], "vol": 0.0, "anchor": dated, "venue": venue}}
    fund = {"type": "ProportionalFund", "capital": 1e3, "holdings": holdings or {"asset": 2.0, "bond": 4.0}, **fund}
    tables["agents"] = {"fund": fund, "maker": {**MAKER, "venues": ["asset", "bond"]}}
    tables["run"] |= {"paths": 2, "witnesses": 2}
    return tables


def held(tables, folder) -> dict[str, list[float]]:
    """Units bought (negative: sold) of each asset in all, day by day, on path 0."""
    trades = run(from_dict(tables), out=folder / "run", workers=1).trades.filter(pl.col("path") == 0).collect()
    return {v: np.cumsum(trades.filter(pl.col("venue") == v)["quantity"]).tolist() for v in ("asset", "bond")}


def test_all_assets_are_sold_for_the_loss_of_one(tmp_path):
    sold = held(two_assets([100.0, 70.0], [50.0, 50.0], sensitivity=2.0), tmp_path)
    share = 2.0 * (1 - (2 * 70.0 + 4 * 50.0) / 400.0)  # 30 %
    assert sold["asset"] == pytest.approx([-2.0 * share])
    assert sold["bond"] == pytest.approx([-4.0 * share])


def test_nothing_above_the_threshold_unless_it_buys_back(tmp_path):
    spots, bonds = [100.0, 98.0, 120.0], [50.0, 50.0, 50.0]
    calm = held(two_assets(spots, bonds, threshold=0.95), tmp_path / "calm")
    assert calm == {"asset": [], "bond": []}
    back = held(two_assets(spots, bonds, buys_back=True), tmp_path / "back")
    assert back["bond"] == pytest.approx([4.0 * -4.0 / 400, 4.0 * 40.0 / 400])


def test_own_impact_is_answered_or_not(tmp_path):
    spots, bonds = [100.0, 90.0, 90.0, 90.0], [50.0, 50.0, 50.0, 50.0]
    once = held(two_assets(spots, bonds, impact=1.0, answers_own_impact=False), tmp_path / "once")
    again = held(two_assets(spots, bonds, impact=1.0), tmp_path / "again")
    assert once["asset"] == pytest.approx([-2.0 * 20 / 400])  # one sale for the one fall
    assert again["asset"][0] == pytest.approx(once["asset"][0])
    assert len(again["asset"]) == 3
    assert again["asset"][2] < again["asset"][1] < again["asset"][0]


def test_what_is_not_filled_is_sold_next(tmp_path):
    tables = two_assets([100.0, 50.0, 50.0, 50.0], [50.0, 50.0, 50.0, 50.0])
    tables["venue"]["asset"] |= {"depth": 20.0, "capacity": 1.0}  # 20 $ a day: 0.4 units
    sold = held(tables, tmp_path)
    assert sold["asset"] == pytest.approx([-0.4, -0.5])
    assert sold["bond"] == pytest.approx([-1.0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"agents.fund.holdings": {"gold": 1.0}}, "no such asset, got 'gold'"),
        ({"agents.fund.holdings": {}}, "holds nothing"),
        ({"agents.fund.holdings": {"bond": -1.0}}, "must be > 0"),
        ({"agents.maker.venues": ["asset"]}, "nobody quotes this asset"),
        ({"assets.bond.correlation": {"asset": 1.5}}, "a correlation is between -1 and 1"),
        ({"assets.bond.correlation": {"gold": 0.5}}, "no such asset"),
        ({"assets.bond.spot": -1.0}, "must be > 0"),
        ({"assets.us10y": {"spot": 1.0, "vol": 0.1}}, "the market has a factor of this name"),
        ({"venue.us10y.clearing": "fixed_point"}, "swap venues clear in sequence"),
    ],
)
def test_mistakes_in_one_line(change, said):
    with pytest.raises(UserError, match=said) as caught:
        from_dict(two_assets([100.0, 90.0], [50.0, 50.0]), overrides=change)
    assert len(str(caught.value).splitlines()) == 1


def test_impossible_correlations_are_refused():
    tables = two_assets([100.0, 90.0], [50.0, 50.0])
    tables["assets"]["gold"] = {**tables["assets"]["bond"], "correlation": {"asset": 0.9, "bond": -0.9}}
    tables["assets"]["bond"]["correlation"] = {"asset": 0.9}
    tables["agents"]["maker"]["venues"] = ["asset", "bond", "gold"]
    with pytest.raises(UserError, match="positive semidefinite"):
        from_dict(tables)


def test_a_path_of_several_assets_alone(tmp_path):
    tables = two_assets([100.0, 95.0, 90.0], [50.0, 49.0, 48.0], impact=1.0)
    tables["market"] |= {"dispersion": 1.0, "realised_ratio": 1.0}
    tables["assets"]["bond"] |= {"vol": 0.1, "correlation": {"asset": -0.4}}
    tables["run"] |= {"paths": 7, "witnesses": 0}
    whole = run(from_dict(tables), out=tmp_path / "a", workers=1).closes.collect()
    tables["run"]["chunk"] = 1
    alone = run(from_dict(tables), out=tmp_path / "b", workers=1).closes.collect()
    keys = ["venue", "path", "time"]
    assert whole.sort(keys)["mid"].to_list() == alone.sort(keys)["mid"].to_list()
