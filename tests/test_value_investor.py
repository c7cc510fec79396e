"""Value investors: how far they pull a price back, by closed form, and what their value follows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.errors import UserError
from sim.phases import Phase
from tests.rules_followed import DAYS, DEPTH, IMPACT, TICKS, VENUE, seen, told
from tests.small import K, standard_error, variance_error, watch, world_of

CAPITAL, APPETITE = 1e10, 4.0
GAIN = APPETITE * CAPITAL * IMPACT / DEPTH  # 0.4 of a move are taken back at the next look
FUND = {"type": "ValueInvestor", "capital": CAPITAL, "aggressiveness": APPETITE, "max_leverage": 50.0}


def pushed(shock, **venue):
    """A market in which somebody sells at the first tick."""
    return {"orders": {1: {"asset": shock / IMPACT * DEPTH / 100.0}}, "closes": False}, {"impact": IMPACT} | venue


def rounds(number, shock):
    """ln of price / value before each look: it wants a C ln(V / p) / p units, each $ of which moves ln S."""
    x, held, found = shock, 0.0, [shock]
    for _ in range(number):
        price = 100.0 * math.exp(x)
        wanted = -APPETITE * CAPITAL * x / price
        x += IMPACT / DEPTH * (wanted - held) * price
        held = wanted
        found.append(x)
    return np.array(found)


def test_a_price_is_pulled_back_by_its_share():
    """Moves of the price s (1, -g, g^2, ...) add up to s / (1 + g): so much of a small sale's impact is left."""
    shock = -1e-5
    how, venue = pushed(shock)
    _, at = seen(told(venue=venue, agents={"fund": FUND}), **how)
    x = np.log(at.price[1:] / 100.0)
    assert x == pytest.approx(rounds(len(x) - 1, shock), rel=1e-9, abs=1e-15)
    n = np.arange(len(x))
    assert x == pytest.approx(shock * (1 - (-GAIN) ** (n + 1)) / (1 + GAIN), rel=1e-3)
    assert at.gain[0] == pytest.approx(-GAIN, rel=1e-6)
    assert at.held[-1] > 0.0


def test_where_the_venue_solves_for_the_price_it_is_there_at_once():
    how, venue = pushed(-1e-5, clearing="fixed_point")
    _, at = seen(told(venue=venue, agents={"fund": FUND}), **how)
    assert np.log(at.price[1] / 100.0) == pytest.approx(-1e-5 / (1 + GAIN), rel=1e-4)


def test_what_decays_is_sold_again():
    """Once a passing impact is gone, half of it a day, so is what it bought."""
    how, venue = pushed(-0.01, permanent_share=0.0, resilience=math.log(2.0))
    small = FUND | {"capital": CAPITAL * 1e-6}
    _, at = seen(told(venue=venue, agents={"fund": small}), **how)
    closes = np.arange(1, len(DAYS)) * TICKS
    x = np.log(at.price[closes] / 100.0)
    assert x[1:] / x[:-1] == pytest.approx(0.5, rel=1e-4)
    assert at.held[closes] * at.price[closes] == pytest.approx(-APPETITE * 1e4 * x, rel=1e-3)


@pytest.mark.parametrize(("short", "most"), [(True, 0.2), (False, 0.2), (True, 10.0)])
def test_no_more_than_the_most_and_short_where_it_may(short, most):
    spots = [100.0, 90.0, 110.0]
    fund = FUND | {"sells_short": short, "max_leverage": most}
    _, at = seen(told(spots, agents={"fund": fund}))
    wanted = APPETITE * np.log(100.0 / np.array([100.0, 90.0, *[110.0] * 6]))
    expected = CAPITAL * np.clip(wanted, -most if short else 0.0, most)
    assert at.held * at.price == pytest.approx(expected, rel=1e-9, abs=1.0)


def test_an_anchored_value_follows_the_news_and_not_the_trades():
    spots = [100.0, 99.0]
    _, at = seen(told(spots, agents={"fund": FUND | {"anchored": True}}))
    assert at.held == pytest.approx(0.0, abs=1e-6)
    how, venue = pushed(-0.001)
    _, at = seen(told(spots, venue=venue, agents={"fund": FUND | {"anchored": True}}), **how)
    gone = np.log(at.price[TICKS] / 99.0)
    assert gone == pytest.approx(-0.001 / (1 + GAIN), rel=0.02)
    assert at.held[TICKS] > 0.0


def test_it_sells_vol_that_has_risen():
    """Of a future that has doubled it is short a ln 2 x capital."""
    fund = FUND | {"venue": "vx", "aggressiveness": 0.5}
    vols, market = [0.2, 0.4], {"vol_futures": {"vx": {"venue": VENUE}}}
    _, at = seen(told(vols=vols, agents={"fund": fund}, maker={"venues": ["asset", "vx"]}, market=market), venue="vx")
    assert at.held[1] * at.price[1] == pytest.approx(-0.5 * math.log(2) * CAPITAL, rel=1e-9)


def test_a_value_of_its_own():
    _, at = seen(told(agents={"fund": FUND | {"value": 110.0}}))
    assert at.held[0] * 100.0 == pytest.approx(CAPITAL * APPETITE * math.log(1.1))


def test_its_error_is_an_ornstein_uhlenbeck_process():
    """Variance after n closes: error^2 (1 - k^(2n)) / (2 ln 2 / half-life in years), k = 2^(-1 / half-life)."""
    half_life, error = 3.0, 0.3
    fund = FUND | {"error": error, "half_life_days": half_life}
    world = world_of(told(agents={"fund": fund}), 400)
    held = watch(world, Phase.MARK, lambda: world.venue("asset").held("fund") * 100.0 / (CAPITAL * APPETITE))
    world.run()
    last = held[-1]
    rate, days = math.log(2) * 252 / half_life, len(DAYS) - 1
    variance = error**2 * (1 - 0.25 ** (days / half_life)) / (2 * rate)
    assert abs(last.mean()) < K * standard_error(last)
    assert abs(last.var() - variance) < K * variance_error(last)
    assert last.std() > 0.02
    alone = world_of(told(agents={"fund": fund}), 1, first=7)
    one = watch(alone, Phase.MARK, lambda: alone.venue("asset").held("fund") * 100.0 / (CAPITAL * APPETITE))
    alone.run()
    assert one[-1][0] == last[7]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"venue": "us10y"}, "agents.fund.venue: no such asset or vol future, got 'us10y'"),
        ({"venue": "vx", "anchored": True}, "agents.fund.venue: no such asset, got 'vx'"),
        ({"value": 90.0, "anchored": True}, "agents.fund.value: an anchored investor takes the storyline's price"),
        ({"value": -1.0}, "agents.fund.value: must be > 0"),
        ({"aggressiveness": 0.0}, "agents.fund.aggressiveness: must be > 0"),
        ({"error": -0.1}, "agents.fund.error: must be >= 0"),
        ({"half_life_days": 0.0}, "agents.fund.half_life_days: must be > 0"),
        ({"interval": "1x"}, "agents.fund.interval: an interval is a number and a unit"),
    ],
)
def test_mistakes_in_one_line(change, said):
    with pytest.raises(UserError) as caught:
        told(agents={"fund": FUND | change}, maker={"venues": ["asset", "vx"]}, market={"vol_futures": {"vx": {}}})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
