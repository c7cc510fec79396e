"""Curves solved from quotes: known discount factors, every instrument repriced, QuantLib's bootstrap, mistakes."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
import QuantLib as ql

from markets.curves.conventions import CONVENTIONS, find_convention
from markets.curves.curve_set import CurveSet, solve_set
from markets.curves.dates import to_ql
from markets.curves.flows import Flow, FlowTable, Point
from markets.curves.interpolation import INTERPOLATIONS, CurveShape, Turn
from markets.specs.curves import CurveSpec, QuoteSpec, TurnSpec
from sim.errors import UserError

TODAY = date(2026, 3, 2)
SOFR = {
    "1W": 4.3, "1M": 4.28, "2M": 4.25, "3M": 4.2, "6M": 4.08, "9M": 3.98, "12M": 3.9, "18M": 3.76, "2Y": 3.68,
    "3Y": 3.62, "4Y": 3.61, "5Y": 3.64, "6Y": 3.68, "7Y": 3.73, "8Y": 3.78, "10Y": 3.86, "12Y": 3.94, "15Y": 4.02,
    "20Y": 4.04, "30Y": 3.92,
}  # fmt: skip
SONIA = {
    "1W": 3.97, "1M": 3.96, "3M": 3.92, "6M": 3.83, "9M": 3.76, "1Y": 3.7, "18M": 3.65, "2Y": 3.63, "3Y": 3.65,
    "4Y": 3.7, "5Y": 3.76, "7Y": 3.88, "10Y": 4.05, "15Y": 4.28, "20Y": 4.36, "30Y": 4.33,
}  # fmt: skip
# At the nodes of 3M, 10Y and 30Y, and between nodes; by log-linear, linear zero, log-cubic.
DISCOUNTS = {
    "usd_sofr": {
        date(2026, 6, 8): (0.988698656908631, 0.988705138785366, 0.988704268531742),
        date(2036, 3, 6): (0.678928418491784, 0.678913517540649, 0.678915345893294),
        date(2056, 3, 8): (0.313242726304778, 0.313617304193373, 0.313938345989311),
        date(2026, 12, 15): (0.969202202520677, 0.969197065907901, 0.969201293839704),
        date(2050, 3, 15): (0.385437627013051, 0.383706246186655, 0.383036722388046),
    },
    "gbp_sonia": {
        date(2026, 6, 2): (0.990216122129187, 0.990216122129187, 0.990216122129187),
        date(2036, 3, 3): (0.669473428801335, 0.669389899150218, 0.669389308243600),
        date(2056, 3, 2): (0.276262093036416, 0.276212835871198, 0.276726646394549),
        date(2030, 9, 15): (0.846358270904685, 0.846488327166932, 0.846516177780216),
        date(2050, 3, 15): (0.353384016437755, 0.352484338640387, 0.351513085671083),
    },
}


def percent(rates: dict[str, float]) -> dict[str, float]:
    return {tenor: rate / 100 for tenor, rate in rates.items()}


def sofr(**changes) -> CurveSpec:
    return CurveSpec(**{"convention": "usd_sofr", "rates": percent(SOFR), **changes})


def one(spec: CurveSpec) -> CurveSet:
    return solve_set({"curve": spec}, TODAY)


@pytest.mark.parametrize("column", range(3))
@pytest.mark.parametrize("name", DISCOUNTS)
def test_known_discount_factors(name: str, column: int) -> None:
    rates, way = {"usd_sofr": SOFR, "gbp_sonia": SONIA}[name], list(INTERPOLATIONS)[column]
    found = one(CurveSpec(convention=name, rates=percent(rates), interpolation=way))
    for day, known in DISCOUNTS[name].items():
        assert found["curve"].discount(day) == pytest.approx(known[column], abs=5e-15)
    assert found.residual < 1e-13 and found["curve"].currency == name[:3]


def test_node_dates_are_those_of_the_last_payment() -> None:
    assert one(sofr())["curve"].dates[:3] == (date(2026, 3, 13), date(2026, 4, 8), date(2026, 5, 6))
    assert one(CurveSpec(convention="sonia", rates={"1W": 0.0397}))["curve"].dates == (date(2026, 3, 9),)


@pytest.mark.parametrize("way", INTERPOLATIONS)
@pytest.mark.parametrize("ultimate", [None, 0.03])
def test_weights_are_the_derivative_and_bumps_of_a_line_are_lines(way: str, ultimate: float | None) -> None:
    nodes = np.array([0.25, 1.0, 2.0, 5.0, 10.0])
    shape = CurveShape(nodes, INTERPOLATIONS[way], ultimate, 0.2, (Turn(0.8, 0.9, 0.01),))
    t = np.array([-0.01, 0.0, 0.1, 0.25, 0.85, 1.7, 5.0, 9.99, 10.0, 15.0, 60.0])
    weights = shape.weights(t)
    inside = t <= nodes[-1]
    assert weights[inside] @ nodes == pytest.approx(t[inside], abs=1e-14)
    y = 0.04 * nodes + 0.001 * np.sin(nodes)
    level = weights @ y + shape.constant(t)
    assert level[t == 0.25] == pytest.approx(y[0], abs=1e-16) and level[t == 10.0] == pytest.approx(y[-1], abs=1e-16)
    assert level[t == 0.0] == pytest.approx(0, abs=1e-16)


@pytest.mark.parametrize("way", INTERPOLATIONS)
def test_beyond_the_last_quote(way: str) -> None:
    """The forward is flat, or leaves the last one at the speed given; far out it is the ultimate rate."""
    flat = one(sofr(interpolation=way))["curve"]
    last = flat.years[-1]
    forwards = flat.forward(last + np.array([0, 1, 20]), last + np.array([1, 20, 50]))
    assert forwards == pytest.approx(forwards[0], abs=1e-13)
    ultimate = one(sofr(interpolation=way, ultimate_forward=0.045, convergence=0.3))["curve"]
    near = (0.045 + (forwards[0] - 0.045) * (1 - np.exp(-0.3 * 1e-4)) / (0.3e-4),)
    assert ultimate.forward(last, last + 1e-4) == pytest.approx(near[0], rel=1e-7)
    assert ultimate.forward(last + 90, last + 91) == pytest.approx(0.045, abs=1e-10)
    assert ultimate.log_discount(last) == pytest.approx(flat.log_discount(last), abs=1e-14)


def test_log_linear_forwards_are_flat_between_nodes() -> None:
    curve = one(sofr())["curve"]
    a, b = curve.years[-2], curve.years[-1]
    assert curve.forward(a, a + 1) == pytest.approx(float(curve.forward(b - 1, b)), abs=1e-14)


@pytest.mark.parametrize("way", INTERPOLATIONS)
def test_a_shifted_curve_is_shifted_everywhere(way: str) -> None:
    """By a parallel move, whatever runs between the nodes."""
    curve = one(sofr(interpolation=way))["curve"]
    years = np.array([0.01, 0.4, 3.3, 17.0, 29.0, 45.0])
    assert curve.shifted(1e-4).zero(years) - curve.zero(years) == pytest.approx(1e-4, abs=1e-15)


def test_a_turn_of_the_year_lifts_the_rate_over_its_days_only() -> None:
    """Of quotes that all still reprice. The rate counts on act/360, the forward on days over 365."""
    turn = TurnSpec(start=date(2026, 12, 31), end=date(2027, 1, 4), rate=0.005)
    found = one(sofr(turns=(turn,)))
    curve = found["curve"]

    def overnight(day: date) -> float:
        t = (day - TODAY).days / 365
        return float(curve.forward(t, t + 1 / 365))

    assert overnight(date(2026, 12, 31)) - overnight(date(2026, 12, 30)) == pytest.approx(0.005 * 365 / 360, abs=1e-12)
    assert overnight(date(2027, 1, 3)) - overnight(date(2027, 1, 4)) == pytest.approx(0.005 * 365 / 360, abs=1e-12)
    assert found.residual < 1e-13


def test_meeting_dates_are_nodes() -> None:
    """Overnight swaps from meeting to meeting: the forward steps there and is flat between."""
    meetings = [date(2026, 3, 4), date(2026, 3, 19), date(2026, 4, 30), date(2026, 6, 18)]
    quotes = tuple(
        QuoteSpec(kind="ois", start=a, end=b, rate=rate)
        for a, b, rate in zip(meetings, meetings[1:], (0.043, 0.0405, 0.038), strict=False)
    )
    curve = one(CurveSpec(convention="gbp_sonia", quotes=quotes))["curve"]
    assert curve.dates == tuple(meetings[1:])
    spans = [float(curve.forward(*[(day - TODAY).days / 365 for day in pair])) for pair in pairwise(meetings[1:])]
    assert spans == pytest.approx([0.0405, 0.038], abs=2e-4) and spans[0] > spans[1]


def test_a_curve_of_every_instrument() -> None:
    """Each quote is met: its rate follows from the discount factors by the instrument's own definition."""
    quotes = (
        QuoteSpec(kind="deposit", tenor="ON", rate=0.0431),
        QuoteSpec(kind="future_1m", tenor="J6", price=95.72),
        QuoteSpec(kind="future", tenor="M6", price=95.9, convexity=0.0001),
        QuoteSpec(kind="fra", tenor="8x11", rate=0.0395),
        QuoteSpec(kind="ois", tenor="2Y", rate=0.0368),
        QuoteSpec(kind="zero", tenor="5Y", rate=0.036),
    )
    found = one(CurveSpec(convention="usd_sofr", quotes=quotes))
    curve = found["curve"]

    def simple(start: date, end: date) -> float:
        return (curve.discount(start) / curve.discount(end) - 1) / ((end - start).days / 360)

    assert simple(TODAY, date(2026, 3, 3)) == pytest.approx(0.0431, abs=1e-12)
    average = -(curve.log_discount(60 / 365) - curve.log_discount(30 / 365)) / (30 / 360)
    assert average == pytest.approx(1 - 95.72 / 100, abs=1e-12)
    assert simple(date(2026, 6, 17), date(2026, 9, 16)) == pytest.approx(0.041 - 0.0001, abs=1e-12)
    assert simple(date(2026, 11, 4), date(2027, 2, 4)) == pytest.approx(0.0395, abs=1e-12)
    assert curve.zero(1826 / 365) == pytest.approx(0.036, abs=1e-12)
    assert found.residual < 1e-12


