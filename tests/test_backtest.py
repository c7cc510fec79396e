"""Value at risk of a desk's days, and the tests that hold its losses against it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import ncx2, norm

from analysis import backtest
from analysis.coverage import conditional, independence, kupiec, plus_factor, zone
from analysis.quadratic import expected_shortfall, value_at_risk
from scenarios import run
from sim.dataset import Run
from sim.errors import UserError
from tests.small import crisis
from tests.test_bad_input import said
from tests.test_capital_limit import FALL


@pytest.mark.parametrize(
    ("delta", "gamma"), [(1.0, 0.0), (-2.0, 0.0), (1.0, 1.0), (1.0, -1.0), (0.0, -1.0), (0.3, 2.0)]
)
def test_the_tail_of_a_quadratic(delta: float, gamma: float) -> None:
    """Against the noncentral chi-squared: gamma (z + b)^2 / 2 - gamma b^2 / 2 with b = delta / gamma."""
    found = float(value_at_risk(np.array([delta]), np.array([gamma]), 0.99)[0])
    if gamma:
        shift = delta / gamma
        quantile = ncx2.ppf(0.01 if gamma > 0 else 0.99, 1, shift**2)
        assert found == pytest.approx(-gamma / 2 * (quantile - shift**2), rel=1e-9)
    else:
        assert found == pytest.approx(abs(delta) * norm.ppf(0.99), rel=1e-12)
        shortfall = expected_shortfall(np.array([delta]), np.array([gamma]), 0.975)[0]
        assert shortfall == pytest.approx(abs(delta) * norm.pdf(norm.ppf(0.975)) / 0.025, rel=1e-12)


def test_the_shortfall_is_the_mean_beyond() -> None:
    """Against the sum over a fine grid of equally likely z."""
    z = norm.ppf((np.arange(400_000) + 0.5) / 400_000)
    for delta, gamma in ((1.0, 1.0), (1.0, -1.0), (0.2, -3.0), (0.0, 1.0)):
        gains = np.sort(delta * z + 0.5 * gamma * z**2)
        found = expected_shortfall(np.array([delta]), np.array([gamma]), 0.975)[0]
        assert found == pytest.approx(-gains[:10_000].mean(), rel=2e-4)


def test_a_tiny_gamma_is_none() -> None:
    flat, bent = (value_at_risk(np.array([1.0]), np.array([gamma]), 0.99)[0] for gamma in (0.0, 1e-13))
    assert bent == pytest.approx(flat, rel=1e-12)


def test_the_traffic_light() -> None:
    """250 days at 99 %: the published zones and plus factors."""
    assert [zone(x) for x in (0, 4, 5, 9, 10)] == ["green", "green", "yellow", "yellow", "red"]
    assert [plus_factor(x) for x in (0, 4, 5, 6, 7, 8, 9, 10, 30)] == [0, 0, 0.4, 0.5, 0.65, 0.75, 0.85, 1.0, 1.0]


def test_the_likelihood_ratios_by_hand() -> None:
    hits = np.zeros(100, dtype=bool)
    hits[[10, 11, 50]] = True
    x, n = 3, 100
    by_hand = -2 * ((n - x) * math.log(0.99) + x * math.log(0.01)) + 2 * ((n - x) * math.log(0.97) + x * math.log(0.03))
    assert kupiec(hits).ratio == pytest.approx(by_hand, rel=1e-12)
    free = 94 * math.log(94 / 96) + 2 * math.log(2 / 96) + 2 * math.log(2 / 3) + math.log(1 / 3)
    bound = 96 * math.log(96 / 99) + 3 * math.log(3 / 99)
    assert independence(hits).ratio == pytest.approx(2 * (free - bound), rel=1e-12)
    assert conditional(hits).ratio == pytest.approx(kupiec(hits).ratio + independence(hits).ratio)
    assert kupiec(np.arange(100) == 5).ratio == 0.0 and kupiec(np.arange(100) == 5).p_value == 1.0


def test_transitions_are_counted_within_paths() -> None:
    """The last day of a path is not followed by the first of the next."""
    apart = np.zeros((2, 50), dtype=bool)
    apart[0, -1] = apart[1, 0] = True
    assert independence(apart).ratio < independence(apart.reshape(1, -1)).ratio


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A fortnight of a desk that is short a put."""
    book = [{"kind": "put", "moneyness": 0.95, "months": 3, "notional": -1e9}]
    agents = {
        "desk": {"type": "Hedger", "capital": 1e9, "book": book, "policy": {"kind": "never"}},
        "maker": {"type": "MarketMaker"},
    }
    scenario = crisis(anchors=FALL, agents=agents, minutes=130)
    return run(scenario, paths=6, workers=1, out=tmp_path_factory.mktemp("backtest") / "run", unhedged=False)


def test_exceptions_by_hand(made: Run) -> None:
    """Of one day and path, from the tables."""
    found = backtest(made, level=0.95).row(0, named=True)
    marks = made.marks.filter(agent="desk", world="actual").sort("path", "time").collect()
    vols = made.closes.filter(world="actual").sort("path", "time").collect()
    count = 0
    for path in range(6):
        mine, vol = marks.filter(pl.col("path") == path), vols.filter(pl.col("path") == path)["vol"].to_numpy()
        move = vol / math.sqrt(252)
        by_one, by_two = mine["net_delta_dollars"] * move, mine["gamma_dollars_1pct"] * 100 * move**2
        told = value_at_risk(by_one.to_numpy(), by_two.to_numpy(), 0.95)
        count += int(np.sum(np.diff(mine["pnl"].to_numpy()) < -told[:-1]))
    assert count == found["exceptions"] > 0
    assert found["rate"] == pytest.approx(count / (6 * found["days"]))
    stressed = backtest(made, level=0.95).row(1, named=True)
    assert stressed["value_at_risk"] > found["value_at_risk"] and stressed["exceptions"] <= found["exceptions"]


def test_wrong_questions(made: Run) -> None:
    days = backtest(made).row(0, named=True)["days"]
    for words, rule in (
        ({"level": 0.3}, "a level lies between 0.5 and 1"),
        ({"window": 3}, "a window has at least 20 days"),
        ({"window": 500}, "too few days for the window"),
        ({"agent": "nobody"}, "no such agent"),
        ({"world": "other"}, "no such world"),
    ):
        with pytest.raises(UserError, match=rule):
            backtest(made, **words)
    assert days < 20


def test_it_is_a_command(made: Run, tmp_path: Path) -> None:
    assert said("backtest", str(tmp_path / "none")).startswith("a run is a folder, got ")
    assert said("backtest", str(made.path), "--level", "2").startswith("level: a level lies between 0.5 and 1, got 2.0")
