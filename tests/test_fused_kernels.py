"""Kernels that do several steps at once, to the digits of one step after the other."""

from __future__ import annotations

import numpy as np
import pytest

from markets.kernels import options as k
from markets.kernels.fills import asset_fill
from markets.kernels.hedging import PARTS, attribute
from markets.kernels.option_split import attribute_options
from markets.kernels.passing_on import passed_on
from markets.kernels.trading import net
from sim.ledger import Ledger, Move
from sim.vectors import lined_up

PATHS = 2 * 1024 + 5  # blocks and a rest
DRAW = np.random.default_rng(1)
MOVES = (
    Move("a", "b", "hedge", "asset"),
    Move("b", "a", "hedge"),
    Move("b", "a", "spread_calm"),
    Move("b", "a", "spread_crisis"),
    Move("b", "a", "impact"),
    Move("a", "b", "hedge"),
    Move("a", "b", "hedge"),
    Move("a", "b", "noted", None),
    Move("a", "b", "noted", None),
)


def ledger():
    made = Ledger(PATHS)
    made.open("a", "b")
    made.list_asset("asset")
    return made


def test_moves_together_are_moves_one_by_one():
    amounts, together, alone = DRAW.normal(size=(len(MOVES), PATHS)), ledger(), ledger()
    for _ in range(2):
        together.post(amounts, MOVES)
        for amount, move in zip(amounts, MOVES, strict=True):
            alone.post(amount[None].copy(), (move,))
    for name in ("a", "b"):
        for asset in ("cash", "asset"):
            np.testing.assert_array_equal(together.balance(name, asset), alone.balance(name, asset))
        for reason in together.flow_rows(name):
            np.testing.assert_array_equal(together.flow(name, reason), alone.flow(name, reason))
    together.check(lambda: "the end")


def test_a_share_of_a_balance_is_passed_on_from_the_balance_itself():
    book, worth = ledger(), 100.0 + DRAW.normal(size=PATHS)
    held = DRAW.normal(size=PATHS)
    book.transfer(held, source="a", target="b", reason="hedge", asset="asset")
    moves = (Move("b", "a", "hedge", "asset"), Move("a", "b", "hedge"))
    passed_on(book.balance("b", "asset"), 0.25, worth, *book.posting(moves))
    np.testing.assert_array_equal(book.balance("b", "asset"), held - 0.25 * held)
    np.testing.assert_array_equal(book.balance("b"), 0.25 * held * worth)
    book.check(lambda: "the end")


def bought(filled, makers, moves):
    """A ledger after a fill of `filled` units by some makers, in so many movements each."""
    rng, book = np.random.default_rng(3), Ledger(PATHS)
    names = [f"m{i}" for i in range(makers)]
    book.open("taker", *names)
    book.list_asset("asset")
    costs = ("calm", "crisis", "walk", "walk_received")[: moves - 2]
    of = [
        (Move(m, "taker", "hedge", "asset"), Move("taker", m, "hedge"), *(Move("taker", m, each) for each in costs))
        for m in names
    ]
    levels = np.array([rng.uniform(0.5, 2, PATHS) * 1e-3, rng.normal(size=PATHS) * 1e-4, np.full(PATHS, 1e9)])
    shares, mid = rng.uniform(size=(makers, PATHS)), 100 + rng.normal(size=PATHS)
    walk, spread = rng.normal(size=PATHS) * 1e-4, np.empty(PATHS)
    asset_fill(filled, levels, shares, 1e-3, walk, mid, mid, *book.posting(tuple(sum(of, ()))), spread)
    return book, spread


@pytest.mark.parametrize(("makers", "moves"), [(1, 4), (2, 5), (3, 6)])
def test_a_fill_on_all_paths_is_that_on_few(makers, moves):
    filled, few = DRAW.normal(size=PATHS), np.arange(PATHS) % 20 == 0
    (whole, spread), (part, spread_of_few) = bought(filled, makers, moves), bought(filled * few, makers, moves)
    whole.check(lambda: "the end")
    for account in part.accounts:
        for asset in ("cash", "asset"):
            found, alone = whole.balance(account, asset), part.balance(account, asset)
            np.testing.assert_array_equal(found[few], alone[few])
            assert not alone[~few].any()
        for reason in part.flow_rows(account):
            np.testing.assert_array_equal(whole.flow(account, reason)[few], part.flow(account, reason)[few])
    np.testing.assert_array_equal(spread[few], spread_of_few[few])


def netted(orders, impact, capacity):
    orders = np.ascontiguousarray(orders)
    unit, depth = np.full(PATHS, 100.0), np.full(PATHS, 1e4)
    halted = np.where(np.arange(PATHS) % 7, 0.0, 10.0)
    filled, active = np.empty_like(orders), np.empty((2, len(orders)), dtype=bool)
    move, walk = np.zeros((2, PATHS))
    net(orders, unit, depth, halted, 5.0, capacity, impact, 0.5, filled, move, walk, active)
    assert walk.tobytes() == (0.5 * move).tobytes()
    return filled[0], move, active[0][0]


def test_one_order_is_netted_as_beside_an_empty_one():
    order = DRAW.normal(size=PATHS) * 50
    order[::5] = 0.0
    for impact, capacity in ((0.0, np.inf), (0.1, np.inf), (0.1, 0.2)):
        alone, beside = netted(order[None], impact, capacity), netted([order, 0 * order], impact, capacity)
        for found, expected in zip(alone[:2], beside[:2], strict=True):
            assert found.tobytes() == expected.tobytes()  # signs of zero, too
        assert alone[2] == beside[2]
    assert (netted(order[None], 0.1, 0.2)[0] != order).any()
    assert not netted(0 * order[None], 0.1, 0.2)[2]