def test_a_bond_curve_reprices_quantlibs_bonds() -> None:
    """Clean prices of fixed-rate bonds on QuantLib's discounting engine, given our discount factors."""
    bonds = [(date(2027, 2, 28), 0.0375, 100.02), (date(2031, 2, 28), 0.03875, 100.46), (date(2036, 2, 15), 0.04, 99.2)]
    quotes = tuple(QuoteSpec(kind="bond", end=end, coupon=coupon, price=price) for end, coupon, price in bonds)
    found = one(CurveSpec(convention="us_treasury", quotes=quotes))
    curve = found["curve"]
    ql.Settings.instance().evaluationDate = to_ql(TODAY)
    calendar = ql.UnitedStates(ql.UnitedStates.GovernmentBond)
    days = [TODAY, *curve.dates]
    handle = ql.YieldTermStructureHandle(
        ql.DiscountCurve([to_ql(d) for d in days], [curve.discount(d) for d in days], ql.Actual365Fixed())
    )
    for end, coupon, price in bonds:
        schedule = ql.Schedule(
            ql.Date(28, 2, 2025), to_ql(end), ql.Period(6, ql.Months), ql.NullCalendar(), ql.Unadjusted,
            ql.Unadjusted, ql.DateGeneration.Backward, end == date(2027, 2, 28) or end == date(2031, 2, 28),
        )  # fmt: skip
        bond = ql.FixedRateBond(
            1, 100.0, schedule, [coupon], ql.ActualActual(ql.ActualActual.ISMA, schedule), ql.Following, 100.0,
            ql.Date(), calendar,
        )  # fmt: skip
        bond.setPricingEngine(ql.DiscountingBondEngine(handle))
        assert bond.cleanPrice() == pytest.approx(price, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("usd_sofr", lambda h: ql.Sofr(h)),
        ("gbp_sonia", lambda h: ql.Sonia(h)),
        ("eur_estr", lambda h: ql.Estr(h)),
        ("jpy_tona", lambda h: ql.Tonar(h)),
        ("chf_saron", lambda h: ql.Saron(h)),
    ],
)
def test_overnight_markets_are_quantlibs_bootstrap(name: str, index) -> None:
    """Discount factors at the nodes and between them, log-linear, by QuantLib's iterative bootstrap."""
    market = CONVENTIONS[name]
    tenors = ["1W", "3M", "9M", "1Y", "18M", "2Y", "5Y", "10Y", "30Y"]
    rates = {tenor: 0.02 + 0.001 * i for i, tenor in enumerate(tenors)}
    curve = one(CurveSpec(convention=name, rates=rates))["curve"]
    ql.Settings.instance().evaluationDate = to_ql(TODAY)
    overnight = index(ql.YieldTermStructureHandle())
    helpers = [
        ql.OISRateHelper(
            market.spot_lag, ql.Period(tenor), ql.QuoteHandle(ql.SimpleQuote(rate)), overnight,
            paymentLag=market.fixed.payment_lag, paymentFrequency=ql.Annual,
            paymentCalendar=CALENDARS[name], fixedCalendar=CALENDARS[name], endOfMonth=False,
        )
        for tenor, rate in rates.items()
    ]  # fmt: skip
    theirs = ql.PiecewiseLogLinearDiscount(to_ql(TODAY), helpers, ql.Actual365Fixed(), ql.IterativeBootstrap(1e-15))
    for day in (*curve.dates, date(2033, 1, 4)):
        assert curve.discount(day) == pytest.approx(theirs.discount(to_ql(day)), abs=2e-12), day


