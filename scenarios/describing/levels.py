"""A storyline's levels day by day, for tables and charts."""

from __future__ import annotations

import math
from datetime import date, timedelta

from scenarios.scenario import Scenario


def daily_levels(scenario: Scenario, name: str) -> list[float]:
    """The storyline's level at every calendar day: log-linear for spot and vol, else linear."""
    log = name in ("spot", "vol")
    known = [(row.date, level) for row in scenario.storyline.anchor if (level := row.level(name)) is not None]
    points = [(day, math.log(v) if log else v) for day, v in known]
    days = [scenario.start + timedelta(days=i) for i in range((scenario.end - scenario.start).days + 1)]
    values = [_interpolate(points, day) for day in days]
    return [math.exp(v) for v in values] if log else values


def _interpolate(points: list[tuple[date, float]], day: date) -> float:
    after = next((i for i, (when, _) in enumerate(points) if when >= day), len(points))
    if after in (0, len(points)):
        return points[min(after, len(points) - 1)][1]
    (left, a), (right, b) = points[after - 1], points[after]
    return a + (b - a) * ((day - left) / (right - left))
