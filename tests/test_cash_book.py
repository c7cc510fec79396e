"""Bonds, bills, deposits, FRAs and SOFR futures in books: known answers, QuantLib, and runs that live with them."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
import QuantLib as ql

from markets.curves.curve import usd_curve
from markets.curves.curve_set import CurveSet, solve_set
from markets.curves.dates import to_ql
from markets.factors.key import SPOT, VOL
from markets.factors.snapshot import Snapshot
from markets.products.bond import Bond
from markets.products.book import Book, CompiledBook
from markets.products.deposit import Deposit
from markets.products.quoted_cash import spread_at
from markets.products.registry import parse
from markets.products.sofr_future import SofrFuture
from markets.products.start import Start
from markets.rate_vols.convexity import averaged_convexity, compounded_convexity
from scenarios import from_dict, run
from sim.clock import Clock
from sim.errors import UserError
from tests.test_ois import desk_with
from tests.test_quoted_curves import TODAY, sofr
from tests.test_swap_book import handle

NODES = {"overnight": 0.0, "us2y": 2.0, "us10y": 10.0, "us30y": 30.0}
CLOCK = Clock.exchange(first=TODAY, last=date(2026, 6, 30), tick_minutes=390)


class Line:
    """A line of a book with its defaults."""

    def __init__(self, **given) -> None:
        from agents.hedging.positions import Position

        self.position = Position(**given)

    def __getattr__(self, key: str):
        return getattr(self.position, key)


def market(found: CurveSet | None = None, **changes) -> Start:
    """A start on the curve of the reference, or on another one."""
    found = found or solve_set({"sofr": sofr()}, TODAY)
    quoted = next(iter(found.curves.values()))
    first = {"overnight": 0.043, "us2y": 0.037, "us10y": 0.039, "us30y": 0.039}
    plain = usd_curve(tuple(NODES.items()))
    curve = type(plain)(plain.nodes, plain.years, quoted, tuple(first.values()))
    levels = {SPOT: 100.0, VOL: 0.2, **dict(zip(plain.nodes, first.values(), strict=True))}
    snapshot = Snapshot({key: np.array([level]) for key, level in levels.items()})
    name = next(iter(found.curves))
    given = {"day": TODAY, "snapshot": snapshot, "curve": curve, "convention": found.convention(name), **changes}
    return Start(**given)


def compiled(start: Start, *lines: dict, clock: Clock = CLOCK) -> CompiledBook:
    return Book(tuple(parse(Line(**line), start) for line in lines)).compile(clock, start)


def value(book: CompiledBook, snapshot: Snapshot | None = None, tick: int = 0) -> float:
    now = snapshot or book.start.snapshot
    return float(book.value(tick, now, book.new_fixings(now.paths))[0])


def shifted(start: Start, by: float) -> Snapshot:
    """All nodes moved: every discount factor is exp(-by x years) times what it was."""
    return start.snapshot.with_rows({key: start.snapshot.row(key) + by for key in start.curve.nodes})


BONDS = [
    ("us_treasury", "", None, "2031-02-28", 0.03875, 100.46),
    ("us_treasury", "30/360", 4, "2036-05-15", 0.0425, 97.3),
    ("uk_gilt", "", None, "2056-01-31", 0.045, 88.25),
    ("us_treasury", "act/365f", 1, "2028-09-30", 0.0, 91.0),
    ("us_treasury", "act/360", 12, "2026-11-01", 0.06, 101.2),
    ("us_treasury", "30e/360 isda", 2, "2033-08-31", 0.03, 93.0),
]
COUNTS = {
    "": lambda schedule: ql.ActualActual(ql.ActualActual.ISMA, schedule),
    "30/360": lambda _: ql.Thirty360(ql.Thirty360.BondBasis),
    "30e/360 isda": lambda _: ql.Thirty360(ql.Thirty360.ISDA, ql.Date(31, 8, 2033)),
    "act/365f": lambda _: ql.Actual365Fixed(),
    "act/360": lambda _: ql.Actual360(),
}


@pytest.mark.parametrize(("name", "count", "frequency", "maturity", "coupon", "price"), BONDS)
@pytest.mark.parametrize("moved", [0.0, 0.013])
def test_bonds_are_quantlibs(name, count, frequency, maturity, coupon, price, moved) -> None:
    """Its spread from the price, and its value at that spread on the curve, and on a curve moved by 130 bp."""
    start = market()
    line = {"kind": "bond", "expiry": date.fromisoformat(maturity), "fixed_rate": coupon, "price": price}
    line |= {"notional": 1e6, "convention": name, "day_count": count, "frequency": frequency}
    book = compiled(start, line)
    (bond,) = book.book.instruments
    assert isinstance(bond, Bond)
    ql.Settings.instance().evaluationDate = to_ql(TODAY)
    calendar = ql.UnitedStates(ql.UnitedStates.GovernmentBond) if name == "us_treasury" else ql.UnitedKingdom()
    schedule = ql.Schedule(
        to_ql(date(2020, 1, 1)), to_ql(bond.maturity), ql.Period(12 // (frequency or 2), ql.Months), ql.NullCalendar(),
        ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.Backward, name == "us_treasury",
    )  # fmt: skip
    theirs = ql.FixedRateBond(
        1, 100.0, schedule, [coupon], COUNTS[count](schedule), ql.Following, 100.0, ql.Date(), calendar
    )
    curve = handle(solve_set({"curve": sofr()}, TODAY), "curve")
    settled = theirs.settlementDate()
    spread = ql.BondFunctions.zSpread(
        theirs, ql.BondPrice(price, ql.BondPrice.Clean), curve.currentLink(), ql.Actual365Fixed(), ql.Continuous,
        ql.Annual, settled, 1e-14, 10_000, spread_at(bond.dated(start), start),
    )  # fmt: skip
    assert spread_at(bond.dated(start), start) == pytest.approx(spread, abs=1e-10)
    quote = ql.QuoteHandle(ql.SimpleQuote(spread + moved))
    theirs.setPricingEngine(
        ql.DiscountingBondEngine(ql.YieldTermStructureHandle(ql.ZeroSpreadedTermStructure(curve, quote)))
    )
    at = (settled - to_ql(TODAY)) / 365
    forward = theirs.dirtyPrice() / 100 * curve.discount(settled) * np.exp(-(spread + moved) * at)
    assert value(book, shifted(start, moved)) == pytest.approx(1e6 * forward, rel=1e-10)
    if not moved:
        assert theirs.cleanPrice() == pytest.approx(price, abs=1e-9)


def test_yields_and_discounts_are_prices() -> None:
    """A bond at its yield is the bond at its price, a bill at its discount too; a given spread is that spread."""
    start, end = market(), date(2031, 2, 28)
    bond = {"kind": "bond", "expiry": end, "fixed_rate": 0.03875, "notional": 1e6}
    by_price, by_yield = (
        value(compiled(start, {**bond, **quote})) for quote in ({"price": 100.46}, {"quoted_rate": 0.0377297155076})
    )
    assert by_yield == pytest.approx(by_price, rel=1e-11)
    bill = {"kind": "bill", "expiry": date(2026, 6, 4), "notional": 1e6}
    known = 0.989485833333 * start.discount(1 / 365)
    found = Book((parse(Line(**bill, quoted_rate=0.0407), start),)).instruments[0]
    above = spread_at(found.dated(start), start)
    assert value(compiled(start, {**bill, "quoted_rate": 0.0407})) == pytest.approx(
        1e6 * known * np.exp(-above / 365), rel=1e-11
    )
    years = (date(2026, 6, 4) - TODAY).days / 365
    by_spread = value(compiled(start, {**bill, "spread": 0.01}))
    assert by_spread == pytest.approx(1e6 * start.discount(years) * np.exp(-0.01 * years), rel=1e-13)


def test_deposits() -> None:
    """At par without a rate; at a quoted rate worth (1 + c tau) / (1 + y tau) on the settlement day."""
    start = market()
    par = compiled(start, {"kind": "cd", "expiry": date(2026, 9, 1), "notional": 1e6})
    assert value(par) == pytest.approx(1e6, rel=1e-13)
    line = {"kind": "cd", "expiry": date(2026, 9, 1), "start": date(2026, 1, 5), "fixed_rate": 0.05, "notional": 1e6}
    whole, left = ((date(2026, 9, 1) - day).days / 360 for day in (date(2026, 1, 5), TODAY))
    quoted = value(compiled(start, {**line, "quoted_rate": 0.044}))
    assert quoted == pytest.approx(1e6 * (1 + 0.05 * whole) / (1 + 0.044 * left), rel=1e-12)
    plain = value(compiled(start, line))
    assert plain == pytest.approx(1e6 * (1 + 0.05 * whole) * start.discount((date(2026, 9, 1) - TODAY).days / 365))
    with pytest.raises(UserError, match="a deposit is issued, bought, then due"):
        compiled(start, {**line, "expiry": date(2026, 2, 1)})
    assert Deposit(notional=1.0, maturity=date(2027, 1, 1)).label == "deposit par 2027-01-01"


@pytest.mark.parametrize("moved", [0.0, -0.007])
def test_fras_are_quantlibs(moved: float) -> None:
    start = market()
    ql.Settings.instance().evaluationDate = to_ql(TODAY)
    curve = handle(solve_set({"curve": sofr()}, TODAY), "curve")
    curve = ql.YieldTermStructureHandle(ql.ZeroSpreadedTermStructure(curve, ql.QuoteHandle(ql.SimpleQuote(moved))))
    calendar = ql.UnitedStates(ql.UnitedStates.GovernmentBond)
    for near, far in ((1, 4), (6, 12), (3, 9)):
        first = calendar.advance(calendar.advance(to_ql(TODAY), 2, ql.Days), near, ql.Months, ql.ModifiedFollowing)
        last = calendar.advance(calendar.advance(to_ql(TODAY), 2, ql.Days), far, ql.Months, ql.ModifiedFollowing)
        index = ql.IborIndex(
            "term", ql.Period(far - near, ql.Months), 0, ql.USDCurrency(), calendar, ql.ModifiedFollowing, False,
            ql.Actual360(), curve,
        )  # fmt: skip
        theirs = ql.ForwardRateAgreement(index, first, last, ql.Position.Long, 0.04, 1e7, curve)
        ours = compiled(start, {"kind": "fra", "tenor": f"{near}x{far}", "fixed_rate": 0.04, "notional": 1e7})
        assert value(ours, shifted(start, moved)) == pytest.approx(theirs.NPV(), abs=1e-10 * 1e7)


def test_a_known_fra_lives_and_settles() -> None:
    """N 10m at 4 %, P 0.9966 and 0.9867: 330.000000; settled at a fixing of 4.15 %: 3711.493257."""
    from markets.products.cash_legs import CashLegs, Payment
    from markets.products.cash_table import CashTable

    class Agreed:
        table, label, size = CashTable, "", 0.0

        def cash_legs(self, clock, start):
            tau = 0.25
            first, last = (clock.session_dates[i] for i in (1, 3))
            return CashLegs((Payment(first, 1e7), Payment(last, -1e7 * (1 + 0.04 * tau), settled=first)))

    clock = Clock.continuous(first=TODAY, days=4)
    flat = usd_curve((("overnight", 0.0), ("us2y", 1 / 364), ("us10y", 3 / 364)))
    one, two = (-np.log(p) * 364 / days for p, days in ((0.9966, 1), (0.9867, 3)))
    rows = dict(zip(flat.nodes, (np.array([rate]) for rate in (one, one, two)), strict=True))
    snapshot = Snapshot({SPOT: np.array([100.0]), VOL: np.array([0.2]), **rows})
    start = Start(day=TODAY, snapshot=snapshot, curve=flat)
    book = Book((Agreed(),)).compile(clock, start)
    assert value(book) == pytest.approx(330.0, abs=1e-7)
    then = np.log(1 + 0.0415 * 0.25) * 364 / 2  # two days on, linear in the zero rate from 1 day to 3
    late = snapshot.with_rows({key: np.array([then]) for key in rows})
    assert book.cashflows(0, 1, late, book.new_fixings(1))[0] == pytest.approx(3711.493257, abs=1e-5)
    assert book.settles(0, 1) and value(book, late, 1) == 0.0


def test_known_convexities() -> None:
    """Flat 4 %, a 3 %, sigma 1 %: futures rates 0.04034695792801, of a month's average 0.04001446154427."""
    compounded = (np.exp(0.04 * 0.25 + compounded_convexity(1.5, 1.75, 0.03, 0.01)) - 1) / 0.25
    assert compounded == pytest.approx(0.04034695792801, abs=1e-14)
    average = 0.04 + averaged_convexity(0.5, 7 / 12, 0.03, 0.01) * 12
    assert average == pytest.approx(0.04001446154427, abs=1e-14)
    for a, b in ((0.5, 0.75), (0.0, 1.0), (4.0, 4.25)):  # the limit without reversion is smooth, and Ho and Lee's
        near, none = (compounded_convexity(a, b, speed, 0.01) for speed in (1e-9, 0.0))
        assert none == pytest.approx(near, rel=1e-6)
        ho_lee = 0.5 * 0.01**2 * ((b**3 - a**3) / 3 + (b - a) ** 2 * a + (b - a) ** 3 / 3)
        assert none == pytest.approx(ho_lee, rel=1e-12)
    with pytest.raises(UserError, match="a future's period lies ahead"):
        averaged_convexity(1.0, 0.5, 0.03, 0.01)


