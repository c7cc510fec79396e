"""A storyline that goes from a scenario's start to a move and stays there."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from markets.spec import StorylineSpec

if TYPE_CHECKING:
    from markets.specs.anchor import Anchor
    from scenarios.scenario import Scenario
    from scenarios.studies.reverse.moments import Move
    from sim.clock import Clock

LEAST_VOL, LEAST_CREDIT = 0.01, 0.0001  # decimal: no storyline goes below


def moved(scenario: Scenario, clock: Clock, move: Move, days: int) -> Scenario:
    """The scenario on another storyline: from its first anchor in a straight line to the move, `days` trading days on,
    and then no further. Levels that the first anchor gives and the move does not have stay as they are.
    """
    first = scenario.storyline.anchor[0]
    start = replace(first.with_outside({}), date=first.date)
    worst = _at(start, move)
    dates = clock.session_dates
    anchors = [start, replace(worst, date=dates[min(days, len(dates) - 1)])]
    if days < len(dates) - 1:
        anchors.append(replace(worst, date=dates[-1]))
    return replace(scenario, storyline=StorylineSpec(anchors="exogenous", anchor=tuple(anchors)))


def _at(start: Anchor, move: Move) -> Anchor:
    assert start.spot is not None and start.vol is not None and start.credit is not None
    assert start.us2y is not None and start.us10y is not None
    return replace(
        start,
        spot=start.spot * math.exp(move.spot),
        vol=max(start.vol * math.exp(move.vol), LEAST_VOL),
        credit=max(start.credit + move.credit, LEAST_CREDIT),
        us2y=start.us2y + move.rates,
        us10y=start.us10y + move.rates,
        nodes={name: level + move.rates for name, level in start.nodes.items()},
    )
