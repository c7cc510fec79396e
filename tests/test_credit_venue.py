"""Credit default swaps that trade: quotes, costs, coupons, defaults, and a desk's credit leg."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from agents.base import Process
from agents.world import TradingWorld
from markets.factors.key import US10Y, name_key
from markets.venues.loop_gain import CURVATURE
from scenarios import from_dict, run
from scenarios.scenario import Scenario
from scenarios.worlds.blueprint import draw_up
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.errors import UserError
from sim.phases import Phase
from tests.small import send, watch
from tests.test_credit_in_a_run import ACME, DYING, IG, START

VENUE = {"half_spread": 0.00005, "depth": 2e9, "impact": 0.0002}
BOOK = [
    {"kind": "cds", "credit": "acme", "months": 60, "notional": 2e8},
    {"kind": "cds", "credit": "ig", "expiry": "2027-03-20", "notional": -3e8, "fixed_rate": 0.01},
]


def traded(leg: dict[str, Any] | None = None, *, days: int = 31, **changed: Any) -> Scenario:
    """A desk with names, an index and a maker, in a month in which credit widens."""
    both = {"ig": IG | {"venue": VENUE}, "acme": ACME | {"contract": "rolling", "vol": 0.3, "venue": VENUE}}
    tables = {
        "name": "traded",
        "clock": {"tick_minutes": 390},
        "storyline": {
            "anchor": [{**START, "credit": 0.009}, {"date": f"2025-10-{days:02d}", "spot": 4600.0, "credit": 0.015}]
        },
        "market": {"credits": changed.pop("credits", both)},
        "agents": {
            "maker": {
                "type": "MarketMaker",
                "venues": ["asset", "us2y", "us10y", *changed.pop("quotes", ("ig", "acme"))],
            },
            "desk": {"type": "Hedger", "policy": {"kind": "every", "interval": "1d"}, "book": changed.pop("book", BOOK)}
            | ({"credit_leg": leg} if leg else {}),
        },
        "run": {"twin": "none", "unhedged": False, "as_given": True},
    }
    return from_dict(tables | changed)


def world_of(scenario: Scenario, paths: int = 2) -> TradingWorld:
    return make_world(scenario, Chunk(world="actual", first=0, paths=paths), scenario.feedback, draw_up(scenario))


def test_the_venue_quotes_the_par_spread() -> None:
    """At the start the quote itself; what a contract is worth and how it moves are those of a book of one contract."""
    world = world_of(traded())
    for name, spread in (("ig", 0.007), ("acme", 0.03)):
        listing = world.venue(name).listing
        assert listing.mid == pytest.approx(spread, rel=1e-12)
        assert listing.worth_of_one()[0] == pytest.approx(0.0, abs=1e-14)
        slopes, now = listing.sensitivities(), world.factors.snapshot
        for key, step in ((name_key(name), 1e-5), (US10Y, 1e-4)):
            up, down = (listing.worth_of_one(now.bumped(key, by))[0] for by in (step, -step))  # type: ignore[call-arg]
            assert slopes[key] == pytest.approx((up - down) / (2 * step), rel=1e-6)
        risk = slopes[name_key(name)] / spread
        assert risk == pytest.approx(listing.cost_per_notional(), rel=0.03)  # 1.00 of spread is worth about the annuity


def ends(scenario: Scenario, paths: int = 60) -> pl.DataFrame:
    marks = run(scenario, paths=paths, workers=1).table("marks").filter(pl.col("agent") == "desk").collect()
    return marks.filter(pl.col("time") == marks["time"].max()).sort("path")


def test_a_leg_takes_the_risk_away() -> None:
    """With both venues nearly all of it; with the index its own part, the name's by its beta; the parts add up."""
    open_, index, both = (ends(traded(leg)) for leg in (None, {"venues": ["ig"]}, {"venues": ["ig", "acme"]}))
    assert both["pnl"].std() < 0.02 * open_["pnl"].std()
    assert both["pnl"].std() < index["pnl"].std() < open_["pnl"].std()
    assert (both["hedge_credit"] != 0).all() and (open_["hedge_credit"] == 0).all()
    assert (both["credit"] + both["hedge_credit"]).std() < 0.02 * open_["credit"].std()


class Buyer:
    """Buys protection once, and looks before and after."""

    name = "buyer"

    def live(self, world: TradingWorld) -> Process:
        yield world.tick(Phase.TRADE)
        venue = world.venue("ig")
        self.before, self.annuity = venue.mid.copy(), venue.listing.cost_per_notional()
        self.fill = yield venue.trade(self, world.full(1e8))
        yield world.tick(Phase.MARK)
        self.after, self.cash = venue.mid.copy(), world.ledger.balance(self.name).copy()


def test_a_trade_pays_the_spread_and_moves_it() -> None:
    world, buyer = world_of(traded()), Buyer()
    world.ledger.open(buyer.name)
    world.start(buyer.live(world), buyer.name)
    world.run()
    move = 0.0002 * 1e8 / 2e9
    assert buyer.fill.quantity == pytest.approx(1e8)
    assert buyer.fill.price == pytest.approx(buyer.before + 0.00005 + 0.5 * move, rel=1e-9)
    assert np.log(buyer.after / buyer.before) == pytest.approx(move / 0.007, rel=0.01)
    assert -buyer.cash == pytest.approx(1e8 * buyer.annuity * (0.00005 + 0.5 * move), rel=1e-9)


