"""Autocallable notes of a book: limits with a closed form, Monte Carlo, sensitivities, what is paid and when."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from markets.curves.curve import usd_curve
from markets.factors.key import LN_VOL, OVERNIGHT, SPOT, US2Y, US10Y, VOL
from markets.factors.snapshot import Snapshot
from markets.products.autocall import Autocall
from markets.products.book import Book, CompiledBook
from markets.products.start import Start
from scenarios.reading.loading import from_dict
from scenarios.studies.replay.positions_csv import take_book
from scenarios.worlds.books import compile_books
from scenarios.worlds.clock import make_clock
from sim.clock import Clock
from sim.errors import BugError, UserError
from tests.small import LEVEL, K, crisis, world_of

DAY, MATURITY = date(2024, 3, 1), date(2027, 3, 1)
CLOCK = Clock.exchange(first=DAY, last=date(2024, 6, 28), tick_minutes=390)
RATE, DIVIDEND, COUPON, VOL_0 = 0.04, 0.015, 0.08, 0.25
FLAT = dict.fromkeys(("overnight", "us2y", "us10y"), RATE)
START = Start(
    day=DAY, snapshot=Snapshot.named(spot=5000.0, vol=VOL_0, **FLAT), dividend_yield=DIVIDEND, term_reversion=1.4
)
FLAT_VOL = Start(day=DAY, snapshot=START.snapshot, dividend_yield=DIVIDEND)
PHOENIX = {"coupon_barrier": 0.8, "memory": True, "observation_months": 6}
FIRST_LOOK = int(np.searchsorted(CLOCK.ticks, CLOCK.seconds(date(2024, 6, 1))))


def note(**terms: Any) -> Autocall:
    return Autocall(**{"notional": 1e6, "maturity": MATURITY, "spot": 5000.0, "coupon": COUPON, **terms})


def compiled(item: Autocall, start: Start = FLAT_VOL) -> CompiledBook:
    return Book((item,)).compile(CLOCK, start)


def worth(item: Autocall, start: Start = FLAT_VOL) -> float:
    book = compiled(item, start)
    return float(book.value(0, start.snapshot, book.new_fixings(1))[0])


def market(paths: int = 30, seed: int = 1) -> Snapshot:
    random = np.random.Generator(np.random.Philox(seed))
    spot, vol = 5000 * np.exp(0.2 * random.standard_normal(paths)), VOL_0 * np.exp(0.3 * random.standard_normal(paths))
    noise = RATE + 0.01 * random.standard_normal((3, paths))
    return Snapshot.named(spot=spot, vol=vol, overnight=noise[0], us2y=noise[1], us10y=noise[2])


def simulated(item: Autocall, pairs: int = 60_000) -> tuple[float, float]:
    """Mean and standard error of discounted payments by plain Monte Carlo, antithetic, per 1 of notional."""
    random = np.random.Generator(np.random.Philox(7))
    looks = item.observations(DAY)
    x, alive, unpaid, paid, before, before_v = *np.zeros((1, 2 * pairs)), np.ones(2 * pairs), 0.0, 0.0, 0.0, 0.0
    for look in looks:
        years, trading = CLOCK.calendar_years_to(look.day), CLOCK.variance_years_to(look.day)
        z, sd = random.standard_normal(pairs), VOL_0 * np.sqrt(trading - before_v)
        x = x + (RATE - DIVIDEND) * (years - before) - sd**2 / 2 + sd * np.concatenate([z, -z])
        share, before, before_v, last = np.exp(x), years, trading, look is looks[-1]
        pays, called = share >= item.paying, share >= (0.0 if last else item.barrier)
        back = np.where(share >= (item.protection_barrier if last else 0.0), 1.0, share)
        paid = paid + np.exp(-RATE * years) * alive * (pays * (look.coupon + unpaid) + called * back)
        unpaid = np.where(pays | (not item.memory), 0.0, unpaid + look.coupon)
        alive = alive * ~called
    pairs_of = 0.5 * (paid[:pairs] + paid[pairs:])
    return float(pairs_of.mean()), float(pairs_of.std() / np.sqrt(pairs))


@pytest.mark.parametrize(
    "terms",
    [{}, {"memory": True}, PHOENIX, {"coupon_barrier": 0.7, "protection_barrier": 0.75, "barrier": 1.05}],
)
def test_against_plain_monte_carlo(terms: dict[str, Any]) -> None:
    mean, error = simulated(note(**terms))
    assert abs(worth(note(**terms)) / 1e6 - mean) < K * error + 5e-5  # interpolation in vol


def test_with_one_observation_it_is_digitals_and_a_put() -> None:
    item = note(observation_months=36, barrier=1.1, protection_barrier=0.7)
    years, sd = CLOCK.calendar_years_to(MATURITY), VOL_0 * np.sqrt(CLOCK.variance_years_to(MATURITY))
    discount, forward = np.exp(-RATE * years), np.exp((RATE - DIVIDEND) * years)

    def above(level: float) -> float:
        return float(ndtr(np.log(forward / level) / sd - sd / 2))

    falls = forward * float(ndtr(-(np.log(forward / 0.7) / sd + sd / 2)))
    expected = discount * (3 * COUPON * above(1.1) + above(0.7) + falls)
    assert worth(item) / 1e6 == pytest.approx(expected, abs=1e-9)


def test_barriers_out_of_reach() -> None:
    looks = note().observations(DAY)
    discounts = [np.exp(-RATE * CLOCK.calendar_years_to(look.day)) for look in looks]
    never = note(barrier=1e3, protection_barrier=1e-6)
    assert worth(never) / 1e6 == pytest.approx(discounts[-1], abs=1e-8)
    bond = note(barrier=1e3, coupon_barrier=1e-6, protection_barrier=1e-6)
    coupons = sum(look.coupon * discount for look, discount in zip(looks, discounts, strict=True))
    assert worth(bond) / 1e6 == pytest.approx(discounts[-1] + coupons, abs=1e-8)
    at_once = note(barrier=1e-6, protection_barrier=1e-9)
    assert worth(at_once) / 1e6 == pytest.approx((1 + looks[0].coupon) * discounts[0], abs=1e-8)


@pytest.mark.parametrize("tick", [0, 20, FIRST_LOOK])
def test_derivatives_are_exact(tick: int) -> None:
    book, now = compiled(note(coupon_barrier=0.9, memory=True, observation_months=3), START), market()
    fixings, since = book.new_fixings(30), max(tick - 2, 0)
    fixings[1] = np.linspace(0, 0.1, 30)
    risk = book.risk(tick, now, fixings, settled=since)

    def slope(key: Any, step: float, what: str = "value") -> np.ndarray:
        up, down = (book.risk(tick, now.bumped(key, by), fixings, settled=since) for by in (step, -step))
        return np.asarray((getattr(up, what) - getattr(down, what)) / (2 * step))

    np.testing.assert_allclose(risk.value, book.value(tick, now, fixings, settled=since), rtol=1e-13)
    np.testing.assert_allclose(risk.delta, slope(SPOT, 1e-1), rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(risk.gamma, slope(SPOT, 1e-1, "delta"), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(risk.vega, slope(VOL, 1e-5), rtol=1e-3, atol=3e1)  # of 1e6
    vanna = now.row(VOL) * slope(VOL, 1e-5, "delta")
    np.testing.assert_allclose(risk.second(SPOT, LN_VOL), vanna, rtol=1e-2, atol=1e-1)
    for key in usd_curve().nodes:
        np.testing.assert_allclose(risk.first(key), slope(key, 1e-6), rtol=1e-4, atol=5e1)
    with pytest.raises(BugError, match="fixings"):
        book.delta(tick, now)
    np.testing.assert_array_equal(book.delta(tick, now, settled=since, fixings=fixings), risk.delta)


def test_what_is_paid_and_who_ends() -> None:
    book, now = compiled(note(coupon_barrier=0.9, memory=True, observation_months=3), START), market()
    fixings, since, share = book.new_fixings(30), FIRST_LOOK - 2, now.row(SPOT) / 5000.0
    fixings[1] = 0.03
    before, early = book.value(FIRST_LOOK, now, fixings, settled=since), book.value(since, now, fixings)
    cash = book.cashflows(since, FIRST_LOOK, now, fixings)
    coupon = COUPON / 4
    expected = 1e6 * np.where(share >= 0.9, coupon + 0.03 + (share >= 1.0), 0.0)
    np.testing.assert_allclose(cash, expected, rtol=1e-12)
    assert book.settles(since, FIRST_LOOK)
    book.fix(since, FIRST_LOOK, now, fixings)
    np.testing.assert_array_equal(fixings[0], np.where(share < 1.0, 12.0, 0.0))
    np.testing.assert_array_equal(before, book.value(FIRST_LOOK, now, fixings, settled=since))
    np.testing.assert_array_equal(early, book.value(since, now, fixings))
    np.testing.assert_allclose(fixings[1], np.where(share >= 0.9, 0.0, 0.03 + coupon))
    after = book.value(FIRST_LOOK, now, fixings)
    np.testing.assert_allclose(before, cash + after, rtol=1e-12)
    assert not after[share >= 1.0].any() and after[share < 1.0].all()


def test_a_path_does_not_see_the_others() -> None:
    book, now = compiled(note(), START), market(40)
    everybody = book.risk(5, now, book.new_fixings(40)).rows
    for path in (0, 39):
        alone = book.risk(5, now.take(slice(path, path + 1)), book.new_fixings(1)).rows
        np.testing.assert_allclose(alone[:, 0], everybody[:, path], rtol=1e-12, atol=1e-9)


def test_a_run_attributes_what_ends_to_what_moved() -> None:
    """Over an observation parts of the P&L stay of the size of moves, not of what is paid back."""
    line = {"kind": "autocall", "notional": -1e8, "months": 12, "fixed_rate": 0.1, "observation_months": 1}
    desks = {"desk": {"type": "Hedger", "capital": 1e8, "book": [line]}, "maker": {"type": "MarketMaker"}}
    days = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-20", **LEVEL, "spot": 101.0}]
    scenario = crisis(agents=desks, anchors=days, minutes=390, market={"realised_ratio": 0.7, "dispersion": 1.0})
    world = world_of(scenario, paths=6)
    world.run()
    desk = world.desks["desk"]
    alive = desk.unit.fixings[0] == 12
    assert 0 < alive.sum() < 6
    for part in ("theta", "rates", "delta", "gamma"):
        assert np.abs(desk.attribution.totals[part]).max() < 2e7  # not the 1e8 that are paid back
    value = desk.scale * desk.unit_value
    assert not value[~alive].any() and value[alive].all()


def test_a_path_alone_is_worth_what_it_is_worth_among_others() -> None:
    """To the last bit."""
    book, many = compiled(note(**PHOENIX)), market(paths=7)
    together = book.value(0, many, book.new_fixings(7))
    for k in range(7):
        one = Snapshot({key: many.row(key)[k : k + 1].copy() for key in (SPOT, VOL, OVERNIGHT, US2Y, US10Y)})
        assert book.value(0, one, book.new_fixings(1))[0] == together[k]


HEAD = "kind,notional,months,fixed_rate,barrier,coupon_barrier,protection_barrier,observation_months,memory"
WRONG = [
    ("autocall,1e8,36,,,,,,", "2: fixed_rate: an autocall needs `fixed_rate`"),
    ("autocall,1e8,36,0.08,,,,0,", "2: observation_months: must be > 0, got 0"),
    ("autocall,1e8,36,0.08,-1,,,,", "2: barrier: must be > 0, got -1.0"),
    ("autocall,1e8,36,0.08,100,,,,", "2: barrier: outside 0.2 to 5"),
    ("autocall,1e8,36,0.08,1.0,1.1,,,", "book.1.coupon_barrier: a note that is called pays its coupon, got 1.1"),
    ("autocall,1e8,36,8,,,,,", "2: fixed_rate: outside -0.05 to 0.3"),
    ("autocall,,36,0.08,,,,,", "2: notional: an autocall needs its notional"),
    ("autocall,1e8,36,0.08,,,,,perhaps", "2: memory: must be true or false, got 'perhaps'"),
    ("equity_note,1e8,36,,,0.8,,,", "2: coupon_barrier: coupon_barrier does not belong here: a note has none"),
]


@pytest.mark.parametrize(("line", "said"), WRONG)
def test_wrong_lines(line: str, said: str, tmp_path: Path) -> None:
    (table := tmp_path / "book.csv").write_text(f"{HEAD}\n{line}\n")
    scenario = from_dict(
        {
            "name": "small",
            "storyline": {"anchor": [{"date": "2020-02-19", **LEVEL}, {"date": "2020-02-21"}]},
            "agents": {"desk": {"type": "Hedger", "capital": 1e8}, "maker": {"type": "MarketMaker"}},
        }
    )
    with pytest.raises(UserError) as caught:
        compile_books(take_book(scenario, table), make_clock(scenario))
    told = str(caught.value)
    assert said in told and "\n" not in told
    assert "book.csv:2" in told or "agents.desk.book.1" in told


KINDS = (
    {"kind": "autocall", "fixed_rate": 0.08},
    {"kind": "equity_note"},
    {"kind": "swap", "fixed_rate": 0.02},
    {"kind": "put", "moneyness": 1.0},
)


@pytest.mark.parametrize("line", KINDS, ids=lambda line: line["kind"])
def test_what_ends_on_a_closed_day_after_the_first_close_is_over(line: dict[str, object]) -> None:
    """Friday is the first day: a position to the Sunday was settled at Friday's close, and is refused."""
    book = [{**line, "notional": 1e8, "expiry": "2020-02-23"}]
    days = [{"date": "2020-02-21", **LEVEL}, {"date": "2020-02-26", **LEVEL}]
    desks = {"desk": {"type": "Hedger", "capital": 1e8, "book": book}, "maker": {"type": "MarketMaker"}}
    scenario = crisis(agents=desks, anchors=days, minutes=390)
    with pytest.raises(UserError, match="after the start, got '2020-02-23'"):
        compile_books(scenario, make_clock(scenario))
