"""Keys that all listings on the asset's vol have: when they expire, and what they are on."""

from __future__ import annotations

from typing import Any

from sim.params import param

LONGEST_DAYS, LONGEST_MONTHS = 18_000, 600


def expiry_days() -> Any:
    """Time to the expiry in days."""
    return param(
        None,
        unit="calendar days",
        help="from its strike to its expiry; this or expiry_months",
        gt=0,
        le=LONGEST_DAYS,
        plausible=(1, 3700),
    )


def expiry_months() -> Any:
    """The same in months."""
    return param(None, unit="months", help="the same in whole months", gt=0, le=LONGEST_MONTHS, plausible=(1, 120))


def underlying() -> Any:
    """Name of the asset."""
    return param("asset", help="that it is on: the main one, or a further one that has `implied`", sparse=True)
