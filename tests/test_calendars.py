"""Every exchange of the calendar library: its sessions, its own year of variance, or one clear line."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analysis import record
from markets.factors.snapshot import Snapshot
from markets.products.book import Book
from markets.products.option import Option
from markets.products.start import Start
from scenarios.reading.loading import from_dict
from scenarios.studies.run import run
from scenarios.worlds.clock import make_clock
from sim.clock import Clock
from sim.errors import UserError
from sim.sessions import day_date, day_number, exchange_sessions
from tests.small import LEVEL, STILL, only

NONE = "does not know its own holidays|cannot lay out|is not known for these years|is known (to|from)"
SOME = ("24/7", "24/5", "CMES", "us_futures", "XTKS", "XHKG", "XSAU", "XBOM", "XTAE", "ASEX", "XSHG", "XLON")


def two_weeks(calendar: str, year: int) -> Clock:
    first, ahead = date(year, 3, 2), timedelta(days=14)
    sessions = exchange_sessions(calendar, first, first + ahead)
    begin = day_date(int(sessions.days[np.searchsorted(sessions.days, day_number(first))]))
    return Clock.exchange(calendar=calendar, first=begin, last=begin + ahead)


def lays_out_or_says_why(calendar: str, year: int) -> bool:
    try:
        clock = two_weeks(calendar, year)
    except UserError as error:
        assert error.place == "clock.calendar" and error.remedy and "\n" not in str(error)
        assert re.search(NONE, error.rule)
        return False
    assert (np.diff(clock.ticks) > 0).all() and (np.diff(clock.variance_years) > 0).all()
    assert clock.variance_years[-1] * clock.days_a_year == pytest.approx(clock.day[-1], rel=1e-12)
    year_on = clock.first + timedelta(days=365)
    assert clock.variance_years_to(year_on) == pytest.approx(1.0, abs=0.05)  # holidays move, and some years have more
    far = clock.first + timedelta(days=40 * 365)
    assert clock.variance_years_to(far) == pytest.approx(40, abs=0.7)
    return True


@pytest.mark.parametrize("calendar", SOME)
def test_two_weeks_of_some_calendars(calendar: str) -> None:
    assert lays_out_or_says_why(calendar, 2022) is (calendar not in ("XTAE", "ASEX"))


@pytest.mark.slow
def test_two_weeks_of_every_calendar() -> None:
    from exchange_calendars import get_calendar_names

    laid_out = {(n, y) for n in get_calendar_names() for y in (1995, 2022, 2026) if lays_out_or_says_why(n, y)}
    assert len({name for name, _ in laid_out}) > 80


def test_a_calendar_is_there_from_the_day_that_the_library_has_it() -> None:
    """Tel Aviv moved its week in January 2026; of the years before the library trips over its own Sundays."""
    assert two_weeks("XTAE", 2026).session_dates[0] == date(2026, 3, 2)
    with pytest.raises(UserError, match="cannot lay out XTAE from this day on, got '2025-12-01'; choose later dates"):
        Clock.exchange(calendar="XTAE", first=date(2025, 12, 1), last=date(2026, 2, 1))


A_YEAR = {"24/7": 365, "24/5": 261, "CMES": 258, "XTKS": 244, "XSHG": 243, "XNYS": 252, "XLON": 252, "XETR": 252}


@pytest.mark.parametrize("calendar", A_YEAR)
def test_a_year_of_variance_is_that_calendars(calendar: str) -> None:
    clock = two_weeks(calendar, 2022)
    assert clock.days_a_year == A_YEAR[calendar]
    assert clock.hours_a_day == (24.0 if calendar in ("24/7", "24/5", "CMES") else 6.5)


@pytest.mark.parametrize("year", [1972, 1987, 2001, 2022, 2060])
def test_new_york_has_252_days_a_year_whatever_the_year(year: int) -> None:
    assert exchange_sessions("XNYS", date(year, 3, 1), date(year, 5, 1)).a_year == 252


@pytest.mark.parametrize("calendar", ["24/7", "24/5"])
def test_an_option_of_a_year_is_worth_its_closed_form(calendar: str) -> None:
    """At the money, no rates: S (2 N(vol sqrt(T) / 2) - 1), with T a calendar year."""
    clock = Clock.exchange(calendar=calendar, first=date(2021, 3, 1), last=date(2021, 3, 12), tick_minutes=1440)
    state = Snapshot.named(spot=100.0, vol=0.2, overnight=0.0, us2y=0.0, us10y=0.0)
    call = Option(kind="call", strike=100.0, expiry=date(2022, 3, 1), quantity=1.0)
    book = Book((call,)).compile(clock, Start(day=clock.first, snapshot=state))
    closed = 100.0 * math.erf(0.1 / math.sqrt(2))
    tolerance = 1e-12 if calendar == "24/7" else 0.002  # of 261 weekdays a year has 260 to 262
    assert book.value(0, state, book.new_fixings(1))[0] == pytest.approx(closed, rel=tolerance)


def test_the_length_of_a_year_can_be_stated() -> None:
    clock = Clock.exchange(
        calendar="24/7", first=date(2021, 3, 1), last=date(2021, 3, 12), tick_minutes=1440, days_a_year=252
    )
    np.testing.assert_allclose(np.diff(clock.variance_years), 1 / 252, rtol=1e-12)
    assert clock.variance_years_to(date(2022, 3, 1)) == pytest.approx(365 / 252)
    days = [{"date": "2021-03-01", **LEVEL}, {"date": "2021-03-12", **LEVEL}]
    tables = {"name": "odd", "clock": {"calendar": "continuous", "days_a_year": 300}, "storyline": {"anchor": days}}
    with pytest.raises(UserError, match="days_a_year is of an exchange's calendar"):
        make_clock(from_dict(tables))


def test_beyond_what_is_published_the_exchange_keeps_its_week() -> None:
    """Riyadh trades from Sunday to Thursday; its calendar ends in 2029."""
    clock = two_weeks("XSAU", 2026)
    thursday, friday, sunday = date(2035, 3, 1), date(2035, 3, 2), date(2035, 3, 4)
    assert clock.seconds(friday) == clock.seconds(thursday)
    assert clock.seconds(sunday) - clock.seconds(thursday) == 3 * 86_400


def test_a_close_at_midnight_ends_its_day(tmp_path: Path) -> None:
    """Round the clock the anchor of a date is the close that ends it: medians meet anchors on their own dates."""
    days = [
        {"date": "2021-03-01", **LEVEL},
        {"date": "2021-03-04", "spot": 90.0},
        {"date": "2021-03-08", "spot": 120.0},
    ]
    scenario = from_dict(
        {
            "name": "midnight",
            "clock": {"calendar": "24/7", "tick_minutes": 480},
            "market": STILL,
            "feedback": only(),
            "storyline": {"anchor": days},
            "run": {"paths": 2, "twin": "none", "witnesses": 2},
        }
    )
    made = run(scenario, out=tmp_path / "run", workers=1)
    told = record.against_storyline(made).filter(pl.col("level") == "spot")
    assert told["date"].to_list() == [date(2021, 3, 1), date(2021, 3, 4), date(2021, 3, 8)]
    np.testing.assert_allclose(told["gap"], 0.0, atol=1e-12)
    assert made.manifest["clock"]["days_a_year"] == made.manifest["clock"]["closes_a_year"] == 365
