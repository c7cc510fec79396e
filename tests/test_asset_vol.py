"""A further asset's own implied vol: its law, options on it, and who trades them."""

from __future__ import annotations

import numpy as np
import pytest

from agents.desk.options_held import options_held
from markets.factors.key import FactorKey
from markets.vols.black_scholes import black_scholes
from markets.vols.smile import slope_loading, strike_multiple, term_response
from sim.errors import UserError
from sim.ledger import CASH
from sim.phases import Phase
from tests.small import STILL, K, crisis, gross, only, send, standard_error, variance_error, watch, world_of
from tests.test_listed_options import NOISY, VENUE, maker

SPOT, VOL = FactorKey("spot", "gold"), FactorKey("vol", "gold")
OWN = {"start": 0.18, "beta": -2.0, "xi": 0.6, "kappa": 8.0, "skew": -0.3, "term_slope": 0.1, "dividend_yield": 0.01}
MONTH = {"asset": "gold", "expiry_days": 30}


def market_of(*, implied=OWN, options=None, swaps=None, agents=None, gold=None, market=NOISY, **tables):
    """Two weeks with gold, and options on it."""
    asset = {
        "spot": 50.0,
        "vol": 0.15,
        "vol_power": 0.5,
        **({} if implied is None else {"implied": implied}),
        **(gold or {}),
    }
    told, swapped = (
        {n: {"venue": VENUE, **spec} for n, spec in specs.items()} for specs in (options or {}, swaps or {})
    )
    listed = {**({"options": told} if told else {}), **({"variance_swaps": swapped} if swapped else {})}
    agents = {"maker": maker("gold", *told, *swapped), **(agents or {})}
    keys = {"minutes": 390, "feedback": only(impact=1.0, leverage=1.0), **tables}
    return crisis(market={**market, **listed}, assets={"gold": asset}, agents=agents, **keys)


# --- the law ----------------------------------------------------------------------------------------------------------
def test_it_is_noise_that_reverts_and_follows_the_markets_vol():
    """Without an answer: mean and variance of ln s, less half the move of the market's vol of the tick before."""
    world = world_of(market_of(implied={**OWN, "beta": 0.0}), 4000)
    before = watch(world, Phase.MARK, lambda: world.factors.vol)
    world.run()
    left = np.log(world.factors.snapshot.row(VOL) / 0.18) - 0.5 * np.log(before[-2] / 0.2)
    years = world.clock.variance_years[-1]
    assert abs(left.mean()) < K * standard_error(left)
    expected = 0.36 * -np.expm1(-16 * years) / 16
    assert abs(left.var() - expected) < K * variance_error(left)


def test_it_answers_its_own_price_trades_included():
    world = world_of(market_of(implied={**OWN, "xi": 0.0, "kappa": 0.0, "beta": -2.0}, gold={"vol_power": 0.0}), 3)
    send(world, {2: {"gold": 1e6}})
    seen = watch(world, Phase.MARK, lambda: (world.factors.snapshot.row(SPOT), world.factors.snapshot.row(VOL)))
    world.run()
    impact = watch_impact(market_of(implied={**OWN, "xi": 0.0, "kappa": 0.0, "beta": -2.0}, gold={"vol_power": 0.0}))
    for tick in range(1, len(seen)):
        before = seen[tick - 1][1]
        move = np.log(seen[tick][0] / seen[tick - 1][0]) - (impact[tick] - impact[tick - 1])
        expected = before * np.exp(2.0 * 0.18 / before * move)
        assert seen[tick][1] == pytest.approx(expected, rel=1e-9)


def watch_impact(scenario):
    """What trades moved just now counts at the next step: impact at each MARK less that before its CLEAR."""
    world = world_of(scenario, 3)
    send(world, {2: {"gold": 1e6}})
    before = watch(world, Phase.QUOTE, lambda: world.factors.impact(SPOT).copy())
    after = watch(world, Phase.MARK, lambda: world.factors.impact(SPOT).copy())
    world.run()
    return [now - then for now, then in zip(after, before, strict=True)]


def test_what_else_there_is_has_the_same_digits():
    """The main asset, its vol and the rates with and without gold's vol; gold alone moves otherwise."""
    found = []
    for implied in (None, {**OWN, "beta": 0.0}):
        world = world_of(market_of(implied=implied), 3)
        world.run()
        now = world.factors.snapshot
        found.append(np.array([now.row(key) for key in now.keys if key.name != "gold"]))
    assert np.array_equal(*found)


