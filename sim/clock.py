"""The clock of a run: which instants it visits, and how much trading and calendar time passes between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass
from sim.errors import UserError
from sim.named_tuple import NamedTuple
from sim.sessions import DAY, TRADING_DAYS, TRADING_HOURS, Sessions, closing, day_date, day_number, exchange_sessions

CALENDAR_DAYS = 365  # a year of interest, act/365
CONTINUOUS = "continuous"  # name of the textbook calendar: no nights, no weekends
CONTINUOUS_DAYS = 364  # a year of the continuous calendar: 12, 52 and 252 equal steps of it are whole seconds
LONGEST_TICK = 365 * 1_440  # minutes: benchmark swaps are rolled once a year
MOST_TICKS = 2_500_000  # twenty years of minutes; half a kilobyte each

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
T = TypeVar("T", bound=np.generic)


class Plain(NamedTuple):
    """Some arrays of a clock as lists of Python's own numbers, which are read one by one in half the time."""

    ticks: list[int]
    variance_years: list[float]
    calendar_years: list[float]
    day: list[int]
    is_open: list[bool]
    is_close: list[bool]


@dataclass(frozen=True, eq=False, kw_only=True)
class Clock:
    """Ticks in seconds since midnight of the first day (exchange wall clock), and two measures of time on them.

    Tick 0 is the close of the first day: the state is known and nothing has happened yet. Later ticks are decisions.
    Build one by `Clock.exchange` or `Clock.continuous`. All arrays are (ticks,) and read-only.
    """

    ticks: IntArray  # seconds since midnight of the first day, strictly increasing
    variance_years: FloatArray  # trading time since tick 0, in which variance accrues
    calendar_years: FloatArray  # calendar time since tick 0, act/365, in which interest accrues
    day: IntArray  # index of the tick's trading day, 0 for tick 0
    is_open: BoolArray  # the first tick of its day
    is_close: BoolArray  # the last tick of its day
    after_night: BoolArray  # the first tick of its day, where the market was closed before it
    session_dates: tuple[date, ...]  # date of every day index
    sessions: Sessions | None = None  # None: continuous
    days_a_year: float = TRADING_DAYS  # trading days in a year of variance; everything else reads it here
    hours_a_day: float = TRADING_HOURS  # trading hours in a trading day

    @classmethod
    def exchange(
        cls,
        *,
        calendar: str = "XNYS",
        first: date,
        last: date,
        tick_minutes: int = 30,
        overnight_variance: float = 0.2,
        u_shape: float = 0.0,
        days_a_year: float | None = None,
    ) -> Clock:
        """The trading days of an exchange, from the close of `first` to the last close not after `last`.

        Ticks: at the open (only if `overnight_variance` > 0), every `tick_minutes` from there, and at the close, early
        closes included. Lunch breaks are traded through.

        Variance: a day has 1/`days_a_year` of a year's variance (default: the calendar's own number, 252 for most, 365
        for one that opens every day). The share `overnight_variance` arrives at the open, the rest evenly over the
        session, or more at its ends with `u_shape`. Where an exchange never closes there is no night.

        Raises UserError.
        """
        _check_tick(tick_minutes)
        _check_order(first, last)
        if not 0 <= overnight_variance < 1:
            rule = "the overnight share of variance must be in [0, 1)"
            raise UserError(rule, value=overnight_variance, place="clock.overnight_variance")
        sessions = exchange_sessions(calendar, first, last)
        _check_first(sessions, first, calendar)
        begin = int(np.searchsorted(sessions.days, day_number(first)))
        end = int(np.searchsorted(sessions.days, day_number(last), side="right"))
        if end - begin < 2:
            rule = f"{calendar} must open at least once after the first day"
            raise UserError(rule, value=f"{first} to {last}", place="clock", remedy="choose a later last day")
        if days_a_year is not None:
            sessions = replace(sessions, a_year=days_a_year)
        most = int((sessions.closes - sessions.opens)[begin:end].sum()) // (tick_minutes * 60) + 2 * (end - begin)
        _check_ticks(most)
        ticks, days, variance = _lay_out(sessions, begin, end, tick_minutes * 60, overnight_variance, u_shape)
        is_open = np.diff(days, prepend=-1) > 0
        return cls(
            ticks=_frozen(ticks),
            variance_years=_frozen(variance),
            calendar_years=_frozen((ticks - ticks[0]) / (CALENDAR_DAYS * DAY)),
            day=_frozen(days),
            is_open=_frozen(is_open),
            is_close=_frozen(np.diff(days, append=days[-1] + 1) > 0),
            after_night=_frozen(is_open & _nights(sessions, begin, end)[days]),
            session_dates=tuple(day_date(int(number)) for number in sessions.days[begin:end]),
            sessions=sessions,
            days_a_year=sessions.a_year,
            hours_a_day=sessions.hours,
        )

    @classmethod
    def continuous(
        cls, *, first: date, last: date | None = None, days: int = CONTINUOUS_DAYS, tick_minutes: int = 1_440
    ) -> Clock:
        """The calendar of textbooks: no nights, no weekends, and a year of exactly 364 days of 86,400 s.

        Runs from midnight of `first` to midnight of `last` (default: `days` later). Every tick is a day of its own,
        open and close at once; a tick may be longer than a day (2,080 minutes is 1/252 year). The last tick is the end,
        whether or not `tick_minutes` divides the span. Variance and interest accrue alike. Raises UserError.
        """
        _check_tick(tick_minutes)
        if last is None:
            last = first + timedelta(days=days)
        _check_order(first, last)
        end = (last - first).days * DAY
        _check_ticks(end // (tick_minutes * 60))
        ticks = np.append(np.arange(0, end, tick_minutes * 60, dtype=np.int64), np.int64(end))
        years = _frozen(ticks / (CONTINUOUS_DAYS * DAY))
        every = _frozen(np.ones(ticks.size, dtype=np.bool_))
        return cls(
            ticks=_frozen(ticks),
            variance_years=years,
            calendar_years=years,
            day=_frozen(np.arange(ticks.size, dtype=np.int64)),
            is_open=every,
            is_close=every,
            after_night=_frozen(~every),
            session_dates=tuple(first + timedelta(days=int(number)) for number in ticks // DAY),
        )

    @cached_property
    def plain(self) -> Plain:
        """The same as lists."""
        return Plain(*(getattr(self, name).tolist() for name in Plain._fields))

    @property
    def closes_a_year(self) -> float:
        """Closes in a year of variance: trading days, or on the continuous calendar ticks."""
        if self.sessions is not None:
            return self.days_a_year
        return (len(self.ticks) - 1) / float(self.variance_years[-1])

    @property
    def first(self) -> date:
        """The first day."""
        return self.session_dates[0]

    @property
    def midnight(self) -> datetime:
        """Second 0: midnight of the first day."""
        return datetime.combine(self.first, time())

    def timestamp(self, seconds: int) -> datetime:
        """The exchange-local wall-clock time of a second."""
        return self.midnight + timedelta(seconds=int(seconds))

    def timestamps(self, seconds: IntArray) -> NDArray[np.datetime64]:
        """Exchange-local wall-clock times, datetime64[us], same shape as `seconds`."""
        return np.datetime64(self.midnight, "us") + np.asarray(seconds, dtype="timedelta64[s]")

    def seconds(self, day: date) -> int:
        """The close of that trading day, or of the last one before it if the exchange is closed; also outside the run.

        On a continuous clock: its midnight, so that `first` is second 0 and a year later is 364 days on.
        """
        if self.sessions is None:
            return (day - self.first).days * DAY
        number, close = closing(self.sessions, day)
        return (number - day_number(self.first)) * DAY + close

    def variance_years_to(self, day: date) -> float:
        """Trading years from tick 0 to the close of `day`, also outside the run: trading days / `days_a_year`."""
        if self.sessions is None:
            return self.seconds(day) / (CONTINUOUS_DAYS * DAY)
        return self.sessions.years_between(day_number(self.first), self.sessions.at_or_before(day))

    def calendar_years_to(self, day: date) -> float:
        """Calendar years (act/365) from tick 0 to the close of `day`, also outside the run."""
        year = CONTINUOUS_DAYS if self.sessions is None else CALENDAR_DAYS
        return (self.seconds(day) - int(self.ticks[0])) / (year * DAY)

    def next_tick(self, seconds: int) -> int:
        """Index of the first tick at or after `seconds`; the number of ticks if there is none."""
        return int(np.searchsorted(self.ticks, seconds))


def _lay_out(
    sessions: Sessions, begin: int, end: int, step: int, night: float, u_shape: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Ticks, their day and their variance years for the sessions [begin, end), starting at the close of the first."""
    midnights = (sessions.days[begin:end] - sessions.days[begin]) * DAY
    opens, closes = midnights + sessions.opens[begin:end], midnights + sessions.closes[begin:end]
    ticks, variance = [closes[:1]], [np.zeros(1)]
    for index in range(1, end - begin):
        opening, closing = int(opens[index]), int(closes[index])
        share = night if opening > closes[index - 1] else 0.0
        times = np.append(np.arange(opening, closing, step, dtype=np.int64), np.int64(closing))
        if share == 0.0:
            times = times[1:]
        # Written so that a day's close is a whole number of days exactly.
        remaining = (1.0 - share) * _to_come((closing - times) / (closing - opening), u_shape)
        ticks.append(times)
        variance.append((index - remaining) / sessions.a_year)
    days = np.repeat(np.arange(len(ticks), dtype=np.int64), [times.size for times in ticks])
    return np.concatenate(ticks), days, np.concatenate(variance)


def _to_come(left: FloatArray, u_shape: float) -> FloatArray:
    """Share of a session's variance still to come when the share `left` of its time is still to come.

    Its rate is 1 + u_shape P2(2 left - 1), P2(x) = (3 x^2 - 1) / 2: 1 + u_shape at both ends, 1 - u_shape
    / 2 in the middle.
    """
    to_come: FloatArray = left - u_shape * left * (1.0 - left) * (2.0 * left - 1.0)
    return to_come


def _nights(sessions: Sessions, begin: int, end: int) -> BoolArray:
    """Whether the market was closed before each of the sessions [begin, end)."""
    midnights = sessions.days[begin:end] * DAY
    opens, closes = midnights + sessions.opens[begin:end], midnights + sessions.closes[begin:end]
    return np.append(True, opens[1:] > closes[:-1])


def _frozen(array: NDArray[T]) -> NDArray[T]:
    array.setflags(write=False)
    return array


def _check_tick(tick_minutes: int) -> None:
    if tick_minutes <= 0:
        raise UserError("the length of a tick must be above 0 minutes", value=tick_minutes, place="clock.tick_minutes")
    if tick_minutes > LONGEST_TICK:
        rule = f"a tick is at most {LONGEST_TICK} minutes, a year"
        raise UserError(rule, value=tick_minutes, place="clock.tick_minutes", remedy="write 1440 for a day")


def _check_ticks(ticks: int) -> None:
    """Raise UserError for more ticks than fit into memory, before any array is allocated."""
    if ticks > MOST_TICKS:
        rule = f"a run has at most {MOST_TICKS:,} ticks"
        remedy = "lengthen clock.tick_minutes, or shorten the storyline"
        raise UserError(rule, value=ticks, place="clock.tick_minutes", remedy=remedy)


def _check_order(first: date, last: date) -> None:
    if last <= first:
        raise UserError("the last day must come after the first", value=f"{first} to {last}", place="clock")


def _check_first(sessions: Sessions, first: date, calendar: str) -> None:
    number = day_number(first)
    index = int(np.searchsorted(sessions.days, number))
    if sessions.days[index] == number:
        return
    around = [day_date(int(n)) for n in sessions.days[max(index - 1, 0) : index + 1]]
    nearest = min(around, key=lambda day: abs(day - first))
    raise UserError(
        f"the first day must be a trading day of {calendar}",
        value=str(first),
        place="clock",
        remedy=f"the nearest one is {nearest}",
    )
