"""Option makers: quotes within limits of vega and gamma, and a hedge of what they carry."""

from __future__ import annotations

import numpy as np
import pytest

from agents.desk.options_held import options_held
from markets.venues.loop_gain import CURVATURE, VANNA, merged, spectral_radius
from sim.errors import UserError
from sim.phases import Phase
from tests.small import STILL, crisis, only, send, watch, world_of
from tests.test_listed_options import MONTH, NOISY, VENUE, maker

LIMITS = {"vega_limit": 1e6, "gamma_limit": 1e15, "policy": {"kind": "every", "interval": "tick"}}


def made(options=None, *, market=NOISY, venue=VENUE, agents=None, feedback=None, **keys):
    """A market whose options are quoted by option makers alone."""
    options = options or {"m1": {**MONTH, "roll_days": 1000}}
    told = {name: {**spec, "venue": {**venue, **spec.get("venue", {})}} for name, spec in options.items()}
    quoting = {"type": "OptionMaker", "capital": 1e10, "venues": [*options], **LIMITS, **keys}
    return crisis(
        market={**market, "options": told},
        agents={"maker": maker(), "dealer": quoting, **(agents or {})},
        minutes=390,
        feedback=feedback or only(impact=1.0, spread=1.0, depth=1.0),
    )


THIN = {**VENUE, "depth_floor": 0.02, "depth": 5e8, "impact": 0.0, "depth_power": 0.0}


def test_it_keeps_what_it_sells_and_is_neutral_again_at_the_next_tick():
    world = world_of(made(venue={**VENUE, "depth_floor": 0.01}), 3)
    send(world, {1: {"m1": 1e5}, 4: {"m1": 2e5}})

    def delta():
        return options_held(world, "dealer").sum("delta") + world.venue("asset").held("dealer")

    open_ = watch(world, Phase.FUND, delta)
    held = watch(world, Phase.FUND, lambda: world.venue("m1").held("dealer").copy())
    world.run()
    # at the start of the next tick it hedges: what is left is the move of spot and vol by that very trade
    assert np.abs(open_[0]).max() == 0 and np.abs(open_[2]).max() < 1e-3 * 1e5
    assert held[-1] == pytest.approx(-3e5, rel=0.03)  # all but what outside investors behind it took
    equity = world.ledger.balance("dealer") + world.hedge_value("dealer")
    flows = sum(
        world.ledger.flow("dealer", reason) for reason in world.ledger.flow_rows("dealer") if reason != "capital"
    )
    assert equity == pytest.approx(1e10 + flows + world.hedge_value("dealer"), rel=1e-12)


@pytest.mark.parametrize("limit", ["vega_limit", "gamma_limit"])
def test_towards_a_limit_it_shows_less_depth_and_quotes_wider_and_higher(limit):
    limits = {"vega_limit": 1e15, limit: 5e5 if limit == "vega_limit" else 5e7}
    world = world_of(made(venue=THIN, market=STILL, **limits), 2)
    send(world, {1: {"m1": 2e6}})
    venue, quotes = world.venue("m1"), []

    def look():
        option = venue.listing
        held = venue.held("dealer")
        uses = {
            "vega_limit": -0.01 * held * option.unit_notional / 5e5,
            "gamma_limit": -0.01 * held * option.greeks().gamma * world.factors.spot**2 / 5e7,
        }
        quotes.append((uses[limit].copy(), venue.quote_of("dealer"), venue.quotes.rule()))

    watch(world, Phase.TRADE, look)
    world.run()
    use, quote, rule = quotes[2]
    assert ((use > 0.05) & (use < 1)).all()
    assert quote.half_spread == pytest.approx(rule.half_spread * (1 + use), rel=1e-12)
    assert quote.skew == pytest.approx(rule.half_spread * (1 + use) * use, rel=1e-12)
    assert quote.depth == pytest.approx(rule.depth * (1 - use), rel=1e-12)


def test_beyond_a_limit_it_shows_nothing_and_outside_investors_stand_alone():
    world = world_of(made(venue={**THIN, "depth": 5e9}, market=STILL, vega_limit=1e3), 2)
    send(world, {1: {"m1": 1e5}})
    depth = watch(world, Phase.MARK, lambda: (world.venue("m1").quote_of("dealer").depth, world.venue("m1").depth))
    world.run()
    assert np.abs(depth[-1][0]).max() == 0 and depth[-1][1] == pytest.approx(0.02 * 5e9, rel=1e-9)


def test_price_takers_leave_no_trace_in_its_quotes():
    from scenarios.worlds.world import make_world
    from sim.ensemble import Chunk

    scenario, found = made(), []
    for bought in (0.0, 1e6):
        world = make_world(scenario, Chunk("twin", 0, 2), scenario.feedback, price_takers=True)
        send(world, {1: {"m1": bought}})
        seen = watch(world, Phase.MARK, lambda world=world: world.venue("m1").book().levels.copy())
        world.run()
        found.append(np.array(seen))
    assert np.array_equal(*found)


def test_after_a_drawdown_it_withdraws():
    world = world_of(made(capital=1e7, market={**NOISY, "realised_ratio": 3.0}, vega_limit=1e9), 4)
    send(world, {1: {"m1": 1e6}})
    depth = watch(world, Phase.MARK, lambda: world.venue("m1").quote_of("dealer").depth.copy())
    world.run()
    assert (np.min(depth, axis=0) == 0).any()