CALENDARS = {
    "usd_sofr": ql.UnitedStates(ql.UnitedStates.GovernmentBond),
    "gbp_sonia": ql.UnitedKingdom(),
    "eur_estr": ql.TARGET(),
    "jpy_tona": ql.Japan(),
    "chf_saron": ql.Switzerland(),
}


def test_a_projection_curve_with_its_own_discount_curve() -> None:
    """Six-month swaps discounted on the overnight curve: QuantLib's swap at our curves is par."""
    estr = CurveSpec(convention="eur_estr", rates={"1Y": 0.02, "5Y": 0.023, "10Y": 0.026})
    quotes = (QuoteSpec(kind="fra", tenor="1x7", rate=0.0212), QuoteSpec(kind="deposit", tenor="6M", rate=0.021))
    six = CurveSpec(convention="eur_euribor_6m", discount="estr", rates={"2Y": 0.022, "10Y": 0.0275}, quotes=quotes)
    found = solve_set({"six": six, "estr": estr}, TODAY)  # in any order
    assert found.residual < 1e-12
    ql.Settings.instance().evaluationDate = to_ql(TODAY)

    def handle(name: str) -> ql.YieldTermStructureHandle:
        curve = found[name]
        days = [TODAY, *curve.dates]
        return ql.YieldTermStructureHandle(
            ql.DiscountCurve([to_ql(d) for d in days], [curve.discount(d) for d in days], ql.Actual365Fixed())
        )

    index = ql.Euribor6M(handle("six"))
    for tenor, rate in (("2Y", 0.022), ("10Y", 0.0275)):
        swap = ql.MakeVanillaSwap(
            ql.Period(tenor), index, rate, ql.Period("0D"), effectiveDate=ql.Date(4, 3, 2026),
            terminationDate=ql.Date(4, 3, 2026) + ql.Period(tenor), fixedLegTenor=ql.Period("1Y"),
            fixedLegDayCount=ql.Thirty360(ql.Thirty360.European), discountingTermStructure=handle("estr"),
        )  # fmt: skip
        assert swap.fairRate() == pytest.approx(rate, abs=2e-6)  # forwards of its index run on its own value dates


