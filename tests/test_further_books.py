"""Books, option legs and margin on a further asset: as on the main one, asset by asset."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from agents.desk.options_held import options_held
from agents.funding.portfolio import Portfolio
from markets.factors.key import SPOT, VOL, of_asset
from scenarios import run
from scenarios.studies.replay.positions_csv import take_book
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, STILL, K, crisis, gross, only, standard_error, watch, world_of

VENUE = {"half_spread": 0.0002, "depth": 5e9, "impact": 0.02, "permanent_share": 0.5}
OPTIONS = {"half_spread": 0.002, "depth": 1e10, "impact": 0.02}
LAW = {"skew": 0.3, "smile": "ssvi", "stickiness": 0.5, "xi": 0.0, "kappa": 10.0, "beta": 6.0}
MARKET = {**STILL, **LAW, "realised_ratio": 1.0, "dispersion": 1.0, "term_reversion": 1.4, "dividend_yield": 0.0}
COPY = {  # of the main asset in every parameter, and of its noise
    "spot": 100.0,
    "vol": 0.2,
    "vol_power": 0.0,
    "correlation": {"asset": 1.0},
    "venue": VENUE,
    "implied": {"start": 0.2, **LAW},
    "anchor": [{"date": "2020-02-26", "spot": 82.0}, {"date": "2020-03-04", "spot": 90.0}],
}
ANCHORS = [
    {"date": "2020-02-19", **LEVEL},
    {"date": "2020-02-26", "spot": 82.0, "vol": 0.2},  # gold's vol has no storyline of its own
    {"date": "2020-03-04", "spot": 90.0, "vol": 0.2},
]
BOOK = [
    {"kind": "put", "months": 1, "moneyness": 0.95, "quantity": -3e6},
    {"kind": "call", "months": 3, "strike": 105.0, "notional": -2e8},
    {"kind": "gamma_claim", "months": 2, "moneyness": 1.0, "quantity": 1e5},
    {"kind": "asset", "quantity": 2e5},
    {"kind": "future", "months": 1, "quantity": -3e5},
]
MAKER = {"type": "MarketMaker", "capital": 1e15, "quoting": {"inventory_skew": 0.0, "funding_days": 0.0}}


def on(asset, book=BOOK):
    return [{**line, **({"asset": asset} if asset else {})} for line in book]


def desk(asset="", *, book=BOOK, **keys):
    policy = {"kind": "every", "interval": "tick", **keys.pop("policy", {})}
    return {"type": "Hedger", "capital": 2e9, "book": on(asset, book), "policy": policy, **keys}


def beside(agents, *, gold=None, market=MARKET, options=None, **tables):
    """A market in which gold is a copy of the main asset."""
    own = {
        "minutes": 195,
        "anchors": ANCHORS,
        "feedback": only(leverage=1.0, impact=1.0, spread=1.0, depth=1.0, margin=1.0),
        **tables,
    }
    listed = {"options": options} if options else {}
    makers = {"maker": {**MAKER, "venues": ["asset", "gold", *(options or {})]}}
    assets = {"gold": {**COPY, **(gold or {})}}
    return crisis(
        assets=assets, market={**market, **listed}, venue={"asset": VENUE}, agents={**makers, **agents}, **own
    )


def listed(name, asset, **keys):
    return {name: {"asset": asset, "expiry_days": 45, "venue": OPTIONS, **keys}}


def figures(marks, name):
    """Columns of `marks` of one agent, path by path and close by close."""
    mine = marks.filter(agent=name).sort("path", "time")
    return {key: mine[key].to_numpy() for key in mine.columns if mine[key].dtype.is_float()}


def check_alike(marks, one, other):
    """Every figure of two agents is the same, to rounding of the largest sums."""
    first, second = figures(marks, one), figures(marks, other)
    size = max(np.abs(first[key]).max() for key in ("cash", "book_value", "delta"))
    for key, values in first.items():
        assert second[key] == pytest.approx(values, rel=1e-7, abs=1e-9 * size, nan_ok=True), key


# --- a copy of the main asset -----------------------------------------------------------------------------------------
POLICIES = {
    "every": {},
    "band": {"kind": "band", "width": 0.05},
    "zakamouline": {"kind": "zakamouline", "risk_aversion": 1e-7},
    "leland": {"kind": "leland", "interval": "1d"},
    "moved": {"kind": "on_move", "threshold": 0.02},
}


@pytest.mark.parametrize("names", [["every", "zakamouline"], pytest.param([*POLICIES], marks=pytest.mark.slow)])
def test_a_book_on_a_copy_of_the_main_asset_makes_the_same_by_every_policy(names):
    """P&L, attribution, spreads, hedge, margin: the copy has its own smile, impact, leverage, spread and depth."""
    agents, policies = {}, {name: POLICIES[name] for name in names}
    for name, policy in policies.items():
        agents |= {f"a_{name}": desk(policy=policy), f"b_{name}": desk("gold", policy=policy)}
    bank = {"type": "FundingDesk", "line": 1e12}
    marks = run(beside({**agents, "bank": bank}), paths=2, workers=1, tables=["marks"]).table("marks").collect()
    for name in policies:
        check_alike(marks, f"a_{name}", f"b_{name}")
    told = figures(marks, "b_every")
    for key in ("delta", "gamma", "theta", "vega", "smile", "hedge", "margin", "spread_cost_calm", "impact_cost"):
        assert np.abs(told[key]).max() > 1e4, key


@pytest.mark.parametrize("target", [pytest.param("vega", marks=pytest.mark.slow), "both"])
def test_so_does_a_desk_that_buys_options_back(target):
    options = listed("m", "asset") | listed("g", "gold") | listed("m2", "asset", kind="put", moneyness=0.9)
    options |= listed("g2", "gold", kind="put", moneyness=0.9)
    leg = {"target": target, "share": 0.5, "ridge": 0.01}
    agents = {
        "a": desk(option_leg={**leg, "venues": ["m", "m2"], "hold": {"m2": 1e5}}),
        "b": desk("gold", option_leg={**leg, "venues": ["g", "g2"], "hold": {"g2": 1e5}}),
        "bank": {"type": "FundingDesk", "line": 1e12},
    }
    result = run(beside(agents, options=options), paths=2, workers=1, tables=["marks"])
    marks = result.table("marks").collect()
    check_alike(marks, "a", "b")
    assert np.abs(figures(marks, "b")["hedge_vega"]).max() > 1e5


MODELS = {
    "filtered": {"kind": "filtered_historical", "liquidity": 1.0, "concentration": 1.0, "floor": 0.2},
    "weights": {
        "kind": "weights",
        "factors": {
            name: {"weight": weight}
            for name, weight in {
                "asset": 0.2, "gold": 0.2, "vol": 0.05, "vol/gold": 0.05, "overnight": 0.01, "us2y": 0.01,
                "us10y": 0.01,
            }.items()
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("model", [pytest.param("filtered", marks=pytest.mark.slow), "weights"])
def test_so_does_margin_by_other_models(model):
    agents = {"a": desk(), "b": desk("gold"), "bank": {"type": "FundingDesk", "line": 1e12}}
    agents["bank"]["margin_model"] = MODELS[model]
    marks = run(beside(agents), paths=3, workers=1, tables=["marks"]).table("marks").collect()
    check_alike(marks, "a", "b")
    assert figures(marks, "b")["margin"].max() > 1e7


@pytest.mark.slow
def test_so_does_capital_and_a_forced_reduction_through_the_assets_own_venue():
    models = {
        "ccr": {"kind": "sa_ccr", "ratio": 1.0, "risk_weight": 12.5},
        "frtb": {"kind": "frtb", "asset_bucket": 12},
    }
    for model in models.values():
        agents = {"a": desk(), "b": desk("gold"), "bank": {"type": "FundingDesk", "line": 0.0}}
        agents["bank"] |= {"capital_model": model, "capital_headroom": 0.2}
        agents["a"]["capital"] = agents["b"]["capital"] = 2e7
        result = run(beside(agents), paths=3, workers=1)
        marks, capital = (result.table(name).collect() for name in ("marks", "capital"))
        check_alike(marks, "a", "b")
        assert figures(marks, "b")["book_share"].min() < 1.0
        required = [capital.filter(agent=name).sort("path", "time")["required"].to_numpy() for name in ("a", "b")]
        assert required[1] == pytest.approx(required[0], rel=1e-7)
        assert required[0].max() > 1e6


# --- closed forms -----------------------------------------------------------------------------------------------------
def call(spot, strike, vol, years, rate=0.0):
    """Value and delta of a call by Black and Scholes."""
    sd = vol * math.sqrt(years)
    d1 = (np.log(spot / strike) + rate * years) / sd + sd / 2
    return spot * ndtr(d1) - strike * math.exp(-rate * years) * ndtr(d1 - sd), ndtr(d1)


FLAT = {"start": 0.25, "xi": 0.0, "beta": 0.0, "skew": 0.0, "term_reversion": 0.0}
QUIET = {**STILL, "realised_ratio": 1.0, "dispersion": 1.0, "skew": 0.0}


def flat(agents, **tables):
    """Gold with a flat vol, apart from the main asset, at venues without a price."""
    level = {**LEVEL, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0}
    free = {"half_spread": 0.0, "impact": 0.0, "depth": 1e12, "capacity": 1e6, "slope": 0.0}
    gold = {"spot": 50.0, "vol": 0.25, "vol_power": 0.0, "implied": FLAT, "venue": free}
    anchors = [{"date": "2020-02-19", **level}, {"date": "2020-03-04", **level}]
    agents = {"maker": {**MAKER, "venues": ["asset", "gold"]}, **agents}
    tables = {"market": QUIET, "feedback": only(), "anchors": anchors, **tables}
    return crisis(assets={"gold": gold}, agents=agents, **tables)


def test_the_hedged_gain_of_a_call_on_gold_is_black_and_scholess():
    """Path by path: what the premium and the hedge make at every tick, replayed outside on the traded prices."""
    line = {"kind": "call", "strike": 51.0, "expiry": "2020-03-04", "quantity": -1e5, "asset": "gold"}
    world = world_of(flat({"desk": {**desk(book=[]), "book": [line]}}), 200)
    spots = watch(world, Phase.MARK, lambda: world.factors.snapshot.row(of_asset(SPOT, "gold")).copy())
    world.run()
    clock = world.clock
    left = clock.variance_years_to(clock.session_dates[-1]) - clock.variance_years
    value, held = call(spots[0], 51.0, 0.25, left[0])
    made = value * 1.0
    for spot, before, years in zip(spots[1:-1], spots, left[1:-1], strict=False):
        made += held * (spot - before)
        _, held = call(spot, 51.0, 0.25, years)
    made += held * (spots[-1] - spots[-2]) - np.maximum(spots[-1] - 51.0, 0.0)
    assert 1e5 * made == pytest.approx(world.pnl_now("desk"), rel=1e-9, abs=1e-3)
    assert standard_error(made) * math.sqrt(200) < 0.4 * float(value[0])
    assert abs(made.mean()) < K * standard_error(made)


def test_a_call_less_a_put_on_gold_is_a_forward_and_needs_no_hedge_again():
    """Vol and spot move: the book has no gamma, vega or smile, and it is worth as much as the future at that price."""
    pair = [{"kind": kind, "months": 2, "moneyness": 1.1, "quantity": q} for kind, q in (("call", 1e6), ("put", -1e6))]
    gold = {"implied": {**COPY["implied"], "xi": 0.9}, "correlation": {"asset": 0.3}}
    future = [{"kind": "future", "months": 2, "moneyness": 1.1, "quantity": 1e6}]
    agents = {"desk": desk("gold", book=pair), "other": desk("gold", book=future)}
    marks = run(beside(agents, gold=gold), paths=4, workers=1, tables=["marks"]).table("marks").collect()
    told, same = figures(marks, "desk"), figures(marks, "other")
    assert same["book_value"] == pytest.approx(told["book_value"], rel=1e-9)
    assert same["hedge_value"] == pytest.approx(told["hedge_value"], rel=1e-9)
    assert np.abs(told["delta"]).max() > 1e6
    for key in ("gamma", "vega", "smile", "gamma_dollars_1pct"):
        assert np.abs(told[key]).max() < 1e-6 * np.abs(told["delta"]).max(), key


# --- laws -------------------------------------------------------------------------------------------------------------
def both(leg=True):
    """A desk with books on two assets and legs on both."""
    options = listed("m", "asset") | listed("g", "gold")
    own = {"option_leg": {"venues": ["m", "g"], "target": "vega", "share": 0.7}} if leg else {}
    agents = {"desk": {**desk(**own), "book": [*on(""), *on("gold")]}, "bank": {"type": "FundingDesk", "line": 1e11}}
    gold = {"correlation": {"asset": 0.5}, "implied": {**COPY["implied"], "xi": 0.8}}
    return beside(agents, options=options, gold=gold)


def test_a_leg_on_two_assets_leaves_the_delta_of_neither_and_the_same_share_of_each_vega():
    world = world_of(both(), 3)

    def left():
        one, found = world.desks["desk"], []
        for asset in ("asset", "gold"):
            held, risk = options_held(world, "desk", asset=asset), one.unit.risk()
            delta = one.scale * risk.delta_of(asset) + held.sum("delta") + world.venue(asset).held("desk")
            vega = (one.scale * risk.vega_of(asset) + held.sum("vega")) / np.abs(one.scale * risk.vega_of(asset))
            found.append((delta / 5e6, vega))
        return found

    seen = watch(world, Phase.TRADE, lambda: None)
    world.run()
    assert len(seen) == len(world.clock.ticks)
    for delta, vega in left():
        assert np.abs(delta).max() < 0.01  # the last trade's own impact
        assert vega == pytest.approx(-0.3, abs=0.02)


def test_path_three_alone_is_path_three_and_the_ledger_balances():
    worlds = [world_of(both(), 4), world_of(both(), 1, first=3)]
    for world in worlds:
        world.run()
        world.ledger.check(lambda: "end")
    ends = [(world.equity_now("desk"), world.factors.snapshot.row(of_asset(VOL, "gold"))) for world in worlds]
    for many, alone in zip(*ends, strict=True):
        assert many[3] == alone[0]
    total = sum(worlds[0].equity_now(agent.name) for agent in worlds[0].agents)
    assert np.isfinite(total).all() and gross(worlds[0].ledger).min() > 0


def test_price_takers_leave_no_trace_in_gold_and_in_its_vol():
    from scenarios.worlds.world import make_world
    from sim.ensemble import Chunk

    levels = []
    for scenario in (both(), both(leg=False)):
        world = make_world(scenario, Chunk("price_taker", 0, 2), scenario.feedback, price_takers=True)
        world.run()
        snapshot = world.factors.snapshot
        levels.append([snapshot.row(of_asset(key, "gold")) for key in (SPOT, VOL)] + [snapshot.row(VOL)])
    assert all(np.array_equal(one, other) for one, other in zip(*levels, strict=True))


@pytest.mark.slow
def test_margin_adds_assets_up_without_netting():
    """Parametric: the margin of a desk with both books is the sum of two desks' with one each."""
    agents = {"a": desk(), "b": desk("gold"), "c": {**desk(), "book": [*on(""), *on("gold")]}}
    world = world_of(beside({**agents, "bank": {"type": "FundingDesk", "line": 1e12}}), 2)
    bank = next(agent for agent in world.agents if agent.name == "bank")
    from agents.funding.parametric_margin import Parametric

    seen = watch(
        world,
        Phase.MARK,
        lambda: [Parametric().initial(Portfolio(world, world.desks[name]), bank) for name in "abc"],
    )
    world.run()
    for one, other, whole in seen[:3]:
        assert whole == pytest.approx(one + other, rel=1e-3)  # the desks hedge at one another's impact


