"""All steps of an attribution by one kernel: the digits of the kernels that value one market each."""

from __future__ import annotations

import numpy as np
import pytest

from agents.desk.attribution import Attribution
from markets.kernels import options as k
from markets.kernels.flows import NO_FIXING, flow_slopes, flow_steps, flow_values
from scenarios.reading.loading import load
from tests.small import world_of

BASE = np.array([100.0, 0.2])  # spot0, s_base
PATHS = 2 * k.BLOCK + 3


def market(draw):
    spot, vol = 100 * np.exp(0.3 * draw.normal(size=PATHS)), 0.2 * np.exp(0.3 * draw.normal(size=PATHS))
    spot[0], vol[1] = 0.0, 0.0
    return spot, vol, 0.02 + 0.01 * draw.normal(size=(3, PATHS))


def term(sign, quantity, strike, sd, outer, inner):
    log_strike = np.log(strike / BASE[0]) + 0.003
    return [sign, quantity, strike, log_strike, sd, 0.7, np.exp(-0.003), outer, 0.1, inner, 0.2]


ROWS = np.array(
    [
        term(-1.0, -3.0, 95.0, 0.1, 0, 1),
        term(1.0, 2.0, 130.0, 0.3, 1, 2),
        term(1.0, 1.0, 100.0, 0.0, 0, 1),  # expires now
        term(-1.0, 1.5, 80.0, 0.2, 1, 1),  # beyond the last node
    ]
)


def one_by_one(rows, old, new):
    greeks, by_spot, by_vol, by_all = np.zeros((k.NODE + 3, PATHS)), *np.zeros((3, PATHS))
    k.option_greeks(*old, np.ones(PATHS), BASE, rows, True, np.empty(PATHS), greeks)
    k.option_values(new[0], *old[1:], BASE, rows, by_spot)
    k.option_values(*new[:2], old[2], BASE, rows, by_vol)
    k.option_values(*new, BASE, rows, by_all)
    return greeks[k.VALUE], greeks[k.DELTA], by_spot, by_vol, by_all


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], ROWS[:0]])
def test_the_digits_are_those_of_one_market_at_a_time(rows):
    draw = np.random.default_rng(1)
    old, new = market(draw), market(draw)
    slopes, values = np.full((2, PATHS), np.nan), np.full((3, PATHS), np.nan)
    k.option_steps(*old, *new, BASE, rows, slopes, values)
    for found, expected in zip((*slopes, *values), one_by_one(rows, old, new), strict=True):
        np.testing.assert_array_equal(found, expected)


FLOWS = np.array([[3.0, 0, 0.5, 1, 0.2], [-2.0, 1, 1.5, 2, 0.5], [1.0, 2, 9.0, 2, 0.0], [-0.7, 0, 0.1, 1, 0.0]])


@pytest.mark.parametrize("flows", [FLOWS, FLOWS[:1], FLOWS[:0]])
def test_so_are_those_of_flows(flows):
    draw, slots = np.random.default_rng(2), np.array([NO_FIXING, 0, NO_FIXING, 1])[: len(flows)]
    old, new, fixings = *(market(draw)[2] for _ in range(2)), 0.03 + 0.01 * draw.normal(size=(2, PATHS))
    worth, values = np.full(PATHS, np.nan), np.full((2, PATHS), np.nan)
    flow_steps(old, new, fixings, flows, slots, worth, values)
    slopes, before, after = np.zeros((4, PATHS)), *np.zeros((2, PATHS))
    flow_slopes(old, fixings, flows, slots, slopes)
    flow_values(old, fixings, flows, slots, before)
    flow_values(new, fixings, flows, slots, after)
    for found, expected in zip((worth, *values), (slopes[0], before, after), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("preset", ["covid_crash_2020", "gilt_ldi_2022"])
def test_a_run_is_the_same_without_that_kernel(monkeypatch, preset):
    """Of options, and of flows on one curve."""

    def totals():
        world = world_of(load(preset, {"clock.tick_minutes": 390, "run.witnesses": 0}), paths=8)
        world.run()
        return {name: desk.attribution.parts.copy() for name, desk in world.desks.items()}

    together = totals()
    monkeypatch.setattr(Attribution, "_together", lambda *_: None)
    apart = totals()
    assert together
    for name, parts in together.items():
        np.testing.assert_array_equal(parts, apart[name])
