"""Long listed options count in margin: by hand, day by day; what is called; netting sets; pledged assets; mistakes."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from agents.accounts import margin_account
from agents.funding.option_credit import option_credit
from analysis.paths import calls
from scenarios import from_dict, run
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, STILL, crisis, only, watch, world_of

UNITS, STRIKE, VOL, EXPIRY = 1e6, 100.0, 0.2, date(2020, 5, 20)
FREE = {"overnight": 0.0, "us2y": 0.0, "us10y": 0.0}  # so that a future is worth its units times the move
DAYS = (("2020-02-19", 100.0), ("2020-02-20", 70.0), ("2020-02-21", 70.0), ("2020-02-24", 120.0), ("2020-02-26", 120.0))
ANCHORS = [{"date": day, **LEVEL, **FREE, "spot": spot} for day, spot in DAYS]
PUT = {
    "kind": "put",
    "moneyness": 1.0,
    "expiry_days": 91,
    "roll_days": 1000,
    "venue": {"half_spread": 0.01, "depth": 1e12, "impact": 0.0},
}
FUTURE = {"kind": "future", "months": 3, "quantity": UNITS}


def scenario(*, capital=1e9, sign=1.0, line=0.0, listed=True, book=None, **bank):
    """A desk with futures and puts on as many units, which never trades; its lender gives no line."""
    leg = {"option_leg": {"hold": {"p": UNITS}}} if listed else {}
    book = book or [{**FUTURE, "quantity": sign * UNITS}]
    desk = {
        "type": "Hedger",
        "capital": capital,
        "policy": {"kind": "never"},
        "book": book,
        "hedge_rates": False,
        **leg,
    }
    maker = {
        "type": "MarketMaker",
        "venues": ["asset", "us2y", "us10y", *(["p"] if listed else [])],
        "capital": 1e15,
        "inventory_limit": 1e15,
        "quoting": {"inventory_skew": 0.0, "funding_days": 0.0},
    }
    cast = {
        "desk": desk,
        "maker": maker,
        "bank": {"type": "FundingDesk", "capital": 1e12, "line": line, "lends_to": ["desk"], **bank},
    }
    market = {**STILL, "skew": 0.0, "term_reversion": 0.0, **({"options": {"p": PUT}} if listed else {})}
    return crisis(anchors=ANCHORS, market=market, agents=cast, feedback=only(), minutes=390)


def closes(**keys):
    """By close: trading years left, spot, half-spread, margin posted, what is owed, initial margin, of the first path;
    and the world."""
    world, found = world_of(scenario(**keys), 2), []

    def look():
        if world.clock.is_close[world.tick_index]:
            asked, venue = world.lenders[0].clients["desk"].asked, world.venue("p")
            years = world.clock.variance_years_to(EXPIRY) - world.clock.variance_years[world.tick_index]
            posted = world.ledger.balance(margin_account("desk"))
            told = (world.factors.spot, venue.half_spread, posted, asked.variation_margin, asked.initial_margin)
            found.append([years, *(each[0] for each in told)])

    watch(world, Phase.END, look)
    world.run()
    return np.array(found).T, world


def put(spot, years):
    """Worth and vega of one, Black and Scholes (1973) without rates, $ and $ per 1.00."""
    sd = VOL * np.sqrt(years)
    d = np.log(spot / STRIKE) / sd + sd / 2
    return STRIKE * norm.cdf(sd - d) - spot * norm.cdf(-d), spot * norm.pdf(d) * np.sqrt(years)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_by_hand(sign, share):
    """Futures and a put on as many: posted is what is owed and initial margin, less the share of the put at the bid."""
    rows, _ = closes(sign=sign, option_credit=share, margin_multiple=0.5)
    years, spot, half, posted, owed, initial = rows
    np.testing.assert_allclose(owed, -sign * UNITS * (spot - STRIKE), rtol=1e-9, atol=1.0)
    worth, vega = put(spot, years)
    bid = UNITS * (worth - half * vega)
    credit = np.minimum(share * bid, np.maximum(owed, 0.0) + initial)
    np.testing.assert_allclose(posted, owed + initial - credit, rtol=1e-7)
    assert (initial > 100).all()
    assert (bid > 0).all()


def test_gains_are_paid_out_in_full():
    """Short futures after a fall are owed 30m: credit stands for initial margin alone, and no cash is paid for more."""
    (_, _, _, posted, owed, initial), _ = closes(sign=-1.0, option_credit=1.0, margin_multiple=0.5)
    assert owed[1] == pytest.approx(-30e6, rel=1e-9)
    assert posted[1] == pytest.approx(-30e6, rel=1e-9)
    (_, _, _, plain, *_), _ = closes(sign=-1.0, margin_multiple=0.5)
    assert plain[1] == pytest.approx(-30e6 + initial[1], rel=1e-9)


@pytest.mark.parametrize(("share", "outcomes"), [(0.0, ["reduced"]), (1.0, [])])
def test_what_is_called_on_which_day(share, outcomes):
    """Futures lose 30m on the second day, and the puts gain it: without credit 31m are called that the desk lacks.

    Of 15m of capital some 4m are in the puts. The call falls due a day later, and the desk is reduced.
    """
    _, world = closes(capital=15e6, option_credit=share, margin_multiple=0.0)
    unmet = [row for row in world.log.added("margin_calls") if row["outcome"] in ("reduced", "defaulted")]
    assert [row["outcome"] for row in unmet] == outcomes
    if unmet:
        assert unmet[0]["called"][0] == pytest.approx(30e6, rel=1e-6)
        assert world.clock.timestamp(unmet[0]["time"]).date() == date(2020, 2, 21)
    assert bool(world.desks["desk"].scale[0] < 1.0) == bool(unmet)


# --- beside other terms -----------------------------------------------------------------------------------------------
def test_options_of_one_set_do_not_meet_what_another_asks():
    """The put lies in a set of its own, in which nothing is owed: it meets that set's initial margin alone."""
    apart = {"listed": {"venues": ["p"]}}
    (_, _, _, posted, owed, initial), _ = closes(option_credit=1.0, netting_sets=apart)
    own, world = [], world_of(scenario(option_credit=1.0, netting_sets=apart), 2)

    def look():
        if world.clock.is_close[world.tick_index]:
            client = world.lenders[0].clients["desk"]
            own.append(min(client.sets[0].asked[0], client.sets[0].portfolio.liquidating_value()[0]))

    watch(world, Phase.END, look)
    world.run()
    np.testing.assert_allclose(posted, owed + initial - np.array(own), rtol=1e-9)
    assert (np.array(own) > 1e4).all()
    none = {"listed": {"venues": ["p"], "option_credit": 0.0}}
    (_, _, _, plain, *_), _ = closes(option_credit=1.0, netting_sets=none)
    np.testing.assert_allclose(plain, owed + initial, rtol=1e-9)


