"""What a learner sees of a desk: numbers of size one, a row each of the environment's observation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from agents.hedging.hedger import Hedger
    from scenarios.studies.sessions.observation import Observation

Vector = NDArray[np.float64]
BP = 1e4
BOUND = 1e4  # of every number: beyond it the desk has long ceased to matter


class Scales(NamedTuple):
    """What the numbers are measured by: the desk and its market at the start, (paths,) or one number."""

    spot: Vector  # $
    depth: Vector  # $ notional
    units: Vector  # largest of |delta| of the book and 1, units of the asset
    capital: float  # $

    @classmethod
    def of(cls, first: Observation, desk: Hedger) -> Scales:
        """Of the first observation of a desk."""
        venue = first.venues[MAIN]
        depth, units = np.maximum(venue.depth, 1.0), np.maximum(np.abs(first.book.delta), 1.0)
        return cls(first.market["spot"], depth, units, desk.capital)


class Seen(NamedTuple):
    """Two observations, the last and the one before, and their scales."""

    now: Observation
    before: Observation
    by: Scales


class Feature(NamedTuple):
    """One number that a learner sees."""

    name: str
    unit: str
    of: Callable[[Seen], Vector | float]


FEATURES = (
    Feature("time_left", "share of the run", lambda at: 1 - at.now.tick / max(at.now.last, 1)),
    Feature("closes_now", "0 or 1", lambda at: float(at.now.is_close)),
    Feature("spot", "ln of spot over spot at the start", lambda at: np.log(at.now.market["spot"] / at.by.spot)),
    Feature(
        "return",
        "ln of spot over spot at the last decision",
        lambda at: np.log(at.now.market["spot"] / at.before.market["spot"]),
    ),
    Feature("vol", "decimal", lambda at: at.now.market["vol"]),
    Feature("credit", "decimal", lambda at: at.now.market["credit"]),
    Feature("half_spread", "bp of mid", lambda at: BP * at.now.venues[MAIN].half_spread),
    Feature("depth", "share of that at the start", lambda at: at.now.venues[MAIN].depth / at.by.depth),
    Feature(
        "neutral", "units, in deltas of the book at the start", lambda at: at.now.venues[MAIN].neutral / at.by.units
    ),
    Feature("held", "units, in deltas of the book at the start", lambda at: at.now.venues[MAIN].held / at.by.units),
    Feature(
        "gamma",
        "change of delta by 1 % of spot, in deltas of the book at the start",
        lambda at: 0.01 * at.now.book.gamma * at.now.market["spot"] / at.by.units,
    ),
    Feature("book_share", "share of the book at the start", lambda at: at.now.book.share),
    Feature("equity", "share of the capital", lambda at: at.now.account.equity / at.by.capital),
    Feature("required", "margin, share of the capital", lambda at: at.now.account.required / at.by.capital),
    Feature(
        "unmet", "margin called and not paid, share of the capital", lambda at: at.now.account.unmet / at.by.capital
    ),
    Feature("headroom", "cash and line, share of the capital", lambda at: at.now.account.headroom / at.by.capital),
)


def features(seen: Seen) -> NDArray[np.float32]:
    """All of them, (paths, features)."""
    paths = seen.now.account.cash.size
    columns = [np.broadcast_to(feature.of(seen), (paths,)) for feature in FEATURES]
    found: NDArray[np.float32] = np.clip(np.stack(columns, axis=1), -BOUND, BOUND).astype(np.float32)
    return found
