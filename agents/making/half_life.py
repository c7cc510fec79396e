"""How fast a maker's inventory is passed on to outside investors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sim.clock import Clock


def passed_on_by_tick(clock: Clock, half_life: float) -> list[float]:
    """Share that they take over from the tick before to each, (ticks,); half_life: trading hours."""
    years = np.diff(clock.variance_years, prepend=clock.variance_years[0])
    half_lives = years * clock.days_a_year * clock.hours_a_day / half_life
    return [1 - 0.5**each for each in half_lives.tolist()]  # NumPy's power has other last digits on some processors
