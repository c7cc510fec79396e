"""Terms of margin: threshold, minimum transfer, pledged assets, calls within the day, own period of rates, default
fund; and a lender whose capital is gone."""

from __future__ import annotations

import numpy as np
import pytest

from agents.accounts import margin_account
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, crisis, only, watch, world_of

FALLS = [
    {"date": "2020-02-19", **LEVEL},
    {"date": "2020-02-20", "spot": 70.0, "vol": 0.5},
    {"date": "2020-02-26", "spot": 70.0, "vol": 0.5},
]
PUT = {"kind": "put", "moneyness": 1.0, "months": 2, "quantity": -1e6}
SWAP = {"kind": "swap", "notional": 1e9, "months": 60}
NEVER = {"type": "Hedger", "policy": {"kind": "never"}, "hedge_rates": False}


def world(book=(PUT,), minutes=390, capital=1e9, bank=None, others=None, market=None, **terms):
    desk = {**NEVER, "capital": capital, "book": list(book)}
    lender = {"type": "FundingDesk", "capital": 1e11, "line": 1e10, **(bank or {}), **terms}
    cast = {"desk": desk, "maker": {"type": "MarketMaker"}, "bank": lender, **(others or {})}
    return world_of(crisis(anchors=FALLS, agents=cast, market=market, feedback=only(), minutes=minutes), 2)


def seen(made, look):
    """What `look` sees at every close; each tick's books balance, or the run stops."""
    found = []

    def at_close():
        if made.clock.is_close[made.tick_index]:
            found.append(look())

    watch(made, Phase.END, at_close)
    made.run()
    return np.array(found)


def initial(**terms):
    made = world(**terms)
    return seen(made, lambda: made.lenders[0].clients["desk"].asked.initial_margin.copy())


def posted(**terms):
    made = world(**terms)
    return seen(made, lambda: made.ledger.balance(margin_account("desk")).copy())


def test_a_threshold_is_not_asked():
    plain = initial()
    np.testing.assert_allclose(initial(threshold=5e6), np.maximum(plain - 5e6, 0.0))
    assert (initial(threshold=1e12) == 0).all()


def test_nothing_below_the_minimum_transfer_moves():
    """The first margin is posted; then what is needed more stays below 10m, except on the day of the fall."""
    plain = posted()
    stuck = posted(minimum_transfer=1e12)
    np.testing.assert_allclose(stuck, stuck[0] * np.ones_like(stuck))
    some = posted(minimum_transfer=1e7)
    assert some[1] == pytest.approx(plain[1])  # the fall is above it
    assert (np.abs(some - plain) < 1e7).all()
    assert (some[2:] != plain[2:]).any()


def test_assets_stand_in_for_cash():
    """Stock bought for 50m counts at 80 % as far as initial margin goes; variation margin is cash."""
    made = world(collateral_haircut=0.2)
    venue = made.venue("asset")
    done = []

    def buy():
        if made.tick_index == 1 and not done:
            done.append(venue.hand_over("maker", "desk", made.full(3e5)))

    watch(made, Phase.SHOCK, buy)

    def look():
        asked = made.lenders[0].clients["desk"].asked
        pledged = np.minimum(0.8 * 3e5 * made.factors.spot * bool(done), asked.initial_margin)
        return asked.total - made.ledger.balance(margin_account("desk")), pledged

    rows = seen(made, look)
    np.testing.assert_allclose(rows[:, 0], rows[:, 1], rtol=1e-9, atol=1.0)
    assert (rows[-1, 1] > 1e7).all()


def test_variation_margin_within_the_day():
    """At each look the posted margin is what the book owes then, and the last close's initial margin."""
    made = world(minutes=65, intraday_hours=1.0)
    gaps, inside = [], []

    def look():
        client = made.lenders[0].clients["desk"]
        if client.asked is None:
            return
        owed = -made.desks["desk"].value_now() + client.asked.initial_margin
        gap = made.ledger.balance(margin_account("desk")) / owed - 1
        (gaps if made.clock.is_close[made.tick_index] else inside).append(gap)

    watch(made, Phase.END, look)
    made.run()
    np.testing.assert_allclose(inside[1:], 0.0, atol=1e-9)
    assert len(inside) > 20
    np.testing.assert_allclose(gaps, 0.0, atol=1e-9)
    assert len(gaps) > 3


def test_rates_have_a_margin_period_of_their_own():
    """A swap alone: its margin goes with the root of the period; a put's does not know it."""
    np.testing.assert_allclose(initial(book=[SWAP], rates_days=5.0), initial(book=[SWAP]) / np.sqrt(2), rtol=1e-12)
    np.testing.assert_allclose(initial(rates_days=5.0), initial(), rtol=1e-12)
    hull_white = {"margin_model": {"kind": "hull_white"}}
    longer = initial(book=[SWAP], bank=hull_white, rates_days=20.0)
    np.testing.assert_allclose(longer, initial(book=[SWAP], bank=hull_white) * np.sqrt(2), rtol=0.03)


def test_margin_periods_by_risk_class():
    """Of a put and a swap alone: each goes with the root of its own class's period, and with no other's."""
    days = {"equity": 5.0, "rates": 40.0, "credit": 1.0, "fx": 1.0}
    np.testing.assert_allclose(initial(book=[SWAP], margin_days=days), 2 * initial(book=[SWAP]), rtol=1e-12)
    np.testing.assert_allclose(initial(margin_days={"rates": 40.0}), initial(), rtol=1e-12)
    np.testing.assert_allclose(initial(margin_days=days), initial(mpor_days=5.0), rtol=1e-12)
    assert (initial(margin_days=days) < initial()).all()


