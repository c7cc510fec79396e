"""Risk classes of the market's factors, their names in files, and margin periods by class."""

from __future__ import annotations

from markets.factors.key import MAIN, RATES_VOL, SHORT_NAMES, FactorKey
from markets.plausible import DAYS
from markets.specs.variable import FX, HAZARD
from sim.dataclass import dataclass
from sim.params import param

EQUITY, RATES, CREDIT, CURRENCIES = "equity", "rates", "credit", "fx"
CLASSES = (EQUITY, RATES, CREDIT, CURRENCIES)
OF_FAMILY = {
    "spot": EQUITY,
    "vol": EQUITY,
    "vol_slope": EQUITY,
    "smile_skew": EQUITY,
    HAZARD: CREDIT,
    "default": CREDIT,
    "credit": CREDIT,
    FX: CURRENCIES,
}


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
