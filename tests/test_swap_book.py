"""Swaps on quoted curves: known values and risk, and random books against QuantLib."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
import QuantLib as ql

from markets.curves.curve_set import CurveSet, solve_set
from markets.curves.dates import to_ql
from markets.curves.flows import DISCOUNT, PROJECTION
from markets.curves.stress import SHAPES, parse_stress
from markets.curves.swap_book import SwapBook
from markets.curves.tents import KEYS, coverage, fixed_widths, partition
from markets.specs.curve_swaps import CurveSwapSpec
from markets.specs.curves import CurveSpec
from sim.errors import UserError
from tests.test_quoted_curves import CALENDARS, TODAY, grid, one, percent, sofr

DISCOUNTED = {
    "0.5": 0.0405, "1": 0.039, "2": 0.037, "3": 0.0366, "5": 0.0372, "7": 0.038, "10": 0.0392, "15": 0.0405,
    "20": 0.0408, "30": 0.04,
}  # fmt: skip
FORWARD = {
    "0.5": 0.0412, "1": 0.0398, "2": 0.0379, "3": 0.0376, "5": 0.0383, "7": 0.0391, "10": 0.0403, "15": 0.0415,
    "20": 0.0417, "30": 0.0408,
}  # fmt: skip
SWAPS = (
    CurveSwapSpec(side="receive", rate=0.04, tenor="10Y", notional=10e6, curve="forward"),
    CurveSwapSpec(side="pay", rate=0.0365, tenor="4Y", notional=25e6, curve="forward"),
    CurveSwapSpec(side="receive", rate=0.042, tenor="24Y", notional=15e6, curve="forward"),
)


def nine_years(**changes) -> SwapBook:
    return SwapBook.of([CurveSwapSpec(side="receive", rate=0.035, tenor="9Y", notional=50e6)], one(sofr(**changes)))


def two_curves() -> SwapBook:
    curves = {"discount": grid(DISCOUNTED), "forward": grid(FORWARD, discount="discount")}
    return SwapBook.of(SWAPS, solve_set(curves, TODAY))


def test_a_known_swap() -> None:
    book = nine_years()
    known = {
        "annuity": 7.61701474389139,
        "floating": 0.291308760442716,
        "par": 0.0382444790035803,
        "npv": -1235662.22032587,
        "pv01": 38085.07371946,
        "par_dv01": -37509.61223647,
    }
    for name, value in known.items():
        assert float(getattr(book, name)[0]) == pytest.approx(value, rel=1e-12), name
    assert book.theta()[0] == pytest.approx(-147.540127, abs=1e-6)
    assert book.theta_same_zeros()[0] == pytest.approx(-498.416359, abs=1e-6)
    assert book.stressed(parse_stress("parallel 1"))[0] == pytest.approx(-38212.072738, abs=1e-6)


def test_its_ladder_and_gamma_by_quotes() -> None:
    book = nine_years()
    ladder = {quote.name.split()[-1]: bp for quote, bp in zip(book.curves.quotes, book.ladder[0], strict=True)}
    known = {
        "1W": 0.685906, "3M": -0.000556, "6M": 0.019728, "9M": -0.572170, "12M": 12.046284, "18M": -0.251328,
        "2Y": 23.566510, "3Y": 35.333442, "4Y": 47.951253, "5Y": 60.765330, "6Y": 74.279509, "7Y": 169.763543,
        "8Y": -16853.166869, "10Y": -21080.032863, "30Y": 0.0,
    }  # fmt: skip
    assert {name: ladder[name] for name in known} == pytest.approx(known, abs=1e-6)
    up, down = (
        book.on(book.curves.requoted({q.name: q.value + by for q in book.curves.quotes})).npv[0] for by in (1e-4, -1e-4)
    )
    assert up - book.npv[0] == pytest.approx(-37492.060446, abs=1e-5)
    assert down - book.npv[0] == pytest.approx(37527.176343, abs=1e-5)
    assert book.par_gamma[0] == pytest.approx(up + down - 2 * book.npv[0], rel=1e-6)


@pytest.mark.parametrize(
    ("way", "known", "outside"),
    [
        ("log_linear", {"8Y": -340.3, "10Y": -422.9}, 0.002),
        ("linear_zero", {"8Y": -383.1, "10Y": -381.6}, 0.004),
        ("log_cubic", {"8Y": -538.0, "10Y": -471.3, "7Y": 197.4, "12Y": 103.4, "6Y": -45.7}, 0.50),
    ],
)
def test_interpolation_decides_the_hedge(way: str, known: dict[str, float], outside: float) -> None:
    """A par swap of nine years on 1m: the ladder outside the neighbouring quotes, over its sum."""
    spec = CurveSwapSpec(side="receive", tenor="9Y", notional=1e6)
    book = SwapBook.of([spec], one(sofr(interpolation=way)))
    ladder = {quote.name.split()[-1]: bp for quote, bp in zip(book.curves.quotes, book.ladder[0], strict=True)}
    assert {name: ladder[name] for name in known} == pytest.approx(known, abs=0.05)
    far = sum(abs(bp) for name, bp in ladder.items() if name not in ("8Y", "10Y"))
    assert far / abs(book.par_dv01[0]) == pytest.approx(outside, abs=0.006 if outside > 0.1 else 0.0006)
    assert book.par_dv01[0] == pytest.approx(-761.7, abs=0.1) and abs(book.npv[0]) < 1e-14 * spec.notional


def test_two_curves() -> None:
    book = two_curves()
    assert book.par == pytest.approx([0.04047159297053, 0.03832570892509, 0.04153785628914], abs=1e-14)
    assert book.npv == pytest.approx([-38860.702900, 168083.170923, 106100.462467], abs=1e-6)
    assert book.pv01 == pytest.approx([8240.305799, -9206.460494, 22958.326593], abs=1e-6)
    assert book.zero_dv01() == pytest.approx([-8338.984489, 9349.481088, -23379.559292], abs=1e-6)
    assert book.zero_dv01(curve="discount") == pytest.approx([68.070462, -33.401469, 55.587136], abs=1e-6)
    assert book.zero_dv01(curve="forward") == pytest.approx([-8407.054951, 9382.882557, -23435.146428], abs=1e-6)
    assert book.zero_dv01(role=DISCOUNT) == pytest.approx(book.zero_dv01(curve="discount"), abs=1e-6)
    assert book.zero_dv01(role=PROJECTION) == pytest.approx(book.zero_dv01(curve="forward"), abs=1e-6)
    assert book.gamma == pytest.approx([7.80203503, -3.65350414, 47.09577527], abs=1e-8)
    assert book.cross_gamma().sum() == pytest.approx(book.gamma.sum(), rel=1e-12)
    assert book.zero_ladder.sum(axis=1) == pytest.approx(book.zero_dv01(), rel=1e-12)


@pytest.mark.parametrize(
    ("stress", "known"),
    [
        ("parallel 50", [-407351.9370, 462937.1170, -1112199.7623]),
        ("1Y 5, 5Y 10, 10Y 0, 30Y -5", [-8354.0387, 80604.9197, 48467.0265]),
        ("1Y 5, 5Y 10, 10Y 0, 30Y -5 on discount", [148.7480, -257.3872, -284.6239]),
        ("1y +5bp,5y:+10bp,10y 0,30y -5 on forward", [-8542.9159, 81020.1082, 48447.3054]),
    ],
)
def test_static_stresses(stress: str, known: list[float]) -> None:
    assert two_curves().stressed(parse_stress(stress)) == pytest.approx(known, abs=5e-5)


def test_key_rates_add_up_and_the_fixed_widths_do_not() -> None:
    book = two_curves()
    parts = book.key_rates(partition(book.flows.years))
    assert parts.sum(axis=1) == pytest.approx(book.zero_dv01(), rel=1e-12)
    assert parts[2] == pytest.approx(
        [-15.1035, -51.3677, -113.5068, -269.4880, -506.1565, -845.9303, -1713.5014, -2516.0035,
         -11391.9054, -5956.5962],
        abs=5e-5,
    )  # fmt: skip
    tents = book.key_rates(fixed_widths(book.flows.years))
    assert tents[0] == pytest.approx(
        [-18.9680, -75.7418, -142.6994, -206.8272, -320.9114, -621.0997, -7196.7332, 0, 0, 0], abs=5e-5
    )
    assert tents.sum(axis=1) / book.zero_dv01() == pytest.approx([1.029260, 1.038754, 0.281930], abs=5e-7)
    assert coverage([0.25, 1, 2, 2.5, 4, 8.5, 12, 25]) == pytest.approx([1.5, 2, 2, 1.75, 1, 1, 1 / 3, 0])
    assert partition(np.linspace(0, 60, 400), KEYS).sum(axis=0) == pytest.approx(1)


def test_amortising_swaps() -> None:
    """50m falling to nothing over six annual periods, and rising."""
    curves = {"discount": grid(DISCOUNTED), "forward": grid(FORWARD, discount="discount")}
    found = solve_set(curves, TODAY)
    annual = SwapBook.of(
        [
            CurveSwapSpec(
                side="receive", rate=0.041, tenor="6Y", notional=50e6, curve="forward", profile=profile, months=12
            )
            for profile in ("bullet", "amortising", "accreting")
        ],
        found,
    )  # fmt: skip
    assert annual.par == pytest.approx([0.0394034072395, 0.0390098918425, 0.039822141429], abs=1e-12)
    assert annual.npv[1] == pytest.approx(315843.9115, abs=1e-4)


# Name, index and payment lag of QuantLib's swaps.
def sofr_index(curve: ql.YieldTermStructureHandle) -> ql.OvernightIndex:
    """Fixed on days of US government bonds, as swaps have it; QuantLib's own index also rests on some Good Fridays."""
    return ql.OvernightIndex("SOFR", 0, ql.USDCurrency(), CALENDARS["usd_sofr"], ql.Actual360(), curve)