def test_options_that_are_pledged_do_not_count_twice():
    """With `collateral_haircut` long options stand for initial margin; with credit they count by that alone."""
    pledged = {"collateral_haircut": 0.1, "margin_multiple": 0.5}
    (_, _, _, twice, owed, initial), _ = closes(option_credit=0.5, **pledged)
    (_, _, _, once, *_), _ = closes(option_credit=0.5, margin_multiple=0.5)
    np.testing.assert_allclose(twice, once, rtol=1e-12)
    (_, _, _, plain, *_), _ = closes(**pledged)
    assert (plain >= owed - 1.0).all()
    assert (plain < owed + initial).all()


@pytest.mark.parametrize(("share", "used"), [(0.4, 12.0), (1.0, 30.0), (0.0, 0.0)])
def test_credit_of_four_numbers(share, used):
    """A third of $30 first meets the $10 owed, then $20 of initial margin; of gains owed to the desk nothing."""
    found = option_credit(share, *(np.array([x]) for x in (30.0, 10.0, 25.0)))
    assert found.whole[0] == pytest.approx(used)
    assert found.initial[0] == pytest.approx(max(used - 10.0, 0.0))
    assert option_credit(1.0, *(np.array([x]) for x in (30.0, -10.0, 25.0))).whole[0] == 25.0


# --- in a run ---------------------------------------------------------------------------------------------------------
NOISE = {"realised_ratio": 1.0, "xi": 1.0}


