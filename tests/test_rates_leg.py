"""The rates leg of a hedge: least squares by node over swaps and bonds, path by path."""

from __future__ import annotations

import numpy as np
import pytest

from markets.factors.key import USD, FactorKey
from markets.kernels.least_squares import least_squares
from sim.errors import UserError
from sim.ledger import CASH
from sim.phases import Phase
from tests.small import LEVEL, crisis, gross, only, watch, world_of

NODES = tuple(FactorKey(*USD, name) for name in ("us2y", "us5y", "us10y", "us20y"))
SWAP = {"half_spread": 1e-5, "depth": 1e13, "impact": 0.0}


def desk(**leg):
    """A desk with two swaps and a payer swaption, hedged at every tick by a leg."""
    book = [
        {"kind": "swap", "notional": 2e9, "months": 84, "fixed_rate": 0.03},
        {"kind": "swap", "notional": -1e9, "months": 200, "fixed_rate": 0.035},
        {"kind": "swaption", "side": "payer", "months": 12, "swap_months": 120, "notional": -3e9},
    ]
    return {
        "type": "Hedger",
        "capital": 5e9,
        "book": book,
        "policy": {"kind": "every", "interval": "tick"},
        "rates_leg": leg,
    }


def scenario(agent, **tables):
    """Two noisy weeks of a curve on five nodes, of which two have swaps and one a bond."""
    correlation = {"us5y": {"us2y": 0.9, "us10y": 0.9}, "us20y": {"us10y": 0.9}}
    nodes = {name: {"years": years, "correlation": correlation[name]} for name, years in (("us5y", 5), ("us20y", 20))}
    bond = {"node": "us20y", "venue": SWAP}
    rates = {
        "vol_us2y": 0.01,
        "vol_us10y": 0.01,
        "nodes": nodes,
        "bonds": {"strip": bond},
        "futures": {"note": {"bond": "strip", "venue": SWAP}},
    }
    level = {**LEVEL, "nodes": {"us5y": 0.028, "us20y": 0.033}}
    venues = ["asset", "us2y", "us5y", "us10y", "strip", "note"]
    return crisis(
        anchors=[{"date": "2020-02-19", **level}, {"date": "2020-03-04", **level}],
        market={"rates": rates},
        venue=dict.fromkeys(("us2y", "us5y", "us10y"), SWAP),
        feedback=only(),
        agents={"maker": {"type": "MarketMaker", "capital": 1e15, "venues": venues}, "desk": agent},
        minutes=390,
        **tables,
    )


# --- the formula ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("hedges", "factors"), [(3, 3), (2, 5), (4, 4), (1, 3)])
@pytest.mark.parametrize("ridge", [0.0, 0.03])
def test_the_kernel_is_least_squares_by_numpy_on_every_path(hedges, factors, ridge):
    random, paths = np.random.default_rng(5), 20
    slopes = random.normal(size=(hedges, factors, paths)) * 10.0 ** random.integers(-3, 4, size=(hedges, 1, 1))
    risk = 1e6 * random.normal(size=(factors, paths))
    out = np.empty((hedges, paths))
    least_squares(slopes, risk, ridge, out)
    for path in range(paths):
        jacobian = slopes[:, :, path].T
        rows = np.vstack([jacobian, np.sqrt(ridge) * np.diag(np.linalg.norm(jacobian, axis=0))])
        wanted = np.linalg.lstsq(rows, np.concatenate([-risk[:, path], np.zeros(hedges)]), rcond=None)[0]
        assert out[:, path] == pytest.approx(wanted, rel=1e-10)


def test_the_ridge_has_no_scale():
    random = np.random.default_rng(6)
    slopes, risk, out = random.normal(size=(2, 3, 4)), random.normal(size=(3, 4)), np.empty((2, 4))
    least_squares(slopes, risk, 0.1, out)
    scaled = np.empty((2, 4))
    least_squares(slopes * np.array([1e6, 1e-3])[:, None, None], 50.0 * risk, 0.1, scaled)
    assert scaled * np.array([[1e6], [1e-3]]) == pytest.approx(50.0 * out, rel=1e-12)


def test_a_hedge_that_adds_no_risk_of_its_own_gets_nothing():
    slopes = np.array([[1.0, 2.0], [2.0, 4.0], [0.0, 0.0]])[:, :, None]
    out = np.empty((3, 1))
    least_squares(slopes, np.array([[3.0], [6.0]]), 0.0, out)
    assert out[:, 0] == pytest.approx([-3.0, 0.0, 0.0])


# --- in a run ---------------------------------------------------------------------------------------------------------
def left(world, name="desk"):
    """Risk of book and hedge by node, (nodes, paths), and that of the book alone."""
    risk, held = world.desks[name].unit.risk(), {v.name: v for v in world.venues.values() if v.key[:2] == USD}
    book = np.stack([world.desks[name].scale * risk.first(key) for key in NODES])
    zero = np.zeros(world.paths)
    hedge = sum(
        np.stack([v.held(name) * v.listing.sensitivities().get(key, zero) for key in NODES]) for v in held.values()
    )
    return book + hedge, book


@pytest.mark.parametrize("ridge", [0.0, 0.01])
def test_three_venues_leave_what_the_formula_says(ridge):
    names = ("us2y", "us10y", "strip")
    world = world_of(scenario(desk(venues=names, ridge=ridge)), 3)
    world.run()
    rest, book = left(world)
    for path in range(3):
        jacobian = np.stack(
            [
                [world.venue(name).listing.sensitivities().get(key, np.zeros(3))[path] for key in NODES]
                for name in names
            ],
            axis=1,
        )
        rows = np.vstack([jacobian, np.sqrt(ridge) * np.diag(np.linalg.norm(jacobian, axis=0))])
        best = np.linalg.lstsq(rows, np.concatenate([-book[:, path], np.zeros(3)]), rcond=None)[0]
        wanted = book[:, path] + jacobian @ best
        assert rest[:, path] == pytest.approx(wanted, rel=1e-9, abs=1e-7 * np.abs(book).max())
        assert np.abs(wanted).max() > 0.01 * np.abs(book[:, path]).max()  # three venues cannot take four nodes away


