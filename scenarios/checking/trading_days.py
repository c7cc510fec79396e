"""Dates of a scenario that need a close: anchors and expiries fall on trading days of its calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from markets.products.registry import PRODUCTS
from sim.errors import UserError
from sim.place import Place
from sim.sessions import day_date, day_number, exchange_sessions

if TYPE_CHECKING:
    from agents.hedging.positions import Position
    from scenarios.scenario import Scenario

CONTINUOUS = "continuous"  # the calendar without sessions: every day is one
MANY = 3  # closed days among a record's lines are no slip of the pen any more

Dated = Sequence[tuple[date, Place]]


def check_dates(scenario: Scenario, at: Place) -> None:
    """Raise UserError for an anchor or an option's expiry on a day without a close."""
    for dated in _dated(scenario, at):
        check_days(scenario.clock.calendar, dated, scenario.end)


def check_days(calendar: str, dated: Dated, last: date) -> None:
    """Raise UserError at the first date that is no trading day; many of them mean another calendar.

    last: of the run; the calendar is known some years beyond it, and from there on every weekday counts as one.
    """
    if calendar == CONTINUOUS or not dated:
        return
    first = min(day for day, _ in dated)
    sessions = exchange_sessions(calendar, min(first, last), last)
    closed = [(day, place) for day, place in dated if sessions.at_or_before(day) != day_number(day)]
    if not closed:
        return
    day, place = closed[0]
    before = day_date(sessions.at_or_before(day))
    raise closed_day(calendar, day, before, place, len(closed), len(dated))


def closed_day(calendar: str, day: date, before: date, place: Place, closed: int, among: int) -> UserError:
    """The mistake of a date without a close."""
    remedy = f"the session before it is {before}"
    if closed >= MANY and 10 * closed >= among:
        remedy = (
            f"so it is on {closed} of {among} days: name their exchange with --set clock.calendar=, e.g. XLON or 24/7"
        )
    return place.error(f"{calendar} is closed on this {day:%A}", value=str(day), remedy=remedy)


def last_session(calendar: str, day: date, last: date) -> date:
    """The last day with a close up to `day`; `last`: of the run."""
    if calendar == CONTINUOUS:
        return day
    sessions = exchange_sessions(calendar, min(day, last), last)
    return day_date(sessions.at_or_before(day))


def expiries(book: Sequence[Position], places: Sequence[Place]) -> Dated:
    """Expiries of options and futures, which need a close. A swap or a cap may mature on any day."""
    dated = [(line, at.at("expiry")) for line, at in zip(book, places, strict=True) if line.expiry is not None]
    return [(line.expiry, at) for line, at in dated if line.expiry and not PRODUCTS[line.kind].takes.any_day]


def _dated(scenario: Scenario, at: Place) -> Iterator[Dated]:
    anchors = at.at("storyline", "anchor")
    yield [(row.date, anchors.at(str(row.date), "date")) for row in scenario.storyline.anchor]
    shocks = at.at("storyline", "shock")
    yield [(shock.date, shocks.at(i, "date")) for i, shock in enumerate(scenario.storyline.shock)]
    for asset in scenario.assets:
        yield [(row.date, at.at("assets", asset.name, "anchor", str(row.date), "date")) for row in asset.anchor]
    for agent in scenario.agents:
        book = getattr(agent, "book", ())
        yield expiries(book, [at.at("agents", agent.name, "book", i) for i in range(len(book))])
