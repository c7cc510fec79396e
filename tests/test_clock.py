"""The clock: real trading days, exact amounts of time, and mistakes told in one line."""

from __future__ import annotations

import pickle
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.clock import Clock
from sim.errors import UserError

THANKSGIVING = Clock.exchange(first=date(2019, 11, 27), last=date(2019, 12, 2))


def test_tick_0_is_the_close_of_the_first_day() -> None:
    clock = THANKSGIVING
    assert clock.timestamp(clock.ticks[0]) == datetime(2019, 11, 27, 16, 0)
    assert clock.ticks[0] == 16 * 3600
    assert clock.variance_years[0] == clock.calendar_years[0] == clock.day[0] == 0
    assert clock.is_open[0] and clock.is_close[0]


def test_holiday_is_skipped_and_half_day_ends_at_13() -> None:
    clock = THANKSGIVING
    assert clock.session_dates == (date(2019, 11, 27), date(2019, 11, 29), date(2019, 12, 2))
    friday = clock.timestamps(clock.ticks[clock.day == 1])
    expected = np.arange("2019-11-29T09:30", "2019-11-29T13:01", 30, dtype="datetime64[m]")
    np.testing.assert_array_equal(friday, expected)
    assert friday.dtype == np.dtype("datetime64[us]")


def test_variance_of_a_day_is_the_night_then_even_steps_also_on_a_half_day() -> None:
    clock = THANKSGIVING
    for day, steps in ((1, 7), (2, 13)):
        days = np.diff(clock.variance_years, prepend=0.0)[clock.day == day] * 252
        np.testing.assert_allclose(days, [0.2, *[0.8 / steps] * steps], rtol=1e-12)


def test_interest_accrues_in_calendar_time() -> None:
    clock = THANKSGIVING
    closes = clock.calendar_years[clock.is_close] * 365
    np.testing.assert_allclose(closes, [0, 2 - 3 / 24, 5], rtol=1e-14)


def test_flags_mark_first_and_last_tick_of_each_day() -> None:
    clock = THANKSGIVING
    assert clock.is_open.sum() == clock.is_close.sum() == len(clock.session_dates)
    assert [t.strftime("%H:%M") for t in map(clock.timestamp, clock.ticks[clock.is_open])] == [
        "16:00",
        "09:30",
        "09:30",
    ]
    assert [t.strftime("%H:%M") for t in map(clock.timestamp, clock.ticks[clock.is_close])] == [
        "16:00",
        "13:00",
        "16:00",
    ]


def test_without_overnight_variance_no_tick_at_the_open() -> None:
    clock = Clock.exchange(first=date(2019, 11, 27), last=date(2019, 11, 29), overnight_variance=0.0, tick_minutes=60)
    times = [t.strftime("%H:%M") for t in map(clock.timestamp, clock.ticks)]
    assert times == ["16:00", "10:30", "11:30", "12:30", "13:00"]
    np.testing.assert_allclose(np.diff(clock.variance_years) * 252 * 3.5, [1, 1, 1, 0.5], rtol=1e-12)


def test_a_tick_longer_than_the_session_leaves_open_and_close() -> None:
    clock = Clock.exchange(first=date(2019, 11, 27), last=date(2019, 11, 29), tick_minutes=600)
    assert [t.strftime("%H:%M") for t in map(clock.timestamp, clock.ticks)] == ["16:00", "09:30", "13:00"]


def test_wall_clock_survives_daylight_saving() -> None:
    clock = Clock.exchange(first=date(2020, 3, 5), last=date(2020, 3, 10))
    closes = [clock.timestamp(t) for t in clock.ticks[clock.is_close]]
    assert all((t.hour, t.minute) == (16, 0) for t in closes)


def test_a_year_of_sessions_is_that_many_252nds() -> None:
    clock = Clock.exchange(first=date(2018, 12, 31), last=date(2019, 12, 31))
    assert len(clock.session_dates) == 253
    assert clock.variance_years[-1] == 1.0
    assert clock.calendar_years[-1] == 1.0


def test_any_date_falls_back_to_the_last_close() -> None:
    clock = THANKSGIVING
    noon = 13 * 3600
    assert clock.seconds(date(2019, 11, 29)) == clock.seconds(date(2019, 12, 1)) == 2 * 86400 + noon
    assert clock.seconds(date(2019, 11, 28)) == clock.ticks[0]
    assert (
        clock.seconds(date(2019, 12, 25)) == clock.seconds(date(2019, 12, 24)) == 27 * 86400 + noon
    )  # Christmas Eve: 13:00
    assert clock.seconds(date(2019, 11, 26)) == -8 * 3600


