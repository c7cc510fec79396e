"""Swaptions, caps and floors of a book: their value by definition, their sensitivities, their life, and QuantLib."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from markets.curves.curve import usd_curve
from markets.factors.key import RATES_VOL, SPOT, USD
from markets.factors.snapshot import Snapshot
from markets.products.book import Book, CompiledBook
from markets.products.cap import Cap
from markets.products.dates import add_months
from markets.products.start import Start
from markets.products.swap import Swap
from markets.products.swaption import Swaption
from markets.rate_vols.black import bachelier
from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from scenarios.studies.replay.positions_csv import take_book
from sim.clock import Clock
from sim.errors import UserError
from tests.small import LEVEL, crisis, world_of

DAY = date(2024, 3, 1)
CLOCK = Clock.exchange(first=DAY, last=date(2024, 9, 27), tick_minutes=390)
FIRST = Snapshot.named(spot=5000.0, vol=0.14, overnight=0.05, us2y=0.045, us10y=0.042)
SPREAD = 0.001
START = Start(day=DAY, snapshot=FIRST, projection_spread=SPREAD)
SWAPTION = Swaption(side="payer", notional=-2e8, expiry=date(2025, 3, 3), swap_months=60, fixed_rate=0.041)
SHORT = Swaption(side="receiver", notional=1e8, expiry=date(2024, 4, 15), swap_months=110, fixed_rate=0.043)
CAP = Cap(kind="cap", notional=1e8, maturity=date(2027, 3, 1), fixed_rate=0.045, normal_vol=0.012)
FLOOR = Cap(kind="floor", notional=-3e8, maturity=date(2026, 4, 11))
BOOK = (SWAPTION, SHORT, CAP, FLOOR)
EXPIRES = date(2024, 4, 15)


def compiled(*items: Any, start: Start = START) -> CompiledBook:
    return Book(items).compile(CLOCK, start)


def market(paths: int = 20, seed: int = 1) -> Snapshot:
    noise = 0.01 * np.random.default_rng(seed).standard_normal((3, paths))
    return Snapshot.named(
        spot=5000.0, vol=0.14, overnight=0.05 + noise[0], us2y=0.045 + noise[1], us10y=0.042 + noise[2]
    )


def discount(day: date, tick: int, now: Snapshot) -> np.ndarray:
    years = CLOCK.calendar_years_to(day) - float(CLOCK.calendar_years[tick])
    return np.exp(-usd_curve().weights(years) @ now.block(USD))


def years(start: date, end: date) -> float:
    return CLOCK.calendar_years_to(end) - CLOCK.calendar_years_to(start)


def legs(swap: Swap, tick: int, now: Snapshot) -> tuple[np.ndarray, np.ndarray]:
    """Annuity and floating leg by their definition."""
    annuity = sum(p.accrual * discount(p.end, tick, now) for p in swap.fixed_leg(swap.start or DAY))
    floating = np.zeros(now.paths)
    for p in swap.float_leg(swap.start or DAY):
        growth = np.exp(SPREAD * years(p.start, p.end)) * discount(p.start, tick, now) / discount(p.end, tick, now)
        floating += (growth - 1) * discount(p.end, tick, now)
    return np.asarray(annuity), floating


def test_a_swaption_is_an_option_on_the_par_rate_of_the_path() -> None:
    for tick, now in ((0, market()), (25, market(seed=2))):
        annuity, floating = legs(SWAPTION.swap, tick, now)
        left = CLOCK.variance_years_to(SWAPTION.expiry) - CLOCK.variance_years[tick]
        expected = -2e8 * bachelier(floating / annuity, 0.041, START.normal_vol, left, annuity).value
        book = compiled(SWAPTION)
        np.testing.assert_allclose(book.value(tick, now, book.new_fixings(20)), expected, rtol=1e-11, atol=1e-4)


def test_payer_less_receiver_is_the_swap() -> None:
    now, swap = market(), SWAPTION.swap
    payer, receiver = (
        Swaption(side=s, notional=1e8, expiry=SWAPTION.expiry, swap_months=60, fixed_rate=0.041)
        for s in ("payer", "receiver")
    )
    forward = compiled(Swap(notional=1e8, maturity=swap.maturity, start=swap.start, fixed_rate=0.041))
    both = [compiled(each).value(3, now, np.zeros((0, 20))) for each in (payer, receiver)]
    np.testing.assert_allclose(both[0] - both[1], -forward.value(3, now, forward.new_fixings(20)), rtol=0, atol=1e-6)


def test_cap_less_floor_is_the_floating_leg_less_the_strike() -> None:
    now, terms = market(), {"notional": 1e8, "maturity": date(2027, 3, 1), "fixed_rate": 0.045}
    cap, floor = (compiled(Cap(kind=kind, **terms)) for kind in ("cap", "floor"))
    swap = Swap(notional=1.0, maturity=date(2027, 3, 1), start=date(2024, 6, 1))
    _, floating = legs(swap, 4, now)
    annuity = sum(p.accrual * discount(p.end, 4, now) for p in swap.float_leg(date(2024, 6, 1)))
    apart = cap.value(4, now, cap.new_fixings(20)) - floor.value(4, now, floor.new_fixings(20))
    np.testing.assert_allclose(apart, 1e8 * (floating - 0.045 * annuity), rtol=0, atol=1e-6)


def test_at_the_money_means_that_both_sides_are_worth_the_same() -> None:
    one = Snapshot({key: FIRST.row(key) for key in FIRST.keys})
    terms = {"notional": 1e8, "expiry": date(2025, 3, 3), "swap_months": 60}
    for a, b in (
        (Swaption(side="payer", **terms), Swaption(side="receiver", **terms)),
        (
            Cap(kind="cap", notional=1e8, maturity=date(2027, 3, 1)),
            Cap(kind="floor", notional=1e8, maturity=date(2027, 3, 1)),
        ),
    ):
        values = [compiled(each).value(0, one, compiled(each).new_fixings(1))[0] for each in (a, b)]
        assert values[0] > 1e5 and values[0] == pytest.approx(values[1], rel=1e-11)


@pytest.mark.parametrize("item", BOOK, ids=lambda item: item.label)
def test_derivatives_by_node_are_exact(item: Any) -> None:
    book, now = compiled(item), market()
    fixings = book.new_fixings(20)
    risk, step = book.risk(12, now, fixings, bends=True), 1e-6
    np.testing.assert_allclose(risk.value, book.value(12, now, fixings), rtol=1e-12, atol=1e-6)
    np.testing.assert_array_equal(risk.value, book.slopes(12, now, fixings).value)
    for key in usd_curve().nodes:
        up, down = now.bumped(key, step), now.bumped(key, -step)
        slope = (book.value(12, up, fixings) - book.value(12, down, fixings)) / (2 * step)
        np.testing.assert_allclose(risk.first(key), slope, rtol=1e-6, atol=1e-8 * abs(item.notional))
        for other in usd_curve().nodes:
            bend = (book.risk(12, up, fixings).first(other) - book.risk(12, down, fixings).first(other)) / (2 * step)
            np.testing.assert_allclose(risk.second(key, other), bend, rtol=1e-5, atol=1e-6 * abs(item.notional))
    assert (risk.delta == 0).all() and (risk.vega == 0).all()


@pytest.mark.parametrize("item", BOOK, ids=lambda item: item.label)
def test_what_is_paid_is_what_the_value_loses(item: Any) -> None:
    """value(t1, settled=t0) - value(t1) == cashflows(t0, t1), with the rates of t1 fixed in between."""
    book, paid, closes = compiled(item), np.zeros(20), len(CLOCK.ticks) - 1
    fixings, since = book.new_fixings(20), 0
    for number, tick in enumerate(range(3, closes, 7)):
        now = market(seed=number)
        before = book.value(tick, now, fixings, settled=since)
        cash = book.cashflows(since, tick, now, fixings)
        book.fix(since, tick, now, fixings)
        np.testing.assert_allclose(before - cash, book.value(tick, now, fixings), rtol=1e-12, atol=1e-6)
        since, paid = tick, paid + cash
    assert (paid != 0).any() == (item is not SWAPTION)


def test_a_swaption_pays_what_its_swap_is_then_worth() -> None:
    book = compiled(SHORT)
    tick = int(np.searchsorted(CLOCK.ticks, CLOCK.seconds(EXPIRES)))
    now = market(seed=9)
    annuity, floating = legs(SHORT.swap, tick, now)
    expected = 1e8 * np.maximum(0.043 * annuity - floating, 0.0)
    np.testing.assert_allclose(book.cashflows(tick - 1, tick, now, np.zeros((0, 20))), expected, rtol=1e-12, atol=1e-6)
    assert not book.value(tick, now, np.zeros((0, 20))).any()


def test_a_cap_pays_its_fixing_at_the_end_of_the_period() -> None:
    book = compiled(CAP)
    fixings, quiet, last = book.new_fixings(20), market(seed=3), len(CLOCK.ticks) - 1
    fixing_tick = CLOCK.next_tick(CLOCK.seconds(date(2024, 6, 1)))
    book.fix(fixing_tick - 1, fixing_tick, quiet, fixings)
    left = CLOCK.calendar_years_to(date(2024, 9, 1)) - float(CLOCK.calendar_years[fixing_tick])
    accrual, curve = 92 / 360, usd_curve().weights(left) @ quiet.block(USD)
    forward = (np.exp(curve + SPREAD * years(date(2024, 6, 1), date(2024, 9, 1))) - 1) / accrual
    paid = book.cashflows(fixing_tick, last, market(seed=4), fixings)
    np.testing.assert_allclose(paid, 1e8 * accrual * np.maximum(forward - 0.045, 0), rtol=1e-11, atol=1e-6)


def desk(**extra: Any) -> Scenario:
    book = [
        {"kind": "swaption", "side": "payer", "months": 6, "swap_months": 120, "notional": -1e9},
        {"kind": "swaption", "side": "receiver", "expiry": "2020-02-27", "swap_months": 60, "notional": 2e9},
        {"kind": "cap", "months": 60, "notional": 1e9, "normal_vol": 0.011},
        {"kind": "floor", "expiry": "2021-02-22", "notional": -1e9, "fixed_rate": 0.02},
    ]
    hedger = {"type": "Hedger", "capital": 1e9, "book": book, "policy": {"kind": "every", "interval": "1d"}, **extra}
    rates = {"vol_us2y": 0.02, "vol_us10y": 0.02}
    return crisis(
        market={"rates": rates}, agents={"maker": {"type": "MarketMaker", "capital": 1e9}, "desk": hedger}, minutes=195
    )


def test_a_desk_hedges_the_rates_risk_of_its_options() -> None:
    spread = {}
    for hedge in (True, False):
        world = world_of(desk(hedge_rates=hedge))
        world.run()
        world.ledger.check(lambda: "the end")
        last = (
            world.log.frame("marks", world.clock)
            .filter(pl.col("agent") == "desk")
            .sort("path", "time")
            .group_by("path")
            .last()
        )
        parts = last.select(pl.sum_horizontal("rates", "theta", "hedge_rates")).to_series()
        assert (last["rates"].abs() > 1e5).all() and (last["vega"] == 0).all() and (last["delta"] == 0).all()
        assert (last["hedge_rates"] != 0).all() == hedge
        spread[hedge] = float(np.std(parts.to_numpy()))
    assert spread[True] < 0.4 * spread[False]


def test_the_vol_of_the_market_is_a_key() -> None:
    values = {}
    for vol in (0.005, 0.010):
        rates = {"normal_vol": vol}
        book = [{"kind": "swaption", "side": "payer", "months": 12, "swap_months": 60, "notional": 1e9}]
        scenario = crisis(
            market={"rates": rates}, agents={"maker": {"type": "MarketMaker"}, "desk": {"type": "Hedger", "book": book}}
        )
        values[vol] = float(world_of(scenario, 1).desks["desk"].unit_value[0])
    assert values[0.010] == pytest.approx(2 * values[0.005], rel=1e-9)  # at the money


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"kind": "swaption", "months": 3, "notional": 1e6, "swap_months": 60}, "a swaption needs `side`"),
        ({"kind": "swaption", "months": 3, "notional": 1e6, "side": "payer"}, "a swaption needs `swap_months`"),
        ({"kind": "swaption", "months": 3, "side": "payer", "swap_months": 60}, "a swaption needs its notional"),
        (
            {"kind": "swaption", "months": 3, "notional": 1e6, "side": "buyer", "swap_months": 60},
            "'payer' or 'receiver'",
        ),
        ({"kind": "swaption", "months": 3, "notional": 1e6, "side": "payer", "swap_months": 0}, "swap_months"),
        (
            {"kind": "swaption", "months": 3, "notional": 1e6, "side": "payer", "swap_months": 60, "strike": 0.04},
            "strike does not belong here: a swaption has none; its strike is `fixed_rate`",
        ),
        (
            {"kind": "swaption", "months": 3, "notional": 1e6, "side": "payer", "swap_months": 60, "normal_vol": 90},
            "normal_vol",
        ),
        ({"kind": "cap", "months": 60, "notional": 1e6, "side": "payer"}, "side does not belong here"),
        ({"kind": "cap", "months": 60, "notional": 1e6, "swap_months": 12}, "swap_months does not belong here"),
        ({"kind": "floor", "months": 60, "quantity": 5}, "quantity does not belong here"),
        (
            {"kind": "put", "months": 3, "quantity": 5, "moneyness": 1.0, "normal_vol": 0.01},
            "normal_vol does not belong",
        ),
    ],
)
def test_bad_lines_are_one_message_each(line: dict[str, Any], message: str) -> None:
    tables = {
        "name": "bad",
        "storyline": {"anchor": [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", **LEVEL}]},
        "agents": {"maker": {"type": "MarketMaker"}, "desk": {"type": "Hedger", "book": [line]}},
    }
    with pytest.raises(UserError) as caught:
        from_dict(tables)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_cap_that_fixes_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="a cap fixes a rate after the start"):
        compiled(Cap(kind="cap", notional=1.0, maturity=date(2024, 5, 1)))


def test_a_book_from_a_file(tmp_path: Any) -> None:
    path = tmp_path / "book.csv"
    path.write_text(
        "kind,side,expiry,months,swap_months,notional,fixed_rate,normal_vol\n"
        "Swaption,P,,12,120,-1e9,4.2%,0.0095\n"
        "swaption,receiver,2020-06-19,,60,2e9,,\n"
        "cap,,,60,,1e9,0.045,\n"
    )
    taken = take_book(desk(), path)
    first, second, third = taken.agent("desk").book
    assert (first.side, first.swap_months, first.fixed_rate, first.normal_vol) == ("payer", 120, 0.042, 0.0095)
    assert second.side == "receiver" and second.fixed_rate is None
    assert third.kind == "cap" and third.swap_months is None
    for line, message in (
        ("swaption,long,2021-02-19,120,1e9", r"book.csv:2: side: must be 'payer' or 'receiver', got 'long'"),
        ("swaption,payer,2021-02-20,120,1e9", r"book.csv:2: expiry: XNYS is closed on this Saturday"),
        ("swaption,payer,2021-02-19,,1e9", "a swaption needs `swap_months`"),
    ):
        path.write_text(f"kind,side,expiry,swap_months,notional\n{line}\n")
        with pytest.raises(UserError, match=message):
            take_book(desk(), path)


def test_a_swaption_does_not_depend_on_the_asset() -> None:
    book = compiled(*BOOK)
    assert not book.has_options and book.has_rates and SPOT not in book.needs


@pytest.mark.parametrize("count", [100, pytest.param(3_000, marks=pytest.mark.slow)])
def test_options_against_quantlib(count: int) -> None:
    """Swaptions, caps and floors of random terms on random curves, on a clock whose every day is one of trading."""
    pytest.importorskip("QuantLib")
    from scenarios.studies.validation.quantlib_prices import SwapPrices

    rng, day = np.random.default_rng(7), date(2024, 3, 1)
    clock = Clock.exchange(calendar="24/7", first=day, last=date(2024, 3, 5), tick_minutes=1440, overnight_variance=0.0)
    worst, spread, levels = 0.0, 0.002, {"spot": 100.0, "vol": 0.2}
    for number in range(count):
        rates = rng.normal(0.03, 0.015, 3)
        now = Snapshot.named(**levels, **dict(zip(("overnight", "us2y", "us10y"), rates, strict=True)))
        start = Start(day=day, snapshot=now, projection_spread=spread)
        vol, strike = rng.uniform(0.002, 0.02), rates[1] + rng.normal(0, 0.01)
        if number % 2:
            expiry = add_months(day, int(rng.integers(1, 140))).replace(day=int(rng.integers(1, 28)))
            terms = {"swap_months": 6 * int(rng.integers(1, 50)), "fixed_rate": strike, "normal_vol": vol}
            item: Any = Swaption(side=("payer", "receiver")[number % 4 // 2], notional=1.0, expiry=expiry, **terms)
            theirs = SwapPrices(item.swap, strike, spread, day, {}, first=day).swaption(item, rates, vol)
        else:
            kind, maturity = ("cap", "floor")[number % 4 // 2], add_months(day, 3 * int(rng.integers(2, 48)))
            item = Cap(kind=kind, notional=1.0, maturity=maturity, fixed_rate=strike, normal_vol=vol)
            swap = Swap(notional=1.0, maturity=maturity, fixed_rate=strike)
            theirs = SwapPrices(swap, strike, spread, day, {day: 0.0}, first=day).cap(item, rates, vol)
        book = Book((item,)).compile(clock, start)
        worst = max(worst, abs(book.value(0, now, book.new_fixings(1))[0] - theirs))
    assert worst < 1e-12


@pytest.mark.parametrize("kind", ["swaption", "bermudan_swaption"])
def test_on_quoted_curves_payer_less_receiver_is_the_forward_swap(kind: str) -> None:
    """With two curves; a Bermudan payer and receiver differ by the swap where neither is ever exercised early."""
    rates = {"1M": 0.0205, "2Y": 0.0251, "5Y": 0.0286, "10Y": 0.0297, "30Y": 0.0312}
    quotes = {"convention": "usd_sofr", "rates": rates}
    curves = {"sofr": quotes, "term": {**quotes, "rates": {tenor: rate + 0.002 for tenor, rate in rates.items()}}}
    terms = {"kind": kind, "expiry": "2021-02-19", "swap_months": 6, "notional": 1e9, "fixed_rate": 0.029}
    lines = [{**terms, "side": side} for side in ("payer", "receiver")]
    agents = {
        "maker": {"type": "MarketMaker"},
        **{f"desk{i}": {"type": "Hedger", "book": [line]} for i, line in enumerate(lines)},
    }
    market = {"rates": {"curves": curves, "discount": "sofr", "projection": "term", "vol_us2y": 0.01}}
    world = world_of(crisis(market=market, agents=agents), 3)
    world.run()
    first = [world.desks[f"desk{i}"] for i in range(2)]
    start, clock = first[0].book.start, world.clock
    swap = Swap(notional=1e9, start=date(2021, 2, 19), maturity=date(2021, 8, 19), fixed_rate=0.029)
    forward = Book((swap,)).compile(clock, start)
    for tick, now in ((0, start.snapshot), (len(clock.ticks) - 1, world.factors.snapshot)):
        values = [desk.book.value(tick, now, desk.book.new_fixings(now.paths)) for desk in first]
        expected = -forward.value(tick, now, forward.new_fixings(now.paths))
        np.testing.assert_allclose(values[0] - values[1], expected, rtol=0, atol=1e-4 if kind == "swaption" else 2e3)


def test_the_vol_of_rates_moves_the_options() -> None:
    """By its ratio to the start, longer options less; a run with it balances, and the vol has moved."""
    book = [
        {"kind": "swaption", "side": "payer", "months": months, "swap_months": 60, "notional": 1e9}
        for months in (1, 60)
    ]
    agents = {"maker": {"type": "MarketMaker"}, "desk": {"type": "Hedger", "capital": 1e9, "book": book}}
    rates = {"vol": {"usd": {"start": 0.0085}}, "vol_us2y": 0.02, "vol_us10y": 0.02}
    world = world_of(crisis(market={"rates": rates}, agents=agents), 4)
    desk = world.desks["desk"]
    now, start = world.factors.snapshot, desk.book.start
    calm, wild = (now.with_rows({RATES_VOL: np.full(4, level)}) for level in (0.0085, 0.017))
    for line, instrument in zip(book, desk.book.book.instruments, strict=True):
        one = Book((instrument,)).compile(world.clock, start)
        years = world.clock.variance_years_to(instrument.expiry)
        power = (1 - np.exp(-start.term_reversion * years)) / (start.term_reversion * years)
        before, after = (one.value(0, market, np.zeros((0, 4))) for market in (calm, wild))
        np.testing.assert_allclose(after / before, 2.0**power, rtol=1e-10)  # at the money a price is linear in the vol
        assert line["months"] == 1 or power < 0.3
    world.run()
    world.ledger.check(lambda: "the end")
    assert RATES_VOL in desk.book.needs and (world.factors.snapshot.row(RATES_VOL) != 0.0085).all()
    assert (np.abs(desk.attribution.totals["vega"]) > 1e4).all()