def test_futures_start_at_the_models_price_and_pay_what_it_moves() -> None:
    """100 - rate by the closed form; +1 bp costs 25 $ a million for three months and 41.67 $ a five for one."""
    start = market()
    for kind, size, point in (("sofr_3m", 1e6, 25.0), ("sofr_1m", 5e6, 41.6666666667)):
        line = {"kind": kind, "tenor": "Z6", "notional": size, "normal_vol": 0.01}
        book = compiled(start, line)
        (future,) = book.book.instruments
        assert isinstance(future, SofrFuture) and value(book) == pytest.approx(0.0, abs=1e-9)
        begin, end = ((day - TODAY).days / 365 for day in future.span(start))
        convexity = (compounded_convexity if kind == "sofr_3m" else averaged_convexity)(begin, end, 0.03, 0.01)
        grown, tau = start.log_discount(begin, end) + convexity, (end - begin) * 365 / 360
        rate = (np.expm1(grown) if kind == "sofr_3m" else grown) / tau
        agreed = compiled(start, {**line, "price": 96.0})
        assert value(agreed) == pytest.approx(point * (1e2 * (100 * (1 - rate) - 96.0)), rel=1e-10)
        bp = value(book, shifted(start, 1e-4 * 365 / 360))
        assert bp == pytest.approx(-point, rel=2e-2)


