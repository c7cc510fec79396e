"""Day counts, calendars, tenors and schedules, against known figures and QuantLib's own schedules."""

from __future__ import annotations

from datetime import date

import pytest
import QuantLib as ql

from markets.curves.calendars import business_calendar
from markets.curves.dates import from_ql, parse_tenor, to_ql
from markets.curves.day_count import DAY_COUNTS, day_count_name, year_fraction
from markets.curves.futures import contract_month, month_span, quarter_span
from markets.curves.schedule import roll
from sim.errors import UserError

NAMES = ("act/360", "act/365f", "act/act isda", "30/360", "30/360 us", "30e/360")
# From, to, and years by NAMES, then by 30e/360 isda where the second date is not, and is, the last of the deal.
KNOWN = """
2024-01-31 2024-02-29 0.0805555555556 0.0794520547945 0.0792349726776 0.0805555555556 0.0805555555556 0.0805555555556 0.0833333333333 0.0805555555556
2023-11-15 2024-05-15 0.505555555556 0.498630136986 0.497619582304 0.5 0.5 0.5 0.5 0.5
2024-02-29 2025-02-28 1.01388888889 1 0.997701923797 0.997222222222 1 0.997222222222 1 0.994444444444
2025-08-30 2026-02-28 0.505555555556 0.498630136986 0.498630136986 0.494444444444 0.494444444444 0.494444444444 0.5 0.494444444444
2025-01-31 2025-07-31 0.502777777778 0.495890410959 0.495890410959 0.5 0.5 0.5 0.5 0.5
"""  # noqa: E501


@pytest.mark.parametrize("line", KNOWN.strip().splitlines())
def test_known_year_fractions(line: str) -> None:
    start, end, *rest = line.split()
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    *plain, open_, closed = map(float, rest)
    assert [year_fraction(name, first, last) for name in NAMES] == pytest.approx(plain, rel=2e-12)
    assert year_fraction("30e/360 isda", first, last) == pytest.approx(open_, rel=2e-12)
    assert year_fraction("30e/360 isda", first, last, last=last) == pytest.approx(closed, rel=2e-12)


def test_a_stub_is_a_share_of_its_regular_period() -> None:
    """Act/act ICMA: 92 of 184 days of a half-year."""
    regular = date(2026, 2, 28), date(2026, 8, 31)
    assert year_fraction("act/act icma", date(2026, 2, 28), date(2026, 5, 31), period=regular) == 92 / 184 / 2


def test_names_of_day_counts() -> None:
    assert day_count_name(" ACT/365 ") == "act/365f"
    assert all(day_count_name(name) == name for name in DAY_COUNTS)
    with pytest.raises(UserError, match="no such day count, got 'act/361'; did you mean 'act/360'"):
        day_count_name("act/361")


def test_government_bonds_close_on_good_friday() -> None:
    days = business_calendar("us government bond")
    friday = date(2027, 3, 26)
    assert days.adjust(friday) == date(2027, 3, 29) and business_calendar("japan").adjust(friday) == friday
    assert days.advance(date(2027, 3, 24), 2) == date(2027, 3, 29)
    assert days.adjust(date(2026, 5, 31)) == date(2026, 5, 29)  # modified following stays in its month
    both = business_calendar("target + us government bond")
    assert both.adjust(date(2026, 7, 3)) == date(2026, 7, 6) and both.adjust(date(2026, 5, 1)) == date(2026, 5, 4)
    with pytest.raises(UserError, match="no such business calendar, got 'uks'; did you mean 'uk'"):
        business_calendar("uks")


@pytest.mark.parametrize("text", ["3M", "1Y6M", "2w", "ON"])
def test_tenors(text: str) -> None:
    day = date(2026, 1, 31)
    expected = {"3M": date(2026, 4, 30), "1Y6M": date(2027, 7, 31), "2w": date(2026, 2, 14), "ON": date(2026, 2, 1)}
    assert parse_tenor(text).after(day) == expected[text]


@pytest.mark.parametrize("text", ["", "3Q", "M3", "-1Y", "0Y", "200Y", "3M?", "9" * 30 + "Y"])
def test_wrong_tenors(text: str) -> None:
    with pytest.raises(UserError, match="tenor"):
        parse_tenor(text)


@pytest.mark.parametrize("months", [3, 6, 12])
@pytest.mark.parametrize("length", ["1W", "5M", "18M", "31M", "10Y"])
@pytest.mark.parametrize(
    ("name", "calendar"),
    [("us government bond", ql.UnitedStates(ql.UnitedStates.GovernmentBond)), ("uk", ql.UnitedKingdom())],
)
def test_schedules_are_quantlibs(months: int, length: str, name: str, calendar: ql.Calendar) -> None:
    for start in (date(2026, 3, 4), date(2025, 8, 29), date(2024, 2, 29)):
        last = parse_tenor(length).after(start)
        theirs = ql.Schedule(
            to_ql(start), to_ql(last), ql.Period(months, ql.Months), calendar, ql.ModifiedFollowing,
            ql.ModifiedFollowing, ql.DateGeneration.Backward, False,
        )  # fmt: skip
        ours = roll(start, last, months, calendar=name, payment_lag=2)
        assert [ours[0].start, *(period.end for period in ours)] == [from_ql(day) for day in theirs]
        assert [p.pay for p in ours] == [from_ql(calendar.advance(to_ql(p.end), 2, ql.Days)) for p in ours]


def test_stubs() -> None:
    start, last = date(2026, 1, 15), date(2027, 6, 15)
    ends = {stub: [p.end for p in roll(start, last, 6, calendar="none", stub=stub)] for stub in ("front", "back")}
    assert ends["front"] == [date(2026, 6, 15), date(2026, 12, 15), last]
    assert ends["back"] == [date(2026, 7, 15), date(2027, 1, 15), last]
    long = [p.end for p in roll(start, last, 6, calendar="none", stub="long front")]
    assert long == [date(2026, 12, 15), last]
    assert [p.end for p in roll(start, last, 6, calendar="none", stub="long back")] == [date(2026, 7, 15), last]
    assert roll(start, last, 6, calendar="none")[0].regular == (date(2025, 12, 15), date(2026, 6, 15))


def test_periods_of_futures() -> None:
    assert contract_month("SR3M6", date(2026, 3, 2)) == (2026, 6) == contract_month("m26", date(2026, 3, 2))
    assert contract_month("F6", date(2026, 3, 2)) == (2036, 1)
    assert contract_month("Z9", date(2020, 2, 19)) == (2029, 12)  # but the three months from there are under way:
    assert contract_month("Z9", date(2020, 3, 17), months=3) == (2019, 12)
    assert contract_month("Z9", date(2020, 3, 18), months=3) == (2029, 12)
    assert quarter_span(2026, 12) == (date(2026, 12, 16), date(2027, 3, 17))
    assert month_span(2026, 12) == (date(2026, 12, 1), date(2027, 1, 1))
    with pytest.raises(UserError, match="is not the code of a future"):
        contract_month("A6", date(2026, 3, 2))