# --- files ------------------------------------------------------------------------------------------------------------
def test_a_csv_book_names_its_assets_in_any_case_or_by_the_root_of_a_symbol(tmp_path):
    def file_of(rows):
        file = tmp_path / "book.csv"
        file.write_text(rows)
        return file

    text = (
        "kind,underlying,strike,expiry,quantity,symbol\n"
        "put,,95,2020-03-20,-1000,\n"
        "call,GOLD,105,2020-03-20,-1000,\n"
        ",,,,-10,GOLD  200320P00090000\n"
    )
    scenario = beside({"hedger": desk(book=[])})
    book = take_book(scenario, file_of(text)).agent("hedger").book
    assert [line.asset for line in book] == ["", "gold", "gold"]
    wrong = text.replace("GOLD,105", "silver,105")
    with pytest.raises(UserError, match=r"asset: no further asset with a vol of its own, got 'silver'"):
        take_book(scenario, file_of(wrong))
    plain = crisis(agents={"maker": {"type": "MarketMaker"}, "hedger": desk(book=[])})
    same = text.replace("GOLD,105", "SPX,105").replace("GOLD  200320", "SPX   200320")
    taken = take_book(plain, file_of(same))
    assert [line.asset for line in taken.agent("hedger").book] == ["", "", ""]
    assert any("one underlying, 'spx'" in note for note in taken.notes)


