"""Margin as an exact quantile: of functions with a known law, of trades in a Hull-White model, of a desk in a run."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from markets.curves.curve import usd_curve
from markets.rate_vols.curve_move import curve_move
from markets.rate_vols.hull_white import HullWhite, SwapTerms
from markets.rate_vols.netting_set import Flow, NettingSet, SwaptionTrade, bond_flows, margins, swap_flows
from markets.rate_vols.rate_table import WIDE, RateTable, points
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, crisis, only, watch, world_of

SWAP = SwapTerms.regular(1.0, 4.0, 2)


def rising(years):
    return -(0.0375 + 0.0008 * np.asarray(years)) * np.asarray(years)


MODEL = HullWhite(reversion=0.03, sigma=0.012, log_discount=rising)


def table_of(*functions) -> RateTable:
    z = points(-WIDE, WIDE)
    return RateTable(-WIDE, WIDE, np.stack([f(z) for f in functions], axis=1))


# --- quantiles --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("level", [0.01, 0.3, 0.95, 0.999])
def test_quantiles_with_a_closed_form(level):
    """Rising, falling, a parabola either way up, and a constant. Values up to 36 round by 1e-14."""
    table = table_of(lambda z: np.exp(0.3 * z), lambda z: -z, lambda z: z**2, lambda z: -(z**2), lambda z: 0 * z + 7)
    z, wide, inner = norm.ppf(level), norm.ppf((1 + level) / 2), norm.ppf(1 - level / 2)
    known = [np.exp(0.3 * z), z, wide**2, -(inner**2), 7]
    np.testing.assert_allclose(table.quantile(level), known, rtol=1e-9, atol=1e-12)


def test_a_quantile_is_where_the_probability_is_the_level():
    """A function that turns four times: P(f(Z) <= q), by where it crosses q on a fine grid, is the level."""

    def wavy(z):
        return np.sin(1.3 * z) + 0.1 * z

    (q,) = table_of(wavy).quantile(0.95)
    fine = np.linspace(-WIDE, WIDE, 2_000_001)
    below = np.diff(norm.cdf(fine))[(wavy(0.5 * (fine[1:] + fine[:-1])) <= q)].sum()
    assert below == pytest.approx(0.95, abs=1e-6)
    np.testing.assert_allclose(table_of(lambda z: z**3 - 3 * z).turns(), [-1, 1], atol=1e-9)


# --- trades in the model ----------------------------------------------------------------------------------------------
def test_values_by_quadrature():
    """A swaption's payoff integrated over the rate at its expiry, discounted by the bond's measure."""
    trade = SwaptionTrade(SWAP, 0.04, 1e6)
    rate, now = 0.05, 0.4
    state, gap = rate - float(MODEL.forward(now)), SWAP.start - 0.4
    sd = float(np.sqrt(MODEL.variance(gap)))
    mean = np.exp(-0.03 * gap) * (state + float(MODEL.loading(gap)) * float(MODEL.variance(now)))
    bond = float(MODEL.bond(now, SWAP.start, rate))

    def integrand(x):
        bonds = MODEL.bond(SWAP.start, SWAP.times, x + MODEL.forward(SWAP.start))
        payoff = max(1 - bonds[-1] - 0.04 * float(SWAP.accrual @ bonds), 0.0)
        return payoff * norm.pdf(x, mean, sd)

    expected = 1e6 * bond * quad(integrand, mean - 8 * sd, mean + 8 * sd, limit=400, epsabs=1e-13)[0]
    assert NettingSet(MODEL, swaptions=[trade]).value(now, rate) == pytest.approx(expected, rel=1e-8)


def test_a_swap_is_a_payer_less_a_receiver():
    payer, receiver = (SwaptionTrade(SWAP, 0.04, 1e6, side) for side in ("payer", "receiver"))
    options = NettingSet(MODEL, swaptions=[payer, receiver._replace(notional=-1e6)])
    swap = NettingSet(MODEL, flows=swap_flows(SWAP, 0.04, -1e6))
    rates = np.array([-0.02, 0.03, 0.09])
    for now in (0.0, 0.7):
        np.testing.assert_allclose(options.value(now, rates), swap.value(now, rates), rtol=1e-10)


def test_margin_of_a_bond_and_of_what_turns():
    """A bond only falls: margin is its loss at the rate's 99 % quantile. A turning book: by 200,000 quantiles."""
    bond = NettingSet(MODEL, flows=bond_flows(0.04, [1.0, 2.0, 3.0], 1.0, 100.0))
    (mean, sd), rate = bond.later(0.5, 0.1, 0.04), 0.04
    worst = bond.value(0.6, mean + norm.ppf(0.99) * sd)
    assert bond.margin(0.5, rate, years=0.1)[0] == pytest.approx(bond.value(0.5, rate) - worst, rel=1e-9)
    assert bond.monotone_margin(0.5, rate, years=0.1)[0] == pytest.approx(bond.margin(0.5, rate, years=0.1)[0])
    pair = [SwaptionTrade(SWAP, 0.04, 1e4, side) for side in ("payer", "receiver")]
    straddle = NettingSet(MODEL, swaptions=pair)
    turn = float(straddle.turns(0.6, 0.0, 0.1)[0])
    rate = turn + 2 * sd
    mean, sd = straddle.later(0.5, 0.1, rate)
    drawn = straddle.value(0.5, rate) - straddle.value(0.6, mean + sd * norm.ppf((np.arange(200_000) + 0.5) / 200_000))
    exact = straddle.margin(0.5, rate, years=0.1)[0]
    assert exact == pytest.approx(np.quantile(drawn, 0.99), rel=1e-4)
    assert straddle.monotone_margin(0.5, rate, years=0.1)[0] < 0.99 * exact


