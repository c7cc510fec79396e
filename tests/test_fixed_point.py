"""Orders and price solved together: linear and kinked demands, limits, rounds, and each path on its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markets.venues.fixed_point import agree
from tests.small import LEVEL, crisis, only, watch, world_of

SHOCK = np.array([-3e-3, 1e-4, 0.0, 2e-2])


@pytest.mark.parametrize("gain", [-5.0, -0.9, -0.3, 0.3, 0.9, 0.97])
def test_a_linear_response_is_solved(gain):
    found = agree(lambda move: gain * (SHOCK + move), 4, limit=10.0)
    np.testing.assert_allclose(found.asked, gain * SHOCK / (1 - gain), rtol=1e-9, atol=1e-12)


def test_a_runaway_ends_at_the_limit():
    found = agree(lambda move: np.clip(1.5 * (SHOCK + move), -0.4, 0.4), 4, limit=0.4)
    np.testing.assert_allclose(found.asked, 0.4 * np.sign(SHOCK))


def test_rounds_are_plain_revisions():
    for rounds in (1, 2, 7):
        found = agree(lambda move: 0.5 * (SHOCK + move), 4, limit=10.0, rounds=rounds)
        np.testing.assert_allclose(found.asked, SHOCK * (1 - 0.5**rounds), atol=1e-15)


def test_an_order_that_jumps_is_bracketed():
    """Sell all below a trigger: no displacement agrees exactly; the iteration ends at the jump."""
    found = agree(lambda move: np.where(move < -0.01, 0.02, -0.03), 4, limit=1.0)
    np.testing.assert_allclose(found.asked, -0.01, atol=1e-9)


@given(st.lists(st.floats(-0.9, 0.9), min_size=2, max_size=6))
def test_a_path_does_not_depend_on_the_others(gains):
    gain = np.array(gains)
    shock = np.linspace(-0.01, 0.02, gain.size)

    def respond(move, g=gain, u=shock):
        return g * np.tanh(u + move)

    together = agree(respond, gain.size, limit=1.0).asked
    for i in range(gain.size):
        alone = agree(lambda m, i=i: respond(m, gain[i : i + 1], shock[i : i + 1]), 1, limit=1.0).asked
        assert alone[0] == together[i]


def traded(clearing, demand):
    """Displacement of the asset, and the fill of one order, at the third tick of a quiet market."""
    terms = {"permanent_share": 1.0, "depth": 1e6, "impact": 0.1, "capacity": 1.0, "depth_floor": 1.0}
    venue = {"asset": {"clearing": clearing, **terms}}
    world = world_of(crisis(venue=venue, feedback=only(impact=1.0)), paths=4)
    fills = []

    def trading():
        from sim.phases import Phase

        for tick in range(4):
            yield world.tick(Phase.TRADE)
            if tick == 3:
                fills.append((yield world.venue("asset").trade(trader, demand)))

    from tests.small import Trader

    trader = Trader(world)
    world.start(trading())
    from sim.phases import Phase

    mids = watch(world, Phase.MARK, lambda: world.venue("asset").mid.copy())
    world.run()
    return np.log(mids[-1] / LEVEL["spot"]), fills[0]


def test_a_demand_is_asked_for_at_its_own_price():
    def demand(move):
        return 1e3 * (1 + 5 * move)  # units at 100 $: 0.1 of depth, and 0.5 of it more for each unit of ln S

    sequential, first = traded("sequential", demand)
    together, second = traded("fixed_point", demand)
    np.testing.assert_allclose(sequential, 0.01, rtol=1e-9)
    np.testing.assert_allclose(together, 0.01 / (1 - 0.05), rtol=1e-9)
    np.testing.assert_allclose(first.quantity, 1e3)
    np.testing.assert_allclose(second.quantity, 1e3 * (1 + 5 * together), rtol=1e-9)
    np.testing.assert_allclose(second.price - LEVEL["spot"], LEVEL["spot"] * np.expm1(together) + 0.005, atol=0.02)


def test_what_is_over_capacity_comes_back_at_the_fixed_point_too():
    move, fill = traded("fixed_point", lambda displaced: np.full(4, 5e4))
    np.testing.assert_allclose(move, 0.1)
    np.testing.assert_allclose(fill.quantity, 1e4)
    np.testing.assert_allclose(fill.unfilled, 4e4)
