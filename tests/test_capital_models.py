"""Capital models on the paths of a run: a desk's own sensitivities and trades, against closed forms."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from scipy.stats import norm

from agents.capital.frtb import Part, frtb, risk_classes
from agents.capital.risk_factor import RiskFactor
from agents.funding.book_sensitivities import BookSensitivities
from agents.funding.book_trades import book_trades
from agents.funding.leverage_ratio import LeverageRatio
from markets.factors.key import SPOT, default_key
from sim.phases import Phase
from tests.small import crisis, only, watch, world_of
from tests.test_capital_limit import FALL, cast

PUT = {"kind": "put", "moneyness": 0.95, "expiry": "2020-06-19", "quantity": -1e6}
SWAP = {"kind": "swap", "notional": -2e8, "expiry": "2030-02-19"}
PAYER = {"kind": "swaption", "side": "payer", "notional": -1e8, "months": 24, "swap_months": 60, "fixed_rate": 0.02}


def looked_at(look, book, *, tick=3, **more):
    """What a look at the portfolio of a desk that holds this book finds at a tick, on two paths."""
    world, found = world_of(crisis(anchors=FALL, agents=cast(book=book, **more), feedback=only(), minutes=130), 2), {}

    def seen():
        if world.tick_index == tick:
            found["result"] = look(world.lenders[0].clients["desk"].portfolio, world)

    watch(world, Phase.END, seen)
    world.run()
    return found["result"]


BANK = {"capital_model": {"kind": "frtb"}}


def positions(portfolio, world):
    return BookSensitivities(portfolio, risk_classes()).positions()


def only_of(found, risk_class, measure):
    return [s for s in found.sensitivities if (s.risk_class, s.measure) == (risk_class, measure)]


def test_delta_vega_and_curvature_of_a_put():
    """Of the desk's own kernel: delta x S, vega x vol, and the loss beyond delta of both moves of 15 %."""

    def look(portfolio, world):
        desk, factors = world.desks["desk"], world.factors
        at = {x: desk.unit.risk(factors.snapshot.with_rows({SPOT: factors.spot * x})).value for x in (0.85, 1, 1.15)}
        now = factors.tick, factors.snapshot, desk.unit.fixings
        up = {v: desk.book.risk(*now, vol_multiplier=v).value for v in (1 - 1e-4, 1 + 1e-4)}
        slope = desk.unit.risk().delta * factors.spot
        return positions(portfolio, world), slope, at, (up[1 + 1e-4] - up[1 - 1e-4]) / 2e-4

    found, slope, at, vega = looked_at(look, [PUT], **BANK)
    (delta,) = only_of(found, "equity", "delta")
    assert delta.factor == RiskFactor("12", "asset")
    np.testing.assert_allclose(delta.amount, slope, rtol=1e-12)
    vegas = only_of(found, "equity", "vega")
    np.testing.assert_allclose(sum(s.amount for s in vegas), vega, rtol=1e-6)
    (curvature,) = only_of(found, "equity", "curvature")
    np.testing.assert_allclose(curvature.amount, 0.15 * slope - (at[1.15] - at[1]), rtol=1e-9)
    np.testing.assert_allclose(curvature.down, -0.15 * slope - (at[0.85] - at[1]), rtol=1e-9)
    assert (curvature.amount > 0).all()  # short options lose by both


def test_rates_are_shared_out_between_the_tenors_of_the_rules():
    """All of the slopes, in parallel; ten years stay at ten years."""

    def look(portfolio, world):
        return positions(portfolio, world), portfolio.slopes_by_factor(), portfolio.node_years

    found, slopes, years = looked_at(look, [SWAP], **BANK)
    rates = {key: slope for key, slope in slopes.items() if key.family == "zero"}
    delta = only_of(found, "rates", "delta")
    np.testing.assert_allclose(sum(s.amount for s in delta), sum(rates.values()), rtol=1e-12)
    ten = next(slope for key, slope in rates.items() if years[key] == 10)
    np.testing.assert_allclose(next(s.amount for s in delta if s.factor.tenor == 10), ten, rtol=1e-12)
    assert only_of(found, "rates", "curvature") == []  # nothing but linear claims


