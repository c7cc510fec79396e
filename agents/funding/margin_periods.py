"""The margin period of each risk class, by the terms of a lender or of a netting set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.funding.risk_classes import RATES

if TYPE_CHECKING:
    from agents.funding.margin import MarginTerms
    from agents.funding.risk_classes import MarginDays
    from sim.place import Place


def margin_days(terms: MarginTerms, of: str) -> float:
    """Margin period of a risk class, trading days: of `margin_days`, else `rates_days` of rates, else `mpor_days`."""
    own = None if terms.margin_days is None else getattr(terms.margin_days, of)
    if own is None and of == RATES:
        own = terms.rates_days
    return float(terms.mpor_days if own is None else own)


def check_periods(days: MarginDays | None, rates_days: float | None, at: Place) -> None:
    """Raise UserError where two keys say the margin period of rates."""
    if rates_days is not None and days is not None and days.rates is not None:
        remedy = "leave rates_days out"
        raise at.at("rates_days").error("margin_days.rates says the same", value=rates_days, remedy=remedy)