def test_it_passes_on_what_a_half_life_says():
    world = world_of(made(inventory_half_life=6.5), 1)
    send(world, {1: {"m1": 1e5}})
    held = watch(world, Phase.TRADE, lambda: world.venue("m1").held("dealer")[0])
    world.run()
    days = np.flatnonzero(world.clock.is_close)
    assert held[days[3]] / held[days[2]] == pytest.approx(0.5, rel=1e-6)


def test_its_gamma_is_in_the_loop_gains():
    """Impact x gamma S^2 / depth, and what a move of vol makes it trade."""
    world = world_of(made(feedback=only(impact=1.0, leverage=1.0)), 2)
    send(world, {1: {"m1": 1e5}})
    asset, seen = world.venue("asset"), []

    def look():
        options, spot = options_held(world, "dealer"), world.factors.spot
        flow = -options.sum("gamma") * spot**2, -options.sum("vanna") * spot / 0.2
        seen.append((asset.gain("asset", CURVATURE), asset.gain("m1", CURVATURE), *flow, asset.depth))

    watch(world, Phase.CLEAR, look)
    world.run()
    own, by_vol, gamma, vanna, depth = seen[3]
    assert (own > 0).all()
    assert own == pytest.approx(asset.impact * gamma / depth, rel=1e-9)
    assert by_vol == pytest.approx(asset.impact * vanna / depth, rel=1e-9)
    assert asset.gain("asset", VANNA).any()


@pytest.mark.parametrize("kind", ["never", "band", "leland", "whalley_wilmott", "on_move"])
def test_it_hedges_by_any_policy(kind):
    keys = {"whalley_wilmott": {"risk_aversion": 1e-7}, "band": {"width": 0.05}, "on_move": {"threshold": 0.01}}
    world = world_of(made(policy={"kind": kind, "interval": "tick", **keys.get(kind, {})}), 2)
    send(world, {1: {"m1": 1e5}})
    world.run()
    assert bool(world.venue("asset").reached("dealer")) == (kind != "never")


def test_a_run_with_option_makers_proves_and_splits_their_gains():
    from scenarios import run

    leg = {"type": "Hedger", "capital": 1e9, "policy": {"kind": "never"}, "option_leg": {"hold": {"m1": 1e5}}}
    result = run(made(agents={"buyer": leg}), paths=4, workers=1, tables=["marks", "quotes"])
    last = result.table("marks").collect().filter(world="actual").sort("time").group_by("agent", "path").last()
    mine, theirs = (last.filter(agent=name).sort("path") for name in ("dealer", "buyer"))
    for name in ("hedge_gamma", "hedge_theta", "hedge_vega"):
        assert mine[name].to_numpy() == pytest.approx(-theirs[name].to_numpy(), rel=1e-9)
    assert (theirs["hedge_theta"] < 0).all() and (theirs["hedge_gamma"] > 0).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"venues": []}, "needs a venue of options"),
        ({"venues": ["asset"]}, "no such venue of options on the asset"),
        ({"vega_limit": 0.0}, "vega_limit"),
        ({"policy": {"kind": "every", "interval": "soon"}}, "interval"),
        ({"policy": {"kind": "every", "option_share": 0.5}}, "hedges in the asset alone"),
    ],
)
def test_an_option_maker_that_cannot_be(change, said):
    with pytest.raises(UserError, match=said):
        made(agents={"other": maker("m1")}, **change)


def test_option_makers_alone_make_no_market():
    with pytest.raises(UserError, match="nobody makes a market"):
        crisis(
            market={**STILL, "options": {"m1": {**MONTH, "venue": VENUE}}},
            agents={"dealer": {"type": "OptionMaker", "venues": ["m1"]}},
        )


def test_venues_that_move_one_vol_count_as_one_in_the_spectral_radius():
    """Against the eigenvalues of the whole matrix, in a market with several desks and makers."""
    legs = {"one": {"venues": ["m1", "m3"], "target": "both"}, "two": {"venues": ["m3"]}}
    book = [{"kind": "put", "months": 2, "moneyness": 0.9, "quantity": -3e6}]
    policy = {"kind": "every", "interval": "tick"}
    desks = {n: {"type": "Hedger", "book": book, "policy": policy, "option_leg": leg} for n, leg in legs.items()}
    desks["other"] = {"type": "OptionMaker", "venues": ["m3"], "capital": 1e10}
    options = {"m1": MONTH, "m3": {"expiry_days": 91}}
    scenario = made(options, agents=desks, feedback=only(impact=1.0, leverage=1.0))
    world = world_of(scenario, 2)
    seen = []

    def look():
        gains = world.loop_gains()
        names = ("asset", "m1", "m3")
        nothing = np.zeros(2)
        whole = np.array([[gains.get((at, moved), nothing) for moved in names] for at in names])
        wanted = np.abs(np.linalg.eigvals(np.moveaxis(whole, 2, 0))).max(axis=1)
        seen.append((spectral_radius(merged(gains, {"m1", "m3"}), 2), wanted))

    watch(world, Phase.MARK, look)
    world.run()
    found, wanted = (np.array(each) for each in zip(*seen, strict=True))
    assert wanted.min() > 1e-6 and found == pytest.approx(wanted, rel=1e-9)
