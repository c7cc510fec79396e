"""A user's own agent and policy, by import path from a scenario file beside them."""

from __future__ import annotations

import sys

import numpy as np
import polars as pl
import pytest

from markets.spec import FeedbackSpec
from scenarios.reading.loading import load
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.errors import UserError
from sim.ledger import CASH
from sim.phases import Phase
from tests.small import only, watch

FUND = '''
from dataclasses import dataclass

import numpy as np

from agents.base import Agent
from agents.policies import Policy
from sim.phases import Phase, minutes


@dataclass(frozen=True, kw_only=True)
class StopLossFund(Agent):
    """Sell part of what is left while the price sits `stop` below its peak."""

    shares: float
    stop: float
    fraction: float = 0.25
    every: int = minutes(15)

    def live(self, world):
        held = world.full(self.shares)
        peak = world.venue("asset").mid.copy()
        while True:
            yield world.after(self.every, Phase.TRADE)
            mid = world.venue("asset").mid
            np.maximum(peak, mid, out=peak)
            hit = mid < (1 - self.stop) * peak
            fill = yield world.venue("asset").trade(self, np.where(hit, -self.fraction * held, 0.0))
            held += fill.quantity


@dataclass(frozen=True, kw_only=True)
class Half(Policy):
    """Hold half of the hedge."""

    kind = "half"

    def desired(self, at):
        return 0.5 * at.target


@dataclass(frozen=True, kw_only=True)
class Picky(StopLossFund):
    venue: str = "asset"

    def check(self, cast, at):
        cast.check_asset(self.venue, at.at("venue"))


class NotFrozen(Agent):
    def live(self, world):
        yield
'''

SCENARIO = """
name = "own"
clock = { tick_minutes = 65 }
market = { dispersion = 0.3 }
run = { paths = 8, witnesses = 8, twin = "none" }

[[storyline.anchor]]
date = 2020-02-19
spot = 100.0
vol = 0.2
overnight = 0.02
us2y = 0.025
us10y = 0.03
credit = 0.01

[[storyline.anchor]]
date = 2020-02-26
spot = 88.0

[agents.maker]
type = "MarketMaker"

[agents.fund]
type = "own_fund:StopLossFund"
shares = 3e7
stop = 0.05

[agents.desk]
type = "Hedger"
book = [{ kind = "put", moneyness = 0.95, months = 6, quantity = -1e6 }]
policy = { kind = "own_fund:Half", interval = "tick" }
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a scenario and the user's module; forgotten afterwards."""
    (tmp_path / "own_fund.py").write_text(FUND)
    (tmp_path / "own.toml").write_text(SCENARIO)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path / "own.toml"
    sys.modules.pop("own_fund", None)


def live(scenario, first=0, paths=8, feedback=None):
    world = make_world(scenario, Chunk("actual", first, paths), feedback or scenario.feedback)
    world.run()
    return world


def test_a_policy_starts_where_it_wants_to_be(place):
    """Half of the hedge is taken over at the start: nothing is bought or sold to get there."""
    world = make_world(load(place), Chunk("actual", 0, 8), load(place).feedback)
    desk, ledger = world.desks["desk"], world.ledger
    look = lambda: (ledger.balance("desk", "asset").copy(), desk.scale * desk.unit.slopes().delta)  # noqa: E731
    looks = watch(world, Phase.QUOTE, look)
    world.run()
    held, delta = looks[0]
    np.testing.assert_allclose(held, -0.5 * delta, rtol=1e-12)
    assert (held < 0).all()
    trades = world.log.frame("trades", world.clock).filter(pl.col("taker") == "desk", pl.col("path") == 0)
    assert trades.sort("time")["quantity"].abs()[0] < 0.5 * abs(held[0])


