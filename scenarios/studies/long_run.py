"""A long run from a scenario's start without further anchors: the market by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from markets.spec import Anchor, StorylineSpec
from scenarios.checking.trading_days import last_session
from scenarios.scenario import Scenario
from sim.names import NO_TWIN


def left_alone(scenario: Scenario, years: int, *, cast: bool = True) -> Scenario:
    """The scenario from its first anchor for so many calendar years, with no further anchor and no twin.

    cast: with its agents; what they hold expires as it does. P&L is not attributed.
    """
    start = scenario.start
    end = date(start.year + years, start.month, min(start.day, 28))
    last = Anchor(date=last_session(scenario.clock.calendar, end, end))
    return replace(
        scenario,
        title=f"{scenario.title}, {years_text(years)}",
        storyline=StorylineSpec(anchor=(scenario.storyline.anchor[0], last)),
        assets=tuple(replace(asset, anchor=()) for asset in scenario.assets),
        agents=scenario.agents if cast else (),
        run=replace(scenario.run, twin=NO_TWIN, unhedged=False, attribution="none"),
    )


def years_text(years: int) -> str:
    """A number of years in words."""
    return "1 year" if years == 1 else f"{years} years"