@pytest.mark.parametrize("gap", [0.005, 0.03, 0.042])
def test_margin_where_an_option_expires_within_the_period(gap):
    """The payoff has a corner, which no polynomial follows: against 400,000 quantiles of the rate."""
    swap = SwapTerms.regular(0.5 + gap, 4.0, 2)
    trades = [SwaptionTrade(swap, 0.041, 4e4, "receiver"), SwaptionTrade(SWAP, 0.04, -2e4, "payer")]
    both, rate, years = NettingSet(MODEL, swaptions=trades), 0.0383, 0.04
    mean, sd = both.later(0.5, years, rate)
    z = norm.ppf((np.arange(400_000) + 0.5) / 400_000)
    drawn = both.value(0.5, rate) - both.value(0.5 + years, mean + sd * z, settled=0.5)
    assert both.margin(0.5, rate, years=years)[0] == pytest.approx(np.quantile(drawn, 0.99), rel=1e-4)


@pytest.mark.parametrize("gap", [0.002, 0.03, 0.042])
def test_many_sets_of_which_one_expires_within_the_period(gap):
    """Tables over rates and moves cut its corner, by up to 1 %; beside it a set without one, as alone."""
    swap = SwapTerms.regular(0.5 + gap, 4.0, 2)
    trades = [SwaptionTrade(swap, 0.041, 4e4, "receiver"), SwaptionTrade(SWAP, 0.04, -2e4, "payer")]
    sets = [NettingSet(MODEL, swaptions=trades), NettingSet(MODEL, swaptions=trades[1:])]
    rates = np.linspace(0.02, 0.06, 5)
    found, z = margins(sets, 0.5, rates), norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    for one, own in zip(sets, found, strict=True):
        mean, sd = one.later(0.5, 1 / 24, rates)
        drawn = one.value(0.5, rates) - one.value(0.5 + 1 / 24, mean + sd * z[:, None], settled=0.5)
        np.testing.assert_allclose(own, np.maximum(np.quantile(drawn, 0.99, axis=0), 0.0), atol=1e-3 * own.max())