def test_realised_vol_and_quotes_of_the_asset_go_with_it():
    world = world_of(market_of(options={"g": MONTH}, feedback=only(impact=1.0, spread=1.0, depth=1.0)), 3)
    send(world, {3: {"g": 1e6}})
    calm = world.venue("gold").spec.half_spread
    seen = []
    watch(world, Phase.QUOTE, lambda: seen.append((world.factors.snapshot.row(VOL), world.venue("gold").half_spread)))
    world.run()
    vol, half = seen[-1]
    assert half == pytest.approx(calm * vol / 0.18, rel=1e-12)
    premium = world.factors.impact(VOL)
    assert premium.min() > 0
    realised = 0.15 * world.factors.snapshot.row(VOL) / 0.18 * np.exp(-premium)
    assert world.factors.realised_vol(SPOT) == pytest.approx(realised, rel=1e-12)


# --- options on it ----------------------------------------------------------------------------------------------------
def test_an_option_is_worth_what_its_own_smile_says():
    """Spot, vol, skew, slope in time and yield of gold, not of the index."""
    options = {"put": {**MONTH, "kind": "put", "moneyness": 0.95, "expiry_days": 91, "roll_days": 1000}}
    world = world_of(market_of(options=options, market={**NOISY, "rates": {"vol_us2y": 0.0, "vol_us10y": 0.0}}), 3)
    seen = []

    def look():
        option, clock, tick = world.venue("put").listing, world.clock, world.factors.tick
        spot, vol = world.factors.snapshot.row(SPOT), world.factors.snapshot.row(VOL)
        whole = option.struck.table.variance_years[0]
        years, calendar = whole - clock.variance_years[tick], option.years()
        rate = option.series.start.log_discount(0.0, calendar) / calendar
        multiple = strike_multiple(np.array([47.5]), whole, spot=50.0, skew=-0.3, form="ssvi")[0]
        response = term_response(np.array([years]), 1.4)[0]
        own = 0.18 * multiple * (vol / 0.18) ** response * np.exp(0.1 * slope_loading(years))
        there = black_scholes(spot, 47.5, own, 1.0, 0.0, kind="put")  # shape alone
        assert there.value.shape == spot.shape
        sd = own * np.sqrt(years)
        priced = black_scholes(spot, 47.5, sd / np.sqrt(calendar), calendar, rate, dividend_yield=0.01, kind="put")
        seen.append((option.greeks().worth, priced.value, option.mid, own))

    watch(world, Phase.MARK, look)
    world.run()
    for worth, expected, mid, own in seen:
        assert mid == pytest.approx(own, rel=1e-12)
        assert worth == pytest.approx(expected, rel=2e-4)  # rates of the nodes are those of the start, within a day
    assert len(seen) > 8


def test_sensitivities_are_to_its_own_price_and_vol():
    world = world_of(market_of(options={"g": MONTH}, swaps={"vs": MONTH}), 2)
    world.run()
    now = world.factors.snapshot
    for option in world.options:
        slopes = option.sensitivities()
        assert {SPOT, VOL} < set(slopes) and all(key.name in ("gold", "usd") for key in slopes)
        for key, slope in slopes.items():
            step = 1e-4 if key == SPOT else 1e-6
            up, down = (option.greeks(now.bumped(key, by)).worth for by in (step, -step))
            assert slope == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-8)


def test_buying_raises_golds_vol_and_no_other():
    scenario = market_of(options={"g": MONTH})
    world, quiet = world_of(scenario, 2), world_of(scenario, 2)
    send(world, {1: {"g": 1e7}})
    found = [watch(w, Phase.MARK, lambda w=w: (w.factors.snapshot.row(VOL), w.factors.vol)) for w in (world, quiet)]
    world.run(), quiet.run()
    (gold, main), (gold_before, main_before) = found[0][1], found[1][1]
    assert (gold > gold_before).all() and np.array_equal(main, main_before)
    for asset in (CASH, "g"):
        whole = sum(world.ledger.balance(account, asset) for account in world.ledger.accounts)
        assert np.abs(whole).max() <= 1e-12 * gross(world.ledger, asset).max()


