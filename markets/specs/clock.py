"""Calendar and grid: parameters."""

from __future__ import annotations

from sim.clock import LONGEST_TICK
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class ClockSpec:
    """Calendar and grid."""

    calendar: str = param("XNYS", help="exchange calendar (exchange_calendars code), or 'continuous'")
    tick_minutes: int = param(30, unit="minutes", help="length of a tick", gt=0, le=LONGEST_TICK)
    overnight_variance: float = param(0.2, unit="share of a day's variance", help="arrives at the open", ge=0, lt=1)
    u_shape: float = param(
        0.0, help="variance at the open and the close above the session's mean, as a share of it; 0: even", ge=0, le=1.9
    )
    days_a_year: float | None = param(
        None,
        unit="trading days",
        help="that make a year of variance (default: the calendar's, 252 for most, 365 for one that never closes)",
        gt=0,
        le=366,
    )
