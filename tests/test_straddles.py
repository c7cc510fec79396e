"""Swaption straddles in venues of their own, and the vega leg that buys them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agents.desk.close_out import close_out
from agents.desk.loss import ATTRIBUTION, COSTS, VEGA_HEDGE
from agents.funding.funding_desk import FundingDesk
from agents.funding.parametric_margin import Parametric
from agents.funding.portfolio import Portfolio
from markets.accounts import INVESTORS
from markets.factors.key import RATES_VOL, SPOT, USD, FactorKey
from markets.kernels.bachelier import RESPONSE
from markets.products.rate_option_table import ROOT
from markets.products.table import When
from markets.products.vega_grid import VegaGrid
from markets.venues.loop_gain import CURVATURE
from sim.errors import UserError
from sim.ledger import CASH
from sim.phases import Phase
from tests.small import LEVEL, crisis, gross, only, send, watch, world_of

VENUE = {"half_spread": 5e-5, "depth": 5e9, "impact": 1e-4, "capacity": 100.0, "slope": 0.0, "depth_floor": 1.0}
QUIET = {"impact": 0.0, "half_spread": 0.0}
NORMAL = 0.0095
SHORT, LONG = {"expiry_months": 3, "tenor_months": 60}, {"expiry_months": 12, "tenor_months": 120}


def market(*, straddles, vol=0.01, **venue):
    """Two weeks of noisy rates whose vol moves, with straddles."""
    listed = {name: {**spec, "venue": {**VENUE, **venue}} for name, spec in straddles.items()}
    rates = {"vol_us2y": vol, "vol_us10y": vol, "normal_vol": NORMAL, "vol": {"usd": {}}, "straddles": listed}
    return {"market": {"rates": rates}, "feedback": only(impact=1.0), "minutes": 390}


def maker(*venues):
    return {
        "type": "MarketMaker",
        "capital": 1e15,
        "venues": ["asset", "us2y", "us10y", *venues],
        "inventory_limit": 1e15,
        "quoting": {"inventory_skew": 0.0, "funding_days": 0.0},
    }


def option(side, months, swap_months, notional, **more):
    return {
        "kind": "swaption",
        "side": side,
        "months": months,
        "swap_months": swap_months,
        "notional": notional,
        **more,
    }


def single(**agents):
    return crisis(agents={"maker": maker("s1y10y"), **agents}, **market(straddles={"s1y10y": LONG}))


# --- the listing ------------------------------------------------------------------------------------------------------
def test_it_is_a_payer_and_a_receiver_at_the_money():
    book = [option("payer", 12, 120, 1e9), option("receiver", 12, 120, 1e9)]
    world = world_of(single(desk={"type": "Hedger", "book": book, "hedge_rates": False}), 2)
    straddle, desk = world.venue("s1y10y"), world.desks["desk"]
    (worth,) = straddle.listing.worth_of_one()
    assert 1e9 * worth == pytest.approx(desk.unit_value, rel=1e-12)
    assert straddle.mid == pytest.approx(NORMAL, rel=1e-14)
    slopes, risk = straddle.listing.sensitivities(), desk.unit.risk()
    for node in ("overnight", "us2y", "us10y"):
        key = FactorKey(*USD, node)
        assert 1e9 * slopes[key] == pytest.approx(risk.first(key), rel=1e-9)
    vega = straddle.listing.unit_notional
    assert vega * NORMAL == pytest.approx(worth, rel=1e-12)  # at the money the value is linear in the vol
    annuity = sum(0.5 * math.exp(-0.03 * years) for years in np.arange(1.5, 11.01, 0.5))
    assert vega == pytest.approx(annuity * math.sqrt(2 / math.pi), rel=0.03)  # A sqrt(2 tau / pi), tau a year


def test_sensitivities_are_those_of_bumped_markets():
    world = world_of(single(), 1)
    listing = world.venue("s1y10y").listing
    world.run()
    now = world.factors.snapshot
    for key, slope in listing.sensitivities().items():
        up, down = (listing._valued(now.bumped(key, by)).worth for by in (1e-6, -1e-6))
        assert slope == pytest.approx((up - down) / 2e-6, rel=1e-6, abs=1e-6)


def test_a_buyer_pays_half_a_basis_point_of_vol_and_moves_it():
    world = world_of(single(), 2)
    fills = send(world, {1: {"s1y10y": 1e9}})
    straddle = world.venue("s1y10y")
    vol = watch(world, Phase.MARK, lambda: world.factors.snapshot.row(RATES_VOL)[0])
    vega, mid = [], []
    watch(world, Phase.QUOTE, lambda: (vega.append(straddle.listing.unit_notional[0]), mid.append(straddle.mid[0])))
    world.run()
    moved = 1e-4 * 1e9 * vega[1] / 5e9
    assert fills[1]["s1y10y"].price[0] == pytest.approx(mid[1] + 5e-5, rel=1e-12)
    # The law answers as without the trade, and the trade's trace is on top of it.
    quiet = world_of(single(), 2)
    without = watch(quiet, Phase.MARK, lambda: quiet.factors.snapshot.row(RATES_VOL)[0])
    quiet.run()
    assert vol[1] - without[1] == pytest.approx(moved, rel=1e-9)
    assert 0.4 * moved < vol[-1] - without[-1] < moved  # half of it has stayed
    for asset in (CASH, "s1y10y"):
        whole = sum(world.ledger.balance(account, asset) for account in world.ledger.accounts)
        assert np.abs(whole).max() <= 1e-12 * gross(world.ledger, asset).max()


def test_a_roll_strikes_it_anew_and_nobody_gains():
    world = world_of(single(), 3)
    send(world, {0: {"s1y10y": 1e9}})
    listing, found = world.venue("s1y10y").listing, []

    def looked():
        curve = world.factors.snapshot
        annuity, floating = (leg[0] for leg in listing._legs(listing._rows(), curve))
        equity = world.ledger.balance("trader") + world.hedge_value("trader")
        found.append((world.tick_index, listing.struck.tick, listing.strike.copy(), floating / annuity, equity.copy()))

    watch(world, Phase.QUOTE, looked)
    world.run()
    for tick, struck, strike, forward, _ in found[1:]:
        if world.clock.is_open[tick]:
            assert struck == tick and strike == pytest.approx(forward, rel=1e-14)
    assert {struck for _, struck, *_ in found} == {0, *np.flatnonzero(world.clock.is_open)[1:]}


def test_kept_to_its_expiry_it_pays_how_far_the_rate_has_moved():
    listed = {"short": {"expiry_months": 1, "tenor_months": 60, "roll_days": 1000}}
    days = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-24", **LEVEL, "us2y": 0.03, "us10y": 0.036}]
    scenario = crisis(anchors=days, agents={"maker": maker("short")}, **market(straddles=listed, vol=0.005, **QUIET))
    world = world_of(scenario, 3)
    send(world, {0: {"short": 1e9}})
    venue, cash, pays = world.venue("short"), [], []
    first = venue.listing.struck
    strike = venue.listing.strike.copy()

    def settle():
        cash.append(world.ledger.balance("trader").copy())
        listing = venue.listing
        rows = first.table.known(When(world.factors.tick, first.tick))
        if len(rows.options):
            annuity, floating = (leg[0] for leg in listing._legs(rows, world.factors.snapshot))
            pays.append(np.abs(floating - strike * annuity))

    watch(world, Phase.QUOTE, settle)
    world.run()
    clock = world.clock
    at = int(np.searchsorted(clock.ticks, first.expiry))
    assert clock.ticks[at] == first.expiry and venue.listing.struck.tick == at
    fresh = world_of(scenario, 3)
    price = []
    watch(fresh, Phase.QUOTE, lambda: price.append(fresh.venue("short").listing.worth_of_one()[0].copy()))
    fresh.run()
    received = cash[at] - cash[at - 1]
    assert received == pytest.approx(1e9 * (pays[at] - price[at]), rel=1e-9)  # the payoff, less a fresh one


# --- buckets ----------------------------------------------------------------------------------------------------------
def test_buckets_add_up_to_the_vega_of_bumped_vols():
    """By the expiry and the length of each option; between buckets shared linearly."""
    grid = VegaGrid((0.5, 1.0, 2.0), (5.0, 10.0))

    def valued(first=0.0, second=0.0):
        book = [
            option("payer", 12, 120, 1e9, normal_vol=0.009 + first),
            option("receiver", 18, 90, -2e9, normal_vol=0.008 + second, fixed_rate=0.031),
        ]
        desk = world_of(crisis(agents={"maker": maker(), "desk": {"type": "Hedger", "book": book}}), 2).desks["desk"]
        return desk.unit_value, desk.book.risk(0, desk.last.snapshot, desk.unit.fixings, vegas=grid).vegas

    _, found = valued()
    by_name = dict(zip([key.node for key in grid.keys], found, strict=True))
    one, other = ((valued(**{w: 1e-6})[0] - valued(**{w: -1e-6})[0]) / 2e-6 for w in ("first", "second"))
    assert found.sum(axis=0) == pytest.approx(one + other, rel=1e-8)
    assert by_name["2Y x 5Y"] == pytest.approx(0.25 * other, rel=0.01)  # 18M into 90M: half way both ways
    assert by_name["1Y x 10Y"] == pytest.approx(one + 0.25 * other, rel=0.01)
    assert np.abs(by_name["6M x 5Y"]).max() < 0.01 * np.abs(other).max()


# --- the leg ----------------------------------------------------------------------------------------------------------
BOOK = [option("payer", 3, 60, -2e9), option("receiver", 12, 120, -1e9, fixed_rate=0.029)]


def hedged(**keys):
    desk = {"type": "Hedger", "capital": 5e9, "book": BOOK, "policy": {"kind": "every", "interval": "tick"}, **keys}
    return crisis(
        agents={"maker": maker("s3m5y", "s1y10y"), "desk": desk},
        **market(straddles={"s3m5y": SHORT, "s1y10y": LONG}, **QUIET) | {"feedback": only()},
    )


LEG = {"venues": ["s3m5y", "s1y10y"]}


def test_the_leg_is_least_squares_over_buckets_and_swaps_take_what_the_straddles_bring():
    world = world_of(hedged(vega_leg=LEG), 3)
    world.run()
    desk = world.desks["desk"]
    grid, book = desk.legs.vega.grid, desk.scale * desk.unit.risk().vegas
    slopes = np.stack([world.venue(name).listing.vegas(grid) for name in LEG["venues"]])
    for path in range(3):
        best = np.linalg.lstsq(slopes[:, :, path].T, -book[:, path], rcond=None)[0]
        held = [world.venue(name).held("desk")[path] for name in LEG["venues"]]
        assert held == pytest.approx(best, rel=1e-9) and min(held) > 0
    for name in ("us2y", "us10y"):
        key = FactorKey(*USD, name)
        open_ = desk.scale * desk.unit.risk().first(key)
        for venue in world.venues.values():
            if venue.key != SPOT:
                open_ = open_ + venue.held("desk") * venue.listing.sensitivities().get(key, 0.0)
        assert np.abs(open_).max() < 1e-9 * np.abs(desk.unit.risk().first(key)).max()


def test_vega_of_book_and_hedge_cancel_and_all_parts_add_up():
    from scenarios import run

    result = run(hedged(vega_leg=LEG), paths=8, workers=1, tables=["marks"])
    marks = result.table("marks").collect()
    desk = marks.filter((marks["agent"] == "desk") & (marks["world"] == "actual"))
    parts = sum(desk[name] for name in (*ATTRIBUTION, *COSTS, VEGA_HEDGE.name))
    assert np.abs((parts - desk["pnl"]).to_numpy()).max() < 1e-6 * desk["vega"].abs().max()
    last = desk.filter(desk["time"] == desk["time"].max())
    assert last["vega"].abs().min() > 1e5
    assert (last["vega"] + last["hedge_vega"]).abs().max() < 0.05 * last["vega"].abs().max()
    part = next(part for part in result.manifest["loss"]["parts"] if part["name"] == "re_marking")
    assert [column["name"] for column in part["columns"]] == ["vega", "hedge_vega"]


def test_the_table_of_risk_has_book_and_hedges_by_bucket():
    """At the start the straddles take the vega, and each instrument's share adds up with the others'."""
    from analysis import rates_risk
    from scenarios import run

    result = run(hedged(vega_leg=LEG), paths=6, workers=1, tables=["marks", "risk"])
    found = rates_risk.by_holder(result, None, "actual")
    world = world_of(hedged(vega_leg=LEG), 1)
    seen = watch(world, Phase.MARK, lambda: (world.desks["desk"].unit.risk(), world.venue("us10y").held("desk").copy()))
    world.run()
    risk, swaps = seen[0]
    start = found.filter((found["at"] == "start") & (found["kind"] == "node") & (found["bucket"] == "us10y"))
    risks = dict(start.select("holder", "risk").iter_rows())
    assert risks["book"] == pytest.approx(1e-4 * risk.first(FactorKey(*USD, "us10y"))[0], rel=1e-12)
    assert risks["us10y"] != 0 and swaps[0] != 0
    assert abs(sum(risks.values())) < 1e-9 * abs(risks["book"])  # what is open at the 10Y node
    ratios = rates_risk.hedge_ratios(result, None, "actual")
    vega = ratios.filter((ratios["at"] == "start") & (ratios["kind"] == "vega") & (ratios["holder"] != "book"))
    assert vega["ratio"].sum() == pytest.approx(1.0, rel=0.02) and set(vega["holder"]) == set(LEG["venues"])
    titles = [table.title for table in rates_risk.tables(result, None, "actual")]
    assert len(titles) == 3 and titles[2].startswith("Hedge ratio")


def test_a_days_gains_are_explained_by_curve_and_vol():
    """Shares of the variance of the book's daily gains, from its columns of `marks`."""
    from analysis.summary import summarise
    from scenarios import run

    result = run(hedged(), paths=8, workers=1)
    found = summarise(result)
    days = result.marks.filter(world="actual", agent="desk").collect().sort("path", "time")
    names = ("rates", "vega", "theta", "delta", "gamma")
    parts = {name: np.diff(days[name].to_numpy().reshape(8, -1), axis=1) for name in names}
    whole = sum(parts.values())
    for name, part in (("explained_by_curve", "rates"), ("explained_by_vol", "vega")):
        wanted = np.cov(parts[part].ravel(), whole.ravel())[0, 1] / np.var(whole, ddof=1)
        assert found[name].value == pytest.approx(wanted, rel=1e-9)
    assert sum(found[n].value for n in ("explained_by_curve", "explained_by_vol", "unexplained")) == pytest.approx(1.0)
    assert found["explained_by_curve"].value > 0.5


