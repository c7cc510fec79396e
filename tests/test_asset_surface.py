"""Slope and skew of a further asset's vols as factors: their law, options on it, attribution, no arbitrage."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from markets.factors.key import SMILE_SKEW, SMILE_SPOT, SPOT, VOL, VOL_SLOPE, SmileKeys
from scenarios.studies.run import run
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.errors import UserError
from sim.phases import Phase
from tests.small import K, crisis, only, send, watch, world_of
from tests.test_asset_vol import MONTH, OWN, market_of
from tests.test_listed_options import NOISY, maker

KEYS = SmileKeys.of("gold")
SURFACE = {"skew_noise": 0.8, "skew_vol_response": 0.3, "skew_spot_response": -0.5}
QUIET = {"slope_noise": 0.0, "skew_noise": 0.0}
MOVING = {**OWN, "surface": SURFACE, "stickiness": 0.4}
DEALER = {"type": "OptionMaker", "venues": ["g", "vs"], "capital": 1e10, "vega_limit": 1e9, "gamma_limit": 1e11}
CLIENTS = {"type": "ClientFlow", "venue": "g", "rate": 20.0, "order_size": 1e7}
DEALT = {"maker": maker("gold"), "dealer": DEALER, "buyers": CLIENTS}


def dealt(**keys):
    """Clients buy options on gold from a dealer."""
    told = {"options": {"g": MONTH}, "swaps": {"vs": MONTH}, "agents": DEALT, "minutes": 195, "implied": MOVING}
    return market_of(**{**told, **keys})


def rows_of(world, keys):
    """At MARK of every tick, (ticks, keys, paths)."""
    seen = watch(world, Phase.MARK, lambda: [world.factors.snapshot.row(key) for key in keys])
    world.run()
    return np.array(seen)


# --- the law ----------------------------------------------------------------------------------------------------------
def test_law_by_its_recursion():
    """x <- keep (x + responses to gold's own moves up to the tick before), from `term_slope` and `skew`."""
    spec = {**QUIET, "slope_response": -0.4, "skew_spot_response": -0.5, "skew_vol_response": 0.2}
    world = world_of(market_of(implied={**OWN, "surface": spec}), 3)
    rows, years = rows_of(world, KEYS), np.diff(world.clock.variance_years)
    slope = skew = np.zeros(3)
    for tick in range(2, len(rows)):
        spot, vol = np.log(rows[tick - 1, :2] / rows[tick - 2, :2])
        keep = np.exp(-35.0 * years[tick - 1])
        slope, skew = keep * (slope - 0.4 * vol), keep * (skew - 0.5 * spot + 0.2 * vol)
        np.testing.assert_allclose(rows[tick, 2], 0.1 + slope, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(rows[tick, 3], -0.3 + skew, rtol=1e-12)


def test_noise_has_the_variance_of_its_law_and_streams_of_its_own():
    paths, spec = 2000, {"slope_response": 0.0, "slope_noise": 0.27, "skew_noise": 0.1}
    world = world_of(market_of(implied={**OWN, "surface": spec}, market={**NOISY, "surface": spec}), paths)
    world.run()
    years, now = world.clock.variance_years[-1], world.factors.snapshot
    found = [now.row(key) for keys in (KEYS, SmileKeys.of("asset")) for key in (keys.slope, keys.skew)]
    for row, noise in zip(found, (0.27, 0.1, 0.27, 0.1), strict=True):
        variance = noise**2 * (1 - np.exp(-70.0 * years)) / 70.0
        assert row.var() == pytest.approx(variance, abs=K * variance * np.sqrt(2 / paths))
    apart = np.corrcoef(found) - np.eye(4)
    assert np.abs(apart).max() < K / np.sqrt(paths)


def test_all_else_has_the_same_digits_and_the_order_of_assets_changes_nothing():
    """The index, its vol and surface, gold's price and vol: with and without gold's surface, or a silver's."""
    silver = {"spot": 20.0, "vol": 0.3, "implied": {**MOVING, "start": 0.3}}
    gold = {"spot": 50.0, "vol": 0.15, "vol_power": 0.5, "implied": MOVING}
    still = {**gold, "implied": {key: value for key, value in MOVING.items() if key != "surface"}}
    found = []
    for assets in ({"gold": still}, {"gold": gold}, {"gold": gold, "silver": silver}, {"silver": silver, "gold": gold}):
        agents, keys = {"maker": maker(*assets)}, (*SmileKeys.of("asset"), *KEYS)
        market = {**NOISY, "surface": SURFACE}
        world = world_of(crisis(assets=assets, agents=agents, market=market, minutes=390, feedback=only()), 3)
        world.run()
        now = world.factors.snapshot
        found.append({key: now.row(key) for key in keys if key in now.keys})
    for rows in found[1:]:
        for key, row in rows.items():
            assert np.array_equal(row, found[0].get(key, found[1][key])), key


def test_a_surface_that_stays_is_a_smile_that_does():
    """Without noise and responses every figure of the maker is the same, but for what `hedge_smile` takes."""
    ends = []
    for implied in (OWN, {**OWN, "surface": {**QUIET, "slope_response": 0.0}}):
        world = world_of(dealt(implied=implied), 3)
        world.run()
        ends.append((world.ledger.balance("dealer"), world.ledger.balance("dealer", "g"), world.hedge_value("dealer")))
    for one, other in zip(*ends, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10)


# --- options on it ----------------------------------------------------------------------------------------------------
def test_sensitivities_are_to_its_own_slope_and_skew():
    world = world_of(market_of(options={"g": MONTH}, swaps={"vs": MONTH}, implied=MOVING), 2)
    world.run()
    now = world.factors.snapshot
    for option in world.options:
        slopes = option.sensitivities()
        assert set(KEYS) < set(slopes) and all(key.name in ("gold", "usd") for key in slopes)
        for key, slope in slopes.items():
            step = 1e-4 if key == KEYS.spot else 1e-6
            up, down = (option.greeks(now.bumped(key, by)).worth for by in (step, -step))
            assert slope == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-8)
        assert np.array_equal(option.greeks(now.bumped(VOL, 0.1)).worth, option.greeks().worth)


PARTS = ("hedge_theta", "hedge_gamma", "hedge_smile", "hedge_vega", "hedge_rates")


def split(option, old, tick):
    """Gains of a unit since a market: time, spot with the smile held, smile less what its delta makes, vol, rates."""
    new = option.underlying.seen(option.market.factors.snapshot)
    held, spot = {SMILE_SPOT: old.row(SPOT)}, {SPOT: new.row(SPOT)}
    shape = {**spot, VOL_SLOPE: new.row(VOL_SLOPE), SMILE_SKEW: new.row(SMILE_SKEW)}
    steps = ({}, {**spot, **held}, shape, {**shape, VOL: new.row(VOL)}, {key: new.row(key) for key in new.keys})
    worth = [option._valued(tick, old.with_rows(step)).worth for step in steps]
    delta, frozen = (option._valued(tick, old.with_rows(step)).delta for step in ({}, held))
    time, gamma, smile, vega, rates = np.diff([option._valued(tick - 1, old).worth, *worth], axis=0)
    moved = spot[SPOT] - old.row(SPOT)
    return [time, gamma - frozen * moved, smile - (delta - frozen) * moved, vega, rates]


@pytest.mark.parametrize("name", ["g", "vs"])
def test_gains_are_split_by_their_definition(name):
    """What is noted from tick to tick, to the bit that rounding leaves; the smile slides and moves by itself."""
    options = {"options": {"g": {**MONTH, "roll_days": 1000}}, "swaps": {"vs": MONTH}}
    world = world_of(market_of(**options, implied=MOVING, minutes=195), 3)
    option, seen, noted, wanted = world.venue(name).listing, [], [], []
    send(world, {1: {name: 1e6}})

    def look():
        option.explain()
        noted.append(np.array([world.ledger.flow("trader", part) for part in PARTS]))
        if len(seen) > 1:
            wanted.append(1e6 * np.array(split(option, seen[-1], world.factors.tick)))
        seen.append(option.underlying.seen(world.factors.snapshot))

    watch(world, Phase.MARK, look)
    world.run()
    made, wanted = np.diff(noted[1:], axis=0), np.array(wanted)
    np.testing.assert_allclose(made, wanted, rtol=1e-9, atol=1e-9 * np.abs(wanted).max())
    assert np.abs(wanted[:, 2]).max(axis=0).min() > 0.01 * np.abs(wanted).max()


def test_gains_are_split_as_those_of_a_book_on_it():
    """A desk holds in the market what another has in its book: every part of the two gains is the same."""
    line = {"asset": "gold", "months": 1, "moneyness": 1.0, "quantity": 1e6}
    never = {"type": "Hedger", "policy": {"kind": "never"}}
    desks = {
        "holder": {**never, "option_leg": {"hold": {"g": 1e6}}},
        "client": {**never, "book": [{"kind": kind, **line} for kind in ("call", "put")]},
    }
    option = {"asset": "gold", "expiry_months": 1, "roll_days": 1000, "venue": {"impact": 0.0, "half_spread": 0.0}}
    scenario = market_of(options={"g": option}, implied=MOVING, agents=desks, feedback=only())
    marks = run(scenario, paths=4, workers=1, tables=["marks"]).table("marks").collect().sort("path", "time")
    holder, client = (marks.filter(marks["agent"] == name) for name in desks)
    for part in ("gamma", "theta", "vega", "smile", "rates"):
        scale = client[part].abs().max()
        assert (client[part] - holder[f"hedge_{part}"]).abs().max() < 1e-9 * max(scale, 1e3), part
    assert client["smile"].abs().max() > 1e3
    assert (client["delta"] - holder["hedge"]).abs().max() < 1e-9 * client["delta"].abs().max()


def test_the_parts_of_a_dealers_loss_add_up(tmp_path):
    done = run(dealt(), paths=3, out=tmp_path / "run", workers=1)
    marks = done.marks.filter(pl.col("agent") == "dealer").collect()
    assert (marks["hedge_smile"].tail(3).abs() > 0).all() and marks["smile"].abs().max() == 0
    parts = {part["name"]: [column["name"] for column in part["columns"]] for part in done.manifest["loss"]["parts"]}
    assert parts["smile_cost"] == ["smile", "hedge_smile"]
    columns = [name for names in parts.values() for name in names if name in marks.columns]
    whole, pnl = sum(marks[name] for name in columns), marks["pnl"]
    assert (whole - pnl).abs().max() < 1e-9 * marks["pnl"].abs().max() + 1e-4
    closes = done.closes.collect()
    gold, index = (closes.filter(pl.col("venue") == venue).tail(3) for venue in ("gold", "asset"))
    assert (gold["vol_slope"] != 0.1).all() and (gold["smile_skew"] != -0.3).all()
    assert (index["vol_slope"] == 0.0).all() and (index["smile_skew"] == 0.5).all()


def test_columns_come_with_what_moves(tmp_path):
    slides, still = ({**OWN, "stickiness": stickiness} for stickiness in (0.5, 1.0))
    found = []
    for implied in (slides, still):
        done = run(dealt(implied=implied, minutes=390), paths=2, workers=1, tables=["marks", "closes"])
        found.append({*done.table("marks").collect_schema(), *done.table("closes").collect_schema()})
    assert found[0] - found[1] == {"smile", "hedge_smile"} and "vol_slope" not in found[0]


def test_path_alone_and_the_twin_of_price_takers():
    scenario = dealt()
    whole, alone = world_of(scenario, 4), world_of(scenario, 1, 2)
    taken = make_world(scenario, Chunk("price_taker", 0, 4), scenario.feedback, price_takers=True)
    nobody = world_of(dealt(agents={"maker": maker("gold")}, options={}, swaps={}), 4)
    for world in (whole, alone, taken, nobody):
        world.run()
    for key in KEYS:
        both = [world.factors.snapshot.row(key) for world in (whole, alone)]
        assert np.array_equal(both[0][2:3], both[1])
        assert np.array_equal(taken.factors.snapshot.row(key), nobody.factors.snapshot.row(key))
        assert (whole.factors.snapshot.row(key) != nobody.factors.snapshot.row(key)).all()
    assert np.array_equal(whole.ledger.balance("dealer")[2:3], alone.ledger.balance("dealer"))


@pytest.mark.parametrize(
    ("implied", "market", "said"),
    [
        ({"surface": {"skew_noise": -1.0}}, {}, r"implied\.surface\.skew_noise: must be >= 0, got -1"),
        ({"surface": {"kappa": 1.0}}, {}, r"assets\.gold\.implied\.surface\.kappa: unknown key"),
        ({"surface": 3}, {}, r"assets\.gold\.implied\.surface: must be a table"),
        ({"stickiness": 1.2}, {}, r"assets\.gold\.implied\.stickiness: must be <= 1, got 1\.2"),
        (
            {"surface": {}, "skew": -4.0},
            {},
            r"implied\.skew: with a moving surface the skew lies within 0\.54 over the",
        ),
        ({"surface": {}}, {"price_model": "normal"}, r"implied\.surface: the surface answers log returns"),
        ({"surfaces": {}}, {}, r"implied\.surfaces: unknown key; did you mean 'surface'"),
        ({"surface": {"slope_response": "much"}}, {}, r"surface\.slope_response: must be a number, got 'much'"),
    ],
)
def test_mistakes_in_one_line(implied, market, said):
    with pytest.raises(UserError, match=said) as caught:
        market_of(implied={**OWN, **implied}, market={**NOISY, **market})
    assert "\n" not in str(caught.value)
