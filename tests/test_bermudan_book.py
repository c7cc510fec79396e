"""Bermudan swaptions of a book: bounds, sensitivities, exercise path by path, and a run with a hedger."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from markets.curves.curve import usd_curve
from markets.products.bermudan_swaption import BermudanSwaption
from markets.products.swaption import Swaption
from sim.errors import UserError
from tests.small import crisis, world_of
from tests.test_rate_options import CLOCK, FIRST, compiled, legs, market

SHORT = BermudanSwaption(side="receiver", notional=-1e8, expiry=date(2024, 5, 15), swap_months=60, fixed_rate=0.05)
EXERCISE = int(np.searchsorted(CLOCK.ticks, CLOCK.seconds(date(2024, 5, 15))))


def test_it_is_worth_more_than_any_of_its_european_options() -> None:
    for side in ("payer", "receiver"):
        terms = {"side": side, "notional": 1e8, "fixed_rate": 0.043}
        item = compiled(BermudanSwaption(expiry=date(2025, 3, 3), swap_months=60, **terms))
        got = item.value(0, FIRST, item.new_fixings(1))[0]
        european = [
            compiled(Swaption(expiry=date(2025 + k, 3, 3), swap_months=60 - 12 * k, **terms)).value(
                0, FIRST, np.zeros((0, 1))
            )
            for k in range(5)
        ]
        assert max(european)[0] < got < 2 * max(european)[0]


def test_with_one_date_it_is_the_european_option() -> None:
    terms = {"side": "payer", "notional": 1e8, "expiry": date(2025, 3, 3), "swap_months": 6}
    now = market()
    one, other = compiled(BermudanSwaption(**terms)), compiled(Swaption(**terms))
    got, expected = one.value(0, now, one.new_fixings(20)), other.value(0, now, np.zeros((0, 20)))
    np.testing.assert_allclose(got, expected, rtol=0, atol=2e-5 * 1e8)  # the model's smile is not flat


@pytest.mark.parametrize("tick", [0, 20, EXERCISE - 1, EXERCISE, EXERCISE + 5])
def test_derivatives_by_node_are_exact(tick: int) -> None:
    book, now = compiled(SHORT), market()
    fixings, since = book.new_fixings(20), max(tick - 3, 0)
    risk, step = book.risk(tick, now, fixings, settled=since), 1e-7
    np.testing.assert_allclose(risk.value, book.value(tick, now, fixings, settled=since), rtol=1e-12)
    for key in usd_curve().nodes:
        up, down = (book.value(tick, now.bumped(key, by), fixings, settled=since) for by in (step, -step))
        np.testing.assert_allclose(risk.first(key), (up - down) / (2 * step), rtol=1e-5, atol=1e-6 * 1e8)


def test_whoever_holds_it_exercises_where_that_is_better() -> None:
    book, now, since = compiled(SHORT), market(), EXERCISE - 5
    fixings = book.new_fixings(20)
    before = book.value(EXERCISE, now, fixings, settled=since)
    cash = book.cashflows(since, EXERCISE, now, fixings)
    annuity, floating = legs(SHORT.swap, EXERCISE, now)
    entered = 0.05 * annuity - floating
    book.fix(since, EXERCISE, now, fixings)
    after = book.value(EXERCISE, now, fixings)
    done = fixings[0] == 0
    assert 0 < done.sum() < 20
    np.testing.assert_allclose(cash, np.where(done, -1e8 * entered, 0.0), rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(before, cash + after, rtol=1e-12, atol=1e-6)
    assert (after[done] == 0).all() and (after[~done] < 0).all() and (-after[~done] >= 1e8 * entered[~done]).all()
    later = book.cashflows(EXERCISE, len(CLOCK.ticks) - 1, market(seed=8), fixings)
    assert (later[done] == 0).all()


def test_a_run_with_a_hedger_balances() -> None:
    book = [{"kind": "bermudan_swaption", "side": "payer", "expiry": "2020-02-26", "swap_months": 60, "notional": -1e9}]
    hedger = {"type": "Hedger", "capital": 1e9, "book": book, "policy": {"kind": "every", "interval": "1d"}}
    agents = {"maker": {"type": "MarketMaker", "capital": 1e9}, "desk": hedger}
    scenario = crisis(market={"rates": {"vol_us2y": 0.03, "vol_us10y": 0.03}}, agents=agents, minutes=195)
    together, alone = world_of(scenario, 8), world_of(scenario, 1, first=5)
    for world in (together, alone):
        world.run()
        world.ledger.check(lambda: "the end")
    marks = [world.log.frame("marks", world.clock).filter(pl.col("agent") == "desk") for world in (together, alone)]
    one = marks[0].filter(pl.col("path") == 5).sort("time")
    assert one.equals(marks[1].sort("time"))
    assert one["hedge_rates"][-1] != 0


def test_it_needs_a_vol_and_a_date_ahead() -> None:
    terms = {"side": "payer", "notional": 1.0, "swap_months": 60}
    with pytest.raises(UserError, match="a Bermudan swaption has a positive normal vol"):
        compiled(BermudanSwaption(expiry=date(2025, 3, 3), normal_vol=0.0, **terms))
    with pytest.raises(UserError, match="a swaption is first exercised after the start"):
        compiled(BermudanSwaption(expiry=date(2024, 3, 1), **terms))
