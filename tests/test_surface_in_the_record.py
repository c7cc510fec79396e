"""A further asset with the index's parameters has the index's surface: answers and slopes, and those of the record.

Record: eleven crises, 2013 to 2025: daily changes of VIX, VIX3M and the S&P 500, pooled, with robust standard errors.
"""

from __future__ import annotations

import numpy as np
import pytest

from markets.factors.key import SmileKeys
from sim.phases import Phase
from tests.small import LEVEL, STILL, K, only, standard_error, watch, world_of
from tests.test_listed_options import listed, maker

PATHS = 64
DAYS = (9, 30, 91, 182)  # VIX9D, VIX, VIX3M, VIX6M
LAW = {"beta": 8.0, "kappa": 10.0, "xi": 0.8, "skew": 0.5, "smile": "ssvi", "term_reversion": 1.4}
SURFACE = {"skew_noise": 0.3, "skew_vol_response": 0.2, "skew_spot_response": -0.5}


def closes():
    """Price, vols of `DAYS` as they are quoted, and the skew, at the closes, by asset: (closes, 6, paths)."""
    copy = {"vol": 0.7 * LEVEL["vol"], "vol_power": 0.0, "spot": 100.0}
    copy["implied"] = {"start": LEVEL["vol"], "surface": SURFACE, **LAW}
    of = {"roll_days": 1, "smile": "roll"}
    options = {f"{a}{days}": {"asset": a, "expiry_days": days, **of} for a in ("asset", "copy") for days in DAYS}
    world = world_of(
        listed(
            options,
            market={**STILL, "realised_ratio": 0.7, "surface": SURFACE, **LAW},
            agents={"maker": maker("copy", *options)},
            assets={"copy": copy},
            anchors=[{"date": "2020-01-15", **LEVEL}, {"date": "2020-04-15", **LEVEL}],
            feedback=only(leverage=1.0),
            minutes=65,
        ),
        PATHS,
    )

    seen = []

    def look():
        now = world.factors.snapshot
        for asset in ("asset", "copy") if world.clock.is_close[world.tick_index] else ():
            quoted = [world.venue(f"{asset}{days}").mid for days in DAYS]
            keys = SmileKeys.of(asset)
            seen.append([now.row(keys.spot), *quoted, now.row(keys.skew)])

    watch(world, Phase.MARK, look)
    world.run()
    rows = np.array(seen)
    return {"asset": rows[::2], "copy": rows[1::2]}


def slope(x, y):
    """Of y on x of each path, (paths,)."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    return (x * y).sum(axis=0) / (x * x).sum(axis=0)


@pytest.fixture(scope="module")
def found():
    """Slopes of each path, by asset and statistic."""
    told = {}
    for asset, rows in closes().items():
        spot, week, short, long, half = np.diff(np.log(rows[:, :5]), axis=0).swapaxes(0, 1)
        points = np.diff(rows[:, 2], axis=0)
        told[asset] = {
            "ln(VIX/VIX3M) on ln VIX": slope(short, short - long),
            "ln(VIX9D/VIX) on ln VIX": slope(short, week - short),
            "ln(VIX/VIX6M) on ln VIX": slope(short, short - half),
            "ln VIX on ln S": slope(spot, short),
            "points on ln S": slope(spot, points),
            "vol of ln VIX": short.std(axis=0, ddof=1) * np.sqrt(252),
            "skew on ln VIX": slope(short, np.diff(rows[:, 5], axis=0)),
        }
    return told


def test_a_copy_of_the_index_moves_as_the_index(found):
    """Each answer and slope, over paths with noise of their own."""
    for name, ours in found["asset"].items():
        theirs = found["copy"][name]
        error = np.hypot(standard_error(ours), standard_error(theirs))
        assert abs(ours.mean() - theirs.mean()) < K * error, name
        assert error < 0.05 * abs(ours.mean()), name


@pytest.mark.parametrize("asset", ["asset", "copy"])
@pytest.mark.parametrize(
    ("name", "record", "error"), [("ln(VIX/VIX3M) on ln VIX", 0.33, 0.01), ("points on ln S", -1.3, 0.1)]
)
def test_both_have_the_slopes_of_the_record(found, asset, name, record, error):
    slopes = found[asset][name]
    assert slopes.mean() == pytest.approx(record, abs=K * np.hypot(error, standard_error(slopes)))


@pytest.mark.parametrize("asset", ["asset", "copy"])
def test_both_have_a_vol_of_vol_that_the_record_has(found, asset):
    """Of ln VIX, a year: 0.72 in the calmest of the crises, 2.75 in the wildest."""
    assert 0.72 < found[asset]["vol of ln VIX"].mean() < 2.75
