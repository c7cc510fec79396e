"""Nodes at central-bank meetings: the overnight forward rate is flat from one meeting to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from markets.curves.dates import years_between
from markets.curves.quote import Quote
from markets.specs.curves import CurveSpec
from sim.errors import UserError

LEAVE_OUT = "leave the meeting out, or quote an overnight swap that ends there"


def node_years(spec: CurveSpec, quotes: Sequence[Quote], day: date, place: str | None) -> list[float]:
    """Times of the nodes that some quotes of a curve decide, both in order: (quotes,) years.

    Without meetings a node stands where its quote ends. With k meetings the first k nodes stand at them, and the first
    k quotes decide them; later nodes stand where their quotes end. Quote i has to end after node i - 1 and before node
    i + 1, or the system has no single solution (Schoenberg and Whitney, 1953, for splines of first order).

    Raises UserError: meetings that are past, twice, more than the quotes, or a stretch that no quote decides.
    """
    ends = [quote.node for quote in quotes]
    if not spec.meetings:
        return ends
    meetings = _checked(spec, len(quotes), day, place)
    nodes = [*(years_between(day, each) for each in meetings), *ends[len(meetings) :]]
    named = [*(f"the meeting of {each}" for each in meetings), *(f"the end of {quote.name}" for quote in quotes)]
    for i, end in enumerate(ends[: len(meetings) + 1]):
        if i > 0 and end <= nodes[i - 1]:
            rule = f"{quotes[i].name} ends by {named[i - 1]}, and so do {i} quotes before it"
            remedy = "each stretch between meetings has one quote: leave one of these out"
            raise UserError(rule, place=quotes[i].place or place, remedy=remedy)
        if i + 1 < len(nodes) and end >= nodes[i + 1]:
            before = named[i - 1] if i else "the valuation day"
            rule = f"no quote is left to decide the rate between {before} and {named[i + 1]}"
            raise UserError(rule, place=place, remedy=LEAVE_OUT)
    return nodes


def _checked(spec: CurveSpec, quotes: int, day: date, place: str | None) -> list[date]:
    """The meetings in order. Raises UserError."""
    meetings = sorted(spec.meetings)
    here = place and f"{place}.meetings"
    if spec.interpolation != "log_linear":
        rule = "between meetings the forward rate is flat, which is the interpolation log_linear"
        raise UserError(
            rule, value=spec.interpolation, place=here, remedy="leave the interpolation or the meetings out"
        )
    if meetings[0] <= day:
        rule = "a meeting lies after the valuation day"
        raise UserError(rule, value=str(meetings[0]), place=here, remedy=f"leave out those up to {day}")
    if len(set(meetings)) < len(meetings):
        twice = next(a for a, b in pairwise(meetings) if a == b)
        raise UserError("a meeting is named twice", value=str(twice), place=here, remedy="name it once")
    if len(meetings) > quotes:
        rule = f"{len(meetings)} meetings need as many quotes, and the curve has {quotes}"
        raise UserError(rule, place=here, remedy=LEAVE_OUT)
    return meetings