def grid(zeros: dict[str, float], **changes) -> CurveSpec:
    quotes = tuple(QuoteSpec(kind="zero", tenor=tenor, rate=rate) for tenor, rate in zeros.items())
    return CurveSpec(**{"convention": "year_grid", "interpolation": "linear_zero", "quotes": quotes, **changes})


def cross_currency() -> CurveSet:
    usd = grid({"0.25": 0.043, "1": 0.04, "2": 0.0375, "5": 0.037, "10": 0.0385}, currency="usd")
    eur = grid({"0.25": 0.02, "1": 0.0195, "2": 0.0205, "5": 0.023, "10": 0.026}, currency="eur")
    basis = {"1Y": -0.0012, "2Y": -0.0015, "5Y": -0.0022, "10Y": -0.0028}
    quotes = tuple(QuoteSpec(kind="cross_currency", tenor=tenor, rate=rate) for tenor, rate in basis.items())
    spec = CurveSpec(convention="year_grid", currency="eur", projection="eur", against="usd", quotes=quotes)
    return solve_set({"usd": usd, "eur": eur, "eur_usd": spec}, TODAY)


def test_cross_currency_basis() -> None:
    found = cross_currency()
    known = [0.9818589833276, 0.9627052291680, 0.9013168904484, 0.7934817174872]
    assert np.exp(found["eur_usd"].log_discount([1, 2, 5, 10])) == pytest.approx(known, abs=1e-12)
    assert np.exp(found["eur_usd"].log_discount(3)) == pytest.approx(0.9417914074135, abs=1e-12)
    forwards = found.fx_forward("eur_usd", 1.08, [0.5, 1, 3, 5, 10])
    known = [1.09286998524, 1.10368376127, 1.13767826534, 1.17123959122, 1.25940106349]
    assert forwards == pytest.approx(known, rel=1e-11)
    with pytest.raises(UserError, match="the curve has no other currency, got 'usd'"):
        found.fx_forward("usd", 1.08, 1.0)