def test_the_fund_sells_into_the_fall(place):
    scenario = load(place)
    fund = scenario.agent("fund")
    assert fund.every == 900
    world = live(scenario)
    sold = -world.ledger.balance("fund", "asset")
    assert (sold > 0.25 * 3e7).all()
    assert (sold <= 3e7).all()
    trades = world.log.frame("trades", world.clock).filter(pl.col("taker") == "fund")
    assert (trades["quantity"] <= 0).all()
    assert "09:45" in set(trades["time"].dt.strftime("%H:%M"))  # between ticks
    first = trades.filter(pl.col("path") == 0).sort("time").row(0, named=True)
    assert first["requested"] == pytest.approx(-0.25 * 3e7)
    np.testing.assert_allclose(
        [trades.filter(pl.col("path") == i)["quantity"].sum() for i in range(8)], -sold, rtol=1e-12
    )


def test_it_is_marked_like_any_agent(place):
    world = live(load(place))
    marks = world.log.frame("marks", world.clock).filter(pl.col("agent") == "fund")
    assert set(marks["role"]) == {"other"}
    assert marks.height == 8 * len(world.clock.session_dates)
    last = marks.filter(pl.col("time") == marks["time"].max())
    assert (last["spread_cost_calm"] < 0).all()
    assert (last["impact_cost"] < 0).all()
    assert np.allclose(last["pnl"], last["equity"])  # it brought no capital


def test_its_selling_is_what_moves_the_price(place):
    """The same noise, with its impact and without."""
    scenario = load(place)
    with_impact = live(scenario, feedback=FeedbackSpec(**only(impact=1.0)))
    without = live(scenario, feedback=FeedbackSpec.frozen())
    assert (with_impact.factors.spot < 0.9995 * without.factors.spot).all()


def test_a_path_with_it_is_that_path_alone(place):
    scenario = load(place)
    together, alone = live(scenario), live(scenario, first=5, paths=1)
    for account in ("fund", "desk", "maker"):
        for asset in (CASH, "asset"):
            got, wanted = alone.ledger.balance(account, asset)[0], together.ledger.balance(account, asset)[5]
            assert got == pytest.approx(wanted, rel=1e-10), (account, asset)


def test_a_policy_of_ones_own(place):
    world = live(load(place))
    target = -world.desks["desk"].unit.risk().delta
    np.testing.assert_allclose(world.ledger.balance("desk", "asset"), 0.5 * target, rtol=1e-2)


def test_it_round_trips_through_a_dict(place):
    from scenarios.reading.loading import from_dict

    scenario = load(place)
    again = from_dict(scenario.to_dict(), folder=place.parent)
    assert again.agents == scenario.agents
    assert scenario.to_dict()["agents"]["fund"]["type"] == "own_fund:StopLossFund"


MISTAKES = {
    "own_fund:StopLossFind": "module 'own_fund' has no such class.*did you mean 'StopLossFund'",
    "nowhere:Fund": "cannot import the class.*ModuleNotFoundError",
    "own_fund:NotFrozen": "must be a frozen dataclass",
    "own_fund:minutes": "is not a subclass of Agent",
    "StopLoss": "no such agent.*or an import path",
}


@pytest.mark.parametrize("path", list(MISTAKES))
def test_mistakes_are_told_in_one_line(place, path):
    place.write_text(SCENARIO.replace("own_fund:StopLossFund", path))
    with pytest.raises(UserError, match=MISTAKES[path]) as caught:
        load(place)
    assert "\n" not in str(caught.value)


def test_a_check_of_its_own_speaks_of_its_key(place):
    place.write_text(SCENARIO.replace("own_fund:StopLossFund", "own_fund:Picky"))
    load(place)
    place.write_text(place.read_text().replace("stop = 0.05", 'stop = 0.05\nvenue = "us2y"'))
    with pytest.raises(UserError, match=r"own\.toml: agents\.fund\.venue: no such asset, got 'us2y'; known: asset"):
        load(place)


def test_a_limit_of_its_parameters_is_a_users_mistake(place):
    place.write_text(SCENARIO.replace("stop = 0.05", "stopp = 0.05"))
    with pytest.raises(UserError, match="stop"):
        load(place)
