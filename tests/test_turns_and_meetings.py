"""Turns of the year and central-bank meetings: QuantLib's jumps and nodes, tables and files, a run, mistakes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import QuantLib as ql
from click.testing import CliRunner

from markets.curves.curve_set import CurveSet, solve_set
from markets.curves.dates import to_ql
from markets.specs.curves import CurveSpec, TurnSpec
from scenarios import solve_curves, value_swaps
from scenarios.cli import main
from sim.errors import UserError
from tests.small import LEVEL, world_of
from tests.test_curves_in_a_run import quoted

TODAY = date(2026, 3, 2)
RATES = {"1W": 0.043, "1M": 0.0428, "2M": 0.0421, "3M": 0.0417, "6M": 0.0405, "1Y": 0.0391, "2Y": 0.037, "10Y": 0.039}
MEETINGS = (date(2026, 3, 19), date(2026, 4, 30), date(2026, 6, 18), date(2026, 7, 30))
TURN = TurnSpec(start=date(2026, 12, 31), end=date(2027, 1, 1), rate=0.0025)
WITHOUT = {tenor: rate for tenor, rate in RATES.items() if tenor != "2M"}
TABLE = "curve,kind,tenor,start,end,rate_bp\n" + "".join(f"sofr,ois,{t},,,{1e4 * r:g}\n" for t, r in WITHOUT.items())
SHAPED = TABLE + "sofr,turn,,2026-12-31,2027-01-01,25\n" + "".join(f"sofr,meeting,,{day},,\n" for day in MEETINGS)


def spec(rates: dict[str, float] = WITHOUT, **changes: object) -> CurveSpec:
    return CurveSpec(**{"convention": "usd_sofr", "rates": rates, **changes})  # type: ignore[arg-type]


def solved(**changes: object) -> CurveSet:
    return solve_set({"sofr": spec(**changes)}, TODAY)  # type: ignore[arg-type]


def swaps_of_quantlib(handle: ql.YieldTermStructureHandle, rates: dict[str, float]) -> dict:
    """Swaps of QuantLib's at our quotes."""
    index, calendar = ql.Sofr(handle), ql.UnitedStates(ql.UnitedStates.GovernmentBond)
    return {
        tenor: ql.MakeOIS(
            ql.Period(tenor), index, rate, settlementDays=2, paymentLag=2, paymentCalendar=calendar,
            fixedLegCalendar=calendar, overnightLegCalendar=calendar, endOfMonth=False, discountingTermStructure=handle,
        )
        for tenor, rate in rates.items()
    }  # fmt: skip


def test_a_turn_is_quantlibs_jump() -> None:
    """A turn of a day is a jump of the discount factor by exp(-rate / 360); outside the day both bootstraps agree."""
    found = solved(rates=RATES, turns=(TURN,))
    ql.Settings.instance().evaluationDate = to_ql(TODAY)
    calendar, overnight = ql.UnitedStates(ql.UnitedStates.GovernmentBond), ql.Sofr()
    helpers = [
        ql.OISRateHelper(
            2, ql.Period(tenor), ql.QuoteHandle(ql.SimpleQuote(rate)), overnight, paymentLag=2,
            paymentFrequency=ql.Annual, paymentCalendar=calendar, fixedCalendar=calendar, endOfMonth=False,
        )
        for tenor, rate in RATES.items()
    ]  # fmt: skip
    jump = ql.QuoteHandle(ql.SimpleQuote(float(np.exp(-TURN.rate / 360))))
    theirs = ql.PiecewiseLogLinearDiscount(
        to_ql(TODAY),
        helpers,
        ql.Actual365Fixed(),
        [jump],
        [to_ql(TURN.end)],
        ql.LogLinear(),
        ql.IterativeBootstrap(1e-15),
    )
    curve = found["sofr"]
    for day in (*curve.dates, TURN.start, TURN.end + timedelta(days=1), date(2027, 1, 20), date(2026, 10, 1)):
        assert curve.discount(day) == pytest.approx(theirs.discount(to_ql(day)), abs=1e-11), day
    assert found.residual < 1e-13
    overnight = [float(curve.forward(t, t + 1 / 365)) for t in (303 / 365, 304 / 365, 305 / 365)]
    assert overnight[1] - overnight[0] == pytest.approx(TURN.rate * 365 / 360, abs=1e-11)
    assert overnight[2] == pytest.approx(overnight[0], abs=1e-11)


def test_nodes_at_meetings_reprice_quantlibs_swaps() -> None:
    """QuantLib's log-linear curve through our four meetings and three later nodes makes every quote fair."""
    found = solved(meetings=MEETINGS)
    curve = found["sofr"]
    assert curve.dates[:4] == MEETINGS and found.residual < 1e-13
    ql.Settings.instance().evaluationDate = to_ql(TODAY)
    days = [TODAY, *curve.dates]
    theirs = ql.DiscountCurve([to_ql(d) for d in days], [curve.discount(d) for d in days], ql.Actual365Fixed())
    for tenor, swap in swaps_of_quantlib(ql.YieldTermStructureHandle(theirs), WITHOUT).items():
        assert swap.fairRate() == pytest.approx(WITHOUT[tenor], abs=1e-11), tenor