def noisy(paths=64, twin="none", **bank):
    """A fall with noise; the desk is long of futures and puts, with little capital."""
    tables = scenario(capital=24e6, margin_multiple=1.0, **bank).to_dict()
    tables["market"] |= NOISE
    tables["run"] |= {"paths": paths, "witnesses": paths, "twin": twin, "marks": "all"}
    return tables


def test_credit_saves_desks_and_books_balance(tmp_path):
    """Every desk reduced needed more capital than it had, and no other did; the parts of margin add up."""
    rates = {}
    for share in (0.0, 0.8):
        made = run(from_dict(noisy(option_credit=share), as_given=True), out=tmp_path / str(share), workers=1)
        end = made.table("liquidity", "actual").filter(agent="desk").sort("path").collect()
        reduced = end["book_share"].to_numpy() < 1
        np.testing.assert_array_equal(end["capital_needed"].to_numpy() > 24e6 * (1 + 1e-9), reduced)
        rates[share] = reduced.mean()
        funding = made.table("funding", "actual").filter(agent="desk").collect()
        assert ("option_credit" in funding.columns) == (share > 0)
        if share:
            met = funding.filter(pl.col("option_credit") > 0)
            gap = met["margin_required"] - met["option_credit"] - met["margin_posted"]
            assert met.height > 100
            assert gap.min() > -1e-3  # nothing is posted beyond what is called
            assert (gap.abs() < 1e-3).mean() > 0.5
    assert rates[0.8] < 0.5 * rates[0.0]


def test_what_led_to_a_call_adds_up(tmp_path):
    """Parts of the requirement, less the credit, are what was called: nothing is left over."""
    made = run(from_dict(noisy(32, option_credit=0.3), as_given=True), out=tmp_path / "run", workers=1)
    called = [path for path in range(32) if calls.of_path(made, path, "desk", "actual").height]
    assert len(called) > 10
    for path in called[:5]:
        led = calls.led_to(made, path, "desk", "actual", 1)
        labels = [label for label, _ in led.steps]
        assert "Credit for long options, change" in labels
        assert not any("assets pledged" in label for label in labels)
        assert sum(amount for _, amount in led.steps) == pytest.approx(led.row["called"], rel=1e-9)


def test_a_path_alone():
    tables = noisy(paths=6, option_credit=0.7)
    whole = world_of(from_dict(tables, as_given=True), 6)
    whole.run()
    for path in (0, 4):
        alone = world_of(from_dict(tables, as_given=True), 1, first=path)
        alone.run()
        for account in ("desk", margin_account("desk"), "bank"):
            assert alone.ledger.balance(account)[0] == whole.ledger.balance(account)[path]


def test_the_price_taker_leaves_no_trace(tmp_path):
    """What the desk is called for moves no price, spread or credit of the twin: they do not know of the credit."""
    told = []
    for share in (0.3, 1.0):
        made = run(
            from_dict(noisy(8, "price_taker", option_credit=share), as_given=True), out=tmp_path / str(share), workers=1
        )
        told.append(made.table("closes", "price_taker").sort("time", "path").collect())
    assert told[0].equals(told[1])


@pytest.mark.parametrize(
    ("bank", "rule"),
    [
        ({"option_credit": 1.5}, "agents.bank.option_credit: must be <= 1, got 1.5"),
        ({"option_credit": -0.1}, "agents.bank.option_credit: must be >= 0, got -0.1"),
        ({"option_credit": "most"}, "agents.bank.option_credit: "),
        ({"option_credit": 0.5, "listed": False}, "agents.bank.option_credit: no options are listed, got 0.5"),
        (
            {"netting_sets": {"x": {"venues": ["asset"], "option_credit": 0.5}}, "listed": False},
            "agents.bank.netting_sets.x.option_credit: no options are listed, got 0.5",
        ),
        ({"netting_sets": {"x": {"venues": ["p"], "option_credit": 2.0}}}, "option_credit: must be <= 1, got 2.0"),
    ],
)
def test_wrong_credits(bank, rule):
    with pytest.raises(UserError) as told:
        scenario(**bank)
    assert rule in str(told.value)
    assert "\n" not in str(told.value)