def test_a_desk_without_straddles_in_the_market_has_the_tables_that_it_had():
    from scenarios import run

    plain = crisis(agents={"maker": maker(), "desk": {"type": "Hedger", "book": BOOK}})
    assert "hedge_vega" not in run(plain, paths=2, workers=1, tables=["marks"]).table("marks").collect().columns


def test_a_forced_reduction_takes_the_straddles_too():
    world = world_of(hedged(vega_leg=LEG), 2)
    desk = world.desks["desk"]

    def force():
        while True:
            yield world.tick(Phase.SHOCK)
            if world.tick_index == 3:
                desk.forced = world.full(0.5)
            yield world.tick(Phase.FUND) if world.tick_index == 3 else world.tick(Phase.MARK)
            if world.tick_index == 3:
                desk.mark()
                close_out(desk, 0.0)

    world.start(force())
    world.run()
    assert desk.scale == pytest.approx(0.5, rel=1e-6)
    assert np.abs(desk.scale * desk.unit.risk().vegas).max() > 0


# --- margin and loops -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("follows", ["rates_vol", "implied_vol"])
def test_margin_sees_the_vega_of_book_and_straddles_together(follows):
    """A short straddle asks for k sqrt(mpor) x vega x 0.8 vol beside its DV01; the same straddle held, for nothing."""
    book = [option(side, 12, 120, -1e9) for side in ("payer", "receiver")]
    world = world_of(single(desk={"type": "Hedger", "book": book, "hedge_rates": False}), 2)
    desk, venue, factors = world.desks["desk"], world.venue("s1y10y"), world.factors
    terms = FundingDesk(margin_multiple=3.0, mpor_days=4.0, rate_vol=0.01, rates_margin=follows)
    portfolio = Portfolio(world, desk)
    move = 3.0 * np.sqrt(4.0 / world.clock.days_a_year)
    per_rate = factors.margin_rates_vol if follows == "rates_vol" else 0.01 * factors.margin_vol / factors.vol_law.base
    rates = move * per_rate * sum(np.abs(slope) for slope in portfolio.node_slopes())
    vega = 1e9 * venue.listing.sensitivities()[RATES_VOL]
    scaled = 0.8 * factors.rate_vol() * (1.0 if follows == "rates_vol" else factors.margin_vol / factors.vol_law.base)
    assert Parametric().initial(portfolio, terms) - rates == pytest.approx(move * vega * scaled, rel=1e-6)
    venue.hand_over(INVESTORS, "desk", world.full(1e9))
    assert np.abs(portfolio.vega()).max() < 1e-6 * vega.max()
    assert Parametric().initial(portfolio, terms).max() < 1e-6 * (rates + move * vega * scaled).max()