def test_value_and_delta_alone_are_those_beside_gamma():
    rows = np.array(
        [[1.0, -3.0, 95.0, -0.05, 0.1, 1.0, 0.99, 0, 0.1, 1, 0.2], [-1, 2, 130, 0.3, 0.3, 0.7, 1, 1, 0.1, 1, 0]]
    )
    spot, vol, nodes = 100 * np.exp(0.3 * DRAW.normal(size=PATHS)), np.full(PATHS, 0.2), np.full((3, PATHS), 0.02)
    for stretch in (np.ones(1), np.ones(PATHS)):
        found, expected = np.empty((k.GAMMA, PATHS)), np.empty((k.SLOPES, PATHS))
        for out in (found, expected):
            k.option_greeks(spot, vol, nodes, stretch, np.array([100.0, 0.2]), rows, True, np.empty(spot.size), out)
        np.testing.assert_array_equal(found, expected[: k.GAMMA])


def test_memory_begins_at_a_line_of_the_cache():
    for paths in (1, 7, 10_000):
        rows = lined_up(32, paths)
        assert rows.ctypes.data % 64 == 0
        assert rows.shape == (32, paths)
        assert rows.flags.c_contiguous
        assert not rows.any()


def test_time_and_spot_are_split_as_by_the_two_kernels_one_after_the_other():
    rows = np.array(
        [[1.0, -3.0, 95.0, -0.05, 0.1, 1.0, 0.99, 0, 0.1, 1, 0.2], [-1, 2, 130, 0.3, 0.3, 0.7, 1, 1, 0.1, 1, 0]]
    )
    spot, after = 100 * np.exp(0.3 * DRAW.normal(size=(2, PATHS)))
    scale, before, end = DRAW.normal(size=(3, PATHS))
    vol, nodes, base = 0.2 * np.exp(0.1 * DRAW.normal(size=PATHS)), np.full((3, PATHS), 0.02), np.array([100.0, 0.2])
    start = DRAW.normal(size=(PARTS + 1, PATHS))
    for market in ((np.full(PATHS, 0.2), nodes, np.ones(1)), (vol, nodes, np.ones(PATHS))):
        greeks, alone, found = np.empty((k.GAMMA, PATHS)), start.copy(), start.copy()
        logs = np.empty(PATHS)
        k.option_greeks(spot, *market, base, rows, True, logs, greeks)
        attribute(scale, before, *greeks, spot, after, end, alone[:-1], alone[-1])
        attribute_options(scale, before, spot, after, end, logs, *market, base, rows, found[:-1], found[-1])
        np.testing.assert_array_equal(found, alone)
        assert (found != start).any()


@pytest.mark.parametrize("number", [1, 2])
def test_a_fill_in_full_on_every_path_is_told_from_others(number):
    def in_full(order, capacity):
        unit, depth, halted = np.ones((3, order.size)) * [[1.0], [1e4], [0.0]]
        orders = np.array([order, -order][:number])
        said = np.empty((2, number), dtype=bool)
        move, walk = np.zeros((2, order.size))
        net(orders, unit, depth, halted, 5.0, capacity, 0.1, 0.5, np.empty_like(orders), move, walk, said)
        return said[1].tolist()

    for paths in (1, 7, 256, PATHS):
        order = 1.0 + DRAW.normal(size=paths) ** 2
        assert in_full(order, 1.0) == [True] * number
        for path, wanted in ((0, 0.0), (paths - 1, np.nan)):
            other = order.copy()
            other[path] = wanted
            assert in_full(other, 1.0) == [False] * number
        if number == 1:
            order[paths // 2] = 2e4
            assert in_full(order, 1.0) == [False]


def test_options_of_one_expiry_are_valued_as_each_alone():
    """What they share (discounting, the factor of vol) is found once: beside each other, apart, on alike paths too."""
    spot, vol = 100.0 * np.exp(0.3 * DRAW.normal(size=PATHS)), 0.2 * np.exp(0.4 * DRAW.normal(size=PATHS))
    early, late = (0, 0.5, 1, 0.25), (1, 0.75, 0, 0.125)  # nodes and years of two expiries
    rows = np.array(
        [
            [1.0, 2.0, 90.0, np.log(0.9), 0.2, 0.9, 0.99, *early],
            [-1.0, 1.0, 95.0, np.log(0.95), 0.19, 0.9, 0.99, *early],
            [1.0, -1.0, 105.0, np.log(1.05), 0.18, 0.7, 0.98, *late],
            [1.0, 1.0, 110.0, np.log(1.1), 0.0, 0.7, 0.98, *late],
            [1.0, 3.0, 95.0, np.log(0.95), 0.19, 0.9, 0.99, *early],
        ]
    )
    base, nodes = np.array([100.0, 0.2]), 0.03 + 0.01 * DRAW.normal(size=(2, PATHS))
    alike = np.full(PATHS, 0.3), np.full((2, PATHS), 0.02), np.ones(1)
    for level, curve, stretch in ((vol, nodes, np.ones(PATHS)), alike):
        together, apart, values = np.zeros((k.NODE + 2, PATHS)), np.zeros((k.NODE + 2, PATHS)), np.zeros((2, PATHS))
        k.option_greeks(spot, level, curve, stretch, base, rows, True, np.empty(PATHS), together)
        k.option_values(spot, level, curve, base, rows, values[0])
        for row in rows:
            k.option_greeks(spot, level, curve, stretch, base, row[None], False, np.empty(PATHS), apart)
            k.option_values(spot, level, curve, base, row[None], values[1])
        np.testing.assert_array_equal(together, apart)
        np.testing.assert_array_equal(values[0], values[1])
