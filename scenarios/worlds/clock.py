"""The clock of a scenario: the instants at which its worlds move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.clock import CONTINUOUS, Clock
from sim.errors import UserError
from sim.memo import Memo

if TYPE_CHECKING:
    from scenarios.scenario import Scenario


def make_clock(scenario: Scenario) -> Clock:
    """The instants of a scenario. Raises UserError for a calendar or a grid that there is not."""
    return _CLOCK.get(lambda: _clock(scenario), scenario.clock, scenario.start, scenario.end)


def _clock(scenario: Scenario) -> Clock:
    spec = scenario.clock
    if spec.calendar == CONTINUOUS:
        if spec.days_a_year is not None:
            remedy = "leave it out: a year of this calendar has 364 days"
            raise UserError("days_a_year is of an exchange's calendar", place="clock.days_a_year", remedy=remedy)
        return Clock.continuous(first=scenario.start, last=scenario.end, tick_minutes=spec.tick_minutes)
    return Clock.exchange(
        calendar=spec.calendar,
        first=scenario.start,
        last=scenario.end,
        tick_minutes=spec.tick_minutes,
        overnight_variance=spec.overnight_variance,
        u_shape=spec.u_shape,
        days_a_year=spec.days_a_year,
    )


_CLOCK: Memo[Clock] = Memo()