def feeding(*book, **keys):
    """A desk that hedges vega and rates at every tick, on venues that move, in a market without noise."""
    desk = {"type": "Hedger", "capital": 5e9, "book": list(book), "policy": {"kind": "every", "interval": "tick"}}
    desk |= {"vega_leg": {"venues": ["s1y10y"]}, **keys}
    return crisis(
        agents={"maker": maker("s1y10y"), "desk": desk}, **market(straddles={"s1y10y": LONG}, vol=0.0, half_spread=0.0)
    )


def test_a_straddle_in_the_book_never_needs_another_hedge_and_a_far_option_does():
    """Flow at the venue per 1.00 of the vol of rates: 0 for the straddle, -vega d^2 e / m for a payer at d = (F-K)/sd.

    From Bachelier: vega A sqrt(t) phi(d), whose derivative by the log of the vol is vega d^2; the vol of an option
    follows the vol of rates m with an elasticity e. At the money the vega of the hedge does not change with the vol.
    """
    held = [option("payer", 12, 120, -1e9), option("receiver", 12, 120, -1e9)]
    world = world_of(feeding(*held), 1)
    gains = watch(world, Phase.MARK, world.loop_gains)
    world.run()
    assert abs(gains[0]["s1y10y", "s1y10y"][0]) < 1e-6

    world = world_of(feeding(option("payer", 12, 120, -1e9, fixed_rate=0.045)), 1)
    desk, venue = world.desks["desk"], world.venue("s1y10y")

    def look():
        flow = venue.gain("s1y10y", CURVATURE)[0] * venue.depth[0] / venue.impact
        rows = desk.book.tables[0].known(When(0, 0))
        d = (0.045 - venue.listing.strike[0]) / (NORMAL * rows.spans[0, ROOT])
        response = rows.options[0, RESPONSE] / world.factors.snapshot.row(RATES_VOL)[0]  # d ln vol / d vol of rates
        return flow, -desk.unit.risk().vegas[0, 0] * d * d * response

    seen = watch(world, Phase.MARK, look)
    world.run()
    flow = seen[0]
    assert flow[0] == pytest.approx(flow[1], rel=1e-4)
    assert flow[0] > 0  # short of vol, it buys more as vol rises