def test_basis_swaps_decide_the_other_curve() -> None:
    """The known spread of a five-year basis swap gives back the curve that it was computed from."""
    knots = [str(k / 4) for k in range(1, 21)]
    own = grid({t: 0.038 + 0.0006 * float(t) for t in knots})
    quotes = [QuoteSpec(kind="zero", tenor=t, rate=0.038 + 0.0006 * float(t) + 0.0008) for t in knots[:-1]]
    quotes.append(QuoteSpec(kind="basis", tenor="5Y", rate=0.0008083023722295))
    other = grid({}, quotes=tuple(quotes), discount="a", against="a")
    found = solve_set({"a": own, "b": other}, TODAY)
    assert found["b"].zero(5.0) == pytest.approx(0.041 + 0.0008, abs=1e-13)


def test_slopes_of_nodes_by_quotes_are_exact() -> None:
    """Of every instrument with a level of its own; against a central difference of solved curves."""
    quotes = (
        QuoteSpec(kind="future_1m", tenor="J6", price=95.72),
        QuoteSpec(kind="zero", tenor="1Y", rate=0.04),
        QuoteSpec(kind="ois", tenor="3Y", rate=0.0362),
    )
    found = one(CurveSpec(convention="usd_sofr", quotes=quotes, interpolation="log_cubic"))
    for j, quote in enumerate(found.quotes):
        up, down = (found.requoted({quote.name: quote.value + by}).solution.y for by in (1e-5, -1e-5))
        assert found.by_quote[:, j] == pytest.approx((up - down) / 2e-5, rel=1e-7, abs=1e-8)


def test_flows_multiply_their_discount_factors() -> None:
    table = FlowTable.of(
        [[Flow(2.0, ((Point("a", 1.0), 1), (Point("b", 2.0), -1)))], [Flow(3.0, ((Point("a", 1.0), 2),))]]
    )
    logs = np.array([0.1, 0.3])
    values = table.flow_values(logs)
    assert values == pytest.approx([2 * np.exp(0.2), 3 * np.exp(-0.2)])
    assert table.slopes(values).full() == pytest.approx(np.array([[-1, 1], [-2, 0]]) * values[:, None])


