"""Risk classes of the market's factors, their names in files, and the margin period of each class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markets.factors.key import MAIN, RATES_VOL, SHORT_NAMES, FactorKey
from markets.plausible import DAYS
from markets.specs.variable import FX, HAZARD
from sim.params import param

if TYPE_CHECKING:
    from agents.funding.margin import MarginTerms
    from sim.place import Place

EQUITY, RATES, CREDIT, CURRENCIES = "equity", "rates", "credit", "fx"
CLASSES = (EQUITY, RATES, CREDIT, CURRENCIES)
OF_FAMILY = {"spot": EQUITY, "vol": EQUITY, HAZARD: CREDIT, "default": CREDIT, "credit": CREDIT, FX: CURRENCIES}


@dataclass(frozen=True, kw_only=True)
class MarginDays:
    """Margin periods by risk class, where they are not `mpor_days`."""

    equity: float | None = param(
        None, unit="trading days", help="margin period of assets and their vols", ge=0.01, plausible=DAYS
    )
    rates: float | None = param(
        None, unit="trading days", help="margin period of curves, spreads and rates vol", ge=0.01, plausible=DAYS
    )
    credit: float | None = param(None, unit="trading days", help="margin period of names", ge=0.01, plausible=DAYS)
    fx: float | None = param(None, unit="trading days", help="margin period of FX rates", ge=0.01, plausible=DAYS)


def risk_class(key: FactorKey) -> str:
    """The class of a factor: equity, credit and fx by family, rates for all else."""
    return OF_FAMILY.get(key.family, RATES)


def factor_name(key: FactorKey) -> str:
    """The name of a factor in tables of weights and in records: us10y, asset, vol, rates_vol, eurusd."""
    short = {own: name for name, own in SHORT_NAMES.items() if own.name != MAIN or own.family == "vol"}
    if key == RATES_VOL:
        return key.family
    return key.node or short.get(key) or (key.name if key.family == "spot" else str(key))


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