def test_what_the_matrix_says_is_what_the_desk_trades():
    """A stranger buys straddles and lifts the vol: at the next tick the desk's orders differ by gain x the rise."""
    scenario = feeding(option("payer", 12, 120, -3e9, fixed_rate=0.045))
    found = {}
    for bought in (0.0, 2e8):
        world = world_of(scenario, 1)
        if bought:
            send(world, {2: {"s1y10y": bought}})
        venues = [world.venue(name) for name in ("s1y10y", "us10y")]
        vol = watch(world, Phase.QUOTE, lambda world=world: world.factors.snapshot.row(RATES_VOL)[0])
        held = watch(world, Phase.QUOTE, lambda venues=venues: [venue.held("desk")[0] for venue in venues])
        flows = watch(
            world,
            Phase.MARK,
            lambda venues=venues: [
                (v.gain("s1y10y", CURVATURE) * v.depth / (v.impact * v.notional(1.0)))[0] for v in venues
            ],
        )
        world.run()
        found[bought] = np.array(vol), np.array(held), np.array(flows)
    (calm, before, flows), (lifted, after, _) = found.values()
    rise, traded = lifted[3] - calm[3], after[4] - before[4]
    assert rise > 1e-6 and after[3] == pytest.approx(before[3], rel=1e-12)
    assert traded[0] == pytest.approx(flows[2, 0] * rise, rel=0.02)
    assert -traded[1] == pytest.approx(flows[2, 1] * rise, rel=0.02)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vega_leg": {"venues": ["us10y"]}}, "no such venue of straddles"),
        ({"vega_leg": {"venues": []}}, "needs a venue"),
        ({"vega_leg": {"venues": ["s3m5y", "s3m5y"]}}, "twice"),
        ({"rates_leg": {"venues": ["s3m5y"]}}, "no such venue of swaps, bonds or futures"),
    ],
)
def test_a_leg_that_cannot_be(change, said):
    with pytest.raises(UserError, match=said):
        hedged(**change)


def test_straddles_that_cannot_be():
    tables = market(straddles={"s": LONG})
    with pytest.raises(UserError, match="nobody quotes this straddle"):
        crisis(agents={"maker": maker()}, **tables)
    del tables["market"]["rates"]["vol"]
    with pytest.raises(UserError, match="straddles trade the vol of rates"):
        crisis(agents={"maker": maker("s")}, **tables)
    with pytest.raises(UserError, match="tenor_months"):
        crisis(agents={"maker": maker("s")}, **market(straddles={"s": {"expiry_months": 3}}))