def test_coupons_and_defaults_settle_positions_in_the_venue() -> None:
    """A leg in the name that the book holds, the other way round: whatever happens to the name, nothing is left."""
    dying = {"acme": DYING["acme"] | {"vol": 0.5, "shown": "1Y", "venue": VENUE}}
    book = [{"kind": "cds", "credit": "acme", "months": 12, "notional": 1e8, "fixed_rate": 1.2}]
    result = run(traded({"venues": ["acme"]}, credits=dying, book=book, quotes=["acme"]), paths=300, workers=1)
    marks = result.table("marks").filter(pl.col("agent") == "desk").collect()
    last = marks.filter(pl.col("time") == marks["time"].max())
    assert 5 < (last["defaults"] != 0).sum() < 100
    made = sum(last[name] for name in ("defaults", "credit", "theta", "rates", "hedge_credit"))
    assert made.abs().max() < 1e-6 * 1e8
    died = last.filter(pl.col("defaults") != 0)
    assert died["book_value"].abs().max() == 0.0 and died["hedge_value"].abs().max() < 1.0


def test_a_coupon_is_paid_at_its_day() -> None:
    """Of a standard contract to 20 December, whose coupon falls on 22 December."""
    spec = IG | {"contract": "standard", "vol": 0.0, "venue": VENUE}
    anchors = [{**START, "credit": 0.009}, {"date": "2025-12-24"}]
    told = traded(credits={"ig": spec}, book=[], quotes=["ig"], storyline={"anchor": anchors})
    world = world_of(told)
    contract = world.venue("ig").listing.contract  # type: ignore[attr-defined]
    last = len(world.clock.ticks) - 1
    assert contract.due(0, last) == pytest.approx(0.01 * 91 / 360)
    ticks = [k for k in range(1, last + 1) if contract.due(k - 1, k)]
    assert [str(world.clock.timestamp(int(world.clock.ticks[k])))[:10] for k in ticks] == ["2025-12-22"]
    assert contract.accrued(0) == pytest.approx((11 + 1) / 360)  # from 21 September on, before the 22nd


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"leg": {"venues": []}}, "credit_leg.venues: a credit leg needs a venue of a name, got []"),
        ({"leg": {"venues": ["us10y"]}}, "credit_leg.venues.1: no such venue of credit default swaps, got 'us10y'"),
        ({"leg": {"venues": ["ig", "ig"]}}, "credit_leg.venues.2: is in the list twice, got 'ig'"),
        ({"quotes": ["ig"]}, "market.credits.acme: nobody quotes this name, got 'acme'; add 'acme' to the `venues`"),
        ({"quotes": ["ig", "acme", "xx"]}, "agents.maker.venues: no such venue, got 'xx'"),
        (
            {"credits": {"ig": IG | {"venue": {"depth": 1e9}}}, "quotes": ["ig"]},
            "venue.half_spread: this key is required",
        ),
        (
            {"credits": {"ig": IG | {"venue": VENUE | {"clearing": "fixed_point"}}}, "quotes": ["ig"]},
            "clear in sequence",
        ),
    ],
)
def test_wrong_venues_and_legs(changed: dict[str, Any], said: str) -> None:
    leg = changed.pop("leg", None)
    with pytest.raises(UserError) as caught:
        traded(leg, book=[], **changed)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_the_contract_outlives_the_run() -> None:
    short = {"ig": {"quotes": {"1M": 0.004}, "venue": VENUE}}
    with pytest.raises(UserError, match=r"market\.credits\.ig\.shown: the contract that trades ends within the run"):
        draw_up(traded(credits=short, book=[], quotes=["ig"], storyline={
            "anchor": [{**START, "credit": 0.009}, {"date": "2025-12-01"}]
        }))  # fmt: skip


def test_what_the_loop_gain_says_is_what_the_leg_trades() -> None:
    """A stranger lifts the index: the leg's next orders at both venues differ by gain x the rise."""
    found = {}
    for bought in (0.0, 4e8):
        world = world_of(traded({"venues": ["ig", "acme"]}, days=10), 1)
        if bought:
            send(world, {2: {"ig": bought}})
        venues = [world.venue(name) for name in ("ig", "acme")]
        spread = watch(world, Phase.QUOTE, lambda world=world: 0.007 * np.log(world.venue("ig").mid[0]))
        held = watch(world, Phase.QUOTE, lambda venues=venues: [venue.held("desk")[0] for venue in venues])
        gains = watch(
            world, Phase.MARK, lambda venues=venues: [(v.gain("ig", CURVATURE) * v.depth / v.impact)[0] for v in venues]
        )
        world.run()
        found[bought] = np.array(spread), np.array(held), np.array(gains)
    (calm, before, flows), (lifted, after, _) = found.values()
    rise, traded_then = lifted[4] - calm[4], after[5] - before[5]  # the desk looks once a day, every other tick
    assert rise > 1e-5 and np.abs(after[4] - before[4]).max() < 1.0
    assert traded_then[0] > 1e4
    np.testing.assert_allclose(traded_then, flows[4] * rise, rtol=0.01, atol=1.0)