@pytest.mark.parametrize(
    ("line", "gold", "said"),
    [
        (
            {"kind": "put", "asset": "silver"},
            {},
            r"book\.1\.asset: no further asset with a vol of its own",
        ),
        ({"kind": "put", "asset": "gold"}, {"implied": None}, r"write \[assets\.gold\.implied\]"),
        ({"kind": "put", "asset": "gold", "model": "heston"}, {}, r"a model is calibrated to the main asset alone"),
        ({"kind": "swap", "asset": "gold"}, {}, r"does not belong here"),
    ],
)
def test_lines_that_cannot_be(line, gold, said):
    from scenarios.worlds.blueprint import draw_up

    whole = {"months": 2, "moneyness": 1.0, "quantity": 1.0, **line}
    own = {key: value for key, value in {**COPY, **gold}.items() if value is not None}
    agents = {"maker": {**MAKER, "venues": ["asset", "gold"]}, "desk": {"type": "Hedger", "book": [whole]}}
    with pytest.raises(UserError, match=said):
        draw_up(crisis(assets={"gold": own}, agents=agents))


def test_more_venues_than_risks_are_counted_asset_by_asset():
    options = listed("m", "asset") | listed("g", "gold") | listed("g2", "gold")
    beside({"desk": desk(option_leg={"venues": ["m", "g"]})}, options=options)
    with pytest.raises(UserError, match=r"more venues than risks of gold \(1\)"):
        beside({"desk": desk(option_leg={"venues": ["m", "g", "g2"]})}, options=options)


