"""A limit on capital: what a leverage ratio asks, and how a desk beyond it shrinks."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from agents.funding.leverage_ratio import LeverageRatio
from scenarios import from_dict
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, crisis, only, watch, world_of

PUTS = {"kind": "put", "moneyness": 0.95, "expiry": "2020-06-19", "quantity": -1e7}
SWAP = {"kind": "swap", "notional": -2e8, "expiry": "2024-02-19"}
STOCK = {"kind": "asset", "quantity": 1e5}
FALL = [
    {"date": "2020-02-19", **LEVEL},
    {"date": "2020-02-24", "spot": 95.0, "vol": 0.3},
    {"date": "2020-03-04", "spot": 95.0, "vol": 0.3},
]
LIMIT = {"kind": "leverage_ratio", "share": 0.08}


def cast(book=None, desk=None, **bank):
    """A desk that is short puts and does not hedge, so that what is left of its book is all that it holds."""
    return {
        "desk": {"type": "Hedger", "capital": 1e8, "book": book or [PUTS], "policy": {"kind": "never"}, **(desk or {})},
        "maker": {"type": "MarketMaker"},
        "bank": {"type": "FundingDesk", "capital": 1e11, "line": 1e10, "closeout_cost": 0.0, **bank},
    }


def desk_world(**changes):
    venue = {"asset": {"half_spread": 0.0}}  # shrinking costs nothing
    return world_of(crisis(anchors=FALL, agents=cast(**changes), venue=venue, feedback=only(), minutes=130), 2)


def told(world):
    return world.log.frame("events", world.clock).filter((pl.col("path") == 0) & (pl.col("kind") == "capital"))


class Held:
    """A portfolio of this gross exposure."""

    def __init__(self, *exposure: float) -> None:
        self.exposure = np.array(exposure)

    def gross_exposure(self):
        return self.exposure


def test_the_leverage_ratio():
    np.testing.assert_allclose(LeverageRatio().required(Held(100.0, 0.0)), [3.0, 0.0])
    np.testing.assert_allclose(LeverageRatio(share=0.05).required(Held(200.0)), 10.0)


def test_exposure_is_gross():
    """1e7 puts and 1e5 shares at 100 $, a swap of 2e8 $, and the hedges at the venues, whatever their sign."""
    book = [PUTS, SWAP, STOCK]
    world = desk_world(book=book, desk={"policy": {"kind": "every", "interval": "1d"}}, capital_model=LIMIT)
    found = {}

    def look():
        if world.tick_index == 0:
            held = sum(np.abs(world.venue(name).held("desk")) for name in ("us2y", "us10y"))
            found["hedges"] = held + np.abs(world.venue("asset").value("desk"))
            found["exposure"] = world.lenders[0].clients["desk"].portfolio.gross_exposure()

    watch(world, Phase.END, look)
    world.run()
    assert (found["hedges"] > 3e8).all()
    np.testing.assert_allclose(found["exposure"], (1e7 + 1e5) * 100 + 2e8 + found["hedges"], rtol=1e-12)


def test_a_desk_beyond_its_limit_shrinks_to_it_at_the_deadline():
    """Equity of 1e8 $ carries 1e9 $ of puts at 8 % until the fall; two closes after the first at which it does not,
    what is left of the book is what equity allows: 0.08 x left x 1e7 x S = equity. Nobody calls margin.
    """
    world = desk_world(capital_model=LIMIT, deadline_days=2)
    desk, closes = world.desks["desk"], []

    def look():
        if world.clock.is_close[world.tick_index]:
            required = world.lenders[0].limit.required(world.lenders[0].clients["desk"])
            closes.append([desk.scale[0], world.equity_now("desk")[0], required[0], world.factors.spot[0]])

    watch(world, Phase.END, look)
    world.run()
    scale, equity, required, spot = np.array(closes).T
    short, shrunk = equity < required * (1 - 1e-9), np.flatnonzero(np.diff(scale, prepend=1.0) < 0)
    first = shrunk[0]
    assert np.flatnonzero(short)[0] == first - 2
    assert (scale[:first] == 1).all()
    np.testing.assert_allclose(required, 0.08 * scale * 1e7 * spot, rtol=1e-12)
    np.testing.assert_allclose(equity[first], required[first], rtol=1e-9)
    assert 0.1 < scale[first] < 0.9
    assert set(world.log.frame("margin_calls", world.clock)["outcome"]) <= {"met"}
    row = told(world).row(0, named=True)
    assert row["subject"] == "desk"
    # short by `value` on the evening: that is what the part that went had required
    assert row["value"] == pytest.approx((1 - scale[first]) / scale[first] * required[first], rel=1e-9)


def test_without_a_breach_a_limit_changes_nothing():
    frames = []
    for limit in ({}, {"capital_model": {"kind": "leverage_ratio", "share": 1e-6}}):
        world = desk_world(**limit)
        world.run()
        assert told(world).height == 0
        frames.append([world.log.frame(table, world.clock) for table in ("marks", "margin_calls", "liquidity")])
    for before, after in zip(*frames, strict=True):
        assert before.equals(after)


def test_capital_needed_is_what_keeps_the_book_whole():
    """With as much capital as the liquidity record says, and a thousandth of it more, nothing is taken; with as much
    less, something is."""
    world = desk_world(capital_model=LIMIT)
    world.run()
    needed = world.log.frame("liquidity", world.clock)["capital_needed"][0]
    assert needed > 1e8
    left = []
    for factor in (1.001, 0.999):
        again = desk_world(capital_model=LIMIT, desk={"capital": needed * factor})
        again.run()
        left.append(again.desks["desk"].scale[0])
    assert left[0] == 1.0
    assert left[1] < 1.0


def test_it_is_chosen_in_a_file_and_comes_back():
    scenario = crisis(agents=cast(capital_model=LIMIT))
    assert scenario.to_dict()["agents"]["bank"]["capital_model"] == {**LIMIT, "measure": "notional"}
    assert from_dict(scenario.to_dict()) == scenario
    with pytest.raises(UserError, match=r"capital_model.kind: no such capital model, got 'leverage'; did you mean"):
        crisis(agents=cast(capital_model={"kind": "leverage"}))