def test_an_option_maker_hedges_in_gold_what_clients_buy():
    """Clients come to its quotes; its delta in gold is neutral after every hedge, and it holds none of the index."""
    dealer = {"type": "OptionMaker", "venues": ["g", "vs"], "capital": 1e10, "vega_limit": 1e9, "gamma_limit": 1e11}
    clients = {"type": "ClientFlow", "venue": "g", "rate": 20.0, "order_size": 1e7}
    agents = {"maker": maker("gold"), "dealer": dealer, "buyers": clients}
    scenario = market_of(options={"g": MONTH}, swaps={"vs": MONTH}, agents=agents, minutes=130, feedback=only())
    world = world_of(scenario, 3)
    send(world, {1: {"vs": 1e8}})

    def left():
        held = options_held(world, "dealer", asset="gold")
        return held.sum("delta") + world.venue("gold").held("dealer"), held.sum("gamma")

    seen = watch(world, Phase.FUND, left)
    world.run()
    assert np.abs(world.venue("g").held("dealer")).min() > 0 and (world.venue("vs").held("dealer") < 0).all()
    assert not world.ledger.reached("dealer", "asset") and not options_held(world, "dealer")
    gamma = np.array([np.abs(g) for _, g in seen[3:]]) * 50.0
    assert (np.array([np.abs(d) for d, _ in seen[3:]]) < gamma).all()  # what a tick of trades and moves leaves


def test_gains_add_up_and_a_path_alone_is_the_same():
    from scenarios import run

    dealer = {"type": "OptionMaker", "venues": ["g"], "capital": 1e10, "vega_limit": 1e9, "gamma_limit": 1e11}
    clients = {"type": "ClientFlow", "venue": "g", "rate": 20.0, "order_size": 1e7}
    agents = {"maker": maker("gold"), "dealer": dealer, "buyers": clients}
    scenario = market_of(options={"g": {**MONTH, "roll_days": 4}}, agents=agents, minutes=130)
    result = run(scenario, paths=3, workers=1, tables=["marks", "closes"])
    marks = result.table("marks").collect().sort("path", "time")
    dealt = marks.filter(marks["agent"] == "dealer")
    assert (dealt["hedge_gamma"] != 0).any()
    closes = result.table("closes").collect()
    assert set(closes["venue"]) >= {"asset", "gold"}
    ends = []
    for paths, first in ((3, 0), (1, 2)):
        world = world_of(scenario, paths, first)
        world.run()
        ends.append((world.factors.snapshot.row(VOL)[-1], world.ledger.balance("dealer")[-1]))
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            {"options": {"g": {**MONTH, "asset": "silver"}}},
            r"options\.g\.asset: no further asset with a vol of its own",
        ),
        ({"options": {"g": MONTH}, "implied": None}, r"asset: no further asset with a vol of its own, got 'gold'"),
        ({"implied": {"beta": 1.0}}, r"assets\.gold\.implied\.start: this key is required"),
        ({"implied": {"start": 0.0}}, r"start: must be > 0, got 0"),
        ({"implied": {"start": 0.2, "term_slope": 2.0}}, r"term_slope: must be <= 1, got 2"),
        ({"implied": {"start": 0.2, "smile": "sabr"}}, r"smile: must be 'linear' or 'ssvi', got 'sabr'"),
        ({"implied": {"start": 0.2, "vega": 1.0}}, r"implied\.vega: unknown key"),
    ],
)
def test_vols_that_cannot_be(keys, said):
    with pytest.raises(UserError, match=said):
        market_of(**keys)


def test_a_maker_cannot_hedge_options_on_two_assets():
    dealer = {"type": "OptionMaker", "venues": ["g", "m"]}
    both = {"g": MONTH, "m": {"expiry_days": 30}}
    with pytest.raises(UserError, match="maker hedges in one asset, and g is on gold"):
        market_of(options=both, agents={"dealer": dealer})


def test_a_still_market_keeps_it():
    world = world_of(market_of(implied={**OWN, "xi": 0.0, "beta": 0.0}, market=STILL, gold={"vol": 0.0}), 2)
    world.run()
    assert world.factors.snapshot.row(VOL) == pytest.approx(0.18, rel=1e-14)