MARKETS = {
    "usd_sofr": (sofr_index, ql.Actual360(), 2),
    "gbp_sonia": (ql.Sonia, ql.Actual365Fixed(), 0),
    "eur_estr": (ql.Estr, ql.Actual360(), 1),
    "jpy_tona": (ql.Tonar, ql.Actual365Fixed(), 2),
    "chf_saron": (ql.Saron, ql.Actual360(), 2),
}


def handle(found: CurveSet, name: str) -> ql.YieldTermStructureHandle:
    curve = found[name]
    days = [TODAY, *curve.dates]
    points = ql.DiscountCurve([to_ql(d) for d in days], [curve.discount(d) for d in days], ql.Actual365Fixed())
    points.enableExtrapolation()
    return ql.YieldTermStructureHandle(points)


def bounds(start: ql.Date, last: ql.Date, stub: str) -> tuple[int, ql.Date, ql.Date]:
    """QuantLib's rule, and the first or next to last date of a long stub."""
    ends = [last if "front" in stub else start]
    step = -1 if "front" in stub else 1
    while start < ends[-1] + ql.Period(step, ql.Years) < last:
        ends.append(ends[0] + ql.Period(step * len(ends), ql.Years))
    rule = ql.DateGeneration.Backward if "front" in stub else ql.DateGeneration.Forward
    whole = ends[0] + ql.Period(step * len(ends), ql.Years) in (start, last)
    if not stub.startswith("long") or whole or len(ends) == 1:
        return rule, ql.Date(), ql.Date()
    if len(ends) == 2:  # a year and the odd part are one period
        return ql.DateGeneration.Zero, ql.Date(), ql.Date()
    return (rule, ends[-2], ql.Date()) if "front" in stub else (rule, ql.Date(), ends[-2])


