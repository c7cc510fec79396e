"""Bonds and bills by the street's formulas: known figures, QuantLib, curves of their yields, mistakes."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
import QuantLib as ql
from click.testing import CliRunner

from markets.curves.bond import bond_of, payment_days
from markets.curves.conventions import CONVENTIONS
from markets.curves.curve_set import solve_set
from markets.curves.dates import to_ql
from markets.specs.curves import CurveSpec, QuoteSpec
from scenarios import price_bond
from scenarios.cli import main
from sim.errors import UserError

SETTLED = "2026-03-03"


def test_a_known_note() -> None:
    note = price_bond("3.875% 2031-02-28 at 100.46", settled=SETTLED)
    known = {
        "accrued": 0.031589673913,
        "rate": 0.0377297155076,
        "duration": 4.5863076479,
        "modified": 4.5013895739,
        "dv01": 0.045235179402,
        "convexity": 23.567828903,
    }
    assert {name: getattr(note, name) for name in known} == pytest.approx(known, rel=1e-10)
    back = price_bond(f"3.875% 2031-02-28 at {note.rate * 100:.14f}%", settled=SETTLED)
    assert back.price == pytest.approx(100.46, abs=1e-11)


@pytest.mark.parametrize(
    ("text", "price", "simple", "equivalent", "digit"),
    [
        ("bill 2026-06-04 at 4.07%", 98.9485833333, 0.04170375804044, 0.04170375804044, 1e-14),
        ("bill 2027-02-18 at 3.72%", 96.3626666667, 0.0391403309719, 0.0387782763909, 1e-13),
        ("bill 2026-06-02 at 4.07%", 98.9711944444, 0.04169423, 0.04169423, 1e-9),
        ("bill 2026-09-01 at 3.89%", 98.0333888889, 0.040231474, 0.040231474, 1e-9),
    ],
)
def test_known_bills(text: str, price: float, simple: float, equivalent: float, digit: float) -> None:
    found = price_bond(text, settled=SETTLED)
    assert found.price == pytest.approx(price, abs=1e-10)
    assert (found.simple, found.equivalent) == pytest.approx((simple, equivalent), abs=digit)


@pytest.mark.parametrize(("years", "price", "rate"), [(2, 100.31, 0.037127404), (5, 100.46, 0.037731864)])
def test_known_yields_on_a_coupon_day(years: int, price: float, rate: float) -> None:
    """Whole periods; the coupon that screens show as 3.88 is 3.875."""
    held = bond_of(CONVENTIONS["us_treasury"], date(2026, 3, 15), date(2026 + years, 3, 15), 0.03875)
    assert held.accrued == 0 and held.rate(price) == pytest.approx(rate, abs=5e-10)


@pytest.mark.parametrize("market", ["us_treasury", "uk_gilt"])
def test_random_bonds_are_quantlibs(market: str) -> None:
    """Accrued, yield, modified duration, convexity of 100 bonds, the last coupon period among them."""
    draw, convention = np.random.default_rng(5), CONVENTIONS[market]
    for _ in range(100):
        settled = date(2026, 1, 1) + timedelta(days=int(draw.integers(0, 700)))
        maturity = settled + timedelta(days=int(draw.integers(3, 11_000)))
        coupon, clean = float(draw.uniform(0, 0.09)), float(draw.uniform(60, 130))
        ours = bond_of(convention, settled, maturity, coupon)
        schedule = ql.Schedule(
            to_ql(settled - timedelta(days=900)), to_ql(maturity), ql.Period(6, ql.Months), ql.NullCalendar(),
            ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.Backward, convention.end_of_month,
        )  # fmt: skip
        count = ql.ActualActual(ql.ActualActual.ISMA, schedule)
        gilts = (ql.Period(7, ql.Days), ql.UnitedKingdom()) if market == "uk_gilt" else ()
        theirs = ql.FixedRateBond(
            0, 100.0, schedule, [coupon], count, ql.Unadjusted, 100.0, ql.Date(), ql.NullCalendar(), *gilts
        )
        ql.Settings.instance().evaluationDate = to_ql(settled)
        assert 100 * ours.accrued == pytest.approx(theirs.accruedAmount(to_ql(settled)), abs=1e-12)
        if ours.left == 1 and clean < 95:
            continue  # a few days at a deep discount: yields of thousands of percent
        compounding = ql.SimpleThenCompounded if ours.at_once else ql.Compounded
        assert not (ours.at_once and market == "uk_gilt")
        rate = ql.InterestRate(ours.rate(clean), count, compounding, ql.Semiannual)
        day = to_ql(settled)
        assert ql.BondFunctions.cleanPrice(theirs, rate, day) == pytest.approx(clean, abs=1e-9)
        value, first, second = ours.dirty(rate.rate())
        duration = ql.BondFunctions.duration(theirs, rate, ql.Duration.Modified, day)
        assert -first / value == pytest.approx(duration, rel=1e-9)
        assert second / value == pytest.approx(ql.BondFunctions.convexity(theirs, rate, day), rel=1e-9)


def test_a_gilt_without_its_next_coupon() -> None:
    """From seven business days before the coupon on, over a bank holiday: less than nothing has accrued.

    Debt Management Office: accrued (t / s - 1) c / 2, and the price is that of what is paid after the coupon.
    """
    with_it, without = (
        price_bond("4.5% 2034-09-07 at 98.25", settled=day, market="uk_gilt") for day in ("2025-08-27", "2025-08-28")
    )
    assert with_it.accrued == pytest.approx(2.25 * 173 / 184, abs=1e-12)
    assert without.accrued == pytest.approx(2.25 * (174 / 184 - 1), abs=1e-12)
    v = 1 / (1 + without.rate / 2)
    dirty = v ** (10 / 184) * sum([2.25 * v**k for k in range(1, 19)], 100 * v**18)
    assert dirty == pytest.approx(98.25 + without.accrued, abs=1e-11)


def test_a_gilt_with_one_payment_left_is_compounded() -> None:
    """As the Debt Management Office says; of a Treasury note the yield is then simple interest."""
    gilt, note = (
        price_bond("4% 2026-12-07 at 99.8", settled="2026-08-07", market=market)
        for market in ("uk_gilt", "us_treasury")
    )
    dirty, share = 99.8 + 2 * 61 / 183, 122 / 183
    assert gilt.rate == pytest.approx(2 * ((102 / dirty) ** (1 / share) - 1), abs=1e-13)
    assert note.rate == pytest.approx(2 * (102 / dirty - 1) / share, abs=1e-13)


def test_a_curve_of_gilts_prices_what_a_buyer_gets() -> None:
    """A curve of one gilt without its next coupon: its later payments at the curve are the dirty price."""
    quote = QuoteSpec(kind="bond", end=date(2034, 9, 7), coupon=0.045, price=98.25)
    curve = solve_set({"gilt": CurveSpec(convention="uk_gilt", quotes=(quote,))}, date(2025, 8, 29))["gilt"]
    held = bond_of(CONVENTIONS["uk_gilt"], date(2025, 9, 1), date(2034, 9, 7), 0.045)
    days = payment_days(CONVENTIONS["uk_gilt"], date(2025, 9, 1), date(2034, 9, 7))
    assert held.accrued < 0 and held.paid[0] == 0
    worth = sum(amount * curve.discount(day) for day, amount in zip(days, held.paid, strict=True))
    assert worth == pytest.approx((0.9825 + held.accrued) * curve.discount(date(2025, 9, 1)), abs=1e-13)


def test_a_curve_of_bills_and_yields() -> None:
    """The discount factor of a bill is its price over that of settlement; a bond quoted by yield has that price."""
    quotes = (
        QuoteSpec(kind="bill", end=date(2026, 6, 4), rate=0.0407),
        QuoteSpec(kind="bond", end=date(2031, 2, 28), coupon=0.03875, rate=0.0377297155076),
    )
    found = solve_set({"ust": CurveSpec(convention="us_treasury", quotes=quotes)}, date(2026, 3, 2))
    curve = found["ust"]
    assert curve.discount(date(2026, 6, 4)) / curve.discount(date(2026, 3, 3)) == pytest.approx(
        0.989485833333, abs=1e-12
    )
    assert found.quotes[1].value == pytest.approx(100.46, abs=1e-9) and found.residual < 1e-12


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("3.875 2031-02-28 at 100", (), "is not a bond"),
        ("3.875% 2026-02-28 at 100", (), "the bond matures by its settlement day, got '2026-02-28'"),
        ("3.875% 2031-02-31 at 100", (), "is not a date, got '2031-02-31'"),
        ("3.875% 2031-02-28 at 3000%", (), "no bond has such a yield, got 3000.0"),
        ("3.875% 2031-02-28 at -5", (), "no yield gives this price, got -5.0"),
        ("bill 2026-03-03 at 4%", (), "the bill matures by its settlement day"),
        ("bill 2030-03-03 at 40%", (), "the discount is more than the face"),
        ("3.875% 2031-02-28 at 100", ("--market", "usd_sofr"), "market: no bonds have this convention, got 'usd_sofr'"),
        ("3.875% 2031-02-28 at 1.2.3", (), "is not a number, got '1.2.3'"),
    ],
)
def test_mistakes_are_one_line(text: str, options: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(main, ["bond", text, "--settled", SETTLED, *options])
    assert done.exit_code == 2 and said in done.output and done.output.count("\n") == 1


def test_the_command_shows_both_tables() -> None:
    texts = ["3.875% 2031-02-28 at 100.46", "bill 2027-02-18 at 3.72%"]
    done = CliRunner().invoke(main, ["bond", *texts, "--settled", SETTLED])
    assert done.exit_code == 0 and "3.772972 %" in done.output and "3.877828 %" in done.output


def test_a_price_without_a_yield_is_refused() -> None:
    with pytest.raises(UserError, match="no yield gives this price"):
        price_bond("3% 2031-02-28 at 0", settled=SETTLED)


def test_known_deposits() -> None:
    """5 % for 182 days: APY 0.0506267407701 (act/365 throughout); priced by another rate, and its spread."""
    cd = price_bond("cd 5% 2026-03-03 to 2026-09-01", settled=SETTLED)
    assert cd.price == pytest.approx(100 * (1 + 0.05 * 182 / 360) / (1 + 0.05 * 182 / 360))
    assert cd.apy == pytest.approx(0.0506267407701, abs=1e-13)
    late = price_bond("cd 5% 2026-01-05 to 2026-09-01 at 4.4%", settled=SETTLED)
    assert late.price == pytest.approx(100 * (1 + 0.05 * 239 / 360) / (1 + 0.044 * 182 / 360), rel=1e-14)
    assert late.accrued == pytest.approx(5 * 57 / 360)


@pytest.mark.parametrize("count", ["30/360", "30e/360", "act/365f", "act/360"])
@pytest.mark.parametrize("frequency", [1, 2, 4, 12])
def test_other_day_counts_are_quantlibs(count: str, frequency: int) -> None:
    """Accrued interest, yield, DV01 and convexity."""
    theirs_count = {
        "30/360": ql.Thirty360(ql.Thirty360.BondBasis), "30e/360": ql.Thirty360(ql.Thirty360.European),
        "act/365f": ql.Actual365Fixed(), "act/360": ql.Actual360(),
    }[count]  # fmt: skip
    ours = price_bond("4.25% 2033-07-15 at 97.3", settled=SETTLED, day_count=count, frequency=frequency)
    schedule = ql.Schedule(
        ql.Date(15, 1, 2024), ql.Date(15, 7, 2033), ql.Period(12 // frequency, ql.Months), ql.NullCalendar(),
        ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.Backward, False,
    )  # fmt: skip
    theirs = ql.FixedRateBond(0, 100.0, schedule, [0.0425], theirs_count, ql.Unadjusted)
    day = to_ql(date.fromisoformat(SETTLED))
    ql.Settings.instance().evaluationDate = day
    rate = ql.InterestRate(ours.rate, theirs_count, ql.Compounded, frequency)
    assert ours.accrued == pytest.approx(theirs.accruedAmount(day), abs=1e-12)
    assert ql.BondFunctions.cleanPrice(theirs, rate, day) == pytest.approx(97.3, abs=1e-10)
    assert ours.modified == pytest.approx(ql.BondFunctions.duration(theirs, rate, ql.Duration.Modified, day), rel=1e-10)
    assert ours.convexity == pytest.approx(ql.BondFunctions.convexity(theirs, rate, day), rel=1e-10)
    assert ours.dv01 == pytest.approx(-ql.BondFunctions.basisPointValue(theirs, rate, day), rel=1e-3)


def test_spreads_above_a_curve(tmp_path) -> None:
    """The payments, discounted on the curve and the spread from settlement on, are worth the price."""
    quotes = tmp_path / "quotes.csv"
    quotes.write_text("curve,kind,tenor,rate_percent\nsofr,ois,1Y,3.9\nsofr,ois,10Y,3.86\n")
    done = CliRunner().invoke(
        main,
        ["bond", "3.875% 2031-02-28 at 100.46", "bill 2026-06-04 at 4.07%", "cd 5% 2026-09-01 at 4.9%",
         "--settled", SETTLED, "--curves", str(quotes), "--date", "2026-03-02"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "spread, bp" in done.output and "Deposits" in done.output
    from scenarios import solve_curves

    curve = solve_curves(quotes, day="2026-03-02")["sofr"]
    held = bond_of(CONVENTIONS["us_treasury"], date(2026, 3, 3), date(2031, 2, 28), 0.03875)
    note = price_bond("3.875% 2031-02-28 at 100.46", settled=SETTLED, curve=curve)
    days = payment_days(CONVENTIONS["us_treasury"], date(2026, 3, 3), date(2031, 2, 28))
    years = np.array([(day - date(2026, 3, 3)).days / 365 for day in days])
    forward = np.array([curve.discount(day) for day in days]) / curve.discount(date(2026, 3, 3))
    assert held.paid @ (forward * np.exp(-note.spread * years)) == pytest.approx(1.0046 + held.accrued, abs=1e-14)
    with pytest.raises(UserError, match="is settled before the curve's day"):
        price_bond("bill 2026-06-04 at 4%", settled="2026-02-27", curve=curve)