def test_rates_that_are_far_apart_are_not_joined_by_one_grid(monkeypatch):
    """A grid as fine as a margin needs, from one to the other, would have a million points."""
    swap, sizes, value = SwapTerms.regular(0.53, 4.0, 2), [], NettingSet.value

    def counted(self, now, rates, **how):
        sizes.append(np.size(rates))
        return value(self, now, rates, **how)

    one, rates = NettingSet(MODEL, swaptions=[SwaptionTrade(swap, 0.041, 4e4, "receiver")]), [-0.5, 0.04, 0.5]
    alone = [one.margin(0.5, rate)[0] for rate in rates]
    monkeypatch.setattr(NettingSet, "value", counted)
    assert one.margin(0.5, rates) == pytest.approx(alone, rel=1e-6)
    assert max(sizes) <= 3 * 8193


def test_delta_of_an_option_that_expires_within_the_period_is_that_of_its_payoff():
    """Out of the money by half a standard deviation it has none; in the money it is the swap's."""
    swap = SwapTerms.regular(0.51, 4.0, 2)
    option = NettingSet(MODEL, swaptions=[SwaptionTrade(swap, 0.041, 1e4)])
    same = NettingSet(MODEL, flows=swap_flows(swap, 0.041, -1e4))
    turn = float(brentq(lambda rate: float(same.value(0.54, rate, settled=0.5)), 0.0, 0.1))
    sd = same.later(0.5, 0.04, 0.04)[1]
    for gamma in (True, False):
        out, into = option.sensitive_margin(0.5, [turn - 0.5 * sd, turn + 0.5 * sd], years=0.04, gamma=gamma)
        assert out == pytest.approx(float(option.value(0.5, turn - 0.5 * sd)), rel=1e-6)
        lost = same.sensitive_margin(0.5, turn + 0.5 * sd, years=0.04, gamma=gamma)[0]
        time_value = float(option.value(0.5, turn + 0.5 * sd) - same.value(0.5, turn + 0.5 * sd))
        assert into == pytest.approx(lost + time_value, rel=1e-6)


def test_an_option_about_to_expire_never_turns_and_a_straddle_turns_once():
    """A table swings about the corner and the level stretch: it had dozens of turns."""
    swap = SwapTerms.regular(0.505, 4.0, 2)
    payer, receiver = (SwaptionTrade(swap, 0.041, 1e4, side) for side in ("payer", "receiver"))
    for now in (0.5, 0.4):
        assert NettingSet(MODEL, swaptions=[payer]).turns(now, 0.0, 0.08).size == 0
        assert NettingSet(MODEL, swaptions=[payer, receiver]).turns(now, 0.0, 0.08).size == 1


def test_several_rates_at_once_are_each_alone():
    straddle = NettingSet(MODEL, swaptions=[SwaptionTrade(SWAP, 0.04, 1e4, side) for side in ("payer", "receiver")])
    rates = [0.03, 0.04, 0.05]
    for rule in (straddle.margin, straddle.monotone_margin, straddle.sensitive_margin):
        np.testing.assert_allclose(rule(0.5, rates), [rule(0.5, rate)[0] for rate in rates], rtol=1e-10)


def test_payments_within_the_period_count_in_full():
    one = NettingSet(MODEL, flows=[Flow(100.0, 0.55)])
    assert float(one.value(0.6, 0.04, settled=0.5)) == 100.0
    assert float(one.value(0.6, 0.04)) == 0.0
    gone = NettingSet(MODEL, swaptions=[SwaptionTrade(SWAP, 0.0, 1.0)])
    swap = NettingSet(MODEL, flows=swap_flows(SWAP, 0.0, -1.0))
    assert float(gone.value(1.05, 0.04, settled=0.95)) == pytest.approx(float(swap.value(1.05, 0.04, settled=0.95)))
    assert float(gone.value(1.05, 0.04)) == 0.0


def test_many_sets_at_once_are_each_alone():
    """Interpolated over the rates that occur, against the exact quantile at each."""
    pair = [SwaptionTrade(SWAP, 0.04, 1e4, side) for side in ("payer", "receiver")]
    sets = [NettingSet(MODEL, swaptions=pair), NettingSet(MODEL, flows=swap_flows(SWAP, 0.03, 1e4), swaptions=pair[:1])]
    rates = 0.04 + 0.008 * norm.ppf((np.arange(60) + 0.5) / 60)
    together = margins(sets, 0.5, rates)
    alone = np.array([one.margin(0.5, rates) for one in sets])
    np.testing.assert_allclose(together, alone, atol=2e-3 * alone.max())