def test_vega_of_a_swaption():
    """A (sigma sqrt T) n(d), shared between one and three years of expiry; five of length."""

    def look(portfolio, world):
        line = portfolio.lines[0]
        return positions(portfolio, world), line.open_options()[0], line.value()

    found, option, value = looked_at(look, [PAYER], tick=0, **BANK)
    vegas = only_of(found, "rates", "vega")
    assert {s.factor.tenor for s in vegas} == {1.0, 3.0} and 5.0 in {s.factor.underlying for s in vegas}
    rise = sum(s.amount for s in vegas)
    assert (rise < 0).all() and option.notional == -1e8 and option.strike == 0.02
    intrinsic = np.maximum(option.forward - option.strike, 0.0)
    assert (value < -1e8 * 4 * intrinsic).all()


def test_the_model_asks_for_the_largest_scenario():
    def look(portfolio, world):
        model = world.lenders[0].limit._model
        return model.required(portfolio), frtb(positions(portfolio, world), paths=2)

    multiple = {"capital_model": {"kind": "frtb", "multiple": 1.5}}
    required, found = looked_at(look, [PUT, SWAP], **multiple)
    assert set(found.parts) >= {Part("equity", "delta"), Part("equity", "vega"), Part("rates", "delta")}
    np.testing.assert_allclose(required, 1.5 * sum(found.parts.values()).max(axis=0), rtol=1e-12)


def trades(portfolio, world):
    return book_trades(portfolio), world.factors.spot.copy(), [line.value() for line in portfolio.lines]


def test_trades_of_a_book():
    """Direction, times and supervisory deltas; a short put gains as the asset rises, a payer as the rate does."""
    found, spot, values = looked_at(trades, [PUT, SWAP, PAYER], tick=0, **BANK)
    put, swap, payer = found[:3]
    years = (date(2020, 6, 19) - date(2020, 2, 19)).days / 365
    assert put.maturity == pytest.approx(years, abs=0.01)
    np.testing.assert_allclose(put.notional, 1e6 * spot)
    sd = 0.75 * math.sqrt(put.maturity)
    d1 = math.log(1 / 0.95) / sd + 0.5 * sd
    assert put.delta == pytest.approx(norm.cdf(-d1), abs=0.02)  # of the forward, which is near the spot
    assert (swap.name, swap.start) == ("USD", 0.0) and swap.end == pytest.approx(10, abs=0.02)
    assert (swap.delta == 1).all() and (swap.notional == 2e8).all()  # pays fixed
    assert payer.start == pytest.approx(2, abs=0.02) and payer.end == pytest.approx(7, abs=0.02)
    assert (payer.delta < 0).all() and (payer.delta > -1).all()  # sold
    np.testing.assert_allclose([t.value for t in found[:3]], values)


def test_hedges_count_with_their_own_direction():
    """A desk that pays fixed hedges by receiving at the venues: short of the rate."""
    every = {"desk": {"policy": {"kind": "every", "interval": "1d"}}}
    found, _, _ = looked_at(trades, [SWAP], **every, **BANK)
    hedges = [trade for trade in found[1:] if trade.notional.any()]
    assert hedges and all((trade.delta == -1).all() for trade in hedges if trade.end > 5)


NAMES = {"acme": {"quotes": {"5Y": 0.02}}}
CDS = {"kind": "cds", "credit": "acme", "notional": -1e7, "months": 60}