def test_known_fixings_of_futures() -> None:
    """4.31, 4.32, 4.30, 4.29, 4.33 % for 1, 1, 1, 3, 1 days: compounded 4.305610714954 %, average 4.304285714286 %."""
    from markets.products.past import known_since

    days = [date(2026, 2, 23), date(2026, 2, 24), date(2026, 2, 25), date(2026, 2, 26), date(2026, 2, 27)]
    first = [date(2026, 2, 24), date(2026, 2, 25), date(2026, 2, 26), date(2026, 2, 27), date(2026, 3, 2)]
    assert [(b - a).days for a, b in zip(days, first, strict=True)] == [1, 1, 1, 1, 3]
    rates = dict(zip(days, (0.0431, 0.0432, 0.0430, 0.0433, 0.0429), strict=True))
    start = market(fixings=rates)
    convention = start.convention
    grown = known_since(days[0], start, convention, None)
    assert (grown - 1) * 360 / 7 == pytest.approx(0.04305610714954, abs=1e-14)
    summed = known_since(days[0], start, convention, None, averaged=True)
    assert summed * 360 / 7 == pytest.approx(0.04304285714286, abs=1e-14)
    with pytest.raises(UserError, match="the overnight rate of a past day is missing, got '2026-02-20'"):
        known_since(date(2026, 2, 20), start, convention, None)


