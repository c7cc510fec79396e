"""One-factor Hull-White estimated from a record's shortest rate."""

from __future__ import annotations

import numpy as np

from markets.rate_vols.hull_white import Estimate, estimate
from scenarios.studies.curves.curve_record import TENORS
from scenarios.studies.rates_fit.rates_record import RatesRecord
from sim.errors import UserError
from sim.named_tuple import NamedTuple

SHORTEST = ("sofr", "effr", *TENORS)  # columns, the shortest first
YEAR = 365.25  # days
KNOWN = 0.5  # share of the days on which a column must be there


class ShortRate(NamedTuple):
    """dr = a (m - r) dt + sigma dW under the real-world measure, from one column of one record."""

    record: str
    column: str
    days: int
    found: Estimate


def short_rate(record: RatesRecord) -> ShortRate | None:
    """By maximum likelihood on its days; None where the rate stands still, or there are fewer than three."""
    there = (name for name in SHORTEST if name in record.columns and np.isfinite(record.columns[name]).mean() > KNOWN)
    column = next(there)
    among = record.among([column])
    years = [(day - among.days[0]).days / YEAR for day in among.days]
    try:
        return ShortRate(record.name, column, len(among.days), estimate(among.columns[column], years))
    except UserError:
        return None
