"""Supervisory parameters of SA-CCR (CRE52, table 2)."""

from __future__ import annotations

from collections.abc import Mapping

from sim.named_tuple import NamedTuple


class Parameters(NamedTuple):
    """Of an asset class, or a part of it; decimals."""

    factor: float
    correlation: float  # of a name with its class; 0: names do not add up this way
    volatility: float  # of options


SINGLE, INDEX = "single", "index"
RATES, FX = Parameters(0.005, 0.0, 0.50), Parameters(0.04, 0.0, 0.15)
RATINGS = {"AAA": 0.0038, "AA": 0.0038, "A": 0.0042, "BBB": 0.0054, "BB": 0.0106, "B": 0.016, "CCC": 0.06}
CREDIT = {rating: Parameters(factor, 0.5, 1.0) for rating, factor in RATINGS.items()}
CREDIT |= {"IG": Parameters(0.0038, 0.8, 0.8), "SG": Parameters(0.0106, 0.8, 0.8)}  # indices
EQUITY = {SINGLE: Parameters(0.32, 0.5, 1.2), INDEX: Parameters(0.20, 0.8, 0.75)}
ELECTRICITY = "electricity"
COMMODITY = {group: Parameters(0.18, 0.4, 0.70) for group in ("energy", "metals", "agricultural", "other")}
COMMODITY |= {ELECTRICITY: Parameters(0.40, 0.4, 1.50)}

# By asset class: what may be said of a trade's quality; the first is usual. Rates and currencies have one kind.
QUALITIES: dict[str, Mapping[str, Parameters]] = {
    "rates": {"": RATES},
    "fx": {"": FX},
    "credit": CREDIT,
    "equity": EQUITY,
    "commodity": COMMODITY,
}

# Hedging sets of their own, by which multiple of the class' factor: a basis by its pair (CRE52.46), volatilities by the
# sets of the class (CRE52.47).
PLAIN, BASIS, VOLATILITY = "", "basis", "volatility"
MULTIPLES = {PLAIN: 1.0, BASIS: 0.5, VOLATILITY: 5.0}


def group_of(quality: str) -> str:
    """The hedging set of a commodity: electricity is energy."""
    return "energy" if quality == ELECTRICITY else quality