@dataclass(frozen=True)
class Opponent:
    """A random swap, as we write it, and what QuantLib says: value per 1 of notional, and fair rate."""

    spec: CurveSwapSpec
    value: float
    fair: float


def opponents(name: str, found: CurveSet, number: int, seed: int) -> Iterator[Opponent]:
    """Any start within two years, any length to 40 years, stubs, spreads, averages, amounts that change."""
    make, day_count, lag = MARKETS[name]
    calendar, draw, curve = CALENDARS[name], np.random.default_rng(seed), handle(found, name)
    index, engine = make(curve), ql.DiscountingSwapEngine(curve)
    for i in range(number):
        start = calendar.advance(to_ql(TODAY), int(draw.integers(0, 500)), ql.Days)
        averaged = i % 10 == 0
        last = start + ql.Period(int(draw.integers(1, 60 if averaged else 480)), ql.Months)
        rate, spread = draw.uniform(0.0, 0.06), draw.choice([0.0, draw.uniform(-0.01, 0.01)])
        stub = str(draw.choice(["front", "back", "long front", "long back"]))
        rule, first, next_to_last = bounds(start, last, stub)
        schedule = ql.Schedule(
            start, last, ql.Period("1Y"), calendar, ql.ModifiedFollowing, ql.ModifiedFollowing, rule, False, first,
            next_to_last,
        )  # fmt: skip
        periods = len(schedule) - 1
        profile = str(draw.choice(["bullet", "amortising", "accreting", "list"]))
        steps = np.arange(1, periods + 1) / periods
        shapes = {"bullet": np.ones(periods), "amortising": steps[::-1], "accreting": steps}
        shares = [float(each) for each in shapes.get(profile, draw.uniform(0.1, 2.0, periods))]
        kind = draw.choice([ql.OvernightIndexedSwap.Receiver, ql.OvernightIndexedSwap.Payer])
        way = ql.RateAveraging.Simple if averaged else ql.RateAveraging.Compound
        swap = ql.OvernightIndexedSwap(
            int(kind), shares, schedule, rate, day_count, index, spread, lag, ql.Following, calendar, not averaged, way
        )
        swap.setPricingEngine(engine)
        ends = [date(d.year(), d.month(), d.dayOfMonth()) for d in (start, last)]
        spec = CurveSwapSpec(
            side="receive" if kind == ql.OvernightIndexedSwap.Receiver else "pay", notional=1.0, rate=rate,
            start=ends[0], end=ends[1], spread=spread, stub=stub, compounding="averaged" if averaged else "compounded",
            profile="bullet" if profile == "list" else profile, notionals=tuple(shares) if profile == "list" else (),
        )  # fmt: skip
        yield Opponent(spec, swap.NPV(), swap.fairRate())