def test_time_to_a_date_inside_the_run_is_the_time_at_its_close() -> None:
    clock = Clock.exchange(first=date(2020, 2, 19), last=date(2020, 4, 30))
    for day, tick in zip(clock.session_dates, np.flatnonzero(clock.is_close), strict=True):
        assert clock.seconds(day) == clock.ticks[tick]
        assert clock.variance_years_to(day) == clock.variance_years[tick]
        assert clock.calendar_years_to(day) == clock.calendar_years[tick]


def test_expiries_beyond_the_run_count_real_trading_days() -> None:
    clock = Clock.exchange(first=date(2020, 2, 19), last=date(2020, 3, 31))
    assert clock.variance_years_to(date(2020, 4, 30)) * 252 == pytest.approx(50)
    longer = Clock.exchange(first=date(2020, 2, 19), last=date(2021, 2, 19))
    assert clock.variance_years_to(date(2021, 1, 15)) == longer.variance_years_to(date(2021, 1, 15))


def test_expiries_beyond_all_calendars_count_weekdays() -> None:
    clock = Clock.exchange(first=date(2025, 4, 2), last=date(2025, 5, 2))
    near, far = date(2060, 1, 5), date(2060, 1, 12)
    weekdays = 5 * 365.25 / 7  # of a year without holidays
    assert (clock.variance_years_to(far) - clock.variance_years_to(near)) * weekdays == pytest.approx(5)
    assert clock.seconds(far) - clock.seconds(near) == 7 * 86400
    saturday = date(2060, 1, 10)
    assert clock.seconds(saturday) == clock.seconds(saturday - timedelta(days=1))
    assert clock.timestamp(clock.seconds(saturday)).hour == 16


def test_an_exchange_that_publishes_few_years_falls_back_to_weekdays() -> None:
    clock = Clock.exchange(calendar="XSHG", first=date(2025, 4, 2), last=date(2025, 5, 7))
    assert clock.variance_years_to(date(2060, 1, 5)) > 34


def test_an_exchange_that_never_closes_has_no_night() -> None:
    clock = Clock.exchange(calendar="24/7", first=date(2025, 4, 2), last=date(2025, 4, 5))
    assert (np.diff(clock.ticks) == 1800).all()
    np.testing.assert_allclose(np.diff(clock.variance_years), 1 / 365 / 48, rtol=1e-9)


@pytest.mark.parametrize(("minutes", "steps"), [(43_680, 12), (10_080, 52), (2_080, 252)])
def test_continuous_year_has_exactly_equal_steps(minutes: int, steps: int) -> None:
    clock = Clock.continuous(first=date(2020, 1, 1), tick_minutes=minutes)
    assert clock.ticks.size == steps + 1
    assert set(np.diff(clock.ticks).tolist()) == {minutes * 60}
    assert clock.variance_years[-1] == clock.calendar_years[-1] == 1.0
    assert clock.is_open.all() and clock.is_close.all()
    np.testing.assert_array_equal(clock.day, np.arange(steps + 1))
    expiry = date(2020, 1, 1) + timedelta(days=364)
    assert clock.variance_years_to(expiry) == clock.calendar_years_to(expiry) == 1.0
    assert clock.seconds(expiry) == clock.ticks[-1]


def test_continuous_ends_at_its_end_whatever_the_tick() -> None:
    clock = Clock.continuous(first=date(2020, 1, 1), last=date(2020, 1, 3), tick_minutes=1_000)
    assert clock.ticks.tolist() == [0, 60_000, 120_000, 172_800]
    assert clock.session_dates[-1] == date(2020, 1, 3)


def test_next_tick_is_the_first_at_or_after() -> None:
    clock = THANKSGIVING
    assert clock.next_tick(0) == clock.next_tick(16 * 3600) == 0
    assert clock.next_tick(16 * 3600 + 1) == 1
    assert clock.next_tick(int(clock.ticks[-1]) + 1) == clock.ticks.size


def test_a_clock_travels_to_workers() -> None:
    clock = pickle.loads(pickle.dumps(THANKSGIVING))
    np.testing.assert_array_equal(clock.ticks, THANKSGIVING.ticks)
    assert clock.variance_years_to(date(2020, 3, 20)) == THANKSGIVING.variance_years_to(date(2020, 3, 20))