# --- variance swaps ---------------------------------------------------------------------------------------------------
def held(units, **swap):
    """A desk that holds a variance swap on gold and nothing else, with a capital limit by SA-CCR."""
    swaps = {"variance_swaps": {"v": {"asset": "gold", "expiry_months": 3, "venue": OPTIONS, **swap}}}
    limit = {"type": "FundingDesk", "line": 1e12, "capital_model": {"kind": "sa_ccr"}}
    agents = {"desk": desk(book=[], option_leg={"hold": {"v": units}}), "bank": limit}
    agents["other"] = {**MAKER, "venues": ["v"]}
    return beside(agents, market={**MARKET, **swaps})


@pytest.mark.parametrize("units", [1e7, -1e7])
def test_a_variance_swap_counts_in_sa_ccr_by_its_variance_and_five_times_the_factor(units):
    """EAD = 1.4 (max(V, 0) + multiplier 5 x 20 % N sqrt(M)), N = units / (2 K) x the variance that is expected."""
    result = run(held(units), paths=2, workers=1)
    capital = result.table("capital").collect().filter(agent="desk").sort("path", "time")
    accounts = result.table("accounts").collect().filter(account="desk", asset="v").sort("path", "time")
    world = world_of(held(units), 2)
    strike = float(world.venue("v").mid[0])
    seen = watch(
        world, Phase.MARK, lambda: (world.venue("v").listing.greeks().worth[0], world.venue("v").listing.years())
    )
    world.run()
    closes = np.flatnonzero(world.clock.is_close)
    worth, years = np.array(seen)[closes[-1]]
    rate = 0.02
    size = abs(units) * (strike / 2 + worth * math.exp(rate * years))
    add_on = 5 * 0.20 * size * math.sqrt(years)
    value = units * worth
    multiplier = min(1.0, 0.05 + 0.95 * math.exp(min(value, 0.0) / (2 * 0.95 * add_on)))
    expected = 0.08 * 1.4 * (max(value, 0.0) + multiplier * add_on)
    assert accounts.filter(path=0)["value"][-1] == pytest.approx(value, rel=1e-9)
    assert capital.filter(path=0)["required"][-1] == pytest.approx(expected, rel=1e-3)  # the curve is nearly flat