def test_a_margin_with_corners_is_not_bent_over_them():
    """A straddle's value turns within the moves of some rates and not of others: many sets at once are as each alone.

    One polynomial over the rates swings about the corners, 0.09 % off; of ordinary sets 0.7 %.
    """
    pair = [SwaptionTrade(SWAP, 0.04, 1e4, side) for side in ("payer", "receiver")]
    straddle = NettingSet(MODEL, swaptions=pair)
    rates = np.linspace(0.0, 0.08, 161)
    together, alone = margins([straddle], 0.5, rates)[0], straddle.margin(0.5, rates)
    np.testing.assert_allclose(together, alone, atol=1e-4 * alone.max())


# --- a whole curve that follows the short rate ------------------------------------------------------------------------
def test_the_curve_after_the_period_is_the_models():
    """At the nodes discount factors are those of the Hull-White model started on the path's own curve."""
    curve = usd_curve((("overnight", 0.0), ("us1y", 1.0), ("us2y", 2.0), ("us10y", 10.0)))
    rates = np.array([[0.05, 0.01], [0.048, 0.015], [0.045, 0.02], [0.042, 0.03]])
    move = curve_move(curve, rates, reversion=0.05, sigma=np.array([0.01, 0.02]), years=0.04)
    for path, sigma in enumerate((0.01, 0.02)):
        own = rates[:, path]
        minus = np.vectorize(lambda t, own=own: -float(curve.zero(t, own)))
        model = HullWhite(
            reversion=0.05,
            sigma=sigma,
            log_discount=minus,
        )
        for z in (-2.0, 0.0, 3.0):
            nodes = move.at(z)[:, path]
            rate = float(model.forward(0.04)) + move.centre[path] + z * move.sd[path]
            made = [float(model.bond(0.04, 0.04 + years, rate)) for years in curve.years[1:]]
            np.testing.assert_allclose(np.exp(-np.array(curve.years[1:]) * nodes[1:]), made, rtol=1e-9)
            assert nodes[0] == pytest.approx(rate, abs=2e-6)
    assert move.sd == pytest.approx([0.01 * 0.2 * (1 - 0.05 * 0.04 / 2), 0.02 * 0.2 * (1 - 0.05 * 0.04 / 2)], rel=1e-4)


# --- a desk in a run --------------------------------------------------------------------------------------------------
ANCHORS = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-02-26", "us2y": 0.02, "us10y": 0.03}]
SOLD = {"kind": "swaption", "side": "payer", "months": 3, "swap_months": 120, "notional": -1e9}
BOUGHT = {"kind": "swaption", "side": "receiver", "months": 3, "swap_months": 120, "notional": 1e9}


def asked(book, **model):
    """Initial margin of an unhedged desk at each close, (closes, paths) $."""
    hedger = {"type": "Hedger", "capital": 5e8, "book": book, "policy": {"kind": "never"}, "hedge_rates": False}
    bank = {"type": "FundingDesk", "capital": 1e11, "line": 1e10, "margin_model": {"kind": "hull_white", **model}}
    cast = {"desk": hedger, "maker": {"type": "MarketMaker"}, "bank": bank}
    world = world_of(crisis(anchors=ANCHORS, agents=cast, feedback=only(), minutes=390), 2)
    found = watch(world, Phase.END, lambda: world.lenders[0].clients["desk"].asked.initial_margin.copy())
    world.run()
    return np.array(found)


def test_a_bought_and_a_sold_swaption():
    """A bought one can lose no more than it is worth, a sold one more; both rise with level and period."""
    bought, sold = asked([BOUGHT]), asked([SOLD])
    assert (bought > 0).all()
    assert (sold > bought).all()
    assert (asked([SOLD], level=0.999) > sold).all()
    assert (asked([SOLD], days=20.0) > sold).all()
    np.testing.assert_allclose(asked([SOLD], nodes=65), sold, rtol=1e-4)