def test_arrays_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        THANKSGIVING.ticks[0] = 1


@settings(max_examples=25, deadline=None)
@given(
    start=st.dates(date(2018, 1, 1), date(2021, 10, 1)) | st.dates(date(2001, 8, 1), date(2001, 10, 30)),
    length=st.integers(7, 60),
    tick_minutes=st.integers(1, 500),
    night=st.just(0.0) | st.floats(0.001, 0.99),
)
def test_laws_of_every_exchange_clock(start: date, length: int, tick_minutes: int, night: float) -> None:
    try:
        clock = Clock.exchange(
            first=start, last=start + timedelta(days=length), tick_minutes=tick_minutes, overnight_variance=night
        )
    except UserError as error:
        assert "must be a trading day" in str(error)
        return
    assert (np.diff(clock.ticks) > 0).all()
    assert (np.diff(clock.variance_years) > 0).all()
    assert (np.diff(clock.calendar_years) > 0).all()
    np.testing.assert_array_equal(clock.variance_years[clock.is_close] * 252, clock.day[clock.is_close])
    assert set(np.diff(clock.day).tolist()) <= {0, 1}
    assert [clock.timestamp(t).date() for t in clock.ticks] == [clock.session_dates[d] for d in clock.day]
    assert clock.session_dates[0] == start
    assert all(clock.next_tick(t) == i for i, t in enumerate(clock.ticks))


@settings(max_examples=30, deadline=None)
@given(first=st.dates(date(2010, 1, 1), date(2040, 1, 1)), ahead=st.integers(0, 20_000), more=st.integers(1, 40))
def test_time_never_runs_backwards_inside_and_beyond_the_run(first: date, ahead: int, more: int) -> None:
    clock = THANKSGIVING
    day, later = first + timedelta(days=ahead), first + timedelta(days=ahead + more)
    assert clock.seconds(later) >= clock.seconds(day)
    assert clock.variance_years_to(later) >= clock.variance_years_to(day)
    # 252ths of trading days never drift from the calendar by more than a few per cent
    if day > date(2021, 1, 1):
        assert clock.variance_years_to(day) == pytest.approx(clock.calendar_years_to(day), rel=0.05)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ({"calendar": "NYSEE"}, r"clock\.calendar: no such exchange calendar, got 'NYSEE'; did you mean .*NYSE"),
        ({"calendar": "continous"}, r"did you mean continuous"),
        ({"calendar": "XBEL"}, r"does not know its own holidays, got 'XBEL'"),
        ({"calendar": "XSHG", "last": date(2045, 1, 5)}, r"calendar XSHG is known to \d{4}-12-31 only"),
        ({"last": date(2019, 1, 1)}, r"the last day must come after the first, got '2019-11-27 to 2019-01-01'"),
        (
            {"first": date(2019, 11, 28)},
            r"must be a trading day of XNYS, got '2019-11-28'; the nearest one is 2019-11-27",
        ),
        ({"first": date(2019, 12, 1)}, r"the nearest one is 2019-12-02"),
        ({"calendar": "XSHG", "first": date(1985, 1, 4)}, r"calendar XSHG is known from 1990-12-\d\d only"),
        ({"calendar": "XSHG", "first": date(1970, 1, 5), "last": date(1971, 1, 5)}, r"not known for these years"),
        ({"last": date(2019, 11, 28)}, r"XNYS must open at least once after the first day"),
        ({"tick_minutes": 0}, r"clock\.tick_minutes: the length of a tick must be above 0 minutes, got 0"),
        ({"overnight_variance": 1.0}, r"the overnight share of variance must be in \[0, 1\), got 1\.0"),
    ],
)
def test_mistakes_are_one_line(mistake: dict[str, object], message: str) -> None:
    arguments = {"first": date(2019, 11, 27), "last": date(2019, 12, 31)} | mistake
    with pytest.raises(UserError, match=message) as caught:
        Clock.exchange(**arguments)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_continuous_mistakes() -> None:
    with pytest.raises(UserError, match="must come after"):
        Clock.continuous(first=date(2020, 1, 1), days=0)
    with pytest.raises(UserError, match="above 0 minutes"):
        Clock.continuous(first=date(2020, 1, 1), tick_minutes=-5)