QUOTE_MISTAKES = [
    ({"kind": "ois", "rate": 0.04}, "a.quotes.1: needs exactly one of tenor and end"),
    ({"kind": "ois", "tenor": "40Y"}, "a.quotes.1: the quote has no rate"),
    ({"kind": "bond", "tenor": "40Y", "price": 99.0}, "a bond has a coupon, and a price or a yield"),
    ({"kind": "fra", "tenor": "4x1", "rate": 0.04}, "ends before it starts, got '4x1'"),
    ({"kind": "fra", "tenor": "4M", "rate": 0.04}, "a FRA's tenor is its months, got '4M'"),
    (
        {"kind": "future", "price": 96.0, "start": date(2026, 2, 1), "end": date(2026, 5, 1)},
        "future's period has begun",
    ),
    ({"kind": "future", "tenor": "H7"}, "a future has a price or a rate"),
    ({"kind": "basis", "tenor": "40Y", "rate": 0.001}, "the quote needs the curve of its other leg"),
    ({"kind": "cross_currency", "tenor": "40Y", "rate": 0.001}, "the quote needs the curve of its other leg"),
    ({"kind": "deposit", "tenor": "11Y", "rate": -0.2}, "the rate would make a discount factor negative"),
    ({"kind": "zero", "end": date(2026, 3, 2), "rate": 0.04}, "ends by the valuation day"),
    ({"kind": "ois", "start": date(2026, 1, 5), "end": date(2027, 1, 5), "rate": 0.04}, "starts before the valuation"),
    ({"kind": "fra", "tenor": "2x3", "rate": 0.0}, "does not decide a node: the other quotes say the same"),
    ({"kind": "zero", "end": date(2026, 6, 10), "rate": 0.2}, "makes the forward rate up to or beyond its node"),
    ({"kind": "future", "tenor": "Z6", "price": 96.0, "start": TODAY, "end": date(2500, 1, 1)}, "dates lie between"),
    ({"kind": "ois", "start": date(2027, 1, 5), "end": date(2026, 7, 5), "rate": 0.04}, "ends before it starts"),
]
MISTAKES = [
    ({"rates": {}}, "the curve has no quotes, got 'a'"),
    ({"rates": {"12M": 0.04, "1Y": 0.04}}, "a ois 12M and a ois 1Y decide the same node, 371 days on"),
    ({"rates": {"1Y": 0.04, "2Q": 0.04}}, "a.rates.2Q: is not a tenor, got '2Q'"),
    ({"convention": "usd_sofa"}, "a.convention: no such convention, got 'usd_sofa'; did you mean 'usd_sofr'?"),
    ({"discount": "b"}, "a.discount: no such curve, got 'b'"),
    ({"against": "a"}, "a.against: is the curve itself, got 'a'"),
    ({"rates": {"5Y": 0.01, "6Y": 0.3}}, "no positive discount factor reprices a ois 6Y, got 0.3"),
    ({"turns": (TurnSpec(start=TODAY, end=TODAY, rate=0.01),)}, "a turn begins on the valuation day or later"),
    *(({"quotes": (QuoteSpec(**quote),)}, said) for quote, said in QUOTE_MISTAKES),
]


@pytest.mark.parametrize(("changes", "said"), MISTAKES)
def test_mistakes_are_one_line(changes: dict[str, object], said: str) -> None:
    with pytest.raises(UserError) as error:
        solve_set({"a": sofr(**changes)}, TODAY)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_there_is_a_curve() -> None:
    with pytest.raises(UserError, match="no curve is declared"):
        solve_set({}, TODAY)


def test_quotes_that_say_the_same_are_named() -> None:
    """Two basis quotes, one from each side: neither curve is anchored to a rate."""
    a = CurveSpec(convention="usd_sofr", against="b", quotes=(QuoteSpec(kind="basis", tenor="1Y", rate=0.0),))
    b = CurveSpec(convention="usd_sofr", against="a", quotes=(QuoteSpec(kind="basis", tenor="1Y", rate=0.0),))
    with pytest.raises(UserError, match="basis 1Y does not decide a node"):
        solve_set({"a": a, "b": b}, TODAY)


def test_conventions_have_short_names() -> None:
    assert [find_convention(text) for text in ("SOFR", "usd-sofr", "€STR", "SONIA OIS", "what")] == [
        "usd_sofr", "usd_sofr", "eur_estr", "gbp_sonia", None,
    ]  # fmt: skip