CASH = [
    {"kind": "bond", "expiry": "2030-08-15", "fixed_rate": 0.03, "price": 99.0, "notional": 5e7},
    {"kind": "bond", "months": 6, "fixed_rate": 0.04, "notional": -2e7},
    {"kind": "bill", "expiry": "2020-02-27", "quoted_rate": 0.021, "notional": 1e7},
    {"kind": "cd", "expiry": "2020-06-01", "notional": 1e7},
    {"kind": "fra", "tenor": "3x6", "notional": -1e8},
    {"kind": "sofr_3m", "tenor": "H0", "notional": 1e9},
    {"kind": "sofr_1m", "tenor": "G0", "notional": -5e8, "price": 98.1},
    {"kind": "sofr_3m", "tenor": "Z9", "notional": 2e8, "past_rate": 0.019},
    {"kind": "ois", "months": 24, "notional": 1e8, "compounding": "averaged", "spread": 0.001},
    {"kind": "ois", "start": "2019-05-28", "expiry": "2024-05-28", "notional": -1e8, "profile": "amortising"},
]


def test_a_desk_lives_with_them(tmp_path) -> None:
    """Ledger and attribution are proved at every mark; the rows of the book add up; the file reads back."""
    scenario = desk_with(CASH)
    result = run(scenario, paths=4, out=tmp_path / "run", workers=1, twin="none")
    marks = result.table("marks").collect().filter((pl.col("agent") == "desk") & (pl.col("world") == "actual"))
    end = marks.sort("time").tail(4)
    rows = result.table("book").collect().filter((pl.col("at") == "end") & (pl.col("world") == "actual"))
    assert rows["value"].sum() == pytest.approx(end["book_value"].sum(), rel=1e-9)
    assert not marks["pnl"].is_nan().any() and end["rates"].abs().min() > 0
    told = scenario.to_dict()
    assert from_dict(told).to_dict() == told


