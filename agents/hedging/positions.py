"""A position of a desk's book as a person writes it down, before the market's level is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from markets.plausible import MONEYNESS, RATE
from markets.products.registry import PRODUCTS
from sim.params import param

MOST_MONTHS = 1_200  # a century


@dataclass(frozen=True, kw_only=True)
class Position:
    """One line of a book. Negative quantity or notional: the desk is short, or pays fixed (swaps)."""

    kind: str = param(help="instrument", among=PRODUCTS)
    strike: float | None = param(
        None,
        unit="$",
        help="strike; price agreed on in a future (default: the forward at the start)",
        gt=0,
        against="the starting spot",
    )
    moneyness: float | None = param(
        None, unit="share of the starting spot", help="strike, instead of `strike`", gt=0, plausible=MONEYNESS
    )
    expiry: date | None = param(None, help="expiry of an option or a future, maturity of a swap")
    months: int | None = param(
        None, unit="months", help="tenor from the start, instead of `expiry`", gt=0, le=MOST_MONTHS
    )
    quantity: float | None = param(
        None,
        unit="units of the asset",
        help="signed size of a position other than a swap",
        against="the desk's capital",
    )
    notional: float | None = param(
        None,
        unit="$",
        help="signed notional: of a swap, or of another position at the starting spot",
        against="the desk's capital",
    )
    fixed_rate: float | None = param(
        None, unit="decimal", help="fixed rate of a swap (default: par at the start)", plausible=RATE
    )