def test_a_margin_period_of_one_class_in_full_revaluation():
    """`hull_white` has that of rates. A stock position by `filtered_historical` is linear in log returns to 1 %."""
    hull_white, days = {"margin_model": {"kind": "hull_white"}}, {"rates": 20.0}
    by_class = initial(book=[SWAP], bank=hull_white, margin_days=days)
    np.testing.assert_allclose(by_class, initial(book=[SWAP], bank=hull_white, rates_days=20.0), rtol=1e-12)
    filtered = {"margin_model": {"kind": "filtered_historical", "history": 40, "lookback": 40}}
    moving = {"realised_ratio": 1.0}
    asset = {"kind": "asset", "quantity": -1e5}
    plain = initial(book=[asset], bank=filtered, market=moving)
    assert (plain > 1e5).all()
    longer = initial(book=[asset], bank=filtered, market=moving, margin_days={"equity": 20.0, "rates": 1.0})
    as_long = initial(book=[asset], bank=filtered, market=moving, mpor_days=20.0)
    np.testing.assert_allclose(longer, as_long, rtol=1e-12)
    assert (longer > 1.3 * plain).all()


# --- default fund -----------------------------------------------------------------------------------------------------
ALIVE = {
    "alive": {**NEVER, "capital": 5e9, "book": [{**PUT, "quantity": -3e5}]},
    "alive_too": {**NEVER, "capital": 5e9, "book": [{**PUT, "quantity": -1e5}]},
}


def died(**terms):
    """A desk with too little capital dies as spot falls by 30 %; what the others have paid, and the bank's loss."""
    made = world(capital=2e7, others=ALIVE, line=1e9, **terms)
    names = ("alive", "alive_too")
    seen(made, lambda: 0.0)
    paid = [-made.ledger.flow(name, "funding_credit") for name in names]
    bank = made.lenders[0]
    equity = [made.equity_now(name) for name in ("desk", "bank", *names)]
    return made, np.array(paid), bank, equity


@pytest.mark.parametrize(("share", "whole"), [(0.2, True), (10.0, False)])
def test_the_waterfall(share, whole):
    """The dead desk's own funds, the bank's skin, the others pro rata as far as they have paid in, then the bank."""
    _, interest, bank, _ = died()
    loss = bank.line.losses.copy()
    assert (loss > 5e6).all()
    made, paid, bank, equity = died(default_fund=share, skin=1e6)
    assert bank.clients["desk"].desk.defaulted.all()
    funds = np.array([bank.clients[name].fund for name in ("alive", "alive_too")])
    np.testing.assert_allclose(funds[0], 3 * funds[1], rtol=1e-9)
    np.testing.assert_allclose(bank.fund.skin, 0.0)
    used = paid - interest
    beyond = loss - 1e6
    np.testing.assert_allclose(used, funds if whole else beyond * np.array([[0.75], [0.25]]), rtol=0.02)
    np.testing.assert_allclose(bank.line.losses, loss - used.sum(axis=0), rtol=0.02)
    np.testing.assert_allclose(equity[0], 0.0, atol=1.0)
    for name in ("alive", "alive_too"):  # the contribution stands again, out of their cash
        assert (made.ledger.balance(margin_account(name)) >= bank.clients[name].asked.total - 1.0).all()


def test_a_small_loss_stops_at_the_skin():
    _, interest, _, _ = died()
    _, paid, bank, _ = died(default_fund=2.0, skin=5e9)
    np.testing.assert_allclose(paid, interest, rtol=0.02, atol=1e4)
    assert (bank.line.losses > 5e6).all()


@pytest.mark.parametrize("terms", [{}, {"default_fund": 0.1, "skin": 1e5}])
def test_a_lender_whose_capital_is_gone_stops_lending(terms):
    """It says so once, lends nothing any more, and the books balance to the end: each close's mark proves it."""
    made, _, bank, equity = died(bank={"capital": 1e6}, **terms)
    assert bank.force.failed.all()
    assert (bank.line.size() == 0).all()
    assert (equity[1] < 0).all()
    cash = sum(made.ledger.balance(account) for account in made.ledger.accounts)
    np.testing.assert_allclose(cash, 0.0, atol=1e-3)
    assert [row["subject"] for row in _events(made, "lender_failed")] == ["bank"] * 2


def _events(made, kind):
    return [row for row in made.log.frame("events", made.clock).iter_rows(named=True) if row["kind"] == kind]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"threshold": -1.0}, "bank.threshold: must be >= 0, got -1.0"),
        ({"minimum_transfer": -5.0}, "bank.minimum_transfer: must be >= 0, got -5.0"),
        ({"collateral_haircut": 1.2}, "bank.collateral_haircut: must be <= 1, got 1.2"),
        ({"intraday_hours": 0.0}, "bank.intraday_hours: must be >= 0.01, got 0.0"),
        ({"rates_days": 0.0}, "bank.rates_days: must be >= 0.01, got 0.0"),
        ({"margin_days": {"rates": 0.0}}, "bank.margin_days.rates: must be >= 0.01, got 0.0"),
        ({"margin_days": {"rate": 5.0}}, "bank.margin_days.rate: unknown key; did you mean 'rates'?"),
        ({"margin_days": 5.0}, "bank.margin_days: "),
        ({"margin_days": {"rates": 5.0}, "rates_days": 5.0}, "bank.rates_days: margin_days.rates says the same"),
        ({"default_fund": 20.0}, "bank.default_fund: must be <= 10, got 20.0"),
        ({"skin": 1e6}, "bank.skin: skin comes before a default fund, and there is none"),
        ({"skin": 1e12, "default_fund": 0.1}, "bank.skin: is a part of its capital"),
    ],
)
def test_mistakes(terms, said):
    with pytest.raises(UserError) as error:
        world(**terms)
    assert said in str(error.value)