BOOKS = [pytest.param(80, id="80"), pytest.param(1_400, id="1400", marks=pytest.mark.slow)]


@pytest.mark.parametrize("number", BOOKS)
@pytest.mark.parametrize("name", MARKETS)
def test_random_books_are_quantlibs(name: str, number: int) -> None:
    """Swaps of five currencies by themselves and in a book of the engine: value and par rate, 1e-10 of notional."""
    ql.Settings.instance().evaluationDate = to_ql(TODAY)
    rates = percent({"1M": 2.0, "1Y": 2.4, "5Y": 2.9, "40Y": 3.1})
    found = solve_set({name: CurveSpec(convention=name, rates=rates)}, TODAY)
    drawn = [*opponents(name, found, number, seed=7)]
    book = SwapBook.of([each.spec for each in drawn], found)
    theirs, fair = np.array([each.value for each in drawn]), np.array([each.fair for each in drawn])
    assert book.npv == pytest.approx(theirs, abs=1e-10)
    assert book.par == pytest.approx(fair, abs=1e-10)
    assert held(found, [each.spec for each in drawn]) == pytest.approx(theirs, abs=1e-10)


def held(found: CurveSet, specs: Sequence[CurveSwapSpec]) -> np.ndarray:
    """What each swap is worth as an `ois` in a book of the engine, at the start."""
    from markets.products.book import Book
    from markets.products.ois import Ois
    from tests.test_cash_book import CLOCK, market

    start, out = market(found), []
    for spec in specs:
        assert isinstance(spec.start, date)
        item = Ois(
            notional=1.0 if spec.side == "receive" else -1.0, begin=spec.start, maturity=spec.end, spread=spec.spread,
            fixed_rate=spec.rate, stub=spec.stub, profile=spec.profile, notionals=spec.notionals,
            compounding=spec.compounding,
        )  # fmt: skip
        book = Book((item,)).compile(CLOCK, start)
        out.append(book.value(0, start.snapshot, book.new_fixings(1))[0])
    return np.array(out)