def test_risk_of_each_is_that_of_a_bump() -> None:
    """First and second derivatives by every node, of a book of each kind, some days into the run."""
    start = market()
    lines = [
        {"kind": "bond", "expiry": date(2030, 8, 15), "fixed_rate": 0.03, "price": 99.0, "notional": 5e7},
        {"kind": "fra", "tenor": "3x6", "notional": -1e8},
        {"kind": "sofr_3m", "tenor": "M6", "notional": 1e9},
        {"kind": "sofr_1m", "tenor": "J6", "notional": 1e9},
        {"kind": "ois", "months": 30, "notional": 1e8, "compounding": "averaged"},
        {"kind": "ois", "months": 63, "notional": 1e8, "spread": 0.002},
    ]
    for line in lines:
        book, tick = compiled(start, line), 9
        fixings, now = book.new_fixings(1), start.snapshot
        for until in range(1, tick + 1):
            book.fix(until - 1, until, now, fixings)
        risk = book.risk(tick, now, fixings, bends=True)
        for key in start.curve.nodes:
            up, down = (book.value(tick, now.bumped(key, by), fixings)[0] for by in (1e-5, -1e-5))
            assert risk.first(key)[0] == pytest.approx((up - down) / 2e-5, abs=1e-8 * abs(line["notional"]))
            up, down = (book.risk(tick, now.bumped(key, by), fixings).first(key)[0] for by in (1e-5, -1e-5))
            assert risk.second(key, key)[0] == pytest.approx((up - down) / 2e-5, abs=1e-5 * abs(line["notional"]))
