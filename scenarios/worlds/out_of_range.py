"""What ends a run on levels that no market has had: the line names the level."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scenarios.checking.plausibility import odd_values
from sim.errors import BugError, SpiralError, UserError
from sim.place import Place

if TYPE_CHECKING:
    from scenarios.scenario import Scenario


def named_level(error: BugError, scenario: Scenario) -> SpiralError:
    """The error to raise for a check that failed: a user's one if a level that was taken as given can be its cause.

    Of several such levels the most extreme one is named, by its order of magnitude.
    """
    given = [odd for odd in odd_values(scenario, Place("")) if odd.refused] if scenario.run.as_given else []
    if not given:
        return error
    worst = max(given, key=lambda odd: abs(math.log(abs(odd.value) or 1.0)))
    more = len(given) - 1
    others = f", as {more} other {'value was' if more == 1 else 'values were'}" if more else ""
    return UserError(
        "with this level the run leaves the range of numbers",
        value=worst.value,
        place=".".join(worst.place.keys),
        remedy=f"it was taken as given{others}: choose one nearer to what markets have had ({error})",
    )