EURIBOR = [pytest.param(20, id="20"), pytest.param(600, id="600", marks=pytest.mark.slow)]


@pytest.mark.parametrize("number", EURIBOR)
@pytest.mark.parametrize("months", [3, 6])
def test_random_swaps_on_term_rates_are_quantlibs(months: int, number: int) -> None:
    """30e/360 yearly against act/360 in 3 or 6 months on a curve of its own, discounted on ESTR; 1e-10 of notional."""
    ql.Settings.instance().evaluationDate = to_ql(TODAY)
    name, draw = f"eur_euribor_{months}m", np.random.default_rng(months)
    specs = {
        "estr": CurveSpec(convention="eur_estr", rates=percent({"1Y": 2.0, "5Y": 2.3, "40Y": 2.9})),
        name: CurveSpec(convention=name, discount="estr", rates=percent({"1Y": 2.2, "5Y": 2.5, "40Y": 3.0})),
    }
    found = solve_set(specs, TODAY)
    discount, forward = handle(found, "estr"), handle(found, name)
    index, engine = ql.Euribor(ql.Period(months, ql.Months), forward), ql.DiscountingSwapEngine(discount)
    drawn, theirs, calendar = [], [], ql.TARGET()
    for _ in range(number):
        start = calendar.advance(to_ql(TODAY), int(draw.integers(2, 500)), ql.Days)
        last = start + ql.Period(int(draw.integers(1, 40)), ql.Years)
        fixed, floating = (
            ql.Schedule(start, last, ql.Period(each, ql.Months), calendar, ql.ModifiedFollowing, ql.ModifiedFollowing,
                        ql.DateGeneration.Backward, False)
            for each in (12, months)
        )  # fmt: skip
        rate, spread = draw.uniform(0, 0.05), draw.uniform(-0.01, 0.01)
        count = ql.Thirty360(ql.Thirty360.European)
        swap = ql.VanillaSwap(ql.Swap.Receiver, 1.0, fixed, rate, count, floating, index, spread, ql.Actual360())
        swap.setPricingEngine(engine)
        theirs.append(swap.NPV())
        first, end = (date(d.year(), d.month(), d.dayOfMonth()) for d in (start, last))
        drawn.append(
            CurveSwapSpec(side="receive", notional=1.0, rate=rate, start=first, end=end, spread=spread, curve=name)
        )
    assert SwapBook.of(drawn, found).npv == pytest.approx(np.array(theirs), abs=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_are_what_they_are_called(shape: str) -> None:
    short, belly, long = (float(parse_stress(f"{shape} 10").move(t)) * 1e4 for t in (0.5, 7.0, 30.0))
    assert {
        "parallel": short == belly == long == 10,
        "steepener": short < belly < long,
        "flattener": short > belly > long,
        "inversion": short > belly > long and short + long < 0,
        "butterfly": belly > 0 > max(short, long),
    }[shape]


def test_discounting_and_projecting_move_apart_and_together() -> None:
    book = two_curves()
    by_role = {word: book.stressed(parse_stress(f"parallel 50 on {word}")) for word in ("discounting", "projecting")}
    by_curve = {name: book.stressed(parse_stress(f"parallel 50 on {name}")) for name in ("discount", "forward")}
    assert list(by_role.values()) == [pytest.approx(each, abs=1e-9) for each in by_curve.values()]
    both = book.stressed(parse_stress("parallel 50 on discounting; parallel 50 on projecting"))
    assert both == pytest.approx(book.stressed(parse_stress("parallel 50")), rel=1e-12)
    assert np.abs(both - sum(by_role.values())).max() > 100.0  # they do not add up: a product of the two is left


def test_a_book_after_a_stress_is_the_book_on_the_moved_curve() -> None:
    book, stress = nine_years(), parse_stress("2Y 10, 10Y 60")
    moved = book.after(stress)
    assert moved.npv - book.npv == pytest.approx(book.stressed(stress))
    one = parse_stress("parallel 0.001")
    assert moved.zero_dv01() == pytest.approx(moved.stressed(one) * 1000, rel=1e-5)
    assert abs(float(moved.pv01[0])) < abs(float(book.pv01[0]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parallel 5; ", "is not a stress"),
        ("sideways 5", "no such shape, got 'sideways'"),
        ("parallel", "is not a stress"),
        ("parallel 1e9", "is not a stress"),
        ("parallel 99999", "a stress is at most 5,000 bp"),
        ("5Y 10, 1Y 5", "the tenors of a stress rise"),
        ("", "is not a stress"),
        ("1Y 5.5.5", "is not a number of basis points"),
    ],
)
def test_wrong_stresses(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_stress(text)


def test_a_par_swap_keeps_its_rate_on_other_quotes() -> None:
    """Its change of value is its ladder, to second order; another day is refused."""
    book = SwapBook.of([CurveSwapSpec(side="pay", tenor="7Y", notional=1e6)], one(sofr()))
    moved = book.on(book.curves.requoted({"curve ois 7Y": 0.0373 + 1e-7}))
    assert moved.rate == book.rate and moved.npv[0] == pytest.approx(1e-3 * book.ladder[0, 13], rel=1e-4)
    later = solve_set({"curve": sofr()}, date(2026, 3, 3))
    with pytest.raises(UserError, match="swaps move to curves of their own day, got '2026-03-03'"):
        book.on(later)
    with pytest.raises(UserError, match="no such curve, got 'curve'; known: sofr"):
        book.on(solve_set({"sofr": sofr()}, TODAY))


def test_stubs_of_a_grid() -> None:
    spec = CurveSwapSpec(side="pay", tenor="5.25", notional=1.0, curve="forward", stub="back")
    with pytest.raises(UserError, match="swap 1: a grid of years has its odd period in front, got 'back'"):
        SwapBook.of([spec], two_curves().curves)


def test_a_swap_of_no_days_is_refused() -> None:
    """30/360 knows no 31st."""
    curve = CurveSpec(convention="eur_euribor_6m", rates={"5Y": 0.02})
    spec = CurveSwapSpec(side="pay", start=date(2026, 3, 30), end=date(2026, 3, 31), notional=1e6)
    with pytest.raises(UserError, match="swap 1: spans no day by its day count"):
        SwapBook.of([spec], solve_set({"euribor": curve}, TODAY))


def test_a_swap_names_its_curve_where_there_are_several() -> None:
    with pytest.raises(UserError, match="swap 1: the swap does not say its curve; one of discount, forward"):
        SwapBook.of([CurveSwapSpec(side="pay", tenor="5Y", notional=1e6)], two_curves().curves)
    with pytest.raises(UserError, match="no such curve, got 'forwrad'; did you mean 'forward'"):
        SwapBook.of([CurveSwapSpec(side="pay", tenor="5Y", notional=1e6, curve="forwrad")], two_curves().curves)
