"""Funding: interest, lines, margin, and the way from a call to a default."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from agents.accounts import WHOLESALE, margin_account
from agents.funding.interest import Interest
from markets.factors.key import CREDIT, US2Y, US10Y, VOL
from scenarios.reading.loading import load
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.phases import Phase
from tests.small import LEVEL, crisis, only, send, watch, world_of

CALM = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "vol": 0.2}]
DEEP = {"depth": 1e12, "depth_floor": 1.0, "capacity": 10.0, "halts": []}
MAKER = {"type": "MarketMaker", "capital": 1e9, "inventory_half_life": 1e15, "quoting": {"inventory_skew": 0.0}}


# --- interest ---------------------------------------------------------------------------------------------------------
def interest(cash, day_count):
    """A maker with so much cash, lent to by a bank, at constant rates; flows and the years between accruals."""
    agents = {"maker": {**MAKER, "capital": 1e8}, "bank": {"type": "FundingDesk"}}
    anchors = [CALM[0], {"date": "2020-03-04", "vol": 0.2}]
    market = {"day_count": day_count}
    venue = {"asset": {**DEEP, "half_spread": 0.0}}
    scenario = crisis(anchors=anchors, agents=agents, market=market, venue=venue, feedback=only(), minutes=390)
    world = world_of(scenario, 2)
    send(world, {0: {"asset": (cash - 1e8) / 100}})  # the maker sells (cash > 1e8) or buys with what it has not
    world.run()
    opens = world.clock.calendar_years[world.clock.is_open]
    return world, np.diff(opens)


GROWTH = {"act/360": lambda x: x * 365 / 360, "act/365": lambda x: x, "continuous": np.expm1}


@pytest.mark.parametrize("day_count", list(GROWTH))
@pytest.mark.parametrize("cash", [5e8, -3e8])
def test_interest_on_balances_and_loans(cash, day_count):
    """Overnight on either sign of balance, credit on loans only, from open to open, on the balance of the night."""
    world, years = interest(cash, day_count)
    grow, balance, overnight, credit = GROWTH[day_count], cash, 0.0, 0.0
    for dt in years:
        earned, charged = balance * grow(0.02 * dt), max(-balance, 0.0) * grow(0.01 * dt)
        overnight, credit = overnight + earned, credit + charged
        balance += earned - charged
    ledger = world.ledger
    np.testing.assert_allclose(ledger.flow("maker", "funding_overnight"), overnight, rtol=1e-9)
    np.testing.assert_allclose(ledger.flow("maker", "funding_credit"), -credit, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ledger.flow(WHOLESALE, "funding_overnight"), -overnight, rtol=1e-9)
    np.testing.assert_allclose(ledger.flow("bank", "funding_overnight"), 0.0, atol=1e-6)  # it passes cash through
    np.testing.assert_allclose(ledger.flow("bank", "funding_credit"), credit, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ledger.balance("maker"), balance, rtol=1e-12)
    assert (credit > 0) == (cash < 0)


@pytest.mark.parametrize("repo", [None, 0.0, 0.004])
def test_long_stock_in_repo_and_only_the_rest_on_the_line(repo):
    """A maker bought stock for 4e8 of which it had 1e8; the price falls to 60: the repo shrinks, the line fills in."""
    anchors = [CALM[0], {"date": "2020-03-04", "spot": 60.0}]
    bank = {"type": "FundingDesk", **({} if repo is None else {"repo_spread": repo})}
    agents = {"maker": {**MAKER, "capital": 1e8}, "bank": bank}
    venue = {"asset": {**DEEP, "half_spread": 0.0}}
    market = {"day_count": "act/365"}
    world = world_of(
        crisis(anchors=anchors, agents=agents, market=market, venue=venue, feedback=only(), minutes=390), 2
    )
    send(world, {0: {"asset": -4e6}})
    seen = watch(world, Phase.MARK, lambda: (world.ledger.balance("maker")[0], world.factors.spot[0]))
    world.run()
    clock, charged, lines = world.clock, 0.0, []
    opens = np.flatnonzero(clock.is_open)
    for before, after in pairwise(opens):
        cash, spot = seen[after - 1]
        years = clock.calendar_years[after] - clock.calendar_years[before]
        stock = 0.0 if repo is None else 4e6 * spot
        lines.append(max(-cash - stock, 0.0))
        charged += years * (0.01 * lines[-1] + (repo or 0.0) * stock)
    np.testing.assert_allclose(world.ledger.flow("maker", "funding_credit"), -charged, rtol=1e-9)
    np.testing.assert_allclose(world.ledger.flow("bank", "funding_credit"), charged, rtol=1e-9)
    assert (min(lines) == 0.0) == (repo is not None)
    assert max(lines) > 4e7


def test_nobody_pays_repo_on_what_it_is_short():
    agents = {"maker": {**MAKER, "capital": 1e8}, "bank": {"type": "FundingDesk", "repo_spread": 0.01}}
    venue = {"asset": {**DEEP, "half_spread": 0.0}}
    world = world_of(crisis(anchors=CALM, agents=agents, venue=venue, feedback=only(), minutes=390), 2)
    send(world, {0: {"asset": 1e6}})
    world.run()
    np.testing.assert_array_equal(world.ledger.flow("maker", "funding_credit"), 0.0)


def test_stock_in_repo_pays_margin():
    """A hedger long its hedge, with no line: what repo raises on it meets a requirement that cash alone does not."""
    calls_sold = [{"kind": "call", "moneyness": 1.0, "expiry": "2020-06-19", "quantity": -1e7}]
    desk = {"policy": {"kind": "every", "interval": "tick"}, "capital": 1e8}
    outcomes = {}
    for name, terms in {"none": {}, "repo": {"repo_spread": 0.0}}.items():
        world = desk_world(book=calls_sold, desk=desk, bank={"line": 0.0, **terms})
        world.run()
        outcomes[name] = set(calls(world)["outcome"])
    assert (world.ledger.balance("desk") < 0).all()
    assert "reduced" in outcomes["none"]
    assert outcomes["repo"] <= {"met"}


def test_a_weekend_has_three_days():
    _, years = interest(1e8, "act/365")
    days = np.round(years * 365, 6)
    assert sorted(set(days)) == pytest.approx([17.5 / 24, 1.0, 3.0])  # the first night; ordinary ones; a weekend


# --- lines and margin -------------------------------------------------------------------------------------------------
def desk_world(*, anchors=None, paths=2, feedback=None, book=None, desk=None, bank=None, venue=None):
    """A hedger, a maker and a bank."""
    puts = [{"kind": "put", "moneyness": 0.95, "expiry": "2020-06-19", "quantity": -1e7}]
    agents = {
        "desk": {"type": "Hedger", "capital": 1e8, "book": book or puts, "policy": {"kind": "never"}, **(desk or {})},
        "maker": MAKER,
        "bank": {"type": "FundingDesk", "line": 1e9, "capital": 1e10, "mpor_days": 2.0, **(bank or {})},
    }
    venues = {"asset": {**DEEP, "half_spread": 0.0}, **(venue or {})}
    scenario = crisis(
        anchors=anchors or CALM,
        agents=agents,
        venue=venues,
        feedback=feedback or only(),
        minutes=130,
    )
    return world_of(scenario, paths)


def calls(world, path=0):
    frame = world.log.frame("margin_calls", world.clock)
    return frame.filter(pl.col("path") == path)


def bank_of(world):
    """The lender of a world that has begun."""
    return world.lenders[0]


def margin_of(world):
    """Initial margin that it asks of the desk now."""
    bank = bank_of(world)
    return bank.calls.initial_margin(bank.clients["desk"])


def test_the_line_shrinks_as_credit_widens_and_as_the_lender_loses():
    world = desk_world()
    world.run()
    bank = bank_of(world)
    np.testing.assert_allclose(bank.line.size(), 1e9)
    world.factors.snapshot = world.factors.snapshot.with_rows({CREDIT: np.array([0.04, 0.0025])})
    np.testing.assert_allclose(bank.line.size(), [0.5e9, 1e9])  # (1/4)^0.5; never above the line
    bank.line.losses = np.array([2.5e9, 2e10])
    np.testing.assert_allclose(bank.line.size(), [0.5e9 * 0.75, 0.0])


@pytest.mark.parametrize("policy", ["never", "every"])
def test_initial_margin(policy):
    """k s sqrt(mpor) (|net delta| S + short gamma S^2 k s sqrt(mpor) / 2)."""
    bank = {"margin_multiple": 2.5, "mpor_days": 5.0}
    world = desk_world(desk={"policy": {"kind": policy, "interval": "tick"}}, bank=bank)
    world.run()
    desk, spot = world.desks["desk"], world.factors.spot
    greeks = desk.unit.risk()
    move = 2.5 * 0.2 * np.sqrt(5 / 252)
    net = np.abs(greeks.delta + world.ledger.balance("desk", "asset"))
    expected = move * (net * spot + 0.5 * -greeks.gamma * spot**2 * move)
    np.testing.assert_allclose(margin_of(world), expected, rtol=1e-12)
    assert (net < 1.0).all() == (policy == "every")
    assert (greeks.gamma < 0).all()


def test_initial_margin_of_swaps():
    """|net DV01| per node x yield vol x move / base vol, hedges at the venues included."""
    swap = [{"kind": "swap", "notional": 1e9, "expiry": "2030-02-19"}]
    world = desk_world(book=swap, bank={"rate_vol": 0.012})
    world.run()
    desk = world.desks["desk"]
    greeks = desk.unit.risk()
    move = 3.0 * 0.2 * np.sqrt(2 / 252)
    expected = move * 0.012 / 0.2 * (np.abs(greeks.first(US2Y)) + np.abs(greeks.first(US10Y)))
    np.testing.assert_allclose(margin_of(world), expected, rtol=1e-12)
    hedged = desk_world(book=swap, desk={"policy": {"kind": "every", "interval": "tick"}})
    hedged.run()
    small = margin_of(hedged)
    assert (small < 1e-6 * expected).all()


@pytest.mark.parametrize(("switch", "vol"), [(0.0, 0.2), (1.0, 0.4), (2.0, 0.8)])
def test_the_margin_loop(switch, vol):
    world = desk_world(feedback=only(margin=switch))
    world.run()
    desk = world.desks["desk"]
    base = margin_of(world)
    world.factors.snapshot = world.factors.snapshot.bumped(VOL, world.factors.vol)
    delta = np.abs(desk.unit.risk().delta) * world.factors.spot
    gamma = 0.5 * -desk.unit.risk().gamma * world.factors.spot**2
    move = 3.0 * vol * np.sqrt(2 / 252)
    np.testing.assert_allclose(margin_of(world), move * (delta + gamma * move), rtol=1e-9)
    assert (margin_of(world) >= base - 1e-6).all()


FALL = [CALM[0], {"date": "2020-02-24", "spot": 95.0, "vol": 0.3}, {"date": "2020-03-04", "spot": 95.0, "vol": 0.3}]


@pytest.mark.parametrize("policy", ["never", "every"])
def test_variation_margin_follows_the_book(policy):
    """What is posted at every close: what the book owes, the proceeds of short stock, and initial margin."""
    world = desk_world(anchors=FALL, desk={"capital": 1e9, "policy": {"kind": policy, "interval": "tick"}})
    desk, posted, owed = world.desks["desk"], [], []

    def look():
        stock = np.maximum(-world.ledger.balance("desk", "asset"), 0.0) * world.factors.spot
        posted.append(world.ledger.balance(margin_account("desk")).copy())
        owed.append(stock - desk.value_now() + margin_of(world))

    watch(world, Phase.MARK, look)
    world.run()
    closes = world.clock.is_close
    np.testing.assert_allclose(np.array(posted)[closes], np.array(owed)[closes], rtol=1e-9)
    assert posted[-1][0] > 1.3 * posted[0][0]
    assert set(calls(world)["outcome"]) == {"met"}  # paid at once
    assert not world.desks["desk"].liquidated.any()


# --- from a call to a default -----------------------------------------------------------------------------------------
def fate(world):
    world.run()
    frame = world.log.frame("events", world.clock)
    return calls(world)["outcome"].to_list(), frame.filter(pl.col("path") == 0)["kind"].to_list()


THIN = {"desk": {"capital": 4e7}, "bank": {"line": 2e7}}


def test_a_call_that_cannot_be_met_reduces_the_desk_once():
    """The fall stops: after the reduction the margin of what is left is in place, and nobody is called again."""
    world = desk_world(anchors=FALL, **THIN)
    scales = watch(world, Phase.END, lambda: world.desks["desk"].scale[0])
    outcomes, kinds = fate(world)
    desk, clock = world.desks["desk"], world.clock
    assert kinds == []
    assert 0.2 < desk.scale[0] < 0.9
    assert outcomes == ["met", "met", "reduced"]
    drop = np.flatnonzero(np.diff(scales) < 0) + 1
    assert len(drop) == 1
    assert clock.is_close[drop].all()
    row = calls(world).row(-1, named=True)
    assert 0 < row["met"] < row["called"] <= row["required"]
    assert row["deadline"] == row["time"] == clock.timestamp(int(clock.ticks[drop[0]]))
    bank = bank_of(world)
    np.testing.assert_allclose(
        world.ledger.balance(margin_account("desk")), bank.calls.required(bank.clients["desk"]).total, rtol=1e-9
    )
    assert (world.ledger.balance("desk") > -1.01 * bank.line.size()).all()


def test_cash_stays_within_the_line_on_the_night_of_a_reduction():
    """The book goes before margin is asked: the proceeds of the forced sale are not margined and lent again."""
    world = desk_world(anchors=FALL, **THIN)
    cash = watch(world, Phase.END, lambda: world.ledger.balance("desk")[0])
    world.run()
    assert min(cash) > -1.02 * 2e7


def test_a_call_that_can_be_met_by_its_deadline_is_met():
    """The market comes back before the deadline."""
    fall = {"date": "2020-02-20", "spot": 93.0, "vol": 0.3}
    back = {"date": "2020-02-21", "spot": 100.0, "vol": 0.2}
    anchors = [CALM[0], fall, back, {"date": "2020-03-04", "spot": 100.0}]
    world = desk_world(anchors=anchors, desk={"capital": 5e7}, bank={"line": 1e7})
    outcomes, kinds = fate(world)
    assert outcomes == ["met"]
    assert kinds == []
    row = calls(world).row(0, named=True)
    assert row["met"] == row["called"]
    assert row["deadline"] == row["time"]
    assert row["time"].date().isoformat() == "2020-02-21"


CRASH = [CALM[0], {"date": "2020-02-21", "spot": 75.0, "vol": 0.6}, {"date": "2020-03-04", "spot": 75.0, "vol": 0.6}]


def crashed(**changes):
    options = {"anchors": CRASH, "desk": {"capital": 3e7}, "feedback": only(credit=1.0), **changes}
    return desk_world(**options)


def test_ruin_is_wound_up_written_off_and_borne_by_the_lender():
    world = crashed()
    before = {}

    def look():
        if not world.desks["desk"].liquidated.any():
            before["equity"] = world.equity_now("desk").copy()

    watch(world, Phase.MARK, look)
    outcomes, kinds = fate(world)
    desk, ledger = world.desks["desk"], world.ledger
    assert kinds == ["liquidated", "default"]
    assert outcomes[-1] == "defaulted"
    assert desk.liquidated.all()
    assert desk.defaulted.all()
    assert (desk.scale == 0).all()
    np.testing.assert_allclose(world.equity_now("desk"), 0.0, atol=1.0)
    np.testing.assert_allclose(ledger.balance("desk", "asset"), 0.0, atol=1e-6)
    loss = -ledger.flow("bank", "write_off")
    assert (loss > 1e7).all()
    np.testing.assert_allclose(bank_of(world).line.losses, loss)
    np.testing.assert_allclose(ledger.flow("desk", "write_off"), loss)
    marks = world.log.frame("marks", world.clock).filter((pl.col("path") == 0) & (pl.col("agent") == "desk"))
    assert marks["pnl"][-1] == pytest.approx(-3e7 - loss[0], rel=1e-9)  # the desk lost its capital and the lender's
    assert marks["equity"].to_list()[-1] == pytest.approx(0.0, abs=1.0)


def test_a_desk_that_cannot_post_its_first_margin_is_called_at_once():
    scenario = load("covid_crash_2020", {"agents.hedger.capital": 5e7, "agents.treasury.line": 1e7, "run.paths": 2})
    world = make_world(scenario, Chunk("actual", 0, 2), scenario.feedback)
    world.run()
    first = world.log.frame("margin_calls", world.clock).filter(pl.col("path") == 0).row(0, named=True)
    assert first["time"] == world.clock.timestamp(int(world.close_of_day[1]))  # a day after the call at the start
    assert first["called"] > 5e7


def test_one_default_is_told_once():
    world = crashed()
    _, kinds = fate(world)
    assert kinds.count("default") == 1
    assert calls(world)["outcome"].to_list().count("defaulted") == 1
    last = calls(world)["outcome"].to_list()[-1]
    assert last == "defaulted"  # and no call is met, or made, after it


def test_losses_are_everyones_credit():
    """Stress is losses over lines; c = L_c (s/L_vol)^eta exp(psi stress)."""
    world = crashed()
    world.run()
    stress = bank_of(world).line.losses / 1e9
    np.testing.assert_allclose(world.factors.credit_law.stress, stress)
    np.testing.assert_allclose(world.factors.credit, 0.01 * np.exp(2.0 * stress), rtol=1e-9)
    cut = crashed(feedback=only())
    cut.run()
    np.testing.assert_allclose(cut.factors.credit, 0.01)


def test_unmet_margin_is_stress_until_it_is_met():
    world = desk_world(anchors=FALL, **THIN, feedback=only(credit=1.0))
    stress = watch(world, Phase.MARK, lambda: world.factors.credit_law.stress[0])
    world.run()
    assert max(stress) > 0
    assert stress[-1] == pytest.approx(0.0, abs=1e-9)


def test_a_desk_with_capital_survives():
    world = crashed(desk={"capital": 5e9})
    _, kinds = fate(world)
    assert kinds == []
    assert not world.desks["desk"].liquidated.any()


def test_without_a_line_a_desk_can_still_be_called_and_stress_is_a_share():
    world = crashed(bank={"line": 0.0})
    world.run()
    assert np.isfinite(world.factors.credit).all()
    assert (world.factors.credit_law.stress <= 1.0).all()


def test_a_closed_out_book_pays_its_vega_spread():
    costs = []
    for cost in (0.0, 0.05):
        world = crashed(bank={"closeout_cost": cost})
        world.run()
        costs.append(-world.ledger.flow("desk", "closeout_cost"))
    np.testing.assert_allclose(costs[0], 0.0, atol=1e-6)
    assert (costs[1] > 1e5).all()


# --- who sells --------------------------------------------------------------------------------------------------------
def test_forced_sellers_of_puts_push_the_price_down():
    """An unhedged short put is long delta: its reduction sells."""
    venue = {"asset": {**DEEP, "depth": 3e9, "half_spread": 0.0, "impact": 0.01, "permanent_share": 1.0}}
    world = crashed(feedback=only(impact=1.0), venue=venue)
    world.run()
    line = 75.0
    assert (world.factors.spot < 0.9985 * line).all()
    assert world.desks["desk"].liquidated.all()


@pytest.mark.parametrize("side", [1, -1])
def test_forced_receivers_push_yields_up(side):
    """A pension fund that receives fixed, unhedged, is reduced while yields rise: it pays fixed, yields rise more."""
    swap = [{"kind": "swap", "notional": side * 1e10, "expiry": "2030-02-19"}]
    moved = 0.03 + side * 0.01
    rise = [CALM[0], {"date": "2020-02-24", "us10y": moved}, {"date": "2020-03-04", "us10y": moved, "vol": 0.2}]
    venue = {"us10y": {"depth": 1e10, "impact": 0.0005, "permanent_share": 1.0, "depth_floor": 1.0}}
    world = desk_world(
        anchors=rise, book=swap, venue=venue, feedback=only(impact=1.0), desk={"capital": 4e8}, bank={"line": 3e8}
    )
    world.run()
    desk = world.desks["desk"]
    assert (desk.scale < 1).all()
    assert (side * (world.factors.us10y - moved) > 1e-5).all()
    held = world.venue("us10y").held("desk")
    np.testing.assert_allclose(held, 0.0, atol=1e-3 * 1e10)  # what was paid went with the book
    trades = world.log.frame("closes", world.clock)
    assert trades.height


def test_a_hedged_desk_is_reduced_with_its_hedge():
    """Delta-exchanged: book and hedge leave together, and the net delta stays nil."""
    desk = {"capital": 6e7, "policy": {"kind": "every", "interval": "tick"}}
    world = desk_world(anchors=CRASH, desk=desk, bank={"line": 0.0})
    world.run()
    left = world.desks["desk"]
    assert (left.scale < 1).all()
    net = left.scale * left.unit.risk().delta + world.ledger.balance("desk", "asset")
    np.testing.assert_allclose(net, 0.0, atol=1e-6 * 1e7)


def test_liquidation_leftovers_are_sold_tick_by_tick():
    """Too thin a venue for one order: the wound-up desk goes on until it is flat."""
    venue = {"asset": {**DEEP, "depth": 5e8, "half_spread": 0.0, "capacity": 0.3, "impact": 0.0}}
    desk = {"capital": 3e7, "policy": {"kind": "every", "interval": "1d"}}
    world = desk_world(anchors=CRASH, desk=desk, venue=venue, bank={"line": 0.0})
    held = watch(world, Phase.END, lambda: world.ledger.balance("desk", "asset")[0])
    world.run()
    assert world.desks["desk"].liquidated.all()
    assert max(np.abs(held)) > 1e5
    assert held[-1] == pytest.approx(0.0, abs=1e-3)
    np.testing.assert_allclose(world.equity_now("desk").clip(max=0.0), 0.0, atol=1.0)


@pytest.mark.parametrize(("bank", "always"), [({}, False), ({"intraday_hours": 1.0}, True)])
def test_a_lender_wakes_where_a_day_begins_or_ends(bank, always, monkeypatch):
    """Unless it calls for margin within the day, it sleeps over the ticks between."""
    awake = []
    monkeypatch.setattr(Interest, "accrue", lambda self: awake.append(self._world.tick_index))
    world = world_of(crisis(agents={"maker": {"type": "MarketMaker"}, "bank": {"type": "FundingDesk", **bank}}), 2)
    world.run()
    clock = world.clock
    expected = np.flatnonzero(clock.is_open | clock.is_close | always)
    assert awake == [tick for tick in expected.tolist() if tick]
    assert (len(expected) == len(clock.ticks)) == always