@pytest.mark.slow
def test_a_frontier_of_shares_on_the_copy_is_that_on_the_main_asset(tmp_path):
    from analysis.sweeps.frontier import frontier as rows
    from scenarios.studies.policies_frontier import frontier

    found = []
    for asset, venue in (("", "m"), ("gold", "g")):
        options = listed("m", "asset") | listed("g", "gold")
        scenario = beside({"desk": desk(asset, option_leg={"venues": [venue]})}, options=options)
        tried = {"policies": [{"kind": "every", "interval": "1d"}], "option_shares": [0.0, 1.0]}
        found.append(rows(frontier(scenario, paths=4, workers=1, out=tmp_path / venue, **tried)).sort("label"))
    one, other = found
    assert one["label"].to_list() == other["label"].to_list() == ["every 0", "every 1"]
    for column in one.columns:
        if one[column].dtype.is_float():
            assert other[column].to_numpy() == pytest.approx(one[column].to_numpy(), rel=1e-6, abs=1.0, nan_ok=True)


def test_so_does_a_surface_that_moves():
    """The same responses of slope and skew, without noise: book, options bought back, every part of the loss."""
    surface = {"slope_noise": 0.0, "slope_response": -0.3, "skew_spot_response": -0.5, "skew_vol_response": 0.3}
    options = listed("m", "asset", roll_days=1000) | listed("g", "gold", roll_days=1000)
    leg = {"share": 0.5, "ridge": 0.01}
    agents = {
        "a": desk(option_leg={**leg, "venues": ["m"]}),
        "b": desk("gold", option_leg={**leg, "venues": ["g"]}),
        "bank": {"type": "FundingDesk", "line": 1e12},
    }
    copy = {"implied": {**COPY["implied"], "surface": surface}}
    scenario = beside(agents, gold=copy, market={**MARKET, "surface": surface}, options=options)
    marks = run(scenario, paths=2, workers=1, tables=["marks"]).table("marks").collect()
    check_alike(marks, "a", "b")
    told = figures(marks, "b")
    assert np.abs(told["smile"]).max() > 1e5 and np.abs(told["hedge_smile"]).max() > 1e4