def test_the_forward_steps_at_meetings_only() -> None:
    curve = solved(meetings=MEETINGS)["sofr"]
    days = np.arange(0, 160) / 365.0
    forwards = curve.forward(days, days + 1 / 365)
    steps = np.flatnonzero(np.abs(np.diff(forwards)) > 1e-9) + 1
    assert [TODAY + timedelta(days=int(day)) for day in steps] == [*MEETINGS]


def test_slopes_by_quotes_are_exact_with_both() -> None:
    found = solved(meetings=MEETINGS, turns=(TURN,))
    step = 1e-6
    for i, quote in enumerate(found.quotes):
        up, down = (found.requoted({quote.name: quote.value + by}).solution.y for by in (step, -step))
        np.testing.assert_allclose(found.by_quote[:, i], (up - down) / (2 * step), rtol=0, atol=1e-7)


def test_a_table_a_file_and_specs_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "quotes.csv").write_text(SHAPED)
    (tmp_path / "curves.toml").write_text(
        f'date = {TODAY}\n[curves.sofr]\nconvention = "usd_sofr"\nfile = "bare.csv"\n'
        f"meetings = [{', '.join(map(str, MEETINGS))}]\n"
        f"turns = [{{ start = {TURN.start}, end = {TURN.end}, rate = {TURN.rate} }}]\n"
    )
    (tmp_path / "bare.csv").write_text(TABLE)
    known = solved(meetings=MEETINGS, turns=(TURN,)).solution.y
    for name in ("quotes.csv", "curves.toml"):
        found = solve_curves(tmp_path / name, day=TODAY)
        np.testing.assert_allclose(found.solution.y, known, rtol=0, atol=1e-14)
    shown = CliRunner().invoke(main, ["curve", str(tmp_path / "quotes.csv"), "--date", str(TODAY)])
    assert shown.exit_code == 0
    said = " ".join(shown.output.split())
    assert "sofr: the overnight rate has +25 bp from 2026-12-31 to 2026-12-31" in said
    assert "the forward rate is flat between them: 2026-03-19, 2026-04-30" in said


def test_a_run_starts_on_both() -> None:
    """Swaps over the turn and between meetings are worth what they are on the solved curve."""
    start = date(2020, 2, 19)
    rates = {"1M": 0.0205, "3M": 0.0207, "1Y": 0.0232, "2Y": 0.0251, "5Y": 0.0286, "10Y": 0.0297, "30Y": 0.0312}
    meetings = (date(2020, 3, 19), date(2020, 4, 30))
    turn = {"start": date(2020, 12, 31), "end": date(2021, 1, 4), "rate": 0.004}
    shape = {"convention": "usd_sofr", "rates": rates, "meetings": list(meetings), "turns": [turn]}
    book = [{"kind": "ois", "notional": 1e9, "months": months, "fixed_rate": 0.02} for months in (2, 11)]
    scenario = quoted(book, {"sofr": shape}, level=LEVEL)
    world = world_of(scenario, 2)
    desk, curves = world.desks["desk"], solve_curves(scenario.market.rates.curves, day=start)
    apart = value_swaps(["receive 2% 2M 1bn", "receive 2% 11M 1bn"], curves)
    value = desk.book.value(0, world.factors.snapshot, desk.unit.fixings)
    np.testing.assert_allclose(value, apart.npv.sum(), rtol=0, atol=1e-3)
    bare = value_swaps(["receive 2% 11M 1bn"], solve_curves({"sofr": spec(rates)}, day=start))
    assert abs(bare.npv[0] - apart.npv[1]) > 1e3  # what the turn and the meetings change


MISTAKES = [
    ({"meetings": (TODAY,)}, "sofr.meetings: a meeting lies after the valuation day, got '2026-03-02'"),
    ({"meetings": (*MEETINGS, MEETINGS[0])}, "a meeting is named twice, got '2026-03-19'"),
    ({"meetings": MEETINGS, "rates": {"1M": 0.04}}, "4 meetings need as many quotes, and the curve has 1"),
    ({"meetings": MEETINGS, "interpolation": "log_cubic"}, "between meetings the forward rate is flat"),
    (
        {"meetings": MEETINGS[:2], "rates": {"1W": 0.04, "1M": 0.04, "5W": 0.04, "1Y": 0.04}},
        "sofr ois 5W ends by the meeting of 2026-04-30, and so do 2 quotes before it",
    ),
    (
        {"meetings": MEETINGS[:2], "rates": {"1Y": 0.04, "2Y": 0.04}},
        "no quote is left to decide the rate between the valuation day and the meeting of 2026-04-30",
    ),
    (
        {"turns": (TurnSpec(start=TODAY - timedelta(days=1), end=TODAY, rate=0.01),)},
        "sofr.turns.1: a turn begins on the valuation day or later",
    ),
]


@pytest.mark.parametrize(("changes", "said"), MISTAKES)
def test_mistakes_are_one_line(changes: dict[str, object], said: str) -> None:
    with pytest.raises(UserError) as error:
        solved(**changes)
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sofr,turn,,2026-12-31,,25", "quotes.csv:9: end: this key is required"),
        ("sofr,meeting,,,,", "quotes.csv:9: start: a meeting has a day"),
        ("sofr,turning,,2026-12-31,2027-01-01,25", "did you mean 'turn'"),
    ],
)
def test_wrong_lines_of_a_table(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "quotes.csv").write_text(TABLE + line + "\n")
    with pytest.raises(UserError) as error:
        solve_curves(tmp_path / "quotes.csv", day=TODAY)
    assert said in str(error.value) and "\n" not in str(error.value)