@pytest.mark.parametrize("longest", ["strip", "note"])
def test_as_many_venues_as_nodes_leave_nothing(longest):
    """Of swaps and a bond, or a future on that bond, which is not paid in cash."""
    world = world_of(scenario(desk(venues=("us2y", "us5y", "us10y", longest))), 3)
    world.run()
    rest, book = left(world)
    assert np.abs(rest).max() < 1e-9 * np.abs(book).max()


def test_some_nodes_alone_are_hedged():
    world = world_of(scenario(desk(venues=("us10y", "strip"), nodes=("us10y", "us20y"))), 3)
    world.run()
    rest, book = left(world)
    assert np.abs(rest[2:]).max() < 1e-9 * np.abs(book).max() < np.abs(rest[1]).max()


def test_bonds_are_paid_in_cash_and_the_ledger_balances():
    def first_cash(**leg):
        world = world_of(scenario(desk(**leg)), 3)
        seen = watch(
            world, Phase.MARK, lambda: (world.ledger.balance("desk").copy(), world.venue("strip").value("desk"))
        )
        world.run()
        return world.ledger, *seen[0]

    ledger, cash, bonds = first_cash(venues=("strip",))
    _, without, _ = first_cash(venues=("us10y",))
    assert cash == pytest.approx(without - bonds, rel=1e-12) and np.abs(bonds).min() > 1e8
    for asset in (CASH, "strip"):
        whole = sum(ledger.balance(account, asset) for account in ledger.accounts)
        assert np.abs(whole).max() <= 1e-12 * gross(ledger, asset).max()


def test_a_band_leaves_the_hedge_at_its_edge_and_small_orders_are_not_sent():
    def held(**leg):
        world = world_of(scenario(desk(venues=("us2y", "us10y", "strip"), **leg)), 3)
        seen = watch(world, Phase.MARK, lambda: world.venue("us10y").held("desk").copy())
        world.run()
        return np.diff(seen, axis=0), world

    every, _ = held()
    orders, world = held(band=0.02)
    _, book = left(world)
    target, slopes = world.desks["desk"].legs.neutral_rates(), {}
    for name in target:
        of_one = world.venue(name).listing.sensitivities()
        slopes[name] = np.stack([of_one.get(key, np.zeros(3)) for key in NODES])
    away = sum((world.venue(name).held("desk") - target[name]) * slopes[name] for name in target)
    far = np.linalg.norm(away, axis=0) / np.linalg.norm(book, axis=0)
    assert (far < 0.02 * (1 + 1e-9)).all()
    traded = orders[-1] != 0
    assert traded.any() and far[traded] == pytest.approx(0.02, rel=1e-9)  # the market does not move after the trade
    assert np.abs(orders).sum() < 0.7 * np.abs(every).sum()
    assert not held(least_trade=1e9)[0].any() and np.abs(every).min() > 0


def test_without_a_leg_swaps_hedge_their_own_nodes_and_a_bare_leg_is_the_same():
    plain = desk()
    del plain["rates_leg"]
    worlds = [world_of(scenario(agent), 3) for agent in (plain, desk())]
    for world in worlds:
        world.run()
    rest, book = left(worlds[0])
    assert np.abs(rest[:3]).max() < 1e-9 * np.abs(book).max() < np.abs(rest[3]).max()
    for name in ("us2y", "us5y", "us10y"):
        held = [world.venue(name).held("desk") for world in worlds]
        assert held[0] == pytest.approx(held[1], rel=1e-9)


def test_a_path_alone_has_the_hedge_that_it_has_among_others():
    def held(paths, first):
        world = world_of(scenario(desk(venues=("us2y", "us10y", "strip"), ridge=0.01)), paths, first)
        world.run()
        return world.venue("strip").held("desk")

    assert held(3, 0)[2] == held(1, 2)[0]


@pytest.mark.parametrize(
    ("leg", "said"),
    [
        ({"venues": ["us3y"]}, "no such venue of swaps, bonds or futures"),
        ({"venues": ["asset"]}, "no such venue of swaps, bonds or futures"),
        ({"venues": ["us2y", "us2y"]}, "twice"),
        ({"nodes": ["us30y"]}, "the curve has no such node"),
        ({"venues": ["us2y", "us10y"], "nodes": ["us10y"]}, "more venues than nodes"),
        ({"ridge": -1.0}, "ridge"),
    ],
)
def test_a_leg_that_cannot_be(leg, said):
    with pytest.raises(UserError, match=said):
        scenario(desk(**leg))


def test_two_hedges_of_two_factors_are_as_by_the_general_way():
    """A third hedge without risk changes no digit; also where a hedge has none, or the two are alike."""
    draw = np.random.default_rng(3)
    slopes, risk = draw.normal(size=(2, 2, 200)), draw.normal(size=(2, 200))
    slopes[0, :, :20], slopes[1, :, 10:40] = 0.0, 0.0
    slopes[1, :, 40:60] = 3.0 * slopes[0, :, 40:60]
    found, general = np.empty((2, 200)), np.empty((3, 200))
    least_squares(slopes, risk, 0.0, found)
    least_squares(np.concatenate([slopes, np.zeros((1, 2, 200))]), risk, 0.0, general)
    np.testing.assert_array_equal(found, general[:2])
    assert np.isfinite(found).all() and (found[0, 60:] != 0).all()