def test_the_risk_of_positions_on_the_copy_is_that_on_the_main_asset():
    """At the start, on the key rates of the study, whose curve has other nodes than the market's."""
    from scenarios.studies.risk.asset_risk import asset_risk
    from scenarios.studies.risk.book_risk import book_risk

    scenario = beside({"a": desk(), "b": desk("gold")})
    one, other = (book_risk(scenario, name) for name in ("a", "b"))
    first, second = asset_risk(one.by_keys), asset_risk(other.by_keys)
    assert second["position"].to_list()[0].endswith("on gold")
    for column in first.columns[1:]:
        assert second[column].to_numpy() == pytest.approx(first[column].to_numpy(), rel=1e-9, abs=1e-6)
    assert np.abs(first["vega"].to_numpy()).max() > 1e4
    assert one.key_rates().equals(other.key_rates()) or np.allclose(
        one.key_rates()["dv01"].to_numpy(), other.key_rates()["dv01"].to_numpy(), rtol=1e-9, atol=1e-6
    )


def test_chunks_and_workers_change_nothing():
    """With noise in gold's vol, slope and skew: every row of every table, to the last bit."""
    surface = {"slope_noise": 0.3, "slope_response": -0.3, "skew_noise": 0.5, "skew_spot_response": -0.5}
    agents = {
        "a": desk("gold", option_leg={"venues": ["g"], "share": 0.5}, capital=1e9),
        "bank": {"type": "FundingDesk", "line": 1e9},
    }
    own = {"correlation": {"asset": 0.5}, "implied": {**COPY["implied"], "xi": 0.5, "surface": surface}}
    scenario = beside(agents, gold=own, options=listed("g", "gold", roll_days=3))
    whole = run(scenario, paths=12, workers=1)
    for chunk, workers in ((5, 1), (4, 2)):
        parts = run(scenario.with_run(chunk=chunk), paths=12, workers=workers)
        for name in whole.tables:
            one, other = (each.table(name).collect() for each in (whole, parts))
            assert other.sort(keys_of(other)).equals(one.sort(keys_of(one))), name
    assert np.ptp(whole.table("marks").collect().filter(agent="a")["hedge_smile"].to_numpy()) > 0


def keys_of(table):
    return [column for column in table.columns if not table[column].dtype.is_float()]