def test_a_book_that_expires_within_the_period_through_the_engine(monkeypatch):
    """A bought straddle: its corner was cut, and margin 47 % too low; against a grid of 4,096 cells on every path."""
    book = [
        {"kind": "swaption", "side": side, "expiry": "2020-02-28", "swap_months": 60, "notional": 1e9}
        for side in ("payer", "receiver")
    ]
    found = asked(book)
    monkeypatch.setattr("agents.funding.hull_white_margin.CONVERGED", 0.0)
    monkeypatch.setattr("agents.funding.hull_white_margin.FINE", 4096)
    np.testing.assert_allclose(found, asked(book), rtol=0.01)


def test_netting_against_an_opposite_position():
    """The same swap on either side nets to nothing, in every market."""
    swap = {"kind": "swap", "notional": 1e9, "months": 60, "fixed_rate": 0.03}
    np.testing.assert_allclose(asked([swap, {**swap, "notional": -1e9}]), 0.0, atol=1.0)


def test_a_swap_by_hand():
    """Receiving 1bn for five years over ten days, 99 %, 1 % a year: the same payments in the model on the same curve.

    The first floating rate is fixed: what is paid on it is known. The run's curve moves at three nodes and is drawn
    between them, the model's at every time: 1 %.
    """
    (first, *_) = asked([{"kind": "swap", "notional": 1e9, "months": 60}], sigma=0.01, reversion=0.03)
    curve, rates = usd_curve(), np.array([LEVEL[name] for name in ("overnight", "us2y", "us10y")])
    zero = np.vectorize(lambda t: -float(curve.zero(t, rates)))
    model = HullWhite(reversion=0.03, sigma=0.01, log_discount=lambda t: zero(np.maximum(t, 0.0)))
    terms = SwapTerms.regular(0.0, 5.0, 2)
    fixed = swap_flows(terms, model.swap_rate(terms)[0], 1e9)
    known = Flow(-1e9 / float(np.exp(zero(0.25))), 0.25)  # the floating leg: par and the first coupon
    receiver = NettingSet(model, flows=[*(flow for flow in fixed if flow.time > 0), known])
    by_hand = receiver.margin(0.0, float(model.forward(0.0)), level=0.99, years=10 / 252)
    np.testing.assert_allclose(first, by_hand[0], rtol=1e-2)


def test_the_rest_asks_what_parametric_asks():
    """A book without rates: the same margin, to the last bit."""
    put = [{"kind": "put", "moneyness": 1.0, "months": 2, "quantity": -1e6}]
    hedger = {"type": "Hedger", "capital": 1e9, "book": put, "policy": {"kind": "every", "interval": "1d"}}
    found = []
    for model in ({"kind": "parametric"}, {"kind": "hull_white"}):
        bank = {"type": "FundingDesk", "capital": 1e11, "line": 1e10, "margin_model": model}
        cast = {"desk": hedger, "maker": {"type": "MarketMaker"}, "bank": bank}
        world = world_of(crisis(anchors=ANCHORS, agents=cast, feedback=only(), minutes=390), 2)
        rows = watch(world, Phase.END, lambda w=world: w.lenders[0].clients["desk"].asked.initial_margin.copy())
        world.run()
        found.append(np.array(rows))
    np.testing.assert_array_equal(*found)


# --- mistakes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda: NettingSet(MODEL), "a netting set holds payments or swaptions"),
        (lambda: NettingSet(MODEL, swaptions=[SwaptionTrade(SWAP, 0.04, 1.0, "buyer")]), "a payer or a receiver"),
        (lambda: NettingSet(MODEL, flows=[Flow(1.0, 1.0)]).margin(0.0, 0.04, years=0.0), "a margin period is positive"),
        (lambda: NettingSet(MODEL, flows=[Flow(1.0, 1.0)]).margin(0.0, 0.04, level=1.0), "between 0 and 1"),
        (lambda: NettingSet(MODEL, flows=[Flow(1.0, 1.0)]).turns(0.0, 0.2, 0.1), "between two rates"),
    ],
)
def test_mistakes(mistake, said):
    with pytest.raises(UserError, match=said):
        mistake()