def test_a_name_that_is_protected():
    """Delta per unit of its spread, the loss of a default at 75 %, and a trade that gains as the spread falls."""

    def look(portfolio, world):
        return positions(portfolio, world), book_trades(portfolio), portfolio.lines[0].value(), world.factors.snapshot

    scenario = crisis(
        anchors=FALL, agents=cast(book=[CDS], **BANK), market={"credits": NAMES}, feedback=only(), minutes=130
    )
    world, found = world_of(scenario, 2), []

    def seen():
        if world.tick_index == 1:
            found.append(look(world.lenders[0].clients["desk"].portfolio, world))

    watch(world, Phase.END, seen)
    world.run()
    capital, (trade, *_), value, _ = found[0]
    (delta,) = only_of(capital, "credit", "delta")
    assert delta.factor == RiskFactor("4", "acme", 5.0, kind="cds")
    annuity = -delta.amount / 1e7  # of a seller, near par: less than five years of coupons
    assert (annuity > 3.5).all() and (annuity < 5.0).all()
    (issue,) = capital.issues
    np.testing.assert_allclose(issue.jump, 0.75e7 + value)
    assert (trade.asset_class, trade.quality) == ("credit", "BBB") and (trade.delta == -1).all()
    assert frtb(capital, paths=2).default == pytest.approx(0.06 * issue.jump)


def test_a_name_that_has_defaulted_asks_for_no_capital():
    """Its contract is over: nothing is left of the charge on defaults, of add-ons, or of gross exposure."""
    dying = {"acme": {"quotes": {"5Y": 0.4}, "defaults": True, "vol": 0.0, "beta": 0.0}}
    agents = cast(book=[CDS | {"months": 12}], **BANK)
    scenario = crisis(anchors=FALL, agents=agents, market={"credits": dying}, feedback=only(), minutes=130)
    world, found = world_of(scenario, 400), []

    def seen():
        portfolio = world.lenders[0].clients["desk"].portfolio
        if world.tick_index == len(world.clock.ticks) - 1:
            gone = world.factors.snapshot.row(default_key("acme")) != 0.0
            (trade,) = [each for each in book_trades(portfolio) if each.asset_class == "credit"]
            default = frtb(positions(portfolio, world), paths=400).default
            found.extend((gone, trade.notional, default, portfolio.gross_exposure()))

    watch(world, Phase.END, seen)
    world.run()
    gone, *asked = found
    assert 0 < gone.sum() < 100
    for amounts in asked:
        assert (amounts[gone] == 0.0).all() and (amounts[~gone] > 0.0).all()


ALL = [
    {"kind": "call", "moneyness": 1.0, "months": 3, "quantity": 1e5},
    {"kind": "future", "months": 3, "quantity": 1e5},
    {"kind": "gamma_claim", "moneyness": 1.0, "months": 3, "quantity": 1e5},
    SWAP,
    {"kind": "fra", "tenor": "1x4", "notional": 1e7},
    {"kind": "sofr_3m", "tenor": "M0", "notional": 1e7},
    PAYER,
    {"kind": "cap", "notional": 1e7, "months": 24},
    {"kind": "bermudan_swaption", "side": "receiver", "notional": 1e7, "months": 12, "swap_months": 48},
    {"kind": "cancellable_swap", "side": "payer", "notional": 1e7, "months": 12, "swap_months": 48, "fixed_rate": 0.02},
    {"kind": "asset", "quantity": 1e4},
]


def test_every_product_has_its_trades_and_capital():
    """Names, periods that make sense, deltas within one; and all models ask for something finite."""

    def look(portfolio, world):
        models = (world.lenders[0].limit._model, LeverageRatio(), LeverageRatio(measure="add_on"))
        return book_trades(portfolio), [model.required(portfolio) for model in models], portfolio.assets_held()

    margined = {"capital_model": {"kind": "sa_ccr", "mpor_days": 10}}
    found, required, held = looked_at(look, ALL, tick=1, **margined)
    for trade in found:
        assert 0 <= trade.start < trade.end or trade.asset_class == "equity"
        assert (np.abs(trade.delta) <= 1).all() and trade.maturity > 0
    assert len([t for t in found if t.asset_class == "equity"]) == 3
    ratio, gross, add_on = required
    assert (ratio > 0).all() and (add_on < gross).all() and (add_on > 0.03 * held).all()
    np.testing.assert_allclose(held, 1e4 * 100, rtol=0.1)
