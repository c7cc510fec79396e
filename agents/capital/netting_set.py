"""Trades of one netting set, and the agreement on their margin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.capital.supervisory import PLAIN, QUALITIES, Parameters
from sim.dataclass import dataclass
from sim.normal import ndtr

Vector = NDArray[np.float64]
YEAR_DAYS = 250.0  # business days a year
SHORTEST = 10 / YEAR_DAYS  # years: floor of maturities and of supervisory durations
DECAY = 0.05  # a year, of the supervisory duration


@dataclass(frozen=True, kw_only=True)
class Trade:
    """A derivative as SA-CCR sees it; times in years.

    notional: (paths,) $, at least 0; of equities, currencies and commodities their present value. delta: (paths,)
    supervisory delta: +1 long or -1 short in the risk factor, or `option_delta`. start, end: of the period that a
    trade in rates or credit refers to. maturity: until the last claim. kind: a key of `MULTIPLES`; the notional of a
    trade on the variance of an equity or a commodity is variance x notional per unit of variance (CRE52.36), the name
    of a basis is its pair of factors.
    """

    asset_class: str
    name: str  # currency, pair, entity, or type of commodity
    quality: str  # a key of `QUALITIES` of the class
    notional: Vector
    delta: Vector
    value: Vector  # (paths,) $
    maturity: float
    start: float = 0.0
    end: float = 0.0
    kind: str = PLAIN

    @property
    def parameters(self) -> Parameters:
        """Of its class and quality."""
        return QUALITIES[self.asset_class][self.quality]

    @property
    def adjusted(self) -> Vector:
        """Adjusted notional, (paths,) $ (CRE52.34 to 52.36)."""
        lasting = self.asset_class in ("rates", "credit")
        return self.notional * (supervisory_duration(self.start, self.end) if lasting else 1.0)

    @property
    def scale(self) -> float:
        """Maturity factor without margin, sqrt(min(M, 1)), M at least ten business days (CRE52.48)."""
        return float(np.sqrt(np.clip(self.maturity, SHORTEST, 1.0)))


@dataclass(frozen=True, kw_only=True)
class Margining:
    """A margin agreement (CRE52.18): what may stay uncalled, what is held besides, and the margin period of risk."""

    threshold: float = 0.0  # $
    minimum_transfer: float = 0.0  # $
    independent: float = 0.0  # $, NICA: net independent collateral amount
    period_days: float = 10.0  # business days

    @property
    def scale(self) -> float:
        """Maturity factor with margin, 1.5 sqrt(MPOR) (CRE52.52)."""
        return float(1.5 * np.sqrt(self.period_days / YEAR_DAYS))

    @property
    def uncalled(self) -> float:
        """The largest exposure that calls no margin, TH + MTA - NICA, $."""
        return self.threshold + self.minimum_transfer - self.independent


@dataclass(frozen=True)
class NettingSet:
    """Trades that net, the collateral held for them, (paths,) $, and the margin agreement if there is one."""

    trades: Sequence[Trade]
    collateral: Vector
    margining: Margining | None = None


def supervisory_duration(start: float, end: float) -> float:
    """(e^(-5 % S) - e^(-5 % E)) / 5 %, at least ten business days, in years (CRE52.34)."""
    return float(max((np.exp(-DECAY * start) - np.exp(-DECAY * end)) / DECAY, SHORTEST))


def tranche_delta(*, bought: bool, attachment: float, detachment: float) -> float:
    """Supervisory delta of a CDO tranche, 15 / ((1 + 14 A) (1 + 14 D)) of bought protection (CRE52.41)."""
    return (15.0 if bought else -15.0) / ((1 + 14 * attachment) * (1 + 14 * detachment))


def option_delta(
    *, bought: bool, call: bool, forward: Vector | float, strike: float, years: float, volatility: float
) -> Vector:
    """Supervisory delta of an option, (paths,): N(d1) of a bought call, -N(-d1) of a bought put (CRE52.40)."""

    spread = volatility * np.sqrt(max(years, 1e-12))
    up = ndtr((np.log(np.asarray(forward) / strike) + 0.5 * spread**2) / spread)
    delta: Vector = (1.0 if bought else -1.0) * (up if call else up - 1.0)
    return delta
