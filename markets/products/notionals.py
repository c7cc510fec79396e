"""Notionals that change from period to period."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.product import Profile


def check_notionals(shares: Sequence[float], profile: Profile) -> None:
    """Raise UserError for shares that are no numbers or negative, or that stand beside a profile."""
    if shares and profile != "bullet":
        rule, remedy = "its notionals are a list or a profile, not both", "leave one out"
        raise UserError(rule, value=profile, place="profile", remedy=remedy)
    wrong = [each for each in shares if not (isfinite(each) and each >= 0)]
    if wrong or (shares and not any(shares)):
        remedy = "write shares of the notional: [1.0, 0.5]"
        raise UserError(
            "notionals are not negative, and not all zero", value=[*shares], place="notionals", remedy=remedy
        )


def shares_of(periods: int, profile: Profile, shares: Sequence[float]) -> Sequence[float]:
    """The share of the notional of each period. Raises UserError unless a list has one for each."""
    if shares and len(shares) != periods:
        remedy = f"the leg has {periods} periods: write one share for each"
        raise UserError("a notional belongs to each period", value=len(shares), place="notionals", remedy=remedy)
    if shares:
        return shares
    if profile == "bullet":
        return [1.0] * periods
    steps = [i / periods for i in range(1, periods + 1)]
    return steps if profile == "accreting" else steps[::-1]
